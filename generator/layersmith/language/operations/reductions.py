"""Operations that take axes together."""

from __future__ import annotations

from layersmith.language.dims import Shape
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import MISSING, as_tensor
from layersmith.language.operations.rules import (
    INTEGER,
    broadcasting,
    floating,
    promote,
    reduced,
    require_bool,
    unary_floating,
    without_unknown_axis,
)
from layersmith.language.operations.special import real_dtype
from layersmith.language.values import Items, Tensor, Value


def _reduced(
    call: Bound, name: str, axis_name: str = "axis", default: object = None
) -> Shape | None:
    tensor = call.tensor(name)
    axis = call.axis(axis_name, tensor, default)
    keepdims = call.literal("keepdims", False)
    if axis is MISSING and keepdims is False:
        return without_unknown_axis(call, axis_name, tensor.shape)
    return reduced(tensor.shape, axis, bool(keepdims) if keepdims is None else keepdims)


def _reduce(call: Bound) -> Value:
    if call.tensor("input_tensor").dtype == "bool":
        call.fail(
            f"{call.operation.name} takes numbers, and this is bool",
            "convert them first: `tf.cast(..., compute_dtype)`",
            at="input_tensor",
        )
        return Tensor(_reduced(call, "input_tensor"))
    return Tensor(_reduced(call, "input_tensor"), call.tensor("input_tensor").dtype)


def _mean(call: Bound) -> Value:
    tensor = call.tensor("input_tensor")
    if tensor.dtype in INTEGER:
        call.fail(
            f"the mean of integers is rounded to {tensor.dtype}",
            "convert them first: `tf.cast(..., compute_dtype)`",
            at="input_tensor",
        )
        return Tensor(_reduced(call, "input_tensor"))
    return _reduce(call)


def _reduce_floating(call: Bound) -> Value:
    return Tensor(_reduced(call, "input_tensor"), floating(call, "input_tensor"))


def _spread(call: Bound) -> Value:
    dtype = floating(call, "input_tensor")
    return Tensor(_reduced(call, "input_tensor"), real_dtype(dtype))


def _reduce_bools(call: Bound) -> Value:
    require_bool(call, "input_tensor")
    return Tensor(_reduced(call, "input_tensor"), "bool")


def _count_nonzero(call: Bound) -> Value:
    return Tensor(_reduced(call, "input"), call.dtype(default="int64"))


def _arg(call: Bound) -> Value:
    if call.literal("axis", 0) is None:
        return call.fail(
            f"without an axis {call.operation.name} takes axis 0",
            "write the axis that is meant, or reshape to `[-1]` first",
            at="axis",
        )
    return Tensor(
        _reduced(call, "input", default=0), call.dtype("output_type", "int64")
    )


def _norm(call: Bound) -> Value:
    dtype = floating(call, "tensor")
    return Tensor(_reduced(call, "tensor"), real_dtype(dtype))


def _normalized(call: Bound) -> Value:
    tensor = call.tensor("tensor")
    axis = call.axis("axis", tensor)
    dtype = floating(call, "tensor")
    return Items(
        (Tensor(tensor.shape, dtype), Tensor(reduced(tensor.shape, axis, True), dtype))
    )


def _moments(call: Bound) -> Value:
    dtype = floating(call, "x")
    shape = _reduced(call, "x", "axes")
    return Items((Tensor(shape, dtype), Tensor(shape, dtype)))


def _to_scalar(call: Bound) -> Value:
    name = call.operation.parameter_names[0]
    return Tensor(Shape(()), floating(call, name))


def _zero_fraction(call: Bound) -> Value:
    return Tensor(Shape(()), "float32")


def _is_ordered(call: Bound) -> Value:
    return Tensor(Shape(()), "bool")


def _global_norm(call: Bound) -> Value:
    tensors = call.items("t_list")
    first = as_tensor(tensors[0]) if tensors else Tensor()
    return Tensor(Shape(()), first.dtype)


def _clip_by_norm(call: Bound) -> Value:
    tensor = call.tensor("t")
    call.axis("axes", tensor)
    return Tensor(tensor.shape, floating(call, "t"))


def _l2_normalize(call: Bound) -> Value:
    tensor = call.tensor("x")
    call.axis("axis", tensor)
    return Tensor(tensor.shape, floating(call, "x"))


def _softmax(call: Bound) -> Value:
    tensor = call.tensor("logits")
    call.axis("axis", tensor, -1)
    return Tensor(tensor.shape, floating(call, "logits"))


def _batch_normalization(call: Bound) -> Value:
    names = ("x", "mean", "variance", "offset", "scale")
    given = [n for n in names if call.given(n) and call.literal(n) is not None]
    broadcasting(call, *given)
    return Tensor(call.shape("x"), promote(call, *given))


_REDUCE = "(input_tensor, axis=None, keepdims=False)"
_AXES = "{input_tensor}[, axis={axis:axes}][, keepdims={keepdims}]"
_KERAS = "{input_tensor}[, axis={axis}][, keepdims={keepdims}]"

