"""Operations that make tensors, and those that tell sizes."""

from __future__ import annotations

from layersmith.language.dims import Axis, Dim, Rest, Shape
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import converted_dtype
from layersmith.language.operations.rules import (
    INTEGER,
    inserted,
    named,
    product,
    promote,
    shaped,
)
from layersmith.language.values import Items, Static, Tensor, Value


def _shape(call: Bound) -> Value:
    shape = call.shape("input")
    rank = None if shape is None else shape.rank
    size = None if rank is None else Dim.of(rank)
    return Tensor(Shape((size,)), call.dtype("out_type", "int32"), value=shape)


def _size(call: Bound) -> Value:
    shape = call.shape("input")
    count = None if shape is None else product(shape.axes)
    return Tensor(Shape(()), call.dtype("out_type", "int32"), value=count)


def _rank(call: Bound) -> Value:
    shape = call.shape("input")
    rank = None if shape is None or shape.rank is None else Dim.of(shape.rank)
    return Tensor(Shape(()), "int32", value=rank)


def _filled(call: Bound) -> Value:
    return Tensor(shaped(call, "shape"), call.dtype(default="float32"))


def _fill(call: Bound) -> Value:
    return Tensor(shaped(call, "dims"), converted_dtype(call.value("value")))


def _like(call: Bound) -> Value:
    tensor = call.tensor("input")
    return Tensor(tensor.shape, call.dtype(default=tensor.dtype))


def _eye(call: Bound) -> Value:
    rows = call.size("num_rows")
    columns = call.size("num_columns") if call.given("num_columns") else rows
    dtype = call.dtype(default="float32")
    if not call.given("batch_shape"):
        return Tensor(Shape((rows, columns)), dtype)
    batch = shaped(call, "batch_shape")
    return Tensor(None if batch is None else Shape((*batch.axes, rows, columns)), dtype)


def _range(call: Bound) -> Value:
    names = [name for name in ("start", "limit", "delta") if call.given(name)]
    dtype = call.dtype(default=promote(call, *names))
    return Tensor(Shape((_count(call, len(names)),)), dtype)


