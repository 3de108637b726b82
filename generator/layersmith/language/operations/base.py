"""What a row of the operation table is, and a call bound to its parameters."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from layersmith.language.dims import Dim, Shape, ShapeMismatch, broadcast
from layersmith.language.values import (
    UNKNOWN,
    Items,
    Static,
    Tensor,
    Unknown,
    Value,
)

Rule = Callable[["Bound"], Value]
MISSING = object()


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: Public name, such as `tf.matmul`.
        parameters: Names in order, each with whether it has a default.
        rule: Gives the shape and dtype of the result.
        numpy: NumPy meaning as a template over the parameters: `{x}` is the
            argument's source, `[, axis={axis}]` stands only where it is given,
            and `{axis:axes}` turns a list into a tuple. None: TensorFlow itself
            is called.
        helpers: Functions of the NumPy meaning that the emitted suite defines.
        keras: Meaning in `keras.ops`, in the same notation.
        xla: Whether XLA compiles it on a CPU.
        random: Whether each call draws anew.
        layer: For a random operation: what the layer calls instead, in the same
            notation, so that it draws from the layer's own generator.
    """

    name: str
    parameters: tuple[tuple[str, bool], ...]
    rule: Rule
    numpy: str | None = None
    helpers: tuple[str, ...] = ()
    keras: str | None = None
    xla: bool = True
    random: bool = False
    layer: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.parameters)


def row(signature: str, rule: Rule, numpy: str | None = None, keras: str | None = None, **more: Any) -> Operation:
    """A row from a signature such as `tf.reduce_sum(input_tensor, axis=None)`."""
    name, _, rest = signature.partition("(")
    parameters = []
    for part in filter(None, (p.strip() for p in rest.rstrip(")").split(","))):
        parameter, equals, _ = part.partition("=")
        parameters.append((parameter.strip(), bool(equals)))
    return Operation(name, tuple(parameters), rule, numpy, keras=keras, **more)


@dataclass
class Bound:
    """A call with its arguments by parameter name.

    Attributes:
        problem: Tells the user, as `problem(node, message, hint)`.
    """

    operation: Operation
    node: ast.Call
    arguments: dict[str, tuple[ast.expr, Value]]
    problem: Callable[[ast.AST, str, str], None]
    floats: str = "float"
    extra: dict[str, Any] = field(default_factory=dict)

    def given(self, name: str) -> bool:
        return name in self.arguments

    def value(self, name: str) -> Value:
        return self.arguments[name][1] if name in self.arguments else UNKNOWN

    def tensor(self, name: str) -> Tensor:
        """The argument as a tensor: numbers become scalars, lists are stacked."""
        return as_tensor(self.value(name))

    def literal(self, name: str, default: Any = None) -> Any:
        """A Python value where the argument is written out, else MISSING."""
        if name not in self.arguments:
            return default
        return literal(self.value(name))

    def fail(self, message: str, hint: str = "", at: str | None = None) -> Unknown:
        node = self.arguments[at][0] if at in self.arguments else self.node
        self.problem(node, message, hint)
        return UNKNOWN

    def axis(self, name: str, tensor: Tensor, default: Any = None) -> Any:
        """An axis number or tuple of them that exists, else MISSING."""
        value = self.literal(name, default)
        numbers = value if isinstance(value, tuple) else (value,)
        for number in numbers:
            if isinstance(number, int) and tensor.shape is not None:
                if not tensor.shape.has_axis(number):
                    self.fail(
                        f"no axis {number} in the shape {tensor.shape}",
                        "axes count from 0, or from -1 at the end",
                        at=name,
                    )
                    return MISSING
        return value

    def dtype(self, name: str = "dtype", default: str | None = None) -> str | None:
        """The dtype that an argument names: `tf.float32`, `x.dtype`, `"int32"`."""
        if name not in self.arguments:
            return default
        value = self.value(name)
        if isinstance(value, Static) and isinstance(value.literal, str):
            return value.literal
        return None


def literal(value: Value) -> Any:
    if isinstance(value, Static):
        if value.kind == "none":
            return None
        if value.literal is not None:
            return value.literal
        if value.dim is not None and value.dim.constant is not None:
            return value.dim.constant
    if isinstance(value, Items) and value.values is not None:
        items = tuple(literal(item) for item in value.values)
        return MISSING if MISSING in items else items
    return MISSING


