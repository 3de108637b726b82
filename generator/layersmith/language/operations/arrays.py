"""Operations that make, shape, join and pick from tensors."""

from __future__ import annotations

from layersmith.language.dims import ONE, Dim, Rest, Shape, surely_differ
from layersmith.language.operations.base import (
    MISSING,
    Bound,
    as_tensor,
    common_dtype,
    row,
    sizes,
    unary,
)
from layersmith.language.values import Items, Static, Tensor, Value


def _shape(call: Bound) -> Value:
    tensor = call.tensor("input")
    rank = None if tensor.shape is None else tensor.shape.rank
    size = None if rank is None else Dim.of(rank)
    return Tensor(Shape((size,)), call.dtype("out_type", "int32"), value=tensor.shape)


def _filled(dtype: str):
    def rule(call: Bound) -> Value:
        axes = sizes(call.value(call.operation.parameter_names[0]))
        return Tensor(None if axes is None else Shape(axes), call.dtype(default=dtype))

    return rule


def _fill(call: Bound) -> Value:
    axes = sizes(call.value("dims"))
    dtype = call.tensor("value").dtype
    return Tensor(
        None if axes is None else Shape(axes), "float32" if dtype == "weak" else dtype
    )


def _like(call: Bound) -> Value:
    tensor = call.tensor("input")
    return Tensor(tensor.shape, call.dtype(default=tensor.dtype))


def _range(call: Bound) -> Value:
    dtype = call.dtype()
    values = [
        v for n in ("start", "limit", "delta") if call.given(n) for v in [call.value(n)]
    ]
    if dtype is None and not call.given("dtype"):
        floats = any(isinstance(v, Static) and v.kind == "float" for v in values)
        dtype = "float32" if floats else "int32"
    size = None
    if len(values) == 1:
        size = (
            values[0].dim
            if isinstance(values[0], Static)
            else getattr(values[0], "value", None)
        )
    return Tensor(Shape((size if isinstance(size, Dim) else None,)), dtype)


def _reshape(call: Bound) -> Value:
    tensor = call.tensor("tensor")
    axes = sizes(call.value("shape"))
    if axes is None:
        return Tensor(None, tensor.dtype)
    free = [i for i, a in enumerate(axes) if isinstance(a, Dim) and a.constant == -1]
    if len(free) > 1:
        return call.fail("tf.reshape takes -1 once", "name the other sizes", at="shape")
    new = list(axes)
    whole = _product(tensor.shape.axes) if tensor.shape is not None else None
    if free:
        new[free[0]] = None
        others = _product([a for i, a in enumerate(axes) if i not in free])
        if whole is not None and others is not None:
            new[free[0]] = whole // others
    else:
        made = _product(axes)
        if whole is not None and made is not None and surely_differ(whole, made):
            return call.fail(
                f"{tensor.shape} holds `{whole}` elements, {Shape(tuple(axes))} `{made}`",
                "the product of the sizes must stay the same",
                at="shape",
            )
    return Tensor(Shape(tuple(new)), tensor.dtype)


def _product(axes) -> Dim | None:
    total = ONE
    for axis in axes:
        if not isinstance(axis, Dim):
            return None
        total = total * axis
    return total


def _expand(call: Bound) -> Value:
    tensor, axis = (call.tensor("input"), call.literal("axis"))
    if tensor.shape is None or not isinstance(axis, int):
        return Tensor(None, tensor.dtype)
    axes = list(tensor.shape.axes)
    rest = tensor.shape.rest
    position = axis if axis >= 0 else len(axes) + 1 + axis
    if rest is not None and not (position <= rest if axis >= 0 else position > rest):
        return Tensor(None, tensor.dtype)
    if not 0 <= position <= len(axes):
        return call.fail(
            f"no place {axis} for a new axis in {tensor.shape}", "", at="axis"
        )
    axes.insert(position, ONE)
    return Tensor(Shape(tuple(axes)), tensor.dtype)


