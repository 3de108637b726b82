"""What a call in `call` does: operations, sublayers, functions, methods of weights."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from layersmith.language import operations
from layersmith.language.builtin_names import BUILTINS
from layersmith.language.builtins_called import Builtins
from layersmith.language.dims import surely_differ
from layersmith.language.facts import SublayerCall
from layersmith.language.functions import CONTROL
from layersmith.language.operations.base import Bound
from layersmith.language.operations.conversion import as_tensor
from layersmith.language.values import (
    UNKNOWN,
    Activation,
    Entries,
    Function,
    Items,
    Layer,
    Static,
    Tensor,
    Unknown,
    Value,
)
from layersmith.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layersmith.language.facts import Facts
    from layersmith.language.scope import Scope
    from layersmith.language.sublayers import Maker

_DTYPES = frozenset(
    [
        "bfloat16",
        "bool",
        "complex64",
        "complex128",
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "string",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
    ]
)


# The oracle writes the argument of a draw twice: once for its shape.
MAX_DRAW_DEPTH = 3


class Calls(Builtins):
    """Reads calls; the part of the interpreter that knows TensorFlow's functions."""

    facts: Facts
    scope: Scope
    environment: dict[str, Value]
    floats: str
    training: bool | None
    makers: Mapping[str, Maker]
    draw_depth: int = 0

    def tensorflow_constant(self, node: ast.Attribute, dotted: str) -> Value:
        name = dotted[3:]
        if name in _DTYPES:
            return Static("dtype", literal=name)
        if name == "newaxis":
            return UNKNOWN
        if not self.is_public(dotted):
            self.unknown_function(node, dotted)
        return UNKNOWN

    def is_public(self, dotted: str) -> bool:
        from layersmith.language import tables

        return (
            operations.find(dotted) is not None
            or dotted in tables.tensorflow_functions()
            or dotted in tables.tensorflow_constants()
        )

    def unknown_function(self, node: ast.AST, dotted: str) -> None:
        from layersmith.language import tables

        known = {*tables.tensorflow_functions(), *operations.names()}
        last = dotted.rpartition(".")[2]
        same = sorted((n for n in known if n.rpartition(".")[2] == last), key=len)
        close = same[0] if same else suggest(dotted, known)
        self.problem(
            node,
            f"TensorFlow has no public `{dotted}`",
            f"did you mean `{close}`?"
            if close
            else "see the TensorFlow API for its name",
        )

    def read_Call(self, node: ast.Call) -> Value:
        from layersmith.language.subscripts import dotted_name

        dotted = dotted_name(node.func)
        if dotted is not None and dotted.startswith("tf."):
            return self.tensorflow_call(node, dotted)
        if isinstance(node.func, ast.Name) and node.func.id in BUILTINS:
            if node.func.id not in self.environment:
                return self.builtin(node)
        if isinstance(node.func, ast.Attribute):
            return self.method(node)
        if isinstance(node.func, ast.Name) and node.func.id == "add_loss":
            return self.added_loss(node)
        target = self.expression(node.func)
        positional, keywords = self.arguments(node)
        values = [value for _, value in positional]
        if isinstance(target, Layer):
            return self.sublayer(node, target.name, values, keywords)
        if isinstance(target, Activation):
            return self.activation(node, target, positional)
        if isinstance(target, Function):
            return self.function(node, target, values)
        if isinstance(target, Tensor):
            self.problem(
                node.func, "a tensor is not a function", "call an operation on it"
            )
        return UNKNOWN

    def arguments(self, node: ast.Call):
        positional = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                positional.append((argument, self.expression(argument.value)))
            else:
                positional.append((argument, self.expression(argument)))
        keywords = {}
        for keyword in node.keywords:
            value = self.expression(keyword.value)
            if keyword.arg is None:
                self.problem(
                    keyword.value,
                    f"`**` hides what {ast.unparse(node.func)} is given",
                    "name each argument by itself",
                )
            else:
                keywords[keyword.arg] = (keyword.value, value)
        return positional, keywords

    # Functions of TensorFlow.

    def tensorflow_call(self, node: ast.Call, dotted: str) -> Value:
        known = operations.find(dotted)
        draws = known is not None and known.random
        if draws and self.draw_depth >= MAX_DRAW_DEPTH:
            self.problem(
                node, "random draws nested too deep", "assign the inner ones to names"
            )
            return UNKNOWN
        self.draw_depth += draws
        positional, keywords = self.arguments(node)
        self.draw_depth -= draws
        self.facts.values[id(node.func)] = UNKNOWN
        if dotted in CONTROL:
            return self.control(dotted, node, positional, keywords)
        if operations.find(dotted) is None:
            if not self.is_public(dotted):
                self.unknown_function(node.func, dotted)
                return UNKNOWN
            self.facts.calls.append((node, dotted, None))
            for argument, value in (*positional, *keywords.values()):
                self.present(argument, value)
            # What tf.distribute gives are contexts and strategies, not tensors.
            return UNKNOWN if dotted.startswith("tf.distribute.") else Tensor()
        return self.operation(dotted, node, positional, keywords)

    def operation(
        self, dotted: str, node: ast.AST, positional: list, keywords: dict
    ) -> Value:
        operation = operations.find(dotted)
        names = list(operation.parameter_names)
        starred = next((a for a, _ in positional if isinstance(a, ast.Starred)), None)
        if starred is not None:
            self.problem(
                starred,
                f"`*` hides what {dotted} is given",
                "name each argument by itself",
            )
            return UNKNOWN
        arguments = {}
        extra = {}
        if names and any(name.startswith("*") for name in names):
            fixed = names[: [name.startswith("*") for name in names].index(True)]
            arguments = dict(zip(fixed, positional))
            rest = positional[len(fixed) :]
            extra["inputs"] = tuple(as_tensor(value) for _, value in rest)
            star = next(name for name in names if name.startswith("*"))[1:]
            extra["nodes"] = tuple(argument for argument, _ in rest)
            extra["star"] = star
        elif len(positional) > len(names):
            self.problem(
                positional[len(names)][0],
                f"{dotted} takes at most {len(names)} arguments",
                f"its parameters are {', '.join(names)}",
            )
            return UNKNOWN
        else:
            arguments = dict(zip(names, positional))
        for name, argument in keywords.items():
            if name not in names:
                close = suggest(name, names)
                self.problem(
                    argument[0],
                    f"{dotted} has no parameter `{name}`",
                    f"did you mean `{close}`?"
                    if close
                    else f"its parameters are {', '.join(names)}",
                )
                return UNKNOWN
            arguments[name] = argument
        for name, optional in operation.parameters:
            if not optional and name not in arguments and not name.startswith("*"):
                self.problem(
                    node,
                    f"{dotted} needs `{name}`",
                    f"its parameters are {', '.join(names)}",
                )
                return UNKNOWN
        for argument, value in (
            *arguments.values(),
            *zip(extra.get("nodes", ()), extra.get("inputs", ())),
        ):
            self.present(argument, value)
        bound = Bound(operation, node, arguments, self.problem, self.floats, extra)
        operation = bound.operation = operation.for_call(bound)
        self.facts.calls.append((node, dotted, operation))
        self.facts.bound[id(node)] = {
            name: argument for name, (argument, _) in arguments.items()
        }
        if extra:
            self.facts.bound[id(node)]["*"] = extra["nodes"]
        return operation.rule(bound)

    # What the spec declares.

    def sublayer(
        self, node: ast.Call, name: str, values: list[Value], keywords: dict
    ) -> Value:
        from layersmith.language.sublayer_shapes import output_of

        if name == "base":
            self.facts.base_calls.append(node)
            return Tensor(None, self.floats)
        if "training" in keywords:
            self.problem(
                keywords["training"][0],
                "`training` is handed on by itself",
                "leave `training=` out",
            )
        for argument, value in zip(node.args, values):
            self.present(argument, value)
        named = {k: value for k, (_, value) in keywords.items()}
        self.facts.sublayer_calls.append(SublayerCall(name, node, tuple(values), named))
        self.facts.used.add(name)
        return output_of(self.makers.get(name), values, self.floats)

    def added_loss(self, node: ast.Call) -> Value:
        positional, _ = self.arguments(node)
        if len(positional) != 1 or node.keywords:
            self.problem(node, "`add_loss` takes one tensor", "write `add_loss(value)`")
        for argument, value in positional:
            if isinstance(value, Static):
                self.problem(
                    argument,
                    "a loss is a tensor",
                    "compute it from the inputs or weights",
                )
        self.facts.losses.append(node)
        return UNKNOWN

    def activation(self, node: ast.Call, target: Activation, positional: list) -> Value:
        if len(positional) != 1 or node.keywords:
            self.problem(
                node,
                f"`{target.name}` is an activation: it takes one tensor",
                "give it one",
            )
            return UNKNOWN
        self.present(*positional[0])
        tensor = as_tensor(positional[0][1])
        return Tensor(tensor.shape, tensor.dtype)

    def method(self, node: ast.Call) -> Value:
        base = self.expression(node.func.value)
        positional, _ = self.arguments(node)
        name = node.func.attr
        if isinstance(base, Layer):
            self.facts.used.add(base.name)
            return UNKNOWN
        if (
            isinstance(base, Tensor)
            and base.weight is not None
            and name.startswith("assign")
        ):
            return self.update(node, base, positional)
        if isinstance(base, Tensor):
            return self.tensor_attribute(node.func, base)
        if (
            isinstance(base, Items)
            and name == "append"
            and isinstance(node.func.value, ast.Name)
        ):
            each = positional[0][1] if positional else UNKNOWN
            self.environment[node.func.value.id] = Items(None, each)
            return UNKNOWN
        if isinstance(base, Entries) and isinstance(node.func.value, ast.Name):
            if name not in ("copy", "get", "items", "keys", "values"):
                self.environment[node.func.value.id] = UNKNOWN
        return UNKNOWN

    def update(self, node: ast.Call, weight: Tensor, positional: list) -> Value:
        name = weight.weight
        if (
            node.func.attr not in ("assign", "assign_add", "assign_sub")
            or len(positional) != 1
        ):
            self.problem(
                node, "a weight is updated by `.assign(value)`", "give it one value"
            )
            return UNKNOWN
        self.facts.updates.setdefault(name, node)
        if self.training is not True and not self.updates_in_inference:
            self.problem(
                node,
                f"`{name}` is updated outside the training branch",
                "move it under `if training:`",
            )
        value = as_tensor(positional[0][1])
        if value.shape is not None and weight.shape is not None:
            different = value.shape.rank is not None and (
                value.shape.rank != weight.shape.rank
                or any(
                    surely_differ(a, b)
                    for a, b in zip(value.shape.axes, weight.shape.axes)
                )
            )
            if different and node.func.attr == "assign":
                self.problem(
                    positional[0][0],
                    f"`{name}` has the shape {weight.shape}, the value {value.shape}",
                    "give it a value of its own shape",
                )
        return UNKNOWN

    updates_in_inference = False


__all__ = ["Calls", "Unknown"]
