"""Complex numbers, bits, and special functions."""

from __future__ import annotations

from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import FULL, NO_BFLOAT16
from layersmith.language.operations.rules import (
    INTEGER,
    binary_floating,
    broadcasting,
    named,
    promote_to_first,
    unary,
    unary_floating,
)
from layersmith.language.values import Tensor, Value


def real_dtype(dtype: str | None) -> str | None:
    """The dtype of the parts of a number."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype or "", dtype)


def _abs(call: Bound) -> Value:
    tensor = call.tensor("x")
    return Tensor(tensor.shape, real_dtype(tensor.dtype))


def _complex(call: Bound) -> Value:
    dtype = promote_to_first(call, "real", "imag")
    known = {"float32": "complex64", "float64": "complex128"}
    return Tensor(broadcasting(call, "real", "imag"), known.get(dtype or ""))


def _part(call: Bound) -> Value:
    tensor = call.tensor("input")
    return Tensor(tensor.shape, real_dtype(tensor.dtype))


def _integers(call: Bound) -> Value:
    names = [name for name in ("x", "y") if name in call.operation.parameter_names]
    dtype = promote_to_first(call, *names)
    if dtype is not None and dtype not in INTEGER:
        call.fail(
            f"{call.operation.name} takes integers, and this is {named(dtype)}",
            "convert it first: `tf.cast(..., tf.int32)`",
            at=names[0],
        )
        return Tensor(broadcasting(call, *names))
    return Tensor(broadcasting(call, *names), dtype)


# Special functions that NumPy has not.
_SPECIAL = ("digamma", "erfinv", "ndtri", "erfcinv")


TABLE = (
    *(
        row(
            f"tf.math.{name}(x)",
            unary_floating,
            precisions=FULL,
        )
        for name in _SPECIAL
    ),
    row("tf.abs(x)", _abs, "np.abs({x})", "ops.abs({x})"),
    row("tf.math.erf(x)", unary_floating, "erf({x})", "ops.erf({x})", helpers=("erf",)),
    row(
        "tf.math.erfc(x)",
        unary_floating,
        "1 - erf({x})",
        "1 - ops.erf({x})",
        helpers=("erf",),
    ),
    row(
        "tf.math.lgamma(x)",
        unary_floating,
        "lgamma({x})",
        helpers=("lgamma",),
        precisions=NO_BFLOAT16,
    ),
    row("tf.math.bessel_i1(x)", unary_floating, xla=False, precisions=NO_BFLOAT16),
    row("tf.math.bessel_i1e(x)", unary_floating, precisions=NO_BFLOAT16),
    row(
        "tf.math.bessel_i0(x)",
        unary_floating,
        "np.i0({x})",
        xla=False,
        precisions=NO_BFLOAT16,
    ),
    row(
        "tf.math.bessel_i0e(x)",
        unary_floating,
        "bessel_i0e({x})",
        helpers=("bessel_i0e",),
        precisions=NO_BFLOAT16,
    ),
    *(
        row(f"tf.math.{name}(a, x)", binary_floating, precisions=FULL)
        for name in ("igamma", "igammac", "polygamma")
    ),
    row("tf.complex(real, imag)", _complex, "{real} + 1j * {imag}", precisions=FULL),
    row("tf.math.real(input)", _part, "np.real({input})", "ops.real({input})"),
    row("tf.math.imag(input)", _part, "np.imag({input})", "ops.imag({input})"),
    row("tf.math.conj(x)", unary, "np.conj({x})", "ops.conj({x})"),
    row("tf.math.angle(input)", _part, "np.angle({input})", "ops.angle({input})"),
    *(
        row(
            f"tf.bitwise.{name}(x, y)",
            _integers,
            f"np.{meaning}({{x}}, {{y}})",
            f"ops.{meaning}({{x}}, {{y}})",
            gradient=False,
        )
        for name, meaning in (
            ("bitwise_and", "bitwise_and"),
            ("bitwise_or", "bitwise_or"),
            ("bitwise_xor", "bitwise_xor"),
            ("left_shift", "left_shift"),
            ("right_shift", "right_shift"),
        )
    ),
    row(
        "tf.bitwise.invert(x)",
        _integers,
        "np.invert({x})",
        "ops.bitwise_invert({x})",
        gradient=False,
    ),
)
