"""Python values as tensors, and the dtype of tensors that go together."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from layersmith.language.dims import Dim, Shape
from layersmith.language.values import Items, Static, Tensor, Value

MISSING = object()
HALF = ("float16", "bfloat16")
FULL = ("float32", "float64")
NO_BFLOAT16 = ("float16", *FULL)
# Longer lists are not followed item by item, and no tensor has so many axes.
MAX_ITEMS = 64
Problem = Callable[[ast.AST, str, str], None]


def literal(value: Value) -> Any:
    """The Python value of what is written out, a tuple for a list; else MISSING."""
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
    """A value as a tensor: a number is a scalar of dtype `weak`, a list is stacked."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Static) and value.kind in ("int", "float", "bool"):
        dtype = "bool" if value.kind == "bool" else "weak"
        return Tensor(Shape(()), dtype, value=value.dim)
    if (
        isinstance(value, Static)
        and value.kind == "shape"
        and isinstance(value.literal, Shape)
    ):
        rank = value.literal.rank
        size = None if rank is None else Dim.of(rank)
        return Tensor(Shape((size,)), "int32", value=value.literal)
    if isinstance(value, Items) and value.values is not None:
        return _stacked(value.values)
    return Tensor()


def _stacked(values: tuple[Value, ...]) -> Tensor:
    items = [as_tensor(item) for item in values]
    size = Dim.of(len(items))
    if not items:
        return Tensor(Shape((size,)), "weak", value=Shape(()))
    shape = items[0].shape
    dtype = next((item.dtype for item in items if item.dtype != "weak"), "weak")
    if shape is None or any(item.shape != shape for item in items):
        return Tensor(None, dtype)
    dims = tuple(item.value for item in items if isinstance(item.value, Dim))
    known = Shape(dims) if shape.rank == 0 and len(dims) == len(items) else None
    return Tensor(Shape((size, *shape.axes)), dtype, value=known)


def converted_dtype(value: Value) -> str | None:
    """The dtype of the tensor that TensorFlow makes of a Python value."""
    if isinstance(value, Tensor):
        return value.dtype
    if isinstance(value, Static):
        return {
            "int": "int32",
            "shape": "int32",
            "float": "float32",
            "bool": "bool",
        }.get(value.kind)
    if isinstance(value, Items) and value.values is not None:
        kinds = [converted_dtype(item) for item in value.values]
        for dtype in kinds:
            if dtype not in ("int32", "float32"):
                return dtype
        return "float32" if "float32" in kinds or not kinds else "int32"
    return None


def common_dtype(
    operands: list[tuple[ast.expr, Tensor]], problem: Problem
) -> str | None:
    """The dtype of tensors that go together: `weak` where all are numbers."""
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


def _explain(
    first: tuple[ast.expr, Tensor], second: tuple[ast.expr, Tensor], problem: Problem
) -> None:
    kinds = {first[1].dtype, second[1].dtype}
    fixed = next((d for d in kinds if d in (*HALF, *FULL)), None)
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
    words = {"float": "the compute dtype", "variable": "the variable dtype"}
    return words.get(dtype or "", str(dtype))
