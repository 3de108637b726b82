"""Shapes of inputs that break one of the spec's checks and no other."""

from __future__ import annotations

from collections.abc import Iterator

from layersmith.language.analyse import Analysis
from layersmith.plan import names
from layersmith.plan.checks import asks_shapes
from layersmith.plan.suite.sizes import Shapes
from layersmith.plan.suite.values import Values, holds

# Of each input; of a list of inputs, those of all in it.
Given = dict[str, object]


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
        for given in _near(analysis, example):
            if _broken(analysis, values, given) == [index]:
                found.append((given, check.message))
                for more in _with_unknown(analysis, given):
                    if _broken(analysis, values, more) == [index]:
                        found.append((more, check.message))
                break
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
    known = {**values, **_asked(analysis, given)}
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


def _asked(analysis: Analysis, given: Given) -> Given:
    """Shapes by the names that a check has for them."""
    known: Given = {f"{name}_shape": shape for name, shape in given.items()}
    inputs = [given.get(name) for name in names.tensors(analysis)]
    packing = analysis.spec.packing
    if packing == "arguments":
        known["input_shape"] = inputs[0]
    else:
        known["input_shape"] = tuple(inputs) if packing == "list" else dict(given)
    return known
