"""The plan of a layer's pytest suite: tables of plain data, and what to test."""

from __future__ import annotations

from dataclasses import dataclass

from layersmith.plan.oracle import OraclePlan


@dataclass(frozen=True)
class SuiteInput:
    """An input, as the suite makes it.

    Attributes:
        shape: The example's shape, batch included.
        dtype: NumPy dtype.
        upper: For integers: values run from 0 to `upper - 1`.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    upper: int | None


@dataclass(frozen=True)
class BadArgument:
    """A value that must be refused: name, source of the value."""

    name: str
    value: str


@dataclass(frozen=True)
class SuitePlan:
    """Everything that the suite of a layer says.

    Attributes:
        arguments: Name and source of each argument of the layer under test.
        defaults: Name and source of each default.
        variants: Changes of the arguments, each as (name, source) pairs.
        objects: Kind of each argument that is serialized: `activations`, ...
        activations: Source of the NumPy function by source of the name.
        inputs: All but masks.
        mask: Name of the mask, if the layer takes one.
        shapes: Shapes of the (single) input to try.
        symbolic: Source of the input's shape without batch, unknown axes None.
        symbolic_output: Source of the model's output shape for it.
        weights: Lines of `expected_weights`.
        axes: Axes of the input that weights depend on: name and example size.
        state: Names of the weights that `call` updates.
        initial: Weight and source of the initializer, for fixed ones.
        initialized, regularized, constrained: Weights that each argument serves.
        bad: Values that must be refused.
        edges: Outermost values that must be taken.
        checks: Arguments (as pairs) that a check refuses, and its message.
        least_rank: Of the input; 0 where any will do.
        width: Whether a wrong last axis is refused.
    """

    name: str
    snake: str
    module: str
    package: str
    arguments: tuple[tuple[str, str], ...]
    defaults: tuple[tuple[str, str], ...]
    variants: tuple[tuple[tuple[str, str], ...], ...]
    objects: tuple[tuple[str, str], ...]
    activations: tuple[tuple[str, str], ...]
    helpers: str
    helper_imports: tuple[str, ...]
    oracle: OraclePlan
    oracle_parameters: tuple[str, ...]
    inputs: tuple[SuiteInput, ...]
    mask: str | None
    mask_shape: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    symbolic: str
    symbolic_output: str
    weights: tuple[str, ...]
    weight_names: tuple[str, ...]
    sublayers: tuple[str, ...]
    axes: tuple[tuple[str, int], ...]
    state: tuple[str, ...]
    untrained: tuple[str, ...]
    initial: tuple[tuple[str, str], ...]
    initialized: tuple[tuple[str, tuple[str, ...]], ...]
    regularized: tuple[tuple[str, tuple[str, ...]], ...]
    constrained: tuple[tuple[str, tuple[str, ...]], ...]
    bad: tuple[BadArgument, ...]
    edges: tuple[BadArgument, ...]
    least_rank: int
    rank: int | None
    width: bool
    random: bool
    seeded: bool
    training: bool
    learns: bool
    floats: str
    keeps_mask: bool
    script_module: str
