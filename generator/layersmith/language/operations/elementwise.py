"""Operations that treat each element by itself."""

from __future__ import annotations

from layersmith.language.dims import surely_differ
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import FULL, as_tensor
from layersmith.language.operations.rules import (
    INTEGER,
    binary,
    binary_floating,
    broadcasting,
    floating,
    named,
    predicate,
    promote,
    promote_to_first,
    unary,
    unary_floating,
)
from layersmith.language.values import Tensor, Value


def _divide(call: Bound) -> Value:
    """The true quotient of integers has its own dtype."""
    dtype = promote(call, "x", "y")
    if dtype in INTEGER:
        dtype = (
            "float64" if dtype in ("int32", "int64", "uint32", "uint64") else "float32"
        )
    return Tensor(broadcasting(call, "x", "y"), dtype)


def _truediv(call: Bound) -> Value:
    promote_to_first(call, "x", "y")
    return _divide(call)


def _rounded_quotient(call: Bound) -> Value:
    return Tensor(broadcasting(call, "x", "y"), promote(call, "x", "y"))


def _floating_quotient(call: Bound) -> Value:
    for name in ("x", "y"):
        if as_tensor(call.value(name)).dtype in INTEGER:
            floating(call, name)
            return Tensor(broadcasting(call, "x", "y"))
    return _rounded_quotient(call)


def _clip(call: Bound) -> Value:
    names = ("t", "clip_value_min", "clip_value_max")
    return Tensor(broadcasting(call, *names), promote_to_first(call, *names))


def _scaled(call: Bound) -> Value:
    return Tensor(call.shape("x"), promote(call, "x", "scalar"))


def _sum_of_all(call: Bound) -> Value:
    values = call.items("inputs")
    if not values:
        return Tensor()
    shape, dtype = as_tensor(values[0]).shape, as_tensor(values[0]).dtype
    for node, value in zip(call.nodes("inputs", len(values)), values):
        tensor = as_tensor(value)
        if tensor.dtype not in (None, dtype) and dtype is not None:
            call.problem(
                node,
                f"{call.operation.name} of tensors {named(dtype)} and {named(tensor.dtype)}",
                "give all of them one dtype: `tf.cast(..., x.dtype)`",
            )
            return Tensor(shape)
        if (
            shape is not None
            and tensor.shape is not None
            and shape.rank == tensor.shape.rank
        ):
            for mine, theirs in zip(shape.axes, tensor.shape.axes):
                if surely_differ(mine, theirs):
                    call.problem(
                        node,
                        f"{call.operation.name} of the shapes {shape} and {tensor.shape}",
                        "it does not broadcast: add them with `+`",
                    )
                    return Tensor(None, dtype)
    return Tensor(shape, dtype)


# TensorFlow's name, NumPy's function, keras.ops's function.
_FLOATING = (
    ("exp", "exp", "exp"),
    ("sqrt", "sqrt", "sqrt"),
    ("sin", "sin", "sin"),
    ("cos", "cos", "cos"),
    ("tan", "tan", "tan"),
    ("asin", "arcsin", "arcsin"),
    ("acos", "arccos", "arccos"),
    ("atan", "arctan", "arctan"),
    ("sinh", "sinh", "sinh"),
    ("cosh", "cosh", "cosh"),
    ("tanh", "tanh", "tanh"),
    ("asinh", "arcsinh", "arcsinh"),
    ("acosh", "arccosh", "arccosh"),
    ("atanh", "arctanh", "arctanh"),
    ("math.log", "log", "log"),
    ("math.log1p", "log1p", "log1p"),
    ("math.expm1", "expm1", "expm1"),
)
# These are constant but for their steps: no gradient passes.
_STEPS = (
    ("floor", "floor", "floor"),
    ("math.ceil", "ceil", "ceil"),
)
_BINARY = (
    ("add", "add", "add"),
    ("subtract", "subtract", "subtract"),
    ("multiply", "multiply", "multiply"),
    ("maximum", "maximum", "maximum"),
    ("minimum", "minimum", "minimum"),
    ("pow", "power", "power"),
)


