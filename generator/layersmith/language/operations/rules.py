"""Rules that many rows share: shapes on named axes, and dtypes."""

from __future__ import annotations

from layersmith.language.dims import (
    ONE,
    Axis,
    Dim,
    Rest,
    Shape,
    ShapeMismatch,
    broadcast,
    surely_differ,
)
from layersmith.language.operations.base import Bound
from layersmith.language.operations.conversion import (
    FULL,
    HALF,
    MAX_ITEMS,
    MISSING,
    as_tensor,
    common_dtype,
    converted_dtype,
)
from layersmith.language.values import Items, Static, Tensor, Value

FLOATING = frozenset(("float", "variable", *HALF, *FULL))
INTEGER = frozenset(
    ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
)


# Dtypes.


def promote(call: Bound, *names: str) -> str | None:
    """The common dtype of arguments that TensorFlow converts to one another's."""
    given = [name for name in names if call.given(name)]
    operands = [(call.arguments[n][0], as_tensor(call.value(n))) for n in given]
    dtype = common_dtype(operands, call.problem)
    if dtype == "weak":
        return converted_dtype(Items(tuple(call.value(n) for n in given)))
    if dtype in INTEGER:
        for name in given:
            if converted_dtype(call.value(name)) == "float32":
                call.fail(
                    f"a number with a fraction meets a tensor of {dtype}",
                    "give the tensor a floating-point dtype: `tf.cast(..., compute_dtype)`",
                    at=name,
                )
                return None
    return dtype


def promote_to_first(call: Bound, *names: str) -> str | None:
    """The common dtype where TensorFlow takes that of the first argument in a graph."""
    dtype = promote(call, *names)
    first = as_tensor(call.value(names[0]))
    own = converted_dtype(call.value(names[0]))
    if first.dtype == "weak" and dtype not in (None, own):
        call.fail(
            f"the number comes first, and a graph takes it as {own}: the tensor differs",
            "put the tensor first, or make the number a tensor: `tf.constant(..., x.dtype)`",
            at=names[0],
        )
    return dtype


def floating(call: Bound, name: str) -> str | None:
    """The dtype of an argument that must not be an integer."""
    dtype = call.tensor(name).dtype
    if dtype in INTEGER or dtype == "bool":
        static = isinstance(call.value(name), Static)
        call.fail(
            f"{call.operation.name} takes floating-point numbers, and this is {dtype}",
            "compute it in Python: `units ** 0.5`, say"
            if static
            else "convert it first: `tf.cast(..., compute_dtype)`",
            at=name,
        )
        return None
    return dtype


# Whole rules.


def unary(call: Bound) -> Value:
    """Same shape and dtype as the first argument."""
    tensor = call.tensor(call.operation.parameter_names[0])
    return Tensor(tensor.shape, tensor.dtype)


def unary_floating(call: Bound) -> Value:
    """Same shape and dtype as the first argument, which is not an integer."""
    name = call.operation.parameter_names[0]
    return Tensor(call.shape(name), floating(call, name))


def predicate(call: Bound) -> Value:
    """A bool for each element of the first argument."""
    return Tensor(call.shape(call.operation.parameter_names[0]), "bool")


def broadcasting(call: Bound, *names: str) -> Shape | None:
    shape: Shape | None = Shape(())
    for name in names:
        if not call.given(name):
            continue
        try:
            shape = broadcast(shape, call.shape(name))
        except ShapeMismatch as error:
            shapes = " and ".join(str(call.shape(n)) for n in names if call.given(n))
            call.fail(
                f"shapes that do not go together: {error}",
                f"the shapes are {shapes}; name equal axes alike, or expand one with tf.newaxis",
            )
            return None
    return shape


def binary(call: Bound) -> Value:
    """Broadcast shape and common dtype of the first two arguments."""
    left, right = call.operation.parameter_names[:2]
    return Tensor(broadcasting(call, left, right), promote_to_first(call, left, right))


def binary_floating(call: Bound) -> Value:
    """As `binary`, of numbers that are not integers."""
    left, right = call.operation.parameter_names[:2]
    dtype = promote_to_first(call, left, right)
    if dtype in INTEGER:
        floating(call, left if as_tensor(call.value(left)).dtype == dtype else right)
        dtype = None
    return Tensor(broadcasting(call, left, right), dtype)


def comparison(call: Bound) -> Value:
    left, right = call.operation.parameter_names[:2]
    promote_to_first(call, left, right)
    return Tensor(broadcasting(call, left, right), "bool")


def logical(call: Bound) -> Value:
    """Broadcast of bools."""
    for name in call.operation.parameter_names[:-1]:
        require_bool(call, name)
    return Tensor(broadcasting(call, *call.operation.parameter_names[:-1]), "bool")


def require_bool(call: Bound, name: str) -> None:
    dtype = as_tensor(call.value(name)).dtype
    if dtype not in (None, "bool"):
        call.fail(
            f"{call.operation.name} takes bool tensors, and this is "
            f"{'a number' if dtype == 'weak' else named(dtype)}",
            "compare it, or `tf.cast(..., tf.bool)`",
            at=name,
        )


def named(dtype: str | None) -> str:
    """A dtype in words of the user."""
    words = {"float": "of the compute dtype", "variable": "of the variable dtype"}
    return words.get(dtype or "", str(dtype))


# Shapes.


def of_unknown_axes(shape: Shape | None) -> Shape | None:
    """A shape of that rank, of which no more is known."""
    rank = None if shape is None else shape.rank
    return None if rank is None else Shape((None,) * rank)