def as_tensor(value: Value) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Static) and value.kind in ("int", "float", "bool"):
        dtype = "bool" if value.kind == "bool" else "weak"
        return Tensor(Shape(()), dtype, value=value.dim)
    if isinstance(value, Items) and value.values:
        items = [as_tensor(item) for item in value.values]
        shape = items[0].shape
        if shape is not None and all(item.shape == shape for item in items):
            dtype = next((item.dtype for item in items if item.dtype != "weak"), "weak")
            size = Dim.of(len(items))
            dims = tuple(item.value for item in items)
            known = Shape(dims) if shape.rank == 0 and None not in dims else None
            return Tensor(Shape((size, *shape.axes)), dtype, value=known)
    return Tensor()


def promote(call: Bound, *names: str) -> str | None:
    """The common dtype of tensor arguments; says where TensorFlow would refuse."""
    return common_dtype(
        [(call.arguments[n][0], as_tensor(call.value(n))) for n in names if call.given(n)],
        call.problem,
    )


def common_dtype(
    operands: list[tuple[ast.expr, Tensor]], problem: Callable[[ast.AST, str, str], None]
) -> str | None:
    known = [(node, t) for node, t in operands if t.dtype not in (None, "weak")]
    if not known:
        return "weak" if all(t.dtype == "weak" for _, t in operands) else None
    if any(t.dtype is None for _, t in operands):
        return None
    first, second = known[0], None
    for node, tensor in known[1:]:
        if tensor.dtype != first[1].dtype:
            second = (node, tensor)
    if second is None:
        return first[1].dtype
    _explain(first, second, problem)
    return None


def _explain(first, second, problem) -> None:
    kinds = {first[1].dtype, second[1].dtype}
    fixed = next((d for d in kinds if d in ("float16", "bfloat16", "float32", "float64")), None)
    if fixed and kinds & {"float", "variable"}:
        node = first[0] if first[1].dtype == fixed else second[0]
        problem(
            node,
            f"a {fixed} tensor meets one of the layer's dtype: mixed precision breaks here",
            "give it the other's dtype: `dtype=x.dtype`, or `tf.cast(..., x.dtype)`",
        )
    elif kinds == {"float", "variable"}:
        problem(
            second[0],
            "a tensor of the compute dtype meets one of the variable dtype",
            "cast one with `tf.cast(..., compute_dtype)` or `variable_dtype`",
        )
    else:
        problem(
            second[0],
            f"a tensor of dtype {_words(second[1].dtype)} meets one of {_words(first[1].dtype)}",
            "TensorFlow converts nothing by itself: use `tf.cast(..., x.dtype)`",
        )


def _words(dtype: str | None) -> str:
    return {"float": "the compute dtype", "variable": "the variable dtype"}.get(dtype, str(dtype))


# Rules that many rows share.


def unary(call: Bound) -> Value:
    """Same shape and dtype as the first argument."""
    tensor = call.tensor(call.operation.parameter_names[0])
    return Tensor(tensor.shape, tensor.dtype)


def broadcasting(call: Bound, *names: str) -> Shape | None:
    shape: Shape | None = Shape(())
    for name in names:
        if not call.given(name):
            continue
        try:
            shape = broadcast(shape, call.tensor(name).shape)
        except ShapeMismatch as error:
            shapes = " and ".join(str(call.tensor(n).shape) for n in names if call.given(n))
            call.fail(
                f"shapes that do not go together: {error}",
                f"the shapes are {shapes}; name equal axes alike, or expand one with tf.newaxis",
            )
            return None
    return shape


def binary(call: Bound) -> Value:
    """Broadcast shape and common dtype of the first two arguments."""
    left, right = call.operation.parameter_names[:2]
    return Tensor(broadcasting(call, left, right), promote(call, left, right))


def comparison(call: Bound) -> Value:
    left, right = call.operation.parameter_names[:2]
    promote(call, left, right)
    return Tensor(broadcasting(call, left, right), "bool")


def predicate(call: Bound) -> Value:
    return Tensor(call.tensor(call.operation.parameter_names[0]).shape, "bool")


def sizes(value: Value) -> tuple | None:
    """Axes that a shape argument names: a list, `tf.shape(x)`, or sums of these."""
    if isinstance(value, Tensor):
        return value.value.axes if isinstance(value.value, Shape) else None
    if isinstance(value, Static) and value.kind == "shape":
        return value.literal.axes if isinstance(value.literal, Shape) else None
    if isinstance(value, Static) and value.dim is not None:
        return (value.dim,)
    if isinstance(value, Items) and value.values is not None:
        axes = []
        for item in value.values:
            if isinstance(item, (Static, Tensor)):
                size = item.dim if isinstance(item, Static) else item.value
                axes.append(size if isinstance(size, Dim) else None)
            else:
                axes.append(None)
        return tuple(axes)
    return None