TABLE = (
    *(
        row(
            f"tf.{name}{_REDUCE}",
            rule,
            f"np.{meaning}({_AXES})",
            f"ops.{meaning}({_KERAS})",
            **more,
        )
        for name, meaning, rule, more in (
            ("reduce_sum", "sum", _reduce, {}),
            ("reduce_mean", "mean", _mean, {}),
            ("reduce_max", "max", _reduce, {}),
            ("reduce_min", "min", _reduce, {}),
            ("reduce_prod", "prod", _reduce, {}),
            ("math.reduce_variance", "var", _spread, {}),
            ("math.reduce_std", "std", _spread, {}),
            ("reduce_any", "any", _reduce_bools, {"gradient": False}),
            ("reduce_all", "all", _reduce_bools, {"gradient": False}),
        )
    ),
    row(
        f"tf.reduce_logsumexp{_REDUCE}",
        _reduce_floating,
        f"logsumexp({_AXES})",
        f"ops.logsumexp({_KERAS})",
        helpers=("logsumexp",),
    ),
    row(
        f"tf.math.reduce_euclidean_norm{_REDUCE}",
        _reduce,
        f"np.sqrt(np.sum(np.square({{input_tensor}}){_AXES.removeprefix('{input_tensor}')}))",
        f"ops.sqrt(ops.sum(ops.square({{input_tensor}}){_KERAS.removeprefix('{input_tensor}')}))",
        xla=False,
    ),
    row(
        "tf.math.count_nonzero(input, axis=None, keepdims=None, dtype=tf.int64)",
        _count_nonzero,
        "np.count_nonzero({input}[, axis={axis:axes}][, keepdims={keepdims}])",
        gradient=False,
    ),
    *(
        row(
            f"tf.{name}(input, axis=None, output_type=tf.int64)",
            _arg,
            f"np.{name}({{input}}, axis={{axis|0}})",
            f"ops.{name}({{input}}, axis={{axis|0}})",
            gradient=False,
        )
        for name in ("argmax", "argmin")
    ),
    row(
        "tf.norm(tensor, ord='euclidean', axis=None, keepdims=None)",
        _norm,
        "norm({tensor}[, ord={ord}][, axis={axis:axes}][, keepdims={keepdims}])",
        "ops.sqrt(ops.sum(ops.square({tensor})[, axis={axis}][, keepdims={keepdims}]))",
        helpers=("norm",),
    ),
    row(
        "tf.linalg.normalize(tensor, ord='euclidean', axis=None)",
        _normalized,
        "normalize({tensor}[, ord={ord}][, axis={axis:axes}])",
        helpers=("normalize",),
    ),
    row(
        "tf.nn.moments(x, axes, !shift=None, keepdims=False)",
        _moments,
        "moments({x}, {axes:axes}[, keepdims={keepdims}])",
        "ops.moments({x}, axes={axes}[, keepdims={keepdims}])",
        helpers=("moments",),
    ),
    row(
        "tf.nn.weighted_moments(x, axes, frequency_weights, keepdims=False)",
        _moments,
        "weighted_moments({x}, {axes:axes}, {frequency_weights}[, keepdims={keepdims}])",
        helpers=("weighted_moments",),
    ),
    row(
        "tf.nn.l2_loss(t)",
        _to_scalar,
        "np.sum(np.square({t})) / 2",
        "ops.sum(ops.square({t})) / 2",
    ),
    row(
        "tf.nn.zero_fraction(value)",
        _zero_fraction,
        "np.mean({value} == 0)",
        gradient=False,
    ),
    row(
        "tf.math.is_non_decreasing(x)",
        _is_ordered,
        "np.all(np.diff({x}.ravel()) >= 0)",
        gradient=False,
    ),
    row(
        "tf.math.is_strictly_increasing(x)",
        _is_ordered,
        "np.all(np.diff({x}.ravel()) > 0)",
        gradient=False,
    ),
    row(
        "tf.linalg.global_norm(t_list)",
        _global_norm,
        "np.sqrt(sum(np.sum(np.square(t)) for t in {t_list}))",
    ),
    row(
        "tf.clip_by_norm(t, clip_norm, axes=None)",
        _clip_by_norm,
        "clip_by_norm({t}, {clip_norm}[, {axes:axes}])",
        helpers=("clip_by_norm",),
    ),
    row(
        "tf.nn.l2_normalize(x, axis=None, epsilon=1e-12, name=None, !dim=None)",
        _l2_normalize,
        "l2_normalize({x}[, axis={axis:axes}][, epsilon={epsilon}])",
        helpers=("l2_normalize",),
    ),
    row(
        "tf.nn.softmax(logits, axis=-1)",
        _softmax,
        "softmax({logits}[, axis={axis}])",
        "ops.softmax({logits}[, axis={axis}])",
        helpers=("softmax",),
    ),
    row(
        "tf.nn.log_softmax(logits, axis=-1)",
        _softmax,
        "log_softmax({logits}[, axis={axis}])",
        "ops.log_softmax({logits}[, axis={axis}])",
        helpers=("log_softmax",),
    ),
    row(
        "tf.nn.batch_normalization(x, mean, variance, offset, scale, variance_epsilon)",
        _batch_normalization,
        "normalized({x}, {mean}, {variance}, {offset}, {scale}, {variance_epsilon})",
        helpers=("normalized",),
    ),
    row(
        "tf.nn.lrn(input, depth_radius=5, bias=1, alpha=1, beta=0.5)",
        unary_floating,
        "lrn({input}[, depth_radius={depth_radius}][, bias={bias}][, alpha={alpha}][, beta={beta}])",
        helpers=("lrn",),
        precisions=("float16", "float32"),
    ),
)