def _squeeze(call: Bound) -> Value:
    tensor = call.tensor("input")
    axis = call.axis("axis", tensor)
    if tensor.shape is None or axis is MISSING or axis is None:
        return Tensor(None, tensor.dtype)
    positions = [
        tensor.shape.position(a) for a in (axis if isinstance(axis, tuple) else (axis,))
    ]
    if None in positions:
        return Tensor(None, tensor.dtype)
    for position in positions:
        size = tensor.shape.axes[position]
        if isinstance(size, Dim) and surely_differ(size, ONE):
            return call.fail(
                f"the axis `{size}` is not 1",
                "only axes of size 1 are squeezed",
                at="axis",
            )
    return Tensor(
        Shape(tuple(a for i, a in enumerate(tensor.shape.axes) if i not in positions)),
        tensor.dtype,
    )


def _concat(call: Bound) -> Value:
    values, axis = (call.value("values"), call.literal("axis"))
    if not isinstance(values, Items) or values.values is None:
        return Tensor(
            None,
            as_tensor(values.each).dtype
            if isinstance(values, Items) and values.each
            else None,
        )
    tensors = [as_tensor(value) for value in values.values]
    node = call.arguments["values"][0]
    nodes = getattr(node, "elts", None) or [node] * len(tensors)
    dtype = common_dtype(list(zip(nodes, tensors)), call.problem)
    shapes = [tensor.shape for tensor in tensors]
    if None in shapes or not isinstance(axis, int):
        return Tensor(None, dtype)
    first = shapes[0]
    position = first.position(axis)
    if position is None or any(
        len(s.axes) != len(first.axes) or s.rest != first.rest for s in shapes
    ):
        return Tensor(None, dtype)
    total: Dim | None = Dim.of(0)
    for shape in shapes:
        for index, (mine, theirs) in enumerate(zip(first.axes, shape.axes)):
            if index != position and surely_differ(mine, theirs):
                return call.fail(
                    f"tf.concat of {first} and {shape}: `{mine}` is not `{theirs}`",
                    "all axes but the joined one must be the same",
                )
        size = shape.axes[position]
        total = total + size if isinstance(size, Dim) and total is not None else None
    return Tensor(first.replace(axis, total), dtype)


def _stack(call: Bound) -> Value:
    values, axis = (call.value("values"), call.literal("axis", 0))
    if (
        not isinstance(values, Items)
        or values.values is None
        or not isinstance(axis, int)
    ):
        return Tensor()
    tensors = [as_tensor(value) for value in values.values]
    node = call.arguments["values"][0]
    nodes = getattr(node, "elts", None) or [node] * len(tensors)
    dtype = common_dtype(list(zip(nodes, tensors)), call.problem)
    shape = tensors[0].shape if tensors else None
    if shape is None or any(t.shape != shape for t in tensors):
        return Tensor(None, dtype)
    axes = list(shape.axes)
    position = axis if axis >= 0 else len(axes) + 1 + axis
    rest = shape.rest
    if rest is not None and not (position <= rest if axis >= 0 else position > rest):
        return Tensor(None, dtype)
    axes.insert(position, Dim.of(len(tensors)))
    return Tensor(Shape(tuple(axes)), dtype)


