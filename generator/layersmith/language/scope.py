"""The names of a spec: what each means in `call` and in expressions on arguments."""

from __future__ import annotations

from dataclasses import dataclass, field

from layersmith.errors import Span
from layersmith.language.dims import Shape
from layersmith.language.parsed import Parsed
from layersmith.language.values import (
    Value,
)

# Names with a meaning of their own, which a spec cannot give to something else.
RESERVED = {
    "tf": "TensorFlow",
    "training": "whether the layer trains",
    "trainable": "whether the layer is trainable",
    "compute_dtype": "the dtype of the computation",
    "variable_dtype": "the dtype of the weights",
    "self": "the layer",
    "keras": "Keras",
    "np": "NumPy",
    "name": "the name of the layer",
    "dtype": "the dtype policy",
    "kwargs": "the arguments that Keras takes",
    "config": "the configuration",
}


@dataclass
class Scope:
    """What the names of a spec stand for.

    Attributes:
        values: By name, as `call` sees them.
        axes: Axes of the inputs, by name: the input and position to read it from.
        static_axes: Axes whose size is known in `build`: the shape of a weight or
            a sublayer needs them.
        made_in_build: Sublayers whose arguments ask the sizes of axes.
        shapes: Shape of each input, weight and output, over named sizes.
        spans: Where each name is given its meaning.
        conversions: What an argument becomes before it is checked, by its name.
        call_arguments: Names of the Python values that `call` takes.
    """

    values: dict[str, Value] = field(default_factory=dict)
    axes: dict[str, tuple[str, int]] = field(default_factory=dict)
    static_axes: set[str] = field(default_factory=set)
    made_in_build: set[str] = field(default_factory=set)
    shapes: dict[str, Shape] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    derived: dict[str, Parsed] = field(default_factory=dict)
    constants: dict[str, Parsed] = field(default_factory=dict)
    repeats: dict[str, Parsed] = field(default_factory=dict)
    shape_codes: dict[str, Parsed] = field(default_factory=dict)
    conversions: dict[str, Parsed] = field(default_factory=dict)
    call_arguments: set[str] = field(default_factory=set)
    functions: Parsed | None = None
    stated: set[str] = field(default_factory=set)
    inherited: set[str] = field(default_factory=set)

    def new_axis(self, name: str) -> str:
        """Notes an axis that a line of `call` names for itself."""
        self.stated.add(name)
        return name
