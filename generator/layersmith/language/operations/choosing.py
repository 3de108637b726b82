"""Comparisons, logic, and choosing by them; conversions of dtype."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import Dim, Shape
from layersmith.language.operations.base import Bound, Operation, row
from layersmith.language.operations.conversion import as_tensor, converted_dtype
from layersmith.language.operations.rules import (
    INTEGER,
    broadcasting,
    comparison,
    logical,
    promote_to_first,
    require_bool,
    shaped,
    unary,
)
from layersmith.language.values import Tensor, Value


def _cast(call: Bound) -> Value:
    tensor, dtype = call.tensor("x"), call.dtype()
    if dtype in INTEGER:
        return Tensor(tensor.shape, dtype, value=tensor.value)
    return Tensor(tensor.shape, dtype)


def _where(call: Bound) -> Value:
    require_bool(call, "condition")
    if call.given("x") != call.given("y"):
        return call.fail("tf.where takes `x` and `y`, or none of them", "give both")
    if not call.given("x"):
        shape = call.shape("condition")
        rank = None if shape is None or shape.rank is None else Dim.of(shape.rank)
        return Tensor(Shape((None, rank)), "int64")
    return Tensor(
        broadcasting(call, "condition", "x", "y"), promote_to_first(call, "x", "y")
    )


def _indices(operation: Operation, call: Bound) -> Operation:
    if call.given("x"):
        return operation
    meaning = "np.argwhere({condition})"
    return replace(operation, numpy=meaning, keras=None, gradient=False)


def _constant(call: Bound) -> Value:
    tensor = as_tensor(call.value("value"))
    dtype = call.dtype(default=converted_dtype(call.value("value")))
    if call.given("shape"):
        return Tensor(shaped(call, "shape"), dtype)
    known = tensor.value if dtype in INTEGER else None
    return Tensor(tensor.shape, dtype, value=known)


def _repeated(operation: Operation, call: Bound) -> Operation:
    if not call.given("shape"):
        return operation
    return replace(operation, numpy="np.resize({value}, {shape:shape})", keras=None)


def _checked(call: Bound) -> Value:
    tensor = call.tensor("tensor")
    return Tensor(tensor.shape, tensor.dtype)


TABLE = (
    *(
        row(
            f"tf.{name}(x, y)",
            comparison,
            f"np.{name}({{x}}, {{y}})",
            f"ops.{name}({{x}}, {{y}})",
            gradient=False,
        )
        for name in (
            "equal",
            "not_equal",
            "less",
            "less_equal",
            "greater",
            "greater_equal",
        )
    ),
    *(
        row(
            f"tf.{name}(x, y)",
            logical,
            f"np.{name.removeprefix('math.')}({{x}}, {{y}})",
            f"ops.{name.removeprefix('math.')}({{x}}, {{y}})",
            gradient=False,
        )
        for name in ("logical_and", "logical_or", "math.logical_xor")
    ),
    row(
        "tf.logical_not(x)",
        logical,
        "np.logical_not({x})",
        "ops.logical_not({x})",
        gradient=False,
    ),
    row(
        "tf.where(condition, x=None, y=None)",
        _where,
        "np.where({condition}, {x}, {y})",
        "ops.where({condition}, {x}, {y})",
        variant=_indices,
    ),
    row(
        "tf.cast(x, dtype)",
        _cast,
        "np.asarray({x}).astype({dtype:dtype})",
        "ops.cast({x}, {dtype})",
    ),
    row(
        "tf.saturate_cast(value, dtype)",
        lambda call: Tensor(call.shape("value"), call.dtype()),
    ),
    row(
        "tf.constant(value, dtype=None, shape=None)",
        _constant,
        "np.array({value}[, dtype={dtype:dtype}])",
        "ops.convert_to_tensor({value}[, dtype={dtype}])",
        variant=_repeated,
    ),
    row(
        "tf.convert_to_tensor(value, dtype=None, !dtype_hint=None)",
        _constant,
        "np.asarray({value}[, dtype={dtype:dtype}])",
        "ops.convert_to_tensor({value}[, dtype={dtype}])",
    ),
    row("tf.identity(input)", unary, "{input}", "ops.convert_to_tensor({input})"),
    row(
        "tf.stop_gradient(input)",
        unary,
        "{input}",
        "ops.stop_gradient({input})",
        gradient=False,
    ),
    row("tf.debugging.check_numerics(tensor, message)", _checked, "{tensor}"),
)