TABLE = (
    *(
        row(
            f"tf.{name}(x)",
            unary_floating,
            f"np.{meaning}({{x}})",
            f"ops.{keras}({{x}})",
        )
        for name, meaning, keras in _FLOATING
    ),
    *(
        row(
            f"tf.{name}(x)",
            unary_floating,
            f"np.{meaning}({{x}})",
            f"ops.{keras}({{x}})",
            gradient=False,
        )
        for name, meaning, keras in _STEPS
    ),
    row("tf.square(x)", unary, "np.square({x})", "ops.square({x})"),
    row("tf.negative(x)", unary, "-{x}", "ops.negative({x})"),
    row("tf.sign(x)", unary, "np.sign({x})", "ops.sign({x})", gradient=False),
    row("tf.round(x)", unary, "np.round({x})", "ops.round({x})", gradient=False),
    row("tf.math.reciprocal(x)", unary_floating, "1 / {x}", "ops.reciprocal({x})"),
    row(
        "tf.math.reciprocal_no_nan(x)",
        unary_floating,
        "divide_no_nan(1.0, {x})",
        "ops.divide_no_nan(1.0, {x})",
        helpers=("divide_no_nan",),
    ),
    row("tf.math.rsqrt(x)", unary_floating, "1 / np.sqrt({x})", "ops.rsqrt({x})"),
    row(
        "tf.sigmoid(x)",
        unary_floating,
        "sigmoid({x})",
        "ops.sigmoid({x})",
        helpers=("sigmoid",),
    ),
    row(
        "tf.math.log_sigmoid(x)",
        unary_floating,
        "-np.logaddexp(0, -{x})",
        "ops.log_sigmoid({x})",
    ),
    row(
        "tf.math.rint(x)",
        unary_floating,
        "np.rint({x})",
        "ops.round({x})",
        gradient=False,
        precisions=FULL,
    ),
    row(
        "tf.math.is_nan(x)",
        predicate,
        "np.isnan({x})",
        "ops.isnan({x})",
        gradient=False,
    ),
    row(
        "tf.math.is_inf(x)",
        predicate,
        "np.isinf({x})",
        "ops.isinf({x})",
        gradient=False,
    ),
    row(
        "tf.math.is_finite(x)",
        predicate,
        "np.isfinite({x})",
        "ops.isfinite({x})",
        gradient=False,
    ),
    *(
        row(
            f"tf.{name}(x, y)",
            binary,
            f"np.{meaning}({{x}}, {{y}})",
            f"ops.{keras}({{x}}, {{y}})",
        )
        for name, meaning, keras in _BINARY
    ),
    row("tf.divide(x, y)", _divide, "np.divide({x}, {y})", "ops.divide({x}, {y})"),
    row(
        "tf.truediv(x, y)", _truediv, "np.divide({x}, {y})", "ops.true_divide({x}, {y})"
    ),
    row(
        "tf.realdiv(x, y)",
        binary_floating,
        "np.divide({x}, {y})",
        "ops.divide({x}, {y})",
    ),
    row(
        "tf.math.floordiv(x, y)",
        _rounded_quotient,
        "np.floor_divide({x}, {y})",
        "ops.floor_divide({x}, {y})",
        gradient=False,
    ),
    row(
        "tf.math.mod(x, y)", _rounded_quotient, "np.mod({x}, {y})", "ops.mod({x}, {y})"
    ),
    row("tf.truncatediv(x, y)", binary, "np.trunc({x} / {y})", gradient=False),
    row(
        "tf.truncatemod(x, y)",
        binary,
        "np.fmod({x}, {y})",
        gradient=False,
        precisions=FULL,
    ),
    row(
        "tf.atan2(y, x)",
        binary_floating,
        "np.arctan2({y}, {x})",
        "ops.arctan2({y}, {x})",
    ),
    row(
        "tf.math.squared_difference(x, y)",
        binary,
        "np.square({x} - {y})",
        "ops.square(ops.subtract({x}, {y}))",
    ),
    row(
        "tf.math.divide_no_nan(x, y)",
        _floating_quotient,
        "divide_no_nan({x}, {y})",
        "ops.divide_no_nan({x}, {y})",
        helpers=("divide_no_nan",),
    ),
    row(
        "tf.math.multiply_no_nan(x, y)",
        _floating_quotient,
        "multiply_no_nan({x}, {y})",
        helpers=("multiply_no_nan",),
    ),
    row(
        "tf.math.xlogy(x, y)",
        binary_floating,
        "xlogy({x}, {y})",
        helpers=("xlogy",),
    ),
    row(
        "tf.math.xlog1py(x, y)",
        binary_floating,
        "xlog1py({x}, {y})",
        helpers=("xlog1py",),
    ),
    row(
        "tf.math.xdivy(x, y)",
        binary_floating,
        "xdivy({x}, {y})",
        helpers=("xdivy",),
    ),
    row(
        "tf.clip_by_value(t, clip_value_min, clip_value_max)",
        _clip,
        "np.clip({t}, {clip_value_min}, {clip_value_max})",
        "ops.clip({t}, {clip_value_min}, {clip_value_max})",
    ),
    row(
        "tf.scalar_mul(scalar, x)",
        _scaled,
        "{scalar} * {x}",
        "ops.multiply({scalar}, {x})",
    ),
    row("tf.add_n(inputs)", _sum_of_all, "sum({inputs})", "sum({inputs})"),
    row(
        "tf.math.accumulate_n(inputs, !shape=None, !tensor_dtype=None)",
        _sum_of_all,
        "sum({inputs})",
        "sum({inputs})",
    ),
)
