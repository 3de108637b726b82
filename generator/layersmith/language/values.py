"""What is known of a value in `call` before it runs."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import Dim, Shape, unify
from layersmith.record import record

FLOATS = ("float", "variable", "float16", "bfloat16", "float32", "float64")


@record
class Tensor:
    """A tensor.

    Attributes:
        shape: None where even the rank is unknown.
        dtype: `float` is the compute dtype, `variable` the variable dtype; None
            where it is unknown.
        weight: Name of the weight that this is, for `.assign`; empty for a constant.
        optional: Whether it may be None: an input that may be left out.
        value: For integers that are sizes: which ones (`tf.shape(x)`).
    """

    shape: Shape | None = None
    dtype: str | None = None
    weight: str | None = None
    optional: bool = False
    value: Shape | Dim | None = None

    def of(self, shape: Shape | None) -> Tensor:
        return Tensor(shape, self.dtype)


@record
class Static:
    """A Python value, known before `call` runs.

    Attributes:
        kind: int, float, bool, str, none, dtype, shape or object.
        dim: For an int: its value over named sizes.
        literal: The value itself, where it is written out.
    """

    kind: str
    dim: Dim | None = None
    literal: object = None
    # True where it is an argument that may be None.
    nullable: bool = False


@record
class Items:
    """A Python list or tuple; `values` is None when its length is unknown."""

    values: tuple[Value, ...] | None
    each: Value | None = None


@record
class Entries:
    """A Python dict with names for keys."""

    values: tuple[tuple[str, Value], ...]

    def get(self, name: object) -> Value | None:
        return next((value for known, value in self.values if known == name), None)


@record
class Layer:
    """A sublayer, to be called."""

    name: str


@record
class Activation:
    """An activation function, to be called on one tensor."""

    name: str


@record
class Function:
    """A function of the spec, or a lambda; what it returns is found at each call.

    Attributes:
        node: Its definition.
        parsed: The text it stands in, where that is not `call`.
    """

    node: object
    parsed: object = None


@record
class Unknown:
    """Anything: nothing is checked."""


@record
class Training:
    """The `training` flag."""


Value = (
    Tensor
    | Static
    | Items
    | Entries
    | Layer
    | Activation
    | Function
    | Training
    | Unknown
)
UNKNOWN = Unknown()
NONE = Static("none")


def join(left: Value, right: Value) -> Value:
    """What is known of a name that has one of two values."""
    if left == right:
        return left
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        dtype = left.dtype if left.dtype == right.dtype else None
        if {left.dtype, right.dtype} <= {"float", "variable"}:
            dtype = left.dtype
        return Tensor(
            unify(left.shape, right.shape),
            dtype,
            optional=left.optional or right.optional,
        )
    if isinstance(left, Tensor) and right == NONE:
        return replace(left, weight=None, optional=True)
    if isinstance(right, Tensor) and left == NONE:
        return replace(right, weight=None, optional=True)
    if (
        isinstance(left, Static)
        and isinstance(right, Static)
        and left.kind == right.kind
    ):
        return Static(left.kind)
    if isinstance(left, Items) and isinstance(right, Items):
        if left.values is not None and right.values is not None:
            if len(left.values) == len(right.values):
                return Items(tuple(map(join, left.values, right.values)))
        return Items(None)
    if isinstance(left, Entries) and isinstance(right, Entries):
        names = [name for name, _ in left.values]
        if names == [name for name, _ in right.values]:
            pairs = zip(left.values, right.values)
            return Entries(tuple((name, join(a, b)) for (name, a), (_, b) in pairs))
    return UNKNOWN
