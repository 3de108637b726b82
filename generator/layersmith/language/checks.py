"""Mistakes in the parts of a spec taken together: examples that do not fit, names unused."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from layersmith.errors import Report
from layersmith.language.dims import Dim
from layersmith.language.facts import Facts
from layersmith.language.parse import Parsed
from layersmith.language.scope import Scope
from layersmith.spec.model import Example, Input, Spec, Value
from layersmith.spec.read import fits
from layersmith.suggest import suggest


def check_examples(spec: Spec, scope: Scope, report: Report) -> None:
    for example in spec.examples:
        given = {}
        for name, value in example.arguments:
            argument = spec.argument(name.text)
            if argument is None and name.text in scope.inherited:
                given[name.text] = value
                continue
            if argument is None:
                close = suggest(name.text, [a.name.text for a in spec.arguments])
                report.error(
                    name.span,
                    f"the layer has no argument `{name}`",
                    f"did you mean `{close}`?"
                    if close
                    else "declare it under `arguments:`",
                )
                continue
            given[name.text] = value
            expected = fits(argument, value.value)
            if expected:
                report.error(
                    value.span,
                    f"`{name}` cannot be {value.value!r}",
                    f"expected {expected}",
                )
        for argument in spec.arguments:
            if argument.default is None and argument.name.text not in given:
                report.error(
                    example.span,
                    f"the example gives no `{argument.name}`",
                    f"add it: `arguments: {{{argument.name}: ...}}`",
                )
        _check_example_inputs(spec, scope, example, given, report)


def _check_example_inputs(
    spec: Spec, scope: Scope, example: Example, given: dict[str, Value], report: Report
) -> None:
    shapes = {name.text: value for name, value in example.inputs}
    for name, _ in example.inputs:
        if name.text not in scope.shapes or spec_input(spec, name.text) is None:
            close = suggest(name.text, [i.name.text for i in spec.inputs])
            report.error(
                name.span,
                f"the layer has no input `{name}`",
                f"did you mean `{close}`?" if close else "declare it under `inputs:`",
            )
    sizes: dict[str, int] = {}
    for layer_input in spec.inputs:
        value = shapes.get(layer_input.name.text)
        if value is None:
            if not layer_input.optional:
                report.error(
                    example.span,
                    f"the example gives no shape of `{layer_input.name}`",
                    f"add it: `inputs: {{{layer_input.name}: [5, 3]}}`",
                )
            continue
        _check_example_shape(layer_input, value, scope, sizes, given, report)


def _check_example_shape(
    layer_input: Input,
    value: Value,
    scope: Scope,
    sizes: dict[str, int],
    given: dict[str, Value],
    report: Report,
) -> None:
    numbers = value.value
    if not isinstance(numbers, tuple) or not all(
        isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in numbers
    ):
        report.error(
            value.span, "a shape here is a list of positive numbers", "write `[5, 3]`"
        )
        return
    shape = scope.shapes[layer_input.name.text]
    if len(numbers) < shape.least_rank or (
        shape.rank is not None and len(numbers) != shape.rank
    ):
        report.error(
            value.span,
            f"`{layer_input.name}` has the axes {shape}, the example {len(numbers)}",
            "give one number an axis",
        )
        return
    rest = shape.rest
    for index, axis in enumerate(shape.axes):
        if not isinstance(axis, Dim):
            continue
        number = numbers[
            index if rest is None or index < rest else index - len(shape.axes)
        ]
        expected = axis.constant
        name = str(axis)
        if expected is None and name in given:
            expected = given[name].value
        if expected is None:
            expected = sizes.setdefault(name, number)
        if expected != number:
            report.error(
                value.span,
                f"the axis `{name}` is {number} here and {expected} elsewhere",
                "one name is one number",
            )


def spec_input(spec: Spec, name: str):
    return next((i for i in spec.inputs if i.name.text == name), None)


def check_used(
    spec: Spec,
    scope: Scope,
    facts: Facts,
    read: Iterable[Parsed],
    names: set[str],
    report: Report,
) -> None:
    """Says of each name that nothing reads: it is a mistake, or should not be there.

    Args:
        read: Expressions outside of `call` that read names.
        names: Names that are read elsewhere.
    """
    used = {*facts.used, *facts.updates, *names}
    if facts.random:
        used.add("seed")
    codes = (
        *read,
        *scope.derived.values(),
        *scope.constants.values(),
        *scope.repeats.values(),
    )
    for parsed in (*codes, *scope.shape_codes.values()):
        used |= {
            node.id for node in ast.walk(parsed.tree) if isinstance(node, ast.Name)
        }
    for shape in scope.shapes.values():
        for axis in shape.axes:
            if isinstance(axis, Dim):
                used |= {name for atom in axis.atoms for name in _names(atom)}
    for output in spec.outputs:
        for text in output.shape.texts:
            used |= set(_names(text))
    for code in (spec.compute_output_shape, spec.compute_mask):
        if code is not None:
            used |= set(_names(code.text, "exec"))
    kinds: Mapping[str, tuple] = {
        "argument": spec.arguments,
        "derived value": spec.derived,
        "constant": spec.constants,
        "input": spec.inputs,
        "weight": spec.weights,
        "sublayer": spec.sublayers,
    }
    for kind, parts in kinds.items():
        for part in parts:
            name = part.name.text
            seen = (
                used
                if kind in ("argument", "derived value", "constant")
                else facts.used
            )
            if name not in seen and name not in facts.updates:
                where = "use it" if seen is used else "use it in `call`"
                report.error(
                    part.name.span,
                    f"{kind} `{name}` is never used",
                    f"{where}, or remove it",
                )


def _names(text: str, mode: str = "eval") -> list[str]:
    try:
        return [
            n.id
            for n in ast.walk(ast.parse(text, mode=mode))
            if isinstance(n, ast.Name)
        ]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
