"""The spec as its author wrote it, with the place of everything in the file."""

from __future__ import annotations

import re

from layersmith.errors import Span
from layersmith.places import Origin
from layersmith.record import record

Literal = bool | int | float | str | tuple | dict | None


@record
class Name:
    text: str
    span: Span

    def __str__(self) -> str:
        return self.text


@record
class Code:
    """Python text: an expression, or the body of `call`."""

    text: str
    span: Span
    origin: Origin


@record
class Value:
    """A literal with its place.

    Attributes:
        code: The text of a scalar, for a value that is Python code, as a layer's is.
    """

    value: Literal
    span: Span
    code: Code | None = None


@record
class Shape:
    """Axes of a tensor; `...` stands for any number of axes."""

    axes: tuple[Code, ...]
    span: Span

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(axis.text for axis in self.axes)


@record
class Argument:
    """An argument of `__init__`.

    Attributes:
        type: One of the names in `keys.ARGUMENT_TYPES`.
        default: None when the argument is required; `Value(None)` for `null`.
        minimum, maximum: Bounds that the value may reach.
        above, below: Bounds that it may not reach.
        convert: Expression that the value becomes before it is checked.
    """

    name: Name
    type: str
    default: Value | None
    minimum: Value | None
    maximum: Value | None
    above: Value | None
    below: Value | None
    choices: tuple[Value, ...]
    doc: str
    convert: Code | None = None

    @property
    def nullable(self) -> bool:
        return self.default is not None and self.default.value is None


@record
class Derived:
    """A value computed in `__init__` from the arguments."""

    name: Name
    expression: Code


@record
class Check:
    """A condition on the arguments, with the message of the ValueError."""

    condition: Code
    message: str
    span: Span


@record
class Input:
    """A tensor that `call` takes.

    Attributes:
        many: Whether it is a list of any number of such tensors.
        ranks: Ranks that are allowed, where `...` leaves it open.
        state: Whether it is a state of a recurrent cell.
    """

    name: Name
    shape: Shape
    dtype: str
    optional: bool
    doc: str
    many: bool = False
    ranks: tuple[int, ...] = ()
    state: bool = False


@record
class Weight:
    """A weight made in `build`.

    Attributes:
        initializer, regularizer, constraint: Name of an argument, name of a Keras
            object, or a call such as `RandomNormal(stddev=0.02)`.
        when: Condition on the arguments under which the weight exists.
        shape: Axes, or an expression that gives them in `build`.
        inherited: Whether the layer that this one extends makes it.
    """

    name: Name
    shape: Shape | Code
    initializer: Code | None
    regularizer: Code | None
    constraint: Code | None
    trainable: bool
    dtype: str | None
    when: Code | None
    doc: str
    inherited: bool = False


@record
class Constant:
    """A NumPy value computed once, in `build`.

    Attributes:
        shape: None where it is not stated.
    """

    name: Name
    value: Code
    shape: Shape | None


@record
class Sublayer:
    """A layer held by this one; `layer` is the call that makes it.

    Attributes:
        repeat: How many there are of it, as an expression on arguments.
    """

    name: Name
    layer: Code
    when: Code | None
    repeat: Code | None = None


@record
class Output:
    """A tensor that `call` returns.

    Attributes:
        when: Name of the call argument on which it is returned besides the first.
        code: Expression that gives the shape, where names of axes cannot say it;
            `shape` is `...` then.
    """

    name: Name | None
    shape: Shape
    when: Name | None = None
    code: Code | None = None


@record
class Example:
    """Arguments and input shapes that the emitted suite tries."""

    arguments: tuple[tuple[Name, Value], ...]
    inputs: tuple[tuple[Name, Value], ...]
    span: Span
    outputs: Value | None = None


@record
class Spec:
    layer: Name
    summary: str
    description: str
    reference: str
    package: str | None
    arguments: tuple[Argument, ...]
    derived: tuple[Derived, ...]
    checks: tuple[Check, ...]
    inputs: tuple[Input, ...]
    weights: tuple[Weight, ...]
    sublayers: tuple[Sublayer, ...]
    call: Code
    outputs: tuple[Output, ...]
    examples: tuple[Example, ...]
    autocast: bool | None
    supports_masking: bool | Code | None
    extends: Name | None = None
    constants: tuple[Constant, ...] = ()
    functions: Code | None = None
    packing: str = "arguments"
    output_packing: str = "single"
    compute_output_shape: Code | None = None
    compute_mask: Code | None = None
    call_arguments: tuple[Argument, ...] = ()

    file_stem: str = ""

    @property
    def snake(self) -> str:
        """Name of the module: that of the spec's file, where it spells the layer's.

        `film.yaml` with the layer `FiLM` gives `film`, not `fi_lm`.
        """
        if self.file_stem.replace("_", "") == self.layer.text.lower():
            return self.file_stem
        return snake_case(self.layer.text)

    def argument(self, name: str) -> Argument | None:
        return next((a for a in self.arguments if a.name.text == name), None)


def snake_case(name: str) -> str:
    """`LowRankDense` -> `low_rank_dense`, as Keras names layers."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
