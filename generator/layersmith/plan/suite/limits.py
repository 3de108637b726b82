"""Values of arguments at their bounds, and beyond them, that the suite tries."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.plan.suite.values import converts
from layersmith.spec.model import Argument


def bad_values(analysis: Analysis, argument: Argument) -> list[object]:
    """Values that `__init__` must refuse: at and beyond each bound, and of wrong type."""
    if argument.choices:
        return ["no such choice"]
    if argument.type == "int":
        none = [] if argument.nullable else [None]
        return [*_beyond(argument, 1), 2.5, "3", True, *none]
    if argument.type == "float":
        bad = _beyond(argument, 0.01)
        return [*bad, float("nan")] if bad else []
    if argument.type == "axis":
        return ["1", 1.5, (1.5,)]
    if argument.type == "shape" and argument.convert is None:
        return [(2.5,), 3]
    if argument.type == "shape":
        bad = [(2.5,), 2.5]
        return [value for value in bad if converts(analysis, argument, value) is False]
    if argument.type == "partial_shape" and argument.convert is None:
        return [3, (2.5,), (0,)]
    if argument.type == "data_format":
        return ["no such format"]
    if argument.type == "layer":
        return ["no layer"]
    return []


def _beyond(argument: Argument, step: float) -> list[object]:
    bad: list[object] = []
    if argument.minimum is not None:
        bad.append(argument.minimum.value - step)
    if argument.above is not None:
        bad.append(argument.above.value)
    if argument.maximum is not None:
        bad.append(argument.maximum.value + step)
    if argument.below is not None:
        bad.append(argument.below.value)
    return bad


def edge_values(argument: Argument) -> list[object]:
    """The outermost values that `__init__` must take."""
    if argument.type == "partial_shape" and argument.convert is None:
        return [(1, None)]
    if argument.choices or argument.type not in ("int", "float"):
        return []
    step = 1 if argument.type == "int" else 1e-6
    edges: list[object] = []
    if argument.minimum is not None:
        edges.append(argument.minimum.value)
    if argument.above is not None:
        edges.append(argument.above.value + step)
    if argument.maximum is not None:
        edges.append(argument.maximum.value)
    if argument.below is not None:
        edges.append(argument.below.value - step)
    return edges
