"""Operations that treat each element by itself."""

from __future__ import annotations

from layersmith.language.operations.base import (
    Bound,
    binary,
    broadcasting,
    comparison,
    predicate,
    promote,
    row,
    unary,
)
from layersmith.language.values import Static, Tensor, Value


def _cast(call: Bound) -> Value:
    return Tensor(call.tensor("x").shape, call.dtype())


def _where(call: Bound) -> Value:
    if not call.given("x"):
        return Tensor(None, "int64")
    condition = call.tensor("condition")
    if condition.dtype not in (None, "bool"):
        call.fail(
            "the condition of tf.where is not bool",
            "compare it, or `tf.cast(..., tf.bool)`",
            at="condition",
        )
    return Tensor(broadcasting(call, "condition", "x", "y"), promote(call, "x", "y"))


def _clip(call: Bound) -> Value:
    tensor = call.tensor("t")
    return Tensor(tensor.shape, tensor.dtype)


def _constant(call: Bound) -> Value:
    tensor = call.tensor("value")
    dtype = call.dtype()
    if dtype is None and not call.given("dtype"):
        dtype = {"weak": "float32"}.get(tensor.dtype or "", tensor.dtype)
        if (
            isinstance(call.value("value"), Static)
            and call.value("value").kind == "int"
        ):
            dtype = "int32"
    return Tensor(tensor.shape, dtype, value=tensor.value)


def _identity(call: Bound) -> Value:
    return call.value(call.operation.parameter_names[0])


TABLE = (
    row(
        "tf.cast(x, dtype, name=None)",
        _cast,
        "np.asarray({x}).astype({dtype:dtype})",
        "ops.cast({x}, {dtype})",
    ),
    row(
        "tf.where(condition, x=None, y=None, name=None)",
        _where,
        "np.where({condition}[, {x}][, {y}])",
        "ops.where({condition}[, {x}][, {y}])",
    ),
    row(
        "tf.constant(value, dtype=None, shape=None)",
        _constant,
        "np.array({value}[, {dtype:dtype}])",
        "ops.convert_to_tensor({value})",
    ),
    row(
        "tf.convert_to_tensor(value, dtype=None)",
        _constant,
        "np.asarray({value}[, {dtype:dtype}])",
        "ops.convert_to_tensor({value})",
    ),
    row(
        "tf.clip_by_value(t, clip_value_min, clip_value_max)",
        _clip,
        "np.clip({t}, {clip_value_min}, {clip_value_max})",
        "ops.clip({t}, {clip_value_min}, {clip_value_max})",
    ),
    row("tf.identity(input)", _identity, "{input}", "{input}"),
    row("tf.stop_gradient(input)", unary, "{input}", "ops.stop_gradient({input})"),
    *(
        row(f"tf.{name}(x)", unary, f"np.{meaning}({{x}})", f"ops.{keras}({{x}})")
        for name, meaning, keras in (
            ("exp", "exp", "exp"),
            ("abs", "abs", "abs"),
            ("sqrt", "sqrt", "sqrt"),
            ("square", "square", "square"),
            ("sign", "sign", "sign"),
            ("negative", "negative", "negative"),
            ("floor", "floor", "floor"),
            ("round", "round", "round"),
            ("sin", "sin", "sin"),
            ("cos", "cos", "cos"),
            ("tan", "tan", "tan"),
            ("asin", "arcsin", "arcsin"),
            ("acos", "arccos", "arccos"),
            ("atan", "arctan", "arctan"),
            ("sinh", "sinh", "sinh"),
            ("cosh", "cosh", "cosh"),
            ("tanh", "tanh", "tanh"),
            ("math.ceil", "ceil", "ceil"),
            ("math.log", "log", "log"),
            ("math.log1p", "log1p", "log1p"),
            ("math.expm1", "expm1", "expm1"),
            ("math.asinh", "arcsinh", "arcsinh"),
            ("math.acosh", "arccosh", "arccosh"),
            ("math.atanh", "arctanh", "arctanh"),
            ("math.reciprocal", "reciprocal", "reciprocal"),
        )
    ),
    row("tf.math.rsqrt(x)", unary, "1 / np.sqrt({x})", "ops.rsqrt({x})"),
    row(
        "tf.math.sigmoid(x)",
        unary,
        "sigmoid({x})",
        "ops.sigmoid({x})",
        helpers=("sigmoid",),
    ),
    row(
        "tf.math.softplus(features)",
        unary,
        "np.logaddexp({features}, 0)",
        "ops.softplus({features})",
    ),
    row("tf.math.erf(x)", unary, "erf({x})", "ops.erf({x})", helpers=("erf",)),
    *(
        row(
            f"tf.{name}(x, y)",
            binary,
            f"np.{meaning}({{x}}, {{y}})",
            f"ops.{keras}({{x}}, {{y}})",
        )
        for name, meaning, keras in (
            ("add", "add", "add"),
            ("subtract", "subtract", "subtract"),
            ("multiply", "multiply", "multiply"),
            ("divide", "divide", "divide"),
            ("maximum", "maximum", "maximum"),
            ("minimum", "minimum", "minimum"),
            ("pow", "power", "power"),
            ("truediv", "true_divide", "true_divide"),
            ("math.floordiv", "floor_divide", "floor_divide"),
            ("math.floormod", "mod", "mod"),
            ("math.atan2", "arctan2", "arctan2"),
        )
    ),
    row(
        "tf.math.squared_difference(x, y)",
        binary,
        "np.square({x} - {y})",
        "ops.square({x} - {y})",
    ),
    row(
        "tf.math.divide_no_nan(x, y)",
        binary,
        "np.divide({x}, {y}, out=np.zeros(np.broadcast({x}, {y}).shape), where={y} != 0)",
        "ops.divide_no_nan({x}, {y})",
    ),
    *(
        row(
            f"tf.{name}(x, y)",
            comparison,
            f"np.{meaning}({{x}}, {{y}})",
            f"ops.{meaning}({{x}}, {{y}})",
        )
        for name, meaning in (
            ("equal", "equal"),
            ("not_equal", "not_equal"),
            ("less", "less"),
            ("less_equal", "less_equal"),
            ("greater", "greater"),
            ("greater_equal", "greater_equal"),
            ("logical_and", "logical_and"),
            ("logical_or", "logical_or"),
            ("math.logical_xor", "logical_xor"),
        )
    ),
    *(
        row(f"tf.{name}(x)", predicate, f"np.{meaning}({{x}})", f"ops.{meaning}({{x}})")
        for name, meaning in (
            ("logical_not", "logical_not"),
            ("math.is_nan", "isnan"),
            ("math.is_inf", "isinf"),
            ("math.is_finite", "isfinite"),
        )
    ),
)
