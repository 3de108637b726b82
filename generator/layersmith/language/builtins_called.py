"""What calls of Python's own functions give: `range`, `len`, `zip` and their like."""

from __future__ import annotations

import ast
from itertools import islice

from layersmith.language.dims import Dim, Shape
from layersmith.language.values import UNKNOWN, Items, Static, Tensor, Value

# Longer ranges are not followed number by number.
MAX_RANGE = 64


class Builtins:
    """Reads calls of builtins; a part of the interpreter."""

    def builtin(self, node: ast.Call) -> Value:
        positional, _ = self.arguments(node)
        values = [value for _, value in positional]
        name = node.func.id
        if name in ("int", "float", "bool"):
            if values and isinstance(values[0], Tensor):
                self.problem(
                    node,
                    f"`{name}()` of a tensor works eagerly and nowhere else",
                    "use `tf.cast`",
                )
            return Static(name)
        if name == "isinstance":
            return Static("bool")
        if name in ("list", "tuple"):
            return values[0] if values and isinstance(values[0], Items) else Items(None)
        if name == "range":
            return self.range(node, positional)
        if name == "len":
            inner = values[0] if values else UNKNOWN
            if isinstance(inner, Items) and inner.values is not None:
                return Static("int", Dim.of(len(inner.values)), len(inner.values))
            if isinstance(inner, Tensor):
                self.problem(
                    node,
                    "`len()` of a tensor works eagerly and nowhere else",
                    "use `tf.shape(x)[0]`",
                )
            if (
                isinstance(inner, Static)
                and inner.kind == "shape"
                and isinstance(inner.literal, Shape)
            ):
                rank = inner.literal.rank
                return Static("int", None if rank is None else Dim.of(rank), rank)
            return Static("int")
        if name in ("sum", "max", "min") and len(values) == 1:
            return self.folded(node, positional[0])
        if name in ("max", "min") and any(
            isinstance(value, Tensor) for value in values
        ):
            self.problem(
                node,
                f"`{name}()` of tensors works eagerly and nowhere else",
                f"use `tf.{name}imum`",
            )
            return UNKNOWN
        if (
            name in ("max", "min", "abs", "round")
            and values
            and isinstance(values[0], Static)
        ):
            return Static(values[0].kind)
        if name == "abs" and values and isinstance(values[0], Tensor):
            return Tensor(values[0].shape, values[0].dtype)
        if name == "zip":
            return self.zipped(values)
        if name == "enumerate" and values and isinstance(values[0], Items):
            inner = values[0]
            if inner.values is not None:
                return Items(
                    tuple(
                        Items((Static("int", Dim.of(i), i), v))
                        for i, v in enumerate(inner.values)
                    )
                )
            return Items(None, Items((Static("int"), inner.each or UNKNOWN)))
        if (
            name == "reversed"
            and values
            and isinstance(values[0], Items)
            and values[0].values is not None
        ):
            return Items(tuple(reversed(values[0].values)))
        return UNKNOWN

    def range(self, node: ast.Call, positional: list) -> Value:
        numbers: list[int | None] = []
        if not 1 <= len(positional) <= 3:
            self.problem(node, "`range()` takes one to three numbers", "count them")
            return Items(None, Static("int"))
        for argument, value in positional:
            if isinstance(value, Tensor):
                self.problem(
                    argument,
                    "a Python loop over an axis of unknown size works eagerly and nowhere else",
                    "use `tf.range` with `tf.map_fn` or `tf.scan`",
                )
                return Items(None, Static("int"))
            numbers.append(
                value.dim.constant
                if isinstance(value, Static) and value.dim is not None
                else None
            )
        if len(numbers) == 3 and numbers[2] == 0:
            self.problem(node, "`range()` with steps of 0 has no end", "step by 1")
            return Items(None, Static("int"))
        if None not in numbers:
            # Not len(range(...)), which fails for the longest ones.
            found = tuple(islice(range(*numbers), MAX_RANGE + 1))
            if len(found) <= MAX_RANGE:
                return Items(tuple(Static("int", Dim.of(i), i) for i in found))
        return Items(None, Static("int"))

    def folded(self, node: ast.Call, argument: tuple) -> Value:
        inner = argument[1]
        if isinstance(inner, Tensor):
            name = node.func.id
            self.problem(
                node,
                f"`{name}()` of a tensor works eagerly and nowhere else",
                f"use `tf.reduce_{name}`",
            )
            return UNKNOWN
        if isinstance(inner, Items):
            values = inner.values if inner.values is not None else (inner.each,)
            if values and isinstance(values[0], Tensor):
                return Tensor(values[0].shape, values[0].dtype)
            if values and isinstance(values[0], Static):
                return Static(values[0].kind)
        return UNKNOWN

    def zipped(self, values: list[Value]) -> Value:
        lists = [value for value in values if isinstance(value, Items)]
        if len(lists) == len(values) and all(v.values is not None for v in lists):
            return Items(
                tuple(Items(group) for group in zip(*(v.values for v in lists)))
            )
        each = [
            v.each if isinstance(v, Items) and v.each is not None else UNKNOWN
            for v in values
        ]
        return Items(None, Items(tuple(each)))
