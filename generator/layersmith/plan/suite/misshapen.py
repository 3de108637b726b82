"""Shapes of inputs that break one of the spec's checks and no other."""

from __future__ import annotations

from collections.abc import Iterator

from layersmith.language.analyse import Analysis
from layersmith.plan import names
from layersmith.plan.checks import asks_shapes
from layersmith.plan.suite.asked import Given, Shapes, asked, example_of
from layersmith.plan.suite.values import Values, allowed, holds


def breakable(analysis: Analysis, values: Values) -> Values:
    """The arguments, with defaults where a check of shapes else could not be broken.

    Any height is a multiple of a patch of 1, which is a value like any other as long as
    the check is not thought of.
    """
    example = example_of(analysis, names.tensors(analysis))
    given = {name.text for name, _ in analysis.spec.examples[0].arguments}
    for index, parsed in enumerate(analysis.checks):
        if not asks_shapes(analysis, parsed) or _refused(
            analysis, values, example, index
        ):
            continue
        asked_for = {node.id for node in parsed.names} - given
        other = {
            **values,
            **{
                a.name.text: a.default.value
                for a in analysis.spec.arguments
                if a.default is not None and a.name.text in asked_for
            },
        }
        if allowed(analysis, other) and _refused(analysis, other, example, index):
            values = other
    return values


def _refused(analysis: Analysis, values: Values, example: Shapes, index: int) -> bool:
    """Whether some shapes break this check alone."""
    near = _near(analysis, example)
    return any(_broken(analysis, values, given) == [index] for given in near)


def misshapen(
    analysis: Analysis, values: Values, example: Shapes
) -> list[tuple[Given, str]]:
    """For each check that asks shapes: shapes that it refuses, and its message.

    Args:
        values: Arguments of the layer under test.
        example: Shapes that all checks let pass.
    """
    found = []
    for index, check in enumerate(analysis.spec.checks):
        if not asks_shapes(analysis, analysis.checks[index]):
            continue
        near = _near(analysis, example)
        refused = [g for g in near if _broken(analysis, values, g) == [index]]
        for given in refused[:1]:
            more = _with_unknown(analysis, given)
            refused += [g for g in more if _broken(analysis, values, g) == [index]]
        found += [(given, check.message) for given in refused]
    return found


def unknown(analysis: Analysis, values: Values, example: Shapes) -> list[Given]:
    """Shapes of a list of inputs with an axis that one of them alone knows.

    The arguments are those of `misshapen`.
    """
    asked = any(asks_shapes(analysis, check) for check in analysis.checks)
    if not asked or not _only_a_list(analysis) or analysis.scope.static_axes:
        return []
    ((name, shape),) = example.items()
    found: list[Given] = []
    for place in range(1, len(shape)):
        less = (*shape[:place], None, *shape[place + 1 :])
        if not _broken(analysis, values, {name: (shape, less)}):
            found.append({name: (shape, less)})
    return found


def _only_a_list(analysis: Analysis) -> bool:
    """Whether the layer takes a list of tensors of one kind, and nothing else."""
    return len(analysis.spec.inputs) == 1 and analysis.spec.inputs[0].many


def _broken(analysis: Analysis, values: Values, given: Given) -> list[int]:
    """The checks that refuse these shapes."""
    known = {**values, **asked(analysis, given)}
    every = range(len(analysis.checks))
    return [index for index in every if not holds(analysis, index, known)]


def _near(analysis: Analysis, example: Shapes) -> Iterator[Given]:
    """The example with one axis of one input longer."""
    start: Given = {}
    for name, shape in example.items():
        many = names.input_of(analysis, name).many
        start[name] = (shape, shape) if many else shape
    for name, shape in example.items():
        for place in range(1, len(shape)):
            longer = (*shape[:place], shape[place] + 1, *shape[place + 1 :])
            many = names.input_of(analysis, name).many
            yield {**start, name: (shape, longer) if many else longer}


def _with_unknown(analysis: Analysis, given: Given) -> Iterator[Given]:
    """A list of two shapes with another, of which no size is known."""
    if _only_a_list(analysis):
        ((name, (first, last)),) = given.items()
        nothing = (None,) * len(first)
        yield {name: (first, nothing, last)}
        yield {name: (first, last, nothing)}
