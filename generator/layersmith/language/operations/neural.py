"""Operations of `tf.nn`: activations, biases."""

from __future__ import annotations

from layersmith.language.dims import surely_differ
from layersmith.language.operations.base import Bound, promote, row, unary
from layersmith.language.values import Tensor, Value


def _bias_add(call: Bound) -> Value:
    value, bias = (call.tensor("value"), call.tensor("bias"))
    dtype = promote(call, "value", "bias")
    if (
        value.shape is not None
        and bias.shape is not None
        and not call.given("data_format")
    ):
        mine, other = (value.shape.axis(-1), bias.shape.axis(0))
        if surely_differ(mine, other):
            return call.fail(
                f"tf.nn.bias_add of {value.shape} and {bias.shape}: `{mine}` is not `{other}`",
                "the bias has the size of the last axis",
            )
    return Tensor(value.shape, dtype)


TABLE = (
    row(
        "tf.nn.bias_add(value, bias, data_format=None)",
        _bias_add,
        "{value} + {bias}",
        "ops.add({value}, {bias})",
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
        unary,
        "leaky_relu({features}, {alpha|0.2})",
        "ops.leaky_relu({features}, {alpha|0.2})",
        helpers=("leaky_relu",),
    ),
    row(
        "tf.nn.elu(features)",
        unary,
        "elu({features})",
        "ops.elu({features})",
        helpers=("elu",),
    ),
    row(
        "tf.nn.selu(features)",
        unary,
        "selu({features})",
        "ops.selu({features})",
        helpers=("selu",),
    ),
    row(
        "tf.nn.gelu(features, approximate=False)",
        unary,
        "gelu({features}[, approximate={approximate}])",
        "ops.gelu({features}, approximate={approximate|False})",
        helpers=("gelu",),
    ),
    row(
        "tf.nn.silu(features, beta=1.0)",
        unary,
        "silu({features})",
        "ops.silu({features})",
        helpers=("silu",),
        aliases=("tf.nn.swish",),
    ),
    row(
        "tf.nn.softsign(features)",
        unary,
        "{features} / (1 + np.abs({features}))",
        "ops.softsign({features})",
    ),
)
