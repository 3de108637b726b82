"""What a row of the operation table is, and a call bound to its parameters."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from layersmith.language.dims import Dim, Shape
from layersmith.language.operations.conversion import (
    FULL,
    HALF,
    MISSING,
    as_tensor,
    common_dtype,
    converted_dtype,
    literal,
)
from layersmith.language.values import UNKNOWN, Items, Static, Tensor, Unknown, Value
from layersmith.record import record

__all__ = ["Bound", "Operation", "as_tensor", "common_dtype", "literal", "row"]

Rule = Callable[["Bound"], Value]


@record
class Operation:
    """One operation.

    Attributes:
        name: The name that it mostly goes by: `tf.reduce_sum`, not
            `tf.math.reduce_sum`.
        parameters: Names in order, each with whether it has a default.
        rule: Gives the shape and dtype of the result.
        numpy: NumPy meaning as a template over the parameters: `{x}` is the
            argument's source, `[, axis={axis}]` stands only where it is given,
            and `{axis:axes}` turns a list into a tuple. None: TensorFlow itself
            is called.
        helpers: Functions of the NumPy meaning that the emitted suite defines.
        keras: Meaning in `keras.ops`, in the same notation. It holds for calls
            whose arguments it names, and for no other.
        beyond: Parameters that neither the rule nor the meanings know of: a call
            that gives one has a result of unknown shape, by TensorFlow itself.
        xla: Whether XLA compiles it on a CPU, with its gradient.
        gradient: Whether a gradient passes to its first floating-point argument.
        precisions: The floating-point dtypes that it takes on a CPU, with its gradient.
        mixed: Whether some device runs it in float16 and bfloat16, as a layer does
            under mixed precision.
        random: Whether each call draws anew.
        layer: For a random operation: what the layer calls instead, in the same
            notation, so that it draws from the layer's own generator.
        variant: Gives the row that holds for a call, where its arguments decide.
    """

    name: str
    parameters: tuple[tuple[str, bool], ...]
    rule: Rule
    numpy: str | None = None
    keras: str | None = None
    helpers: tuple[str, ...] = ()
    beyond: frozenset[str] = frozenset()
    xla: bool = True
    gradient: bool = True
    precisions: tuple[str, ...] = HALF + FULL
    mixed: bool = True
    random: bool = False
    layer: str | None = None
    variant: Callable[[Operation, Bound], Operation] | None = None

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.parameters)

    def for_call(self, call: Bound) -> Operation:
        """The row as it holds for one call: without a meaning that does not reach it."""
        if any(name in self.beyond for name in call.arguments):
            return self.opaque()
        return self if self.variant is None else self.variant(self, call)

    def opaque(self) -> Operation:
        """A row of which the name and the parameters are known, and no more."""
        return replace(
            self, rule=lambda call: Tensor(), numpy=None, keras=None, helpers=()
        )


def row(
    signature: str,
    rule: Rule,
    numpy: str | None = None,
    keras: str | None = None,
    **more: Any,
) -> Operation:
    """A row from a signature such as `tf.gather(params, indices, axis=None, !name)`.

    Parameters with a `!` are those beyond the row's reach. `name`, which every
    function of TensorFlow takes and which says nothing, is added at the end where it
    is not written.
    """
    name, _, rest = signature[:-1].partition("(")
    parameters, beyond = [], []
    for part in filter(None, rest.split(", ")):
        parameter, equals, _ = part.partition("=")
        if parameter[0] == "!":
            parameter = parameter[1:]
            beyond.append(parameter)
        parameters.append((parameter, bool(equals)))
    if ("name", True) not in parameters:
        parameters.append(("name", True))
    mixed = more.setdefault("mixed", set(HALF) <= set(more.get("precisions", HALF)))
    if not mixed:
        rule = _in_full_precision(rule)
    return Operation(
        name, tuple(parameters), rule, numpy, keras, beyond=frozenset(beyond), **more
    )


def _in_full_precision(rule: Rule) -> Rule:
    def checked(call: Bound) -> Value:
        for node, value in call.arguments.values():
            if isinstance(value, Tensor) and value.dtype in ("float", *HALF):
                missing = [
                    half for half in HALF if half not in call.operation.precisions
                ]
                call.problem(
                    node,
                    f"`{call.operation.name}` does not take {missing[0]}, in which the "
                    "layer may compute under mixed precision",
                    "give it `tf.cast(..., variable_dtype)`, and cast what it gives back "
                    "to `compute_dtype`",
                )
                return UNKNOWN
        return rule(call)

    return checked


@dataclass
class Bound:
    """A call with its arguments by parameter name.

    Attributes:
        problem: Tells the user, as `problem(node, message, hint)`.
        extra: For an operation on any number of tensors: them, as `inputs`, and
            their nodes, as `nodes`.
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
        """The argument as TensorFlow converts it: numbers and lists have a dtype.

        Where several arguments go together, `promote` finds the dtype instead.
        """
        value = self.value(name)
        tensor = as_tensor(value)
        if tensor.dtype == "weak":
            return Tensor(tensor.shape, converted_dtype(value), value=tensor.value)
        return tensor

    def shape(self, name: str) -> Shape | None:
        return as_tensor(self.value(name)).shape

    def literal(self, name: str, default: Any = None) -> Any:
        """A Python value where the argument is written out, else MISSING."""
        if name not in self.arguments:
            return default
        return literal(self.value(name))

    def size(self, name: str) -> Dim | None:
        """An integer argument over named sizes; None where it is not known."""
        value = self.value(name)
        if isinstance(value, Static):
            return None if value.nullable else value.dim
        size = getattr(value, "value", None)
        return size if isinstance(size, Dim) else None

    def items(self, name: str) -> tuple[Value, ...] | None:
        """The items of a list argument; None where their number is not known."""
        value = self.value(name)
        return value.values if isinstance(value, Items) else None

    def nodes(self, name: str, count: int) -> list[ast.expr]:
        """The node of each item of a list argument, for messages."""
        node = self.arguments[name][0]
        elements = getattr(node, "elts", [])
        return list(elements) if len(elements) == count else [node] * count

    def fail(self, message: str, hint: str = "", at: str | None = None) -> Unknown:
        node = self.arguments[at][0] if at in self.arguments else self.node
        self.problem(node, message, hint)
        return UNKNOWN

    def axis(self, name: str, tensor: Tensor, default: Any = None) -> Any:
        """An axis number or tuple of them that exists, else MISSING."""
        value = self.literal(name, default)
        numbers = value if isinstance(value, tuple) else (value,)
        if any(
            n is not None and (not isinstance(n, int) or isinstance(n, bool))
            for n in numbers
        ):
            return MISSING
        if tensor.shape is None:
            return value
        for number in numbers:
            if number is not None and not tensor.shape.has_axis(number):
                self.fail(
                    f"no axis {number} in the shape {tensor.shape}",
                    "axes count from 0, or from -1 at the end",
                    at=name,
                )
                return MISSING
        known = [
            tensor.shape.position(number) for number in numbers if number is not None
        ]
        twice = [p for i, p in enumerate(known) if p is not None and p in known[:i]]
        if twice:
            self.fail(
                f"the axis `{tensor.shape.axes[twice[0]]}` is named twice",
                "name each axis once",
                at=name,
            )
            return MISSING
        return value

    def dtype(self, name: str = "dtype", default: str | None = None) -> str | None:
        """The dtype that an argument names: `tf.float32`, `x.dtype`, `"int32"`."""
        if name not in self.arguments:
            return default
        value = self.value(name)
        if isinstance(value, Static) and value.kind == "none":
            return default
        if isinstance(value, Static) and isinstance(value.literal, str):
            return value.literal
        return None
