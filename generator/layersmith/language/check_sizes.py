"""Axes in a check: their sizes by the shapes that `build` is given, where they are known."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from layersmith.errors import Report
from layersmith.language.parse import Parsed, parse_expression
from layersmith.language.trees import copy_of, walk
from layersmith.spec.model import Code


def with_sizes(parsed: Parsed, sizes: Mapping[str, str], report: Report) -> Parsed:
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
