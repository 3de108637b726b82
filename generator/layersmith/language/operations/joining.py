"""Operations that join tensors, and those that take them apart."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import Axis, Dim, Shape, shapes_differ, surely_differ
from layersmith.language.operations.base import Bound, Operation, row
from layersmith.language.operations.conversion import (
    MAX_ITEMS,
    as_tensor,
    common_dtype,
    converted_dtype,
)
from layersmith.language.operations.rules import (
    inserted,
    minus,
    of_unknown_axes,
    sizes,
    summed,
    without_unknown_axis,
)
from layersmith.language.values import Items, Static, Tensor, Value


def _dtype(call: Bound, values: tuple[Value, ...]) -> str | None:
    nodes = call.nodes("values", len(values))
    operands = list(zip(nodes, map(as_tensor, values)))
    dtype = common_dtype(operands, call.problem)
    return converted_dtype(Items(values)) if dtype == "weak" else dtype


def _concat(call: Bound) -> Value:
    values, axis = call.items("values"), call.literal("axis")
    if values is None:
        each = call.value("values")
        if isinstance(each, Items) and each.each is not None:
            tensor = as_tensor(each.each)
            shape = tensor.shape
            if shape is not None and isinstance(axis, int):
                return Tensor(shape.replace(axis, None), tensor.dtype)
            return Tensor(of_unknown_axes(shape), tensor.dtype)
        tensor = as_tensor(each)
        if tensor.shape is not None and tensor.shape.rank is not None:
            return Tensor(Shape((None,) * (tensor.shape.rank - 1)), tensor.dtype)
        return Tensor(None, tensor.dtype)
    tensors = [as_tensor(value) for value in values]
    dtype = _dtype(call, values)
    shapes = [tensor.shape for tensor in tensors]
    some = next(
        (shape for shape in shapes if shape is not None and shape.rank is not None),
        None,
    )
    for node, shape in zip(call.nodes("values", len(values)), shapes):
        if some is None or shape is None or shape.rank in (None, some.rank):
            continue
        call.problem(
            node,
            f"tf.concat of {some} and {shape}: they have different numbers of axes",
            "add an axis with tf.newaxis, or join them with tf.stack",
        )
        return Tensor(None, dtype)
    known = [shape for shape in shapes if shape is not None]
    if len(known) != len(shapes) or not shapes or not isinstance(axis, int):
        return Tensor(of_unknown_axes(some), dtype)
    first = known[0]
    if first.rank == 0 or not first.has_axis(axis):
        return call.fail(
            f"no axis {axis} in the shape {first}",
            "numbers are joined by tf.stack"
            if first.rank == 0
            else "axes count from 0, or from -1 at the end",
            at="values" if first.rank == 0 else "axis",
        )
    position = first.position(axis)
    if position is None or any(
        len(s.axes) != len(first.axes) or s.rest != first.rest for s in known
    ):
        return Tensor(None, dtype)
    joined: list[Axis] = list(first.axes)
    for shape in known[1:]:
        for index, (mine, theirs) in enumerate(zip(joined, shape.axes)):
            if index == position:
                continue
            if surely_differ(mine, theirs):
                return call.fail(
                    f"tf.concat of {first} and {shape}: `{mine}` is not `{theirs}`",
                    "all axes but the joined one must be the same",
                )
            joined[index] = mine if mine is not None else theirs
    joined[position] = summed([shape.axes[position] for shape in known])
    return Tensor(Shape(tuple(joined)), dtype, value=_joined_sizes(tensors))


def _joined_sizes(tensors: list[Tensor]) -> Shape | None:
    """The sizes that a vector names that is joined from shapes: `tf.shape(x)[:-1]` and so on."""
    axes: list[Axis] = []
    for tensor in tensors:
        known = sizes(tensor)
        if known is None or len(axes) + len(known) > MAX_ITEMS:
            return None
        axes.extend(known)
    return Shape(tuple(axes))


def _stack(call: Bound) -> Value:
    values, axis = call.items("values"), call.literal("axis", 0)
    if values is None:
        each = call.value("values")
        tensor = (
            as_tensor(each.each)
            if isinstance(each, Items) and each.each is not None
            else Tensor()
        )
        return _stacked(call, tensor.shape, axis, None, tensor.dtype)
    tensors = [as_tensor(value) for value in values]
    dtype = _dtype(call, values)
    shapes = [tensor.shape for tensor in tensors]
    known = [shape for shape in shapes if shape is not None]
    if len(known) != len(shapes) or not shapes:
        return Tensor(None, dtype)
    first = known[0]
    axes: list[Axis] = list(first.axes)
    for node, shape in zip(call.nodes("values", len(values)), known):
        open_ended = shape.rank is None or first.rank is None
        if not open_ended and shapes_differ(first, shape):
            call.problem(
                node,
                f"tf.stack of {first} and {shape}",
                "all must have one shape: tf.concat joins along an axis",
            )
            return Tensor(None, dtype)
        if len(shape.axes) != len(axes) or shape.rest != first.rest:
            return Tensor(None, dtype)
        axes = [a if a is not None else b for a, b in zip(axes, shape.axes)]
    result = _stacked(call, Shape(tuple(axes)), axis, Dim.of(len(values)), dtype)
    numbers = tuple(t.value for t in tensors if isinstance(t.value, Dim))
    if isinstance(result, Tensor) and not axes and len(numbers) == len(tensors):
        return replace(result, value=Shape(numbers))
    return result


def _stacked(
    call: Bound, shape: Shape | None, axis: object, size: Axis, dtype: str | None
) -> Value:
    try:
        return Tensor(inserted(shape, axis, size), dtype)
    except IndexError:
        return call.fail(
            f"no place {axis} for a new axis in {shape}",
            "axes count from 0, or from -1 at the end",
            at="axis",
        )


def _split(call: Bound) -> Value:
    tensor = call.tensor("value")
    shape, axis = tensor.shape, call.axis("axis", tensor, 0)
    parts = call.value("num_or_size_splits")
    size = shape.axis(axis) if shape is not None and isinstance(axis, int) else None
    lengths = sizes(parts) if isinstance(parts, (Items, Tensor)) else None
    if lengths is not None:
        return _split_by_size(call, tensor, axis, size, lengths)
    number = call.size("num_or_size_splits")
    each = None
    if isinstance(size, Dim) and number is not None:
        remainder = (size % number).constant
        if remainder:
            return call.fail(
                f"an axis of `{size}` does not split into {number} equal parts",
                "give the size of each part: `[4, 3]`, say",
                at="num_or_size_splits",
            )
        each = size // number
    part = Tensor(of_unknown_axes(shape), tensor.dtype)
    if shape is not None and isinstance(axis, int):
        part = Tensor(shape.replace(axis, each), tensor.dtype)
    count = None if number is None else number.constant
    if count is not None and 0 < count <= MAX_ITEMS:
        return Items((part,) * count)
    return Items(None, part)


def _split_by_size(
    call: Bound,
    tensor: Tensor,
    axis: object,
    size: Axis,
    lengths: tuple[Axis, ...],
) -> Value:
    shape = tensor.shape
    if shape is None or not isinstance(axis, int):
        return Items((Tensor(of_unknown_axes(shape), tensor.dtype),) * len(lengths))
    open_ends = [
        i for i, n in enumerate(lengths) if isinstance(n, Dim) and n.constant == -1
    ]
    total = summed([n for i, n in enumerate(lengths) if i not in open_ends])
    filled = list(lengths)
    if open_ends:
        filled[open_ends[0]] = minus(size, total)
    elif total is not None and surely_differ(total, size):
        return call.fail(
            f"the parts make up `{total}`, the axis is `{size}`",
            "the sizes must add up to the axis; one of them may be -1",
            at="num_or_size_splits",
        )
    return Items(
        tuple(Tensor(shape.replace(axis, length), tensor.dtype) for length in filled)
    )


def _by_number(operation: Operation, call: Bound) -> Operation:
    """keras.ops takes places to split at where TensorFlow takes sizes."""
    return (
        operation
        if isinstance(call.value("num_or_size_splits"), Static)
        else replace(operation, keras=None)
    )


def _unstack(call: Bound) -> Value:
    tensor = call.tensor("value")
    shape, axis = tensor.shape, call.axis("axis", tensor, 0)
    if isinstance(tensor.value, Shape) and tensor.value.rank is not None:
        return Items(
            tuple(
                Tensor(
                    Shape(()),
                    tensor.dtype,
                    value=size if isinstance(size, Dim) else None,
                )
                for size in tensor.value.axes
            )
        )
    if shape is None:
        return Items(None, Tensor(None, tensor.dtype))
    number = call.literal("num")
    if not isinstance(axis, int):
        part = Tensor(without_unknown_axis(call, "axis", shape), tensor.dtype)
    else:
        part = Tensor(shape.remove(axis), tensor.dtype)
        size = shape.axis(axis)
        if number is None and isinstance(size, Dim):
            number = size.constant
    if isinstance(number, int) and 0 < number <= MAX_ITEMS:
        return Items((part,) * number)
    return Items(None, part)


TABLE = (
    row(
        "tf.concat(values, axis)",
        _concat,
        "np.concatenate({values}, axis={axis})",
        "ops.concatenate({values}, axis={axis})",
    ),
    row(
        "tf.stack(values, axis=0)",
        _stack,
        "np.stack({values}[, axis={axis}])",
        "ops.stack({values}[, axis={axis}])",
    ),
    row(
        "tf.split(value, num_or_size_splits, axis=0, !num=None)",
        _split,
        "split({value}, {num_or_size_splits}[, axis={axis}])",
        "ops.split({value}, {num_or_size_splits}[, axis={axis}])",
        helpers=("split",),
        variant=_by_number,
    ),
    row(
        "tf.unstack(value, num=None, axis=0)",
        _unstack,
        "list(np.moveaxis({value}, {axis|0}, 0))",
        "ops.unstack({value}[, {num}][, axis={axis}])",
    ),
)