def inserted(shape: Shape | None, axis: object, size: Axis) -> Shape | None:
    """The shape with a new axis, numbered as in the result; None where unknown.

    Raises:
        IndexError: where there is surely no such place.
    """
    if shape is None:
        return None
    axes = list(shape.axes)
    if not isinstance(axis, int):
        return None if shape.rank is None else Shape((None,) * (len(axes) + 1))
    place = axis if axis >= 0 else len(axes) + 1 + axis
    rest = shape.rest
    if rest is not None:
        if not (place <= rest if axis >= 0 else place > rest):
            return None
    elif not 0 <= place <= len(axes):
        raise IndexError
    axes.insert(place, size)
    return Shape(tuple(axes))


def reduced(shape: Shape | None, axis: object, keepdims: object) -> Shape | None:
    """The shape after reducing the axes (None: all of them)."""
    if axis is None and keepdims is False:
        return Shape(())
    if shape is None or not isinstance(keepdims, bool):
        return None
    if axis is None:
        return None if shape.rank is None else Shape((ONE,) * shape.rank)
    if axis is MISSING:
        return of_unknown_axes(shape) if keepdims else None
    positions = set()
    for number in axis if isinstance(axis, tuple) else (axis,):
        position = shape.position(number) if isinstance(number, int) else None
        if position is None:
            return None
        positions.add(position)
    if keepdims:
        return Shape(
            tuple(ONE if i in positions else a for i, a in enumerate(shape.axes))
        )
    return Shape(tuple(a for i, a in enumerate(shape.axes) if i not in positions))


def without_unknown_axis(call: Bound, name: str, shape: Shape | None) -> Shape | None:
    """The shape without one axis, whose number is an argument of the layer."""
    value = call.value(name)
    if shape is None or shape.rank is None or not isinstance(value, Static):
        return None
    if value.kind != "int" or value.nullable:
        return None
    return Shape((None,) * (shape.rank - 1))


def last_two(shape: Shape | None) -> tuple[Axis, Axis] | None:
    """The sizes of the matrices in a stack of them; None where unknown."""
    if shape is None or len(shape.axes) < 2:
        return None
    rows, columns = shape.axes[-2:]
    if isinstance(rows, Rest) or isinstance(columns, Rest):
        return None
    return rows, columns


def require_rank(
    call: Bound,
    name: str,
    least: int,
    what: str,
    hint: str = "add an axis with tf.newaxis",
) -> bool:
    """Whether an argument may have so many axes; says it where it cannot."""
    shape = call.shape(name)
    if shape is None or shape.rank is None or shape.rank >= least:
        return True
    call.fail(
        f"{call.operation.name} takes {what}; the shape here is {shape}", hint, at=name
    )
    return False


def require_square(call: Bound, name: str) -> bool:
    if not require_rank(call, name, 2, "matrices", "a matrix has two axes at least"):
        return False
    matrix = last_two(call.shape(name))
    if matrix is None or not surely_differ(*matrix):
        return True
    call.fail(
        f"{call.operation.name} takes square matrices; the last axes here are "
        f"`{matrix[0]}` and `{matrix[1]}`",
        "name equal axes alike",
        at=name,
    )
    return False


def sizes(value: Value) -> tuple[Axis, ...] | None:
    """Axes that a shape argument names: a list, `tf.shape(x)`, or sums of these."""
    if isinstance(value, Tensor):
        return value.value.axes if isinstance(value.value, Shape) else None
    if isinstance(value, Static) and value.kind == "shape":
        return value.literal.axes if isinstance(value.literal, Shape) else None
    if isinstance(value, Static) and value.dim is not None:
        return None if value.nullable else (value.dim,)
    if isinstance(value, Items) and value.values is not None:
        axes: list[Axis] = []
        for item in value.values:
            size = (
                item.dim if isinstance(item, Static) else getattr(item, "value", None)
            )
            axes.append(size if isinstance(size, Dim) else None)
        return tuple(axes)
    return None


def shaped(call: Bound, name: str) -> Shape | None:
    """The shape that an argument names; None where it is not known."""
    axes = sizes(call.value(name))
    if axes is not None:
        return Shape(axes)
    length = call.shape(name)
    count = length.axes[0] if length is not None and length.rank == 1 else None
    number = count.constant if isinstance(count, Dim) else None
    if number is not None and 0 <= number <= MAX_ITEMS:
        return Shape((None,) * number)
    return None


def plus(left: Axis, right: Axis) -> Dim | None:
    """The sum of two sizes; None where one of them is unknown."""
    if isinstance(left, Dim) and isinstance(right, Dim):
        return left + right
    return None


def minus(left: Axis, right: Axis) -> Dim | None:
    """The difference of two sizes; None where one of them is unknown."""
    if isinstance(left, Dim) and isinstance(right, Dim):
        return left - right
    return None


def times(left: Axis, right: Axis) -> Dim | None:
    """The product of two sizes; None where one of them is unknown."""
    if isinstance(left, Dim) and isinstance(right, Dim):
        return left * right
    return None


def product(axes: tuple[Axis, ...]) -> Dim | None:
    """The number of elements; None where an axis is unknown or a `...`."""
    total = ONE
    for axis in axes:
        if not isinstance(axis, Dim):
            return None
        total = total * axis
    return total


def summed(axes: list[Axis]) -> Dim | None:
    total = Dim.of(0)
    for axis in axes:
        if not isinstance(axis, Dim):
            return None
        total = total + axis
    return total
