"""Sizes of axes: in the example, unknown in a model, and as source."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Axis, Dim, Rest, Shape
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.trees import tree_of
from layersmith.plan import names
from layersmith.plan.suite.asked import example_shape
from layersmith.plan.suite.model import Pairs
from layersmith.plan.suite.values import with_derived
from layersmith.spec.model import Code

# Names that the functions which take sizes have themselves.
_TAKEN = frozenset({"a", "weights", "sublayers"})


def own_name(axis: str) -> str:
    """An axis in `expected_weights` and `expected_sublayers`, beside their own names."""
    return f"{axis}_size" if axis in _TAKEN else axis


def size_parameters(analysis: Analysis, used: AbstractSet[str]) -> Pairs:
    """Axes of these names, each with its size in the first example."""
    sizes = example_sizes(analysis)
    return tuple(
        (own_name(axis), str(sizes[axis]))
        for axis in analysis.scope.axes
        if own_name(axis) in used and axis in sizes
    )


def example_sizes(analysis: Analysis) -> dict[str, int]:
    """Size of each axis of the inputs in the first example."""
    sizes: dict[str, int] = {}
    for axis, (name, position) in analysis.scope.axes.items():
        shape = example_shape(analysis, name)
        if shape is not None:
            sizes[axis] = shape[position]
    return sizes


def announced(
    analysis: Analysis,
    shape: Shape,
    values: Mapping[str, object],
    rest: Mapping[str, tuple[int, ...]],
) -> list[str]:
    """Sizes that a model tells of a shape: None for an axis that may be of any size.

    Args:
        values: The arguments.
        rest: Sizes of the axes that each `...` stands for.
    """
    asked = _asks_shapes(analysis) or _asks_layers(analysis)
    fixed = set(analysis.scope.axes) if asked else names.fixed_axes(analysis)
    sizes = {a: s for a, s in example_sizes(analysis).items() if a in fixed}
    known = {**with_derived(analysis, values), **sizes}
    found: list[str] = []
    for axis in shape.axes:
        if isinstance(axis, Rest):
            many = rest.get(str(axis), ())
            found.extend(str(size) if asked else "None" for size in many)
        else:
            found.append(str(_size(axis, known)))
    return found


def _asks_shapes(analysis: Analysis) -> bool:
    """Whether an expression makes the shape of a weight from shapes of inputs."""
    return any(isinstance(weight.shape, Code) for weight in analysis.spec.weights)


def _asks_layers(analysis: Analysis) -> bool:
    """Whether a layer is an argument: which sizes it must know, only it can say."""
    return any(argument.type == "layer" for argument in analysis.spec.arguments)


def _size(axis: Axis, known: Mapping[str, object]) -> object:
    if not isinstance(axis, Dim):
        return None
    try:
        return evaluate(tree_of(str(axis)), known)
    except Unknowable:
        return None
