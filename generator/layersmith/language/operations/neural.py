"""Operations of `tf.nn`: activations, biases, losses."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import Shape, surely_differ
from layersmith.language.operations.base import Bound, Operation, row
from layersmith.language.operations.rules import (
    INTEGER,
    broadcasting,
    floating,
    named,
    plus,
    promote,
    reduced,
    unary,
    unary_floating,
)
from layersmith.language.values import Tensor, Value


def _bias_add(call: Bound) -> Value:
    value, bias = call.shape("value"), call.shape("bias")
    dtype = promote(call, "value", "bias")
    if bias is not None and bias.rank not in (None, 1):
        return call.fail(
            f"a bias has one axis; the shape here is {bias}",
            "add it with `+`",
            at="bias",
        )
    if value is None or bias is None:
        return Tensor(value, dtype)
    data_format = call.literal("data_format", None)
    if data_format is not None and not isinstance(data_format, str):
        return Tensor(value, dtype)
    axis = 1 if data_format is not None and data_format.startswith("NC") else -1
    mine, other = value.axis(axis), bias.axis(0)
    if surely_differ(mine, other):
        return call.fail(
            f"tf.nn.bias_add of {value} and {bias}: `{mine}` is not `{other}`",
            "the bias has the size of the last axis",
        )
    return Tensor(value, dtype)


def _channels(operation: Operation, call: Bound) -> Operation:
    data_format = call.literal("data_format", None)
    if data_format is None or (
        isinstance(data_format, str) and data_format.endswith("C")
    ):
        return operation
    meaning = "np.moveaxis(np.moveaxis({value}, 1, -1) + {bias}, -1, 1)"
    return replace(
        operation, numpy=meaning if isinstance(data_format, str) else None, keras=None
    )


def _crelu(call: Bound) -> Value:
    tensor = call.tensor("features")
    axis = call.axis("axis", tensor, -1)
    if tensor.shape is None or not isinstance(axis, int):
        return Tensor(None, tensor.dtype)
    size = tensor.shape.axis(axis)
    return Tensor(tensor.shape.replace(axis, plus(size, size)), tensor.dtype)


def _elementwise_loss(call: Bound) -> Value:
    for name in ("labels", "logits"):
        if not call.given(name):
            return call.fail(
                f"{call.operation.name} needs `{name}`",
                "name both: `labels=`, `logits=`",
            )
    labels, logits = call.shape("labels"), call.shape("logits")
    dtype = promote(call, "labels", "logits")
    if labels is not None and logits is not None and labels.rank is not None:
        differ = logits.rank is not None and (
            labels.rank != logits.rank
            or any(map(surely_differ, labels.axes, logits.axes))
        )
        if differ:
            return call.fail(
                f"labels of the shape {labels}, logits of {logits}",
                "both have the same shape; tf.expand_dims adds an axis",
            )
    return Tensor(logits, dtype)


def _softmax_loss(call: Bound) -> Value:
    logits = call.tensor("logits")
    axis = call.axis("axis", logits, -1)
    dtype = promote(call, "labels", "logits")
    broadcasting(call, "labels", "logits")
    return Tensor(reduced(logits.shape, axis, False), dtype)


def _sparse_loss(call: Bound) -> Value:
    labels, logits = call.tensor("labels"), call.tensor("logits")
    if labels.dtype is not None and labels.dtype not in INTEGER:
        return call.fail(
            f"the labels of {call.operation.name} are integers, and these are {named(labels.dtype)}",
            "give class numbers, or use tf.nn.softmax_cross_entropy_with_logits",
            at="labels",
        )
    dtype = floating(call, "logits")
    if labels.shape is not None and logits.shape is not None:
        ranks = (labels.shape.rank, logits.shape.rank)
        if None not in ranks and len(labels.shape.axes) != len(logits.shape.axes) - 1:
            return call.fail(
                f"labels of the shape {labels.shape}, logits of {logits.shape}",
                "logits have one axis more: that of the classes",
            )
        broadcast_labels = Shape(logits.shape.axes[:-1])
        if None not in ranks and any(
            map(surely_differ, labels.shape.axes, broadcast_labels.axes)
        ):
            return call.fail(
                f"labels of the shape {labels.shape}, logits of {logits.shape}",
                "all axes but the classes must be the same",
            )
    return Tensor(labels.shape, dtype)


TABLE = (
    row(
        "tf.nn.bias_add(value, bias, data_format=None)",
        _bias_add,
        "{value} + {bias}",
        "ops.add({value}, {bias})",
        variant=_channels,
    ),
    row(
        "tf.nn.relu(features)",
        unary,
        "np.maximum({features}, 0)",
        "ops.relu({features})",
    ),
    row(
        "tf.nn.relu6(features)",
        unary,
        "np.clip({features}, 0, 6)",
        "ops.relu6({features})",
    ),
    row(
        "tf.nn.leaky_relu(features, alpha=0.2)",
        unary_floating,
        "leaky_relu({features}[, {alpha}])",
        "ops.leaky_relu({features}, {alpha|0.2})",
        helpers=("leaky_relu",),
    ),
    row(
        "tf.nn.elu(features)",
        unary_floating,
        "elu({features})",
        "ops.elu({features})",
        helpers=("elu",),
    ),
    row(
        "tf.nn.selu(features)",
        unary_floating,
        "selu({features})",
        "ops.selu({features})",
        helpers=("selu",),
    ),
    row(
        "tf.nn.gelu(features, approximate=False)",
        unary_floating,
        "gelu({features}[, approximate={approximate}])",
        "ops.gelu({features}, approximate={approximate|False})",
        helpers=("gelu",),
    ),
    row(
        "tf.nn.silu(features, beta=1.0)",
        unary_floating,
        "swish({features}[, {beta}])",
        "ops.silu({features})",
        helpers=("swish",),
    ),
    row(
        "tf.nn.softplus(features)",
        unary_floating,
        "np.logaddexp({features}, 0)",
        "ops.softplus({features})",
    ),
    row(
        "tf.nn.softsign(features)",
        unary_floating,
        "softsign({features})",
        "ops.softsign({features})",
        helpers=("softsign",),
    ),
    row(
        "tf.nn.crelu(features, axis=-1)",
        _crelu,
        "crelu({features}[, {axis}])",
        helpers=("crelu",),
    ),
    row(
        "tf.nn.sigmoid_cross_entropy_with_logits(labels=None, logits=None)",
        _elementwise_loss,
        "sigmoid_cross_entropy_with_logits({labels}, {logits})",
        helpers=("sigmoid_cross_entropy_with_logits",),
    ),
    row(
        "tf.nn.weighted_cross_entropy_with_logits(labels, logits, pos_weight)",
        _elementwise_loss,
        "weighted_cross_entropy_with_logits({labels}, {logits}, {pos_weight})",
        helpers=("weighted_cross_entropy_with_logits",),
    ),
    row(
        "tf.nn.softmax_cross_entropy_with_logits(labels, logits, axis=-1)",
        _softmax_loss,
        "softmax_cross_entropy_with_logits({labels}, {logits}[, {axis}])",
        helpers=("softmax_cross_entropy_with_logits",),
    ),
    row(
        "tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)",
        _sparse_loss,
        "sparse_softmax_cross_entropy_with_logits({labels}, {logits})",
        helpers=("sparse_softmax_cross_entropy_with_logits",),
    ),
)
