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
            known = {**values, **_asked(analysis, given)}
            broken = [
                other
                for other in range(len(analysis.checks))
                if not holds(analysis, other, known)
            ]
            if broken == [index]:
                found.append((given, check.message))
                break
    return found


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
