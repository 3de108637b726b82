"""What examples give: whether it fits the spec, and the shapes of inputs in it."""

from __future__ import annotations

from layersmith.errors import Report
from layersmith.language.dims import Dim
from layersmith.language.scope import Scope
from layersmith.language.sublayers import Maker, read_given
from layersmith.spec.fits import fits
from layersmith.spec.model import Example, Input, Spec, Value
from layersmith.suggest import suggest


def given_layers(spec: Spec, report: Report) -> dict[str, Maker]:
    """The layers that examples give as arguments, by their text."""
    kinds = {argument.name.text: argument.type for argument in spec.arguments}
    found = {}
    for example in spec.examples:
        for name, value in example.arguments:
            if kinds.get(name.text) == "layer" and isinstance(value.value, str):
                maker = read_given(value.code, f"`{name}`", report)
                if maker is not None:
                    found[value.value] = maker
    return found


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
    known = [i.name.text for i in spec.inputs]
    for name, _ in example.inputs:
        if name.text not in scope.shapes or name.text not in known:
            close = suggest(name.text, known)
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
    shapes = example_shapes(value.value, layer_input.many)
    if not shapes:
        report.error(
            value.span,
            "a shape here is a list of positive numbers",
            "write `[5, 3]`, or the values themselves as nested lists",
        )
        return
    shape = scope.shapes[layer_input.name.text]
    for numbers in shapes:
        if len(numbers) < shape.least_rank or (
            shape.rank is not None and len(numbers) != shape.rank
        ):
            report.error(
                value.span,
                f"`{layer_input.name}` has the axes {shape}, the example {len(numbers)}",
                "give one number an axis",
            )
            return
    if len(shapes) > 1:
        return  # tensors of a list may be broadcast
    numbers, rest = shapes[0], shape.rest
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


def example_shapes(value: object, many: bool = False) -> list[tuple[int, ...]]:
    """The shapes of an input in an example; none where it is neither shape nor values.

    Args:
        value: A shape; for an input that is a list of tensors also a list of shapes; or
            values, as nested tuples of numbers.
        many: Whether the input is such a list.
    """
    if _is_shape(value):
        return [value]
    if many and isinstance(value, tuple) and all(map(_is_shape, value)):
        return list(value)
    shape = _shape_of_values(value)
    return [] if shape is None else [shape]


def is_values(value: object) -> bool:
    """Whether an example gives values of an input, and not its shape."""
    return not _is_shape(value)


def _is_shape(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(type(n) is int and n > 0 for n in value)
    )


def _shape_of_values(value: object) -> tuple[int, ...] | None:
    """The shape of nested numbers; None where they have none."""
    if not isinstance(value, tuple):
        return () if isinstance(value, (bool, int, float)) else None
    shapes = {_shape_of_values(item) for item in value}
    if len(shapes) != 1 or None in shapes:
        return None
    return (len(value), *shapes.pop())
