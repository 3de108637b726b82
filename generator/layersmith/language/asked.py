"""Conditions that a spec states outside of `call`: of parts, of checks, of outputs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from layersmith.errors import Report
from layersmith.language.builtin_names import BUILTINS
from layersmith.language.inputs import input_of, shape_parameter, tensors
from layersmith.language.parse import parse_expression
from layersmith.language.parsed import Parsed
from layersmith.language.scope import Scope
from layersmith.language.trees import copy_of, stored_names, walk
from layersmith.language.values import Static, Tensor
from layersmith.spec.model import Code, Spec
from layersmith.suggest import suggest


def conditions(spec: Spec, scope: Scope, report: Report) -> dict[str, Parsed]:
    """Those under which weights and sublayers exist, by the name of the part."""
    found = {}
    for part in (*spec.weights, *spec.sublayers):
        if part.when is not None:
            parsed = condition(part.when, scope, report)
            if parsed is not None:
                found[part.name.text] = parsed
    return found


def shape_names(spec: Spec) -> frozenset[str]:
    """Names of the shapes that `build` is given."""
    if spec.packing != "arguments":
        return frozenset({"input_shape"})
    names = {f"{layer_input.name}_shape" for layer_input in spec.inputs}
    return frozenset({"input_shape", *names})


def check(code: Code, spec: Spec, scope: Scope, report: Report) -> Parsed | None:
    """A condition on arguments, and on shapes and axes of inputs but the batch.

    Axes of an input that may be left out, or be a list, are not among them.
    """
    always = {
        name
        for name in tensors(spec)
        if not input_of(spec, name).optional and not input_of(spec, name).many
    }
    sizes = {
        axis: f"{shape_parameter(spec, name)}[{position}]"
        for axis, (name, position) in scope.axes.items()
        if position and name in always
    }
    parsed = condition(code, scope, report, shape_names(spec), sizes.keys())
    return None if parsed is None else _with_sizes(parsed, sizes, report)


def condition(
    code: Code,
    scope: Scope,
    report: Report,
    also: AbstractSet[str] = frozenset(),
    axes: AbstractSet[str] = frozenset(),
) -> Parsed | None:
    """A condition on arguments and derived values, and on the names in `also`."""
    parsed = parse_expression(code, report)
    if parsed is None:
        return None
    bound = stored_names(parsed.names)
    for node in parsed.nodes:
        if not isinstance(node, ast.Name) or node.id in BUILTINS | also | bound:
            continue
        value = scope.values.get(node.id)
        if value is None or node.id in {"training", *scope.call_arguments}:
            close = suggest(
                node.id, [n for n, v in scope.values.items() if isinstance(v, Static)]
            )
            report.error(
                parsed.span(node),
                f"unknown name `{node.id}`"
                if value is None
                else f"`{node.id}` is not known yet here",
                f"did you mean `{close}`?"
                if close
                else "only arguments are known here",
            )
        elif node.id in axes:
            continue
        elif isinstance(value, Tensor) or node.id in scope.axes:
            hint = "only arguments and derived values are known here"
            owner, place = scope.axes.get(node.id, ("", 0))
            shape = f"{owner}_shape" if len(also) > 2 else "input_shape"
            if node.id in scope.axes and shape in also:
                hint = f"`{shape}[{place}]` is its size"
            report.error(parsed.span(node), f"`{node.id}` is not an argument", hint)
    return parsed


def _with_sizes(parsed: Parsed, sizes: Mapping[str, str], report: Report) -> Parsed:
    """The check with `input_shape[1]` for `height`; what is not known breaks no check.

    Each of several conditions that `and` joins is left out on its own:
    `input_shape[1] is None or input_shape[1] % 2 == 0`.

    Args:
        sizes: Axes, each with the source of its size, which may be None.
    """
    if not any(node.id in sizes for node in parsed.names):
        return parsed
    tree = parsed.tree
    joined = isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)
    parts = [_guarded(part, sizes) for part in (tree.values if joined else [tree])]
    text = " and ".join(f"({part})" for part in parts) if joined else parts[0]
    code = parsed.code
    made = parse_expression(Code(text, code.span, code.origin), report)
    return parsed if made is None else made


def _guarded(tree: ast.expr, sizes: Mapping[str, str]) -> str:
    nodes = walk(tree)
    names = [n.id for n in nodes if isinstance(n, ast.Name) and n.id in sizes]
    unknown = [f"{sizes[name]} is None" for name in dict.fromkeys(names)]
    text = ast.unparse(_Sizes(sizes).visit(copy_of(tree)))
    if '"' not in text:
        text = text.replace("'", '"')
    if unknown and isinstance(tree, (ast.IfExp, ast.Lambda)):
        text = f"({text})"
    return " or ".join([*unknown, text])


class _Sizes(ast.NodeTransformer):
    def __init__(self, sizes: Mapping[str, str]):
        self.sizes = sizes

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.sizes:
            return node
        return ast.parse(self.sizes[node.id], mode="eval").body
