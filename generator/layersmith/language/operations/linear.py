"""Products of matrices and tensors."""

from __future__ import annotations

import re

from layersmith.language.dims import (
    Axis,
    Dim,
    Rest,
    Shape,
    ShapeMismatch,
    broadcast,
    surely_differ,
)
from layersmith.language.operations.base import MISSING, Bound, promote, row
from layersmith.language.values import Static, Tensor, Value


def _matmul(call: Bound) -> Value:
    a, b = (call.tensor("a"), call.tensor("b"))
    dtype = promote(call, "a", "b")
    if a.shape is None or b.shape is None:
        return Tensor(None, dtype)
    for name, tensor in (("a", a), ("b", b)):
        if tensor.shape.rank is not None and tensor.shape.rank < 2:
            return call.fail(
                f"tf.matmul takes matrices; the shape here is {tensor.shape}",
                "use `tf.linalg.matvec`, `tf.tensordot`, or add an axis with tf.newaxis",
                at=name,
            )
    left, right = (list(a.shape.axes), list(b.shape.axes))
    if len(left) < 2 or len(right) < 2 or any(isinstance(x, Rest) for x in right[-2:]):
        return Tensor(None, dtype)
    rows, inner = _last_two(left, call.literal("transpose_a", False))
    other, columns = _last_two(right, call.literal("transpose_b", False))
    if surely_differ(inner, other):
        return call.fail(
            f"tf.matmul of {a.shape} and {b.shape}: `{inner}` is not `{other}`",
            "the last axis of the first must be the one before last of the second",
        )
    try:
        outer = broadcast(Shape(tuple(left[:-2])), Shape(tuple(right[:-2])))
    except ShapeMismatch as error:
        return call.fail(f"tf.matmul of {a.shape} and {b.shape}: {error}", "")
    if isinstance(rows, Rest):
        # [batch, ..., features] times a matrix: the `...` stays in place.
        outer = (
            Shape((*outer.axes, rows))
            if outer is not None and len(right) == 2
            else None
        )
        return Tensor(Shape((*outer.axes, columns)) if outer else None, dtype)
    return Tensor(None if outer is None else Shape((*outer.axes, rows, columns)), dtype)


def _last_two(axes: list[Axis], transposed: object) -> tuple[Axis, Axis]:
    if transposed is True:
        return axes[-1], axes[-2]
    return axes[-2], axes[-1]


def _tensordot(call: Bound) -> Value:
    a, b, axes = (call.tensor("a"), call.tensor("b"), call.literal("axes"))
    dtype = promote(call, "a", "b")
    if axes != 1 or a.shape is None or b.shape is None:
        return Tensor(None, dtype)
    inner, other = (a.shape.axis(-1), b.shape.axis(0))
    if surely_differ(inner, other):
        return call.fail(
            f"tf.tensordot of {a.shape} and {b.shape}: `{inner}` is not `{other}`",
            "the last axis of the first must be the first of the second",
        )
    return Tensor(Shape((*a.shape.axes[:-1], *b.shape.axes[1:])), dtype)


def _matvec(call: Bound) -> Value:
    a, b = (call.tensor("a"), call.tensor("b"))
    dtype = promote(call, "a", "b")
    if a.shape is None or a.shape.rank is None:
        return Tensor(None, dtype)
    return Tensor(Shape(a.shape.axes[:-1]), dtype)


def _einsum(call: Bound) -> Value:
    equation = call.literal("equation")
    tensors = call.extra.get("inputs", ())
    if equation is MISSING or not isinstance(equation, str):
        return Tensor()
    match = re.fullmatch(
        r"([A-Za-z.]+(?:,[A-Za-z.]+)*)->([A-Za-z.]*)", equation.replace(" ", "")
    )
    if match is None:
        return call.fail(
            f"tf.einsum does not understand {equation!r}",
            "write it with an arrow: `bij,bjk->bik`",
            at="equation",
        )
    terms, result = (match[1].split(","), match[2])
    if len(terms) != len(tensors):
        return call.fail(
            f"{equation!r} speaks of {len(terms)} tensors, {len(tensors)} are given",
            "",
            at="equation",
        )
    sizes: dict[str, Axis] = {}
    for term, tensor in zip(terms, tensors):
        if tensor.shape is None or "." in term:
            continue
        if tensor.shape.rank is None:
            continue
        if tensor.shape.rank != len(term):
            return call.fail(
                f"`{term}` names {len(term)} axes, the shape is {tensor.shape}",
                "name each axis once",
                at="equation",
            )
        for letter, axis in zip(term, tensor.shape.axes):
            if letter in sizes and surely_differ(sizes[letter], axis):
                return call.fail(
                    f"`{letter}` is both `{sizes[letter]}` and `{axis}` in {equation!r}",
                    "",
                    at="equation",
                )
            if sizes.get(letter) is None:
                sizes[letter] = axis
    dtypes = {tensor.dtype for tensor in tensors}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    if "." in result or any(letter not in sizes for letter in result):
        return Tensor(None, dtype)
    return Tensor(Shape(tuple(sizes[letter] for letter in result)), dtype)


