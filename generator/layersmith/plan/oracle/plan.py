"""Puts the oracle together: what it takes, what stands at its top, and its body."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.trees import copy_of, fresh_tree
from layersmith.plan import names as layer_names
from layersmith.plan.oracle.functions import called_functions
from layersmith.plan.oracle.masks import plan_mask_oracle
from layersmith.plan.oracle.model import OraclePlan
from layersmith.plan.oracle.names import (
    OracleNames,
    derived_names,
    in_arguments,
    oracle_names,
)
from layersmith.plan.oracle.sublayers import Sublayers
from layersmith.plan.oracle.text import statement_lines, with_blank_lines
from layersmith.plan.oracle.translate import Translator
from layersmith.plan.state import holds_gradients


def plan_oracle(analysis: Analysis) -> OraclePlan:
    """The oracle of a layer."""
    # Helpers are known once it is translated; then local names make room for them.
    plan = _plan(analysis, oracle_names(analysis))
    names = oracle_names(analysis, plan.helpers)
    return plan if not names.local else _plan(analysis, names)


def _plan(analysis: Analysis, names: OracleNames) -> OraclePlan:
    sublayers = Sublayers(analysis, names.arguments, names.weights)
    translators = [Translator(analysis, analysis.call, names, sublayers)]
    body = [
        line
        for statement in translators[0].tree.body
        for line in statement_lines(translators[0].visit(statement))
    ]
    functions = []
    if analysis.scope.functions is not None:
        parsed = analysis.scope.functions
        called = called_functions(analysis)
        translators.append(Translator(analysis, parsed, names, sublayers))
        for node in translators[1].tree.body:
            if getattr(node, "name", None) in called:
                functions.append(tuple(statement_lines(translators[1].visit(node))))
    first = [
        *_unpacked(analysis),
        *_doubles(analysis),
        *_derived(analysis, names),
        *_constants(analysis, names),
        *_repeated(analysis, names, sublayers),
    ]
    mask = plan_mask_oracle(analysis, names)
    helpers = [*sublayers.helpers, *(h for t in translators for h in t.helpers)]
    helpers += mask.helpers if mask is not None else ()
    draws = [d for t in translators for d in t.draws]
    asks = bool(sublayers.asked) or any(t.layer for t in translators)
    losses = any(t.losses for t in translators)
    return OraclePlan(
        parameters=tuple(_parameters(analysis, names, bool(draws), asks, losses)),
        body=tuple(with_blank_lines([*first, *body], within=True)),
        functions=tuple(functions),
        helpers=tuple(dict.fromkeys(helpers)),
        draws=tuple(dict.fromkeys(draws)),
        opaque=tuple(dict.fromkeys(o for t in translators for o in t.opaque)),
        asked=tuple(dict.fromkeys(sublayers.asked)),
        parts=sublayers.parts,
        layer=asks,
        losses=losses,
        stops=holds_gradients(analysis),
        mask=mask,
    )


def _parameters(
    analysis: Analysis, names: OracleNames, draws: bool, asks: bool, losses: bool
) -> list[str]:
    """Those of `call`, between what the layer holds and what is random in it."""
    parameters = [
        names.arguments,
        names.weights,
        *layer_names.call_parameters(analysis),
    ]
    if analysis.trains:
        parameters.append("training=False")
    parameters += layer_names.call_values(analysis)
    parameters += [
        f"{name}=None"
        for name, needed in (("draws", draws), ("layer", asks), ("losses", losses))
        if needed
    ]
    if holds_gradients(analysis):
        parameters.append("stop=np.asarray")
    return parameters


def _unpacked(analysis: Analysis) -> list[str]:
    spec = analysis.spec
    given = layer_names.tensors(analysis)
    lines = []
    if spec.packing == "list":
        lines.extend(_listed(analysis, given))
    elif spec.packing == "dict":
        lines.extend(f'{name} = inputs["{name}"]' for name in given)
    if spec.packing != "arguments":
        lines.extend(_packed_masks(analysis, given))
    states = [i.name.text for i in spec.inputs if i.state]
    if states:
        target = ", ".join(states) if len(states) > 1 else f"({states[0]},)"
        lines.append(f"{target} = states")
    return lines


def _listed(analysis: Analysis, given: tuple[str, ...]) -> list[str]:
    """Inputs of a list by their names; the last of them may be missing."""
    optional = [n for n in given if layer_names.input_of(analysis, n).optional]
    if not optional:
        return [f"{', '.join(given)} = inputs"]
    padding = ", ".join(["None"] * len(optional))
    return [f"{', '.join(given)} = [*inputs, {padding}][:{len(given)}]"]


def _packed_masks(analysis: Analysis, given: tuple[str, ...]) -> list[str]:
    """Masks of packed inputs, which come packed alike."""
    lines = []
    for index, name in enumerate(given):
        if layer_names.is_mask(analysis, f"{name}_mask"):
            key = f'"{name}"' if analysis.spec.packing == "dict" else index
            lines.append(f"{name}_mask = None if mask is None else mask[{key}]")
    return lines


def _doubles(analysis: Analysis) -> list[str]:
    """Inputs in float64, which the oracle computes in."""
    lines = []
    for layer_input in analysis.spec.inputs:
        name = layer_input.name.text
        if layer_input.dtype not in ("float", "float16", "bfloat16", "float32"):
            continue
        if layer_input.many:
            lines.append(f"{name} = [each.astype(float) for each in {name}]")
        elif layer_input.optional:
            lines.extend(
                [f"if {name} is not None:", f"    {name} = {name}.astype(float)"]
            )
        else:
            lines.append(f"{name} = {name}.astype(float)")
    return lines


def _derived(analysis: Analysis, names: OracleNames) -> list[str]:
    """Derived values that `call` reads, by their names."""
    lines = []
    known: set[str] = set()
    for name in derived_names(analysis):
        tree = analysis.scope.derived[name].tree
        value = in_arguments(analysis, tree, names.arguments, known)
        lines.append(f"{names.local.get(name, name)} = {value}")
        if name not in names.local:
            known.add(name)
    return lines


def _constants(analysis: Analysis, names: OracleNames) -> list[str]:
    lines = []
    for constant in analysis.spec.constants:
        tree = analysis.scope.constants[constant.name.text].tree
        value = in_arguments(analysis, _with_axes(analysis, tree), names.arguments)
        lines.append(f"{constant.name} = {value}")
    return lines


def _with_axes(analysis: Analysis, tree: ast.AST) -> ast.AST:
    """An expression in which axes of inputs are read from the inputs."""

    class Axes(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            if node.id in analysis.scope.axes and isinstance(node.ctx, ast.Load):
                owner, position = analysis.scope.axes[node.id]
                return fresh_tree(f"{owner}.shape[{position}]")
            return node

    return Axes().visit(copy_of(tree))


def _repeated(
    analysis: Analysis, names: OracleNames, sublayers: Sublayers
) -> list[str]:
    lines = []
    for name, times in analysis.scope.repeats.items():
        count = in_arguments(analysis, times.tree, names.arguments)
        lines.extend(sublayers.listed(name, count))
    return lines
