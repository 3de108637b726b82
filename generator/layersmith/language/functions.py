"""Calls of functions that the spec defines, and operations that take functions."""

from __future__ import annotations

import ast
from dataclasses import replace

from layersmith.language.dims import Dim, Shape
from layersmith.language.operations.conversion import as_tensor
from layersmith.language.values import (
    UNKNOWN,
    Activation,
    Function,
    Items,
    Static,
    Tensor,
    Value,
    join,
)

MAX_CALLS = 30
# TensorFlow's functions that call functions, with the names of their parameters.
CONTROL = {
    "tf.cond": ("pred", "true_fn", "false_fn"),
    "tf.while_loop": (
        "cond",
        "body",
        "loop_vars",
        "maximum_iterations",
        "parallel_iterations",
    ),
    "tf.map_fn": ("fn", "elems", "fn_output_signature"),
    "tf.vectorized_map": ("fn", "elems"),
    "tf.scan": ("fn", "elems", "initializer"),
}


class Functions:
    """Reads what functions return, given what they are called on."""

    def call_value(self, node: ast.AST, target: Value, values: list[Value]) -> Value:
        """What a callable value returns."""
        if isinstance(target, Function):
            return self.function(node, target, values)
        if isinstance(target, Activation):
            tensor = as_tensor(values[0]) if values else Tensor()
            return Tensor(tensor.shape, tensor.dtype)
        return UNKNOWN

    def function(self, node: ast.AST, target: Function, values: list[Value]) -> Value:
        """Reads the body of a function once for this call."""
        definition = target.node
        names = [a.arg for a in (*definition.args.posonlyargs, *definition.args.args)]
        optional = len(definition.args.defaults)
        if len(values) > len(names) and definition.args.vararg is None:
            self.problem(
                node,
                f"it takes {len(names)} arguments, {len(values)} are given",
                "count them",
            )
            return UNKNOWN
        if len(values) < len(names) - optional:
            keywords = {k.arg for k in getattr(node, "keywords", ())}
            if not keywords:
                self.problem(
                    node,
                    f"it takes {len(names)} arguments, {len(values)} are given",
                    "count them",
                )
                return UNKNOWN
        if self.call_depth >= MAX_CALLS:
            self.problem(
                node, "functions that call themselves without end", "loop instead"
            )
            return UNKNOWN
        environment, parsed, returns = (self.environment, self.parsed, self.returned)
        outer = {} if target.parsed is not None else dict(environment)
        self.environment = {
            **outer,
            **dict.fromkeys(names, UNKNOWN),
            **dict(zip(names, values)),
        }
        self.parsed = target.parsed or parsed
        self.returned = []
        self.call_depth += 1
        try:
            if isinstance(definition, ast.Lambda):
                return self.expression(definition.body)
            self.block(definition.body)
            found = self.returned
        finally:
            self.call_depth -= 1
            (self.environment, self.parsed, self.returned) = (
                environment,
                parsed,
                returns,
            )
        result: Value = found[0] if found else UNKNOWN
        for other in found[1:]:
            result = join(result, other)
        return result

    def control(
        self, name: str, node: ast.Call, positional: list, keywords: dict
    ) -> Value:
        """tf.cond and its like; the functions they are given are read here."""
        names = CONTROL[name]
        given = dict(zip(names, positional))
        for keyword, argument in keywords.items():
            if keyword not in names:
                self.problem(
                    argument[0],
                    f"{name} has no parameter `{keyword}`",
                    f"its parameters are {', '.join(names)}",
                )
                return UNKNOWN
            given[keyword] = argument
        self.facts.bound[id(node)] = {k: argument for k, (argument, _) in given.items()}
        self.facts.calls.append((node, name, None))
        reader = getattr(self, "control_" + name[3:])
        return reader(node, {k: value for k, (_, value) in given.items()})

    def control_cond(self, node: ast.Call, given: dict[str, Value]) -> Value:
        branches = [
            self.call_value(node, given[k], [])
            for k in ("true_fn", "false_fn")
            if k in given
        ]
        if len(branches) < 2:
            self.problem(
                node,
                "tf.cond needs two functions",
                "`tf.cond(pred, lambda: a, lambda: b)`",
            )
            return UNKNOWN
        return join(*branches)

    def control_while_loop(self, node: ast.Call, given: dict[str, Value]) -> Value:
        variables = given.get("loop_vars", UNKNOWN)
        if not isinstance(variables, Items) or variables.values is None:
            return variables
        start = [_as_loop_variable(value) for value in variables.values]
        self.call_value(node, given.get("cond", UNKNOWN), start)
        after = self.call_value(node, given.get("body", UNKNOWN), start)
        if (
            isinstance(after, Items)
            and after.values is not None
            and len(after.values) == len(start)
        ):
            return Items(tuple(map(join, start, after.values)))
        return Items(tuple(start))

    def control_map_fn(self, node: ast.Call, given: dict[str, Value]) -> Value:
        elements = given.get("elems", UNKNOWN)
        each, size = _rows(elements)
        return _stacked(self.call_value(node, given.get("fn", UNKNOWN), [each]), size)

    control_vectorized_map = control_map_fn

    def control_scan(self, node: ast.Call, given: dict[str, Value]) -> Value:
        each, size = _rows(given.get("elems", UNKNOWN))
        initial = given.get("initializer", each)
        return _stacked(
            self.call_value(node, given.get("fn", UNKNOWN), [initial, each]), size
        )


def _as_loop_variable(value: Value) -> Value:
    if isinstance(value, Static):
        tensor = as_tensor(value)
        return Tensor(
            tensor.shape,
            {"int": "int32", "float": "float32"}.get(value.kind, tensor.dtype),
        )
    return (
        value
        if not isinstance(value, Tensor)
        else replace(value, weight=None, value=None)
    )


def _rows(value: Value) -> tuple[Value, Dim | None]:
    """One element along the first axis, and how many there are."""
    if isinstance(value, Items) and value.values:
        rows = [_rows(item) for item in value.values]
        return Items(tuple(row for row, _ in rows)), rows[0][1]
    tensor = as_tensor(value)
    if (
        tensor.shape is None
        or not tensor.shape.axes
        or not isinstance(tensor.shape.axes[0], Dim)
    ):
        return Tensor(None, tensor.dtype), None
    return Tensor(Shape(tensor.shape.axes[1:]), tensor.dtype), tensor.shape.axes[0]


def _stacked(value: Value, size: Dim | None) -> Value:
    if isinstance(value, Items) and value.values is not None:
        return Items(tuple(_stacked(item, size) for item in value.values))
    tensor = as_tensor(value)
    if tensor.shape is None:
        return Tensor(None, tensor.dtype)
    return Tensor(Shape((size, *tensor.shape.axes)), tensor.dtype)