def _split(call: Bound) -> Value:
    tensor, axis = (call.tensor("value"), call.literal("axis", 0))
    parts = call.value("num_or_size_splits")
    if isinstance(parts, Static) and parts.dim is not None and parts.dim.constant:
        shape = None
        size = (
            tensor.shape.axis(axis)
            if tensor.shape is not None and isinstance(axis, int)
            else None
        )
        if isinstance(size, Dim):
            shape = tensor.shape.replace(axis, size // parts.dim)
        return Items((Tensor(shape, tensor.dtype),) * parts.dim.constant)
    lengths = sizes(parts)
    if isinstance(parts, Items) and lengths is not None and tensor.shape is not None:
        if isinstance(axis, int):
            return Items(
                tuple(
                    Tensor(tensor.shape.replace(axis, size), tensor.dtype)
                    for size in lengths
                )
            )
    return Items(None, Tensor(None, tensor.dtype))


def _unstack(call: Bound) -> Value:
    tensor, axis = (call.tensor("value"), call.axis("axis", call.tensor("value"), 0))
    if tensor.shape is None or not isinstance(axis, int):
        return Items(None, Tensor(None, tensor.dtype))
    size, rest = (tensor.shape.axis(axis), tensor.shape.remove(axis))
    part = Tensor(rest, tensor.dtype)
    if isinstance(size, Dim) and size.constant is not None:
        return Items((part,) * size.constant)
    return Items(None, part)


def _gather(call: Bound) -> Value:
    params, indices = (call.tensor("params"), call.tensor("indices"))
    axis = call.literal("axis", 0)
    if (
        params.shape is None
        or indices.shape is None
        or axis != 0
        or call.given("batch_dims")
    ):
        return Tensor(None, params.dtype)
    return Tensor(Shape((*indices.shape.axes, *params.shape.axes[1:])), params.dtype)


def _broadcast_to(call: Bound) -> Value:
    axes = sizes(call.value("shape"))
    return Tensor(None if axes is None else Shape(axes), call.tensor("input").dtype)


def _tile(call: Bound) -> Value:
    tensor, multiples = (call.tensor("input"), sizes(call.value("multiples")))
    if tensor.shape is None or multiples is None or tensor.shape.rank != len(multiples):
        return Tensor(None, tensor.dtype)
    axes = [
        axis * times if isinstance(axis, Dim) and isinstance(times, Dim) else None
        for axis, times in zip(tensor.shape.axes, multiples)
    ]
    return Tensor(Shape(tuple(axes)), tensor.dtype)


def _repeat(call: Bound) -> Value:
    tensor, axis, repeats = (
        call.tensor("input"),
        call.literal("axis"),
        call.value("repeats"),
    )
    if (
        tensor.shape is None
        or not isinstance(axis, int)
        or not isinstance(repeats, Static)
    ):
        return Tensor(None, tensor.dtype)
    size = tensor.shape.axis(axis)
    new = (
        size * repeats.dim
        if isinstance(size, Dim) and repeats.dim is not None
        else None
    )
    return Tensor(tensor.shape.replace(axis, new), tensor.dtype)


def _one_hot(call: Bound) -> Value:
    indices, depth = (call.tensor("indices"), call.value("depth"))
    size = depth.dim if isinstance(depth, Static) else getattr(depth, "value", None)
    dtype = call.dtype(default="float32")
    if indices.shape is None or call.literal("axis", -1) != -1:
        return Tensor(None, dtype)
    return Tensor(
        Shape((*indices.shape.axes, size if isinstance(size, Dim) else None)), dtype
    )


def _pad(call: Bound) -> Value:
    tensor, paddings = (call.tensor("tensor"), call.value("paddings"))
    if tensor.shape is None or tensor.shape.rank is None:
        return Tensor(None, tensor.dtype)
    axes = []
    pairs = paddings.values if isinstance(paddings, Items) else None
    if pairs is None or len(pairs) != tensor.shape.rank:
        return Tensor(None, tensor.dtype)
    for axis, pair in zip(tensor.shape.axes, pairs):
        before_after = sizes(pair)
        if not isinstance(axis, Dim) or before_after is None or None in before_after:
            axes.append(None)
            continue
        for size in before_after:
            axis = axis + size
        axes.append(axis)
    return Tensor(Shape(tuple(axes)), tensor.dtype)


def _reverse(call: Bound) -> Value:
    tensor = call.tensor("tensor")
    return Tensor(tensor.shape, tensor.dtype)


TABLE = (
    row(
        "tf.shape(input, out_type=tf.int32)",
        _shape,
        "np.shape({input})",
        "ops.shape({input})",
    ),
    row(
        "tf.zeros(shape, dtype=tf.float32)",
        _filled("float32"),
        "np.zeros({shape})",
        "ops.zeros({shape}[, {dtype}])",
    ),
    row(
        "tf.ones(shape, dtype=tf.float32)",
        _filled("float32"),
        "np.ones({shape})",
        "ops.ones({shape}[, {dtype}])",
    ),
    row(
        "tf.fill(dims, value)",
        _fill,
        "np.full({dims}, {value})",
        "ops.full({dims}, {value})",
    ),
    row(
        "tf.zeros_like(input, dtype=None)",
        _like,
        "np.zeros_like({input}[, dtype={dtype:dtype}])",
        "ops.zeros_like({input}[, {dtype}])",
    ),
    row(
        "tf.ones_like(input, dtype=None)",
        _like,
        "np.ones_like({input}[, dtype={dtype:dtype}])",
        "ops.ones_like({input}[, {dtype}])",
    ),
    row(
        "tf.range(start, limit=None, delta=1, dtype=None)",
        _range,
        "np.arange({start}[, {limit}][, {delta}])",
        "ops.arange({start}[, {limit}][, {delta}][, dtype={dtype}])",
    ),
    row(
        "tf.reshape(tensor, shape)",
        _reshape,
        "np.reshape({tensor}, {shape:shape})",
        "ops.reshape({tensor}, {shape})",
    ),
    row(
        "tf.expand_dims(input, axis)",
        _expand,
        "np.expand_dims({input}, {axis})",
        "ops.expand_dims({input}, {axis})",
    ),
    row(
        "tf.squeeze(input, axis=None)",
        _squeeze,
        "np.squeeze({input}[, axis={axis:axes}])",
        "ops.squeeze({input}[, axis={axis}])",
    ),
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
        "tf.split(value, num_or_size_splits, axis=0)",
        _split,
        "split({value}, {num_or_size_splits}[, axis={axis}])",
        "ops.split({value}, {num_or_size_splits}[, axis={axis}])",
        helpers=("split",),
    ),
    row(
        "tf.unstack(value, num=None, axis=0)",
        _unstack,
        "list(np.moveaxis({value}, {axis|0}, 0))",
        "ops.unstack({value}[, axis={axis}])",
    ),
    row(
        "tf.gather(params, indices, validate_indices=None, axis=None, batch_dims=0)",
        _gather,
        "gather({params}, {indices}[, axis={axis}][, batch_dims={batch_dims}])",
        "ops.take({params}, {indices}, axis={axis|0})",
        helpers=("gather",),
    ),
    row(
        "tf.nn.embedding_lookup(params, ids)",
        lambda c: _embedding(c),
        "{params}[{ids}]",
        "ops.take({params}, {ids}, axis=0)",
    ),
    row(
        "tf.broadcast_to(input, shape)",
        _broadcast_to,
        "np.broadcast_to({input}, {shape:shape})",
        "ops.broadcast_to({input}, {shape})",
    ),
    row(
        "tf.tile(input, multiples)",
        _tile,
        "np.tile({input}, {multiples})",
        "ops.tile({input}, {multiples})",
    ),
    row(
        "tf.repeat(input, repeats, axis=None)",
        _repeat,
        "np.repeat({input}, {repeats}[, axis={axis}])",
        "ops.repeat({input}, {repeats}[, axis={axis}])",
    ),
    row(
        "tf.one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None)",
        _one_hot,
        "np.eye({depth})[{indices}]",
        "ops.one_hot({indices}, {depth})",
    ),
    row(
        "tf.pad(tensor, paddings, mode='CONSTANT', constant_values=0)",
        _pad,
        "np.pad({tensor}, {paddings}[, mode={mode:lower}][, constant_values={constant_values}])",
        "ops.pad({tensor}, {paddings})",
    ),
    row(
        "tf.reverse(tensor, axis)",
        _reverse,
        "np.flip({tensor}, {axis:axes})",
        "ops.flip({tensor}, {axis})",
    ),
    row(
        "tf.roll(input, shift, axis)",
        unary,
        "np.roll({input}, {shift}, {axis:axes})",
        "ops.roll({input}, {shift}, {axis})",
    ),
)


def _embedding(call: Bound) -> Value:
    params, ids = (call.tensor("params"), call.tensor("ids"))
    if params.shape is None or ids.shape is None:
        return Tensor(None, params.dtype)
    return Tensor(Shape((*ids.shape.axes, *params.shape.axes[1:])), params.dtype)


__all__ = ["TABLE", "Rest"]
