"""Keras's activations by their names under `tf.keras.activations`."""

from __future__ import annotations

from layersmith.language.dims import Dim
from layersmith.language.operations.base import Bound, Operation, row
from layersmith.language.operations.rules import floating
from layersmith.language.values import Tensor, Value


def _activation(call: Bound) -> Value:
    tensor = call.tensor("x")
    call.axis("axis", tensor, -1)
    return Tensor(tensor.shape, floating(call, "x"))


def _halved(call: Bound) -> Value:
    tensor = call.tensor("x")
    axis = call.axis("axis", tensor, -1)
    if tensor.shape is None or not isinstance(axis, int):
        return Tensor(None, tensor.dtype)
    size = tensor.shape.axis(axis)
    half = size // Dim.of(2) if isinstance(size, Dim) else None
    return Tensor(tensor.shape.replace(axis, half), tensor.dtype)


# Those that are a function of NumPy, and those with parameters.
_NUMPY = {"exponential": "np.exp({x})", "linear": "{x}", "tanh": "np.tanh({x})"}
_PARAMETERS = {
    "celu": ("alpha",),
    "elu": ("alpha",),
    "gelu": ("approximate",),
    "glu": ("axis",),
    "hard_shrink": ("threshold",),
    "leaky_relu": ("negative_slope",),
    "log_softmax": ("axis",),
    "relu": ("!negative_slope", "!max_value", "!threshold"),
    "soft_shrink": ("threshold",),
    "softmax": ("axis",),
    "sparsemax": ("axis",),
    "squareplus": ("b",),
}
_NAMES = (
    "celu",
    "elu",
    "exponential",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "tanh",
    "tanh_shrink",
)


def _row(name: str) -> Operation:
    parameters = _PARAMETERS.get(name, ())
    signature = ", ".join(["x", *(f"{parameter}=None" for parameter in parameters)])
    settings = "".join(f"[, {p}={{{p}}}]" for p in parameters if p[0] != "!")
    meaning = _NUMPY.get(name, f"{name}({{x}}{settings})")
    return row(
        f"tf.keras.activations.{name}({signature})",
        _halved if name == "glu" else _activation,
        meaning,
        helpers=() if name in _NUMPY else (name,),
    )


TABLE = tuple(map(_row, _NAMES))