def _count(call: Bound, numbers: int) -> Dim | None:
    """How many numbers there are in a range of whole numbers."""
    if call.given("delta") and call.literal("delta") != 1:
        step = call.literal("delta")
        start = call.literal("start")
        limit = call.literal("limit")
        if all(
            isinstance(n, int) and not isinstance(n, bool) for n in (start, limit, step)
        ):
            return Dim.of(max(0, -((start - limit) // step))) if step else None
        return None
    first = call.size("start")
    if numbers == 1 or not call.given("limit"):
        return first
    limit = call.size("limit")
    return None if first is None or limit is None else limit - first


def _linspace(call: Bound) -> Value:
    dtype = promote(call, "start", "stop")
    shape = call.shape("start")
    try:
        shape = inserted(shape, call.literal("axis", 0), call.size("num"))
    except IndexError:
        return call.fail(
            f"no place for a new axis in {shape}",
            "axes count from 0, or from -1 at the end",
            at="axis",
        )
    return Tensor(shape, "float64" if dtype in INTEGER else dtype)


def _one_hot(call: Bound) -> Value:
    indices = call.tensor("indices")
    if indices.dtype not in (None, *INTEGER):
        return call.fail(
            f"tf.one_hot takes integers, and this is {named(indices.dtype)}",
            "convert it first: `tf.cast(..., tf.int32)`",
            at="indices",
        )
    values = [name for name in ("on_value", "off_value") if call.given(name)]
    dtype = call.dtype(default=promote(call, *values) if values else "float32")
    try:
        shape = inserted(indices.shape, call.literal("axis", -1), call.size("depth"))
    except IndexError:
        return call.fail(
            f"no place for a new axis in {indices.shape}",
            "axes count from 0, or from -1 at the end",
            at="axis",
        )
    return Tensor(shape, dtype)


def _sequence_mask(call: Bound) -> Value:
    shape = call.shape("lengths")
    axes: tuple[Axis, ...] | None = (
        None if shape is None else (*shape.axes, call.size("maxlen"))
    )
    return Tensor(None if axes is None else Shape(axes), call.dtype(default="bool"))


def _meshgrid(call: Bound) -> Value:
    tensors = call.extra.get("inputs", ())
    axes: list[Axis] = []
    for tensor in tensors:
        shape = tensor.shape
        axes.append(None if shape is None else product(shape.axes))
    if call.literal("indexing", "xy") == "xy":
        axes[:2] = axes[:2][::-1]
    elif call.literal("indexing") != "ij":
        axes = [None] * len(axes)
    return Items(tuple(Tensor(Shape(tuple(axes)), tensor.dtype) for tensor in tensors))


def _window(call: Bound) -> Value:
    return Tensor(Shape((call.size("window_length"),)), call.dtype(default="float32"))


def _broadcast_shape(call: Bound) -> Value:
    """`tf.broadcast_dynamic_shape` of two shapes."""
    from layersmith.language.dims import ShapeMismatch, broadcast

    shapes = [shaped(call, name) for name in ("shape_x", "shape_y")]
    try:
        shape = broadcast(*shapes)
    except ShapeMismatch as error:
        return call.fail(
            f"shapes that do not go together: {error}", "name equal axes alike"
        )
    known = shape is not None and not any(isinstance(a, Rest) for a in shape.axes)
    size = Dim.of(len(shape.axes)) if shape is not None and known else None
    return Tensor(Shape((size,)), "int32", value=shape)


def _ensured(call: Bound) -> Value:
    """The shape as the author is sure of it."""
    tensor, axes = call.tensor("x"), call.value("shape")
    known = shaped(call, "shape")
    if isinstance(axes, Items) and axes.values is not None and known is not None:
        left = [
            None if isinstance(item, Static) and item.kind == "none" else axis
            for item, axis in zip(axes.values, known.axes)
        ]
        if tensor.shape is not None and tensor.shape.rank == len(left):
            left = [
                new if new is not None else old
                for new, old in zip(left, tensor.shape.axes)
            ]
        return Tensor(Shape(tuple(left)), tensor.dtype)
    return Tensor(known or tensor.shape, tensor.dtype)


TABLE = (
    row(
        "tf.shape(input, out_type=tf.int32)",
        _shape,
        "np.array(np.shape({input}))",
        gradient=False,
    ),
    row(
        "tf.size(input, out_type=tf.int32)",
        _size,
        "np.size({input})",
        "ops.size({input})",
        gradient=False,
    ),
    row(
        "tf.rank(input)", _rank, "np.ndim({input})", "ops.ndim({input})", gradient=False
    ),
    row(
        "tf.zeros(shape, dtype=tf.float32, name=None, !layout=None)",
        _filled,
        "np.zeros({shape:shape}[, dtype={dtype:dtype}])",
        "ops.zeros({shape}[, dtype={dtype}])",
        gradient=False,
    ),
    row(
        "tf.ones(shape, dtype=tf.float32, name=None, !layout=None)",
        _filled,
        "np.ones({shape:shape}[, dtype={dtype:dtype}])",
        "ops.ones({shape}[, dtype={dtype}])",
        gradient=False,
    ),
    row(
        "tf.fill(dims, value, name=None, !layout=None)",
        _fill,
        "np.full({dims:shape}, {value})",
        "ops.full({dims}, {value})",
    ),
    row(
        "tf.zeros_like(input, dtype=None, name=None, !layout=None)",
        _like,
        "np.zeros_like({input}[, dtype={dtype:dtype}])",
        "ops.zeros_like({input}[, dtype={dtype}])",
        gradient=False,
    ),
    row(
        "tf.ones_like(input, dtype=None, name=None, !layout=None)",
        _like,
        "np.ones_like({input}[, dtype={dtype:dtype}])",
        "ops.ones_like({input}[, dtype={dtype}])",
        gradient=False,
    ),
    row(
        "tf.eye(num_rows, num_columns=None, batch_shape=None, dtype=tf.float32)",
        _eye,
        "eye({num_rows}[, {num_columns}][, batch_shape={batch_shape:shape}][, dtype={dtype:dtype}])",
        "ops.eye({num_rows}[, {num_columns}][, dtype={dtype}])",
        helpers=("eye",),
        gradient=False,
    ),
    row(
        "tf.range(start, limit=None, delta=1, dtype=None)",
        _range,
        "np.arange({start}[, {limit}][, step={delta}][, dtype={dtype:dtype}])",
        "ops.arange({start}[, {limit}][, step={delta}][, dtype={dtype}])",
        gradient=False,
    ),
    row(
        "tf.linspace(start, stop, num, name=None, axis=0)",
        _linspace,
        "np.linspace({start}, {stop}, {num}[, axis={axis}])",
        "ops.linspace({start}, {stop}, {num}[, axis={axis}])",
    ),
    row(
        "tf.one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None)",
        _one_hot,
        "one_hot({indices}, {depth}[, on_value={on_value}][, off_value={off_value}][, axis={axis}])",
        "ops.one_hot({indices}, {depth}[, axis={axis}][, dtype={dtype}])",
        helpers=("one_hot",),
        gradient=False,
    ),
    row(
        "tf.sequence_mask(lengths, maxlen=None, dtype=tf.bool)",
        _sequence_mask,
        "sequence_mask({lengths}[, {maxlen}]).astype({dtype:dtype|bool})",
        helpers=("sequence_mask",),
        gradient=False,
    ),
    row(
        "tf.meshgrid(*inputs, indexing='xy')",
        _meshgrid,
        "np.meshgrid({inputs}[, indexing={indexing}])",
        "ops.meshgrid({inputs}[, indexing={indexing}])",
    ),
    row(
        "tf.broadcast_dynamic_shape(shape_x, shape_y)",
        _broadcast_shape,
        "np.array(np.broadcast_shapes({shape_x:shape}, {shape_y:shape}))",
        gradient=False,
    ),
    row("tf.ensure_shape(x, shape)", _ensured, "{x}"),
    row(
        "tf.signal.hann_window(window_length, periodic=True, dtype=tf.float32)",
        _window,
        "hann_window({window_length}[, {periodic}])",
        helpers=("hann_window",),
        gradient=False,
    ),
    row(
        "tf.signal.hamming_window(window_length, periodic=True, dtype=tf.float32)",
        _window,
        "hamming_window({window_length}[, {periodic}])",
        helpers=("hamming_window",),
        gradient=False,
    ),
)