def _eye(call: Bound) -> Value:
    rows, columns = (call.value("num_rows"), call.value("num_columns"))
    sizes = [v.dim if isinstance(v, Static) else None for v in (rows, columns)]
    if not call.given("num_columns"):
        sizes[1] = sizes[0]
    return Tensor(Shape(tuple(sizes)), call.dtype(default="float32"))


def _transpose(call: Bound) -> Value:
    tensor = call.tensor("a")
    perm = call.literal("perm")
    if tensor.shape is None or tensor.shape.rank is None:
        return Tensor(None, tensor.dtype)
    if perm is None:
        return Tensor(Shape(tuple(reversed(tensor.shape.axes))), tensor.dtype)
    if not isinstance(perm, tuple):
        return Tensor(None, tensor.dtype)
    if sorted(perm) != list(range(tensor.shape.rank)):
        return call.fail(
            f"{list(perm)} does not order the axes of {tensor.shape}",
            "name each axis number once",
            at="perm",
        )
    return Tensor(Shape(tuple(tensor.shape.axes[i] for i in perm)), tensor.dtype)


def _matrix_transpose(call: Bound) -> Value:
    tensor = call.tensor("a")
    if tensor.shape is None or len(tensor.shape.axes) < 2:
        return Tensor(None, tensor.dtype)
    *outer, rows, columns = tensor.shape.axes
    if isinstance(rows, Rest) or isinstance(columns, Rest):
        return Tensor(None, tensor.dtype)
    return Tensor(Shape((*outer, columns, rows)), tensor.dtype)


def _norm(call: Bound) -> Value:
    from layersmith.language.operations.reductions import reduced_shape

    tensor = call.tensor("tensor")
    axis = call.axis("axis", tensor)
    return Tensor(
        reduced_shape(tensor.shape, axis, call.literal("keepdims", False)), tensor.dtype
    )


TABLE = (
    row(
        "tf.matmul(a, b, transpose_a=False, transpose_b=False)",
        _matmul,
        "{a:transpose_a} @ {b:transpose_b}",
        "ops.matmul({a:transpose_a}, {b:transpose_b})",
        aliases=("tf.linalg.matmul",),
    ),
    row(
        "tf.tensordot(a, b, axes)",
        _tensordot,
        "np.tensordot({a}, {b}, {axes})",
        "ops.tensordot({a}, {b}, {axes})",
    ),
    row(
        "tf.linalg.matvec(a, b)",
        _matvec,
        "({a} @ {b}[..., None])[..., 0]",
        "ops.matmul({a}, {b}[..., None])[..., 0]",
    ),
    row(
        "tf.einsum(equation, *inputs)",
        _einsum,
        "np.einsum({equation}, {inputs})",
        "ops.einsum({equation}, {inputs})",
    ),
    row(
        "tf.eye(num_rows, num_columns=None, batch_shape=None, dtype=tf.float32)",
        _eye,
        "np.eye({num_rows}[, {num_columns}])",
        "ops.eye({num_rows}[, {num_columns}][, dtype={dtype}])",
    ),
    row(
        "tf.transpose(a, perm=None)",
        _transpose,
        "np.transpose({a}[, {perm}])",
        "ops.transpose({a}[, {perm}])",
    ),
    row(
        "tf.linalg.matrix_transpose(a)",
        _matrix_transpose,
        "np.swapaxes({a}, -1, -2)",
        "ops.swapaxes({a}, -1, -2)",
    ),
    row(
        "tf.norm(tensor, ord='euclidean', axis=None, keepdims=None)",
        _norm,
        "np.sqrt(np.sum(np.square({tensor})[, axis={axis:axes}][, keepdims={keepdims}]))",
        "ops.norm({tensor}[, axis={axis}][, keepdims={keepdims}])",
    ),
)

__all__ = ["TABLE", "Dim"]
