"""Operations that take an axis together or run along one."""

from __future__ import annotations

from layersmith.language.dims import ONE, Shape
from layersmith.language.operations.base import MISSING, Bound, row, unary
from layersmith.language.values import Items, Tensor, Value


def reduced_shape(shape: Shape | None, axis: object, keepdims: object) -> Shape | None:
    """The shape after reducing the axes (None: all of them)."""
    if axis is None and keepdims is False:
        return Shape(())
    if shape is None or axis is MISSING or not isinstance(keepdims, bool):
        return None
    if axis is None:
        return None if shape.rank is None else Shape((ONE,) * shape.rank)
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


def _reduce(dtype: str | None = None):
    def rule(call: Bound) -> Value:
        tensor = call.tensor("input_tensor")
        axis = call.axis("axis", tensor)
        shape = reduced_shape(tensor.shape, axis, call.literal("keepdims", False))
        return Tensor(shape, dtype or tensor.dtype)

    return rule


def _arg(call: Bound) -> Value:
    tensor = call.tensor("input")
    axis = call.axis("axis", tensor, 0)
    return Tensor(
        reduced_shape(tensor.shape, axis, False), call.dtype("output_type", "int64")
    )


def _moments(call: Bound) -> Value:
    tensor = call.tensor("x")
    axis = call.axis("axes", tensor)
    if not call.given("axes"):
        return call.fail("tf.nn.moments needs `axes`", "write `axes=[0]`, say")
    shape = reduced_shape(tensor.shape, axis, call.literal("keepdims", False))
    return Items((Tensor(shape, tensor.dtype), Tensor(shape, tensor.dtype)))


def _softmax(call: Bound) -> Value:
    tensor = call.tensor("logits")
    call.axis("axis", tensor, -1)
    return Tensor(tensor.shape, tensor.dtype)


def _top_k(call: Bound) -> Value:
    from layersmith.language.values import Static

    tensor, k = (call.tensor("input"), call.value("k"))
    size = k.dim if isinstance(k, Static) else None
    shape = tensor.shape.replace(-1, size) if tensor.shape else None
    return Items((Tensor(shape, tensor.dtype), Tensor(shape, "int32")))


_REDUCE = "(input_tensor, axis=None, keepdims=False)"
_AXES = "{input_tensor}[, axis={axis:axes}][, keepdims={keepdims}]"
_KERAS = "{input_tensor}[, axis={axis}][, keepdims={keepdims}]"

TABLE = (
    *(
        row(
            f"tf.{name}{_REDUCE}",
            _reduce(),
            f"np.{meaning}({_AXES})",
            f"ops.{meaning}({_KERAS})",
        )
        for name, meaning in (
            ("reduce_sum", "sum"),
            ("reduce_mean", "mean"),
            ("reduce_max", "max"),
            ("reduce_min", "min"),
            ("reduce_prod", "prod"),
            ("math.reduce_variance", "var"),
            ("math.reduce_std", "std"),
        )
    ),
    row(
        f"tf.reduce_any{_REDUCE}",
        _reduce("bool"),
        f"np.any({_AXES})",
        f"ops.any({_KERAS})",
    ),
    row(
        f"tf.reduce_all{_REDUCE}",
        _reduce("bool"),
        f"np.all({_AXES})",
        f"ops.all({_KERAS})",
    ),
    row(
        f"tf.reduce_logsumexp{_REDUCE}",
        _reduce(),
        f"logsumexp({_AXES})",
        f"ops.logsumexp({_KERAS})",
        helpers=("logsumexp",),
    ),
    row(
        "tf.argmax(input, axis=None, output_type=tf.int64)",
        _arg,
        "np.argmax({input}, axis={axis})",
        "ops.argmax({input}, axis={axis})",
    ),
    row(
        "tf.argmin(input, axis=None, output_type=tf.int64)",
        _arg,
        "np.argmin({input}, axis={axis})",
        "ops.argmin({input}, axis={axis})",
    ),
    row(
        "tf.nn.moments(x, axes, shift=None, keepdims=False)",
        _moments,
        "moments({x}, {axes:axes}[, keepdims={keepdims}])",
        "ops.moments({x}, axes={axes}[, keepdims={keepdims}])",
        helpers=("moments",),
    ),
    row(
        "tf.nn.softmax(logits, axis=-1)",
        _softmax,
        "softmax({logits}[, axis={axis}])",
        "ops.softmax({logits}[, axis={axis}])",
        helpers=("softmax",),
        aliases=("tf.math.softmax",),
    ),
    row(
        "tf.nn.log_softmax(logits, axis=-1)",
        _softmax,
        "log_softmax({logits}[, axis={axis}])",
        "ops.log_softmax({logits}[, axis={axis}])",
        helpers=("log_softmax",),
        aliases=("tf.math.log_softmax",),
    ),
    row(
        "tf.cumsum(x, axis=0, exclusive=False, reverse=False)",
        unary,
        "cumsum({x}[, axis={axis}][, exclusive={exclusive}][, reverse={reverse}])",
        "ops.cumsum({x}, axis={axis})",
        helpers=("cumsum",),
    ),
    row(
        "tf.math.top_k(input, k=1, sorted=True)",
        _top_k,
        "top_k({input}[, {k}])",
        "ops.top_k({input}[, {k}])",
        helpers=("top_k",),
    ),
    row(
        "tf.math.l2_normalize(x, axis=None, epsilon=1e-12)",
        unary,
        "l2_normalize({x}[, axis={axis:axes}][, epsilon={epsilon}])",
        "ops.normalize({x}, axis={axis})",
        helpers=("l2_normalize",),
    ),
)
