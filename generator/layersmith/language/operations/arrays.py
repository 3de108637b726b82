"""Operations that give a tensor another shape or order, and leave its numbers alone."""

from __future__ import annotations

from layersmith.language.dims import ONE, Axis, Dim, Rest, Shape, surely_differ
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import MISSING
from layersmith.language.operations.rules import (
    inserted,
    of_unknown_axes,
    product,
    shaped,
    unary,
)
from layersmith.language.values import Tensor, Value


def _reshape(call: Bound) -> Value:
    tensor, shape = call.tensor("tensor"), shaped(call, "shape")
    if shape is None:
        return Tensor(None, tensor.dtype)
    axes = shape.axes
    free = [
        i
        for i, axis in enumerate(axes)
        if isinstance(axis, Dim) and axis.constant == -1
    ]
    if len(free) > 1:
        return call.fail("tf.reshape takes -1 once", "name the other sizes", at="shape")
    whole = None if tensor.shape is None else _count(tensor.shape.axes)
    made = _count(tuple(axis for i, axis in enumerate(axes) if i not in free))
    if free:
        size = None if whole is None or made is None else whole // made
        if size is not None and any(atom.startswith("...") for atom in size.atoms):
            size = None
        return Tensor(shape.replace(free[0], size) or shape, tensor.dtype)
    if whole is not None and made is not None and _counts_differ(whole, made):
        return call.fail(
            f"{tensor.shape} holds `{whole}` elements, {shape} `{made}`",
            "the product of the sizes must stay the same",
            at="shape",
        )
    return Tensor(shape, tensor.dtype)


def _count(axes: tuple[Axis, ...]) -> Dim | None:
    """The number of elements, a `...` being a factor of its own."""
    return product(tuple(Dim.of(str(a)) if isinstance(a, Rest) else a for a in axes))


def _counts_differ(whole: Dim, made: Dim) -> bool:
    """Whether one of two numbers of elements is surely wrong.

    Names may be factors of another: `heads * size` of `units`.
    """
    if whole == made:
        return False
    left, right = whole // made, made // whole
    for quotient in (left, right):
        if quotient.constant is not None:
            return True
    simple = all(
        len(dim.terms) == 1 and len(dim.atoms) <= 1 for dim in _cancelled(whole, made)
    )
    return simple and surely_differ(whole, made)


def _cancelled(whole: Dim, made: Dim) -> tuple[Dim, Dim]:
    """Two products without the factors that both have."""
    if len(whole.terms) != 1 or len(made.terms) != 1:
        return whole, made
    (left, a), (right, b) = whole.terms[0], made.terms[0]
    kept = list(right)
    rest = []
    for atom in left:
        if atom in kept:
            kept.remove(atom)
        else:
            rest.append(atom)
    return Dim(((tuple(rest), a),)), Dim(((tuple(kept), b),))


def _expand(call: Bound) -> Value:
    tensor, axis = call.tensor("input"), call.literal("axis")
    try:
        return Tensor(inserted(tensor.shape, axis, ONE), tensor.dtype)
    except IndexError:
        return call.fail(
            f"no place {axis} for a new axis in {tensor.shape}",
            "axes count from 0, or from -1 at the end",
            at="axis",
        )


def _squeeze(call: Bound) -> Value:
    tensor = call.tensor("input")
    axis = call.axis("axis", tensor)
    shape = tensor.shape
    if shape is None or axis is MISSING:
        return Tensor(None, tensor.dtype)
    if axis is None:
        if all(isinstance(a, Dim) and a.constant is not None for a in shape.axes):
            return Tensor(Shape(tuple(a for a in shape.axes if a != ONE)), tensor.dtype)
        return call.fail(
            f"tf.squeeze without `axis` drops every axis of {shape} that happens to be 1",
            "name the axis: `axis=-1`, say; a batch of one would lose its axis too",
        )
    positions = shape.positions(axis if isinstance(axis, tuple) else (axis,))
    if positions is None:
        return Tensor(None, tensor.dtype)
    for position in positions:
        size = shape.axes[position]
        if isinstance(size, Dim) and surely_differ(size, ONE):
            return call.fail(
                f"the axis `{size}` is not 1",
                "only axes of size 1 are squeezed",
                at="axis",
            )
    return Tensor(
        Shape(tuple(a for i, a in enumerate(shape.axes) if i not in positions)),
        tensor.dtype,
    )


def _transpose(call: Bound) -> Value:
    tensor, perm = call.tensor("a"), call.literal("perm")
    shape = tensor.shape
    if shape is None:
        return Tensor(None, tensor.dtype)
    if perm is None:
        return Tensor(Shape(tuple(reversed(shape.axes))), tensor.dtype)
    if not isinstance(perm, tuple) or shape.rank is None:
        return Tensor(of_unknown_axes(shape), tensor.dtype)
    if any(p < 0 for p in perm):
        return call.fail(
            "the gradient of tf.transpose fails for axis numbers below 0",
            f"count from 0: {[p % shape.rank for p in perm]}",
            at="perm",
        )
    if sorted(p % shape.rank if shape.has_axis(p) else p for p in perm) != list(
        range(shape.rank)
    ):
        return call.fail(
            f"{list(perm)} does not order the axes of {shape}",
            "name each axis number once",
            at="perm",
        )
    return Tensor(Shape(tuple(shape.axes[p] for p in perm)), tensor.dtype)


def _matrix_transpose(call: Bound) -> Value:
    tensor = call.tensor(call.operation.parameter_names[0])
    shape = tensor.shape
    if shape is None:
        return Tensor(None, tensor.dtype)
    if shape.rank is not None and shape.rank < 2:
        return call.fail(
            f"{call.operation.name} takes matrices; the shape here is {shape}",
            "a matrix has two axes at least",
        )
    if len(shape.axes) < 2 or any(isinstance(axis, Rest) for axis in shape.axes[-2:]):
        return Tensor(None, tensor.dtype)
    *outer, rows, columns = shape.axes
    return Tensor(Shape((*outer, columns, rows)), tensor.dtype)


def _along(call: Bound) -> Value:
    """The same shape; the axes must exist."""
    tensor = call.tensor(call.operation.parameter_names[0])
    call.axis("axis", tensor)
    return Tensor(tensor.shape, tensor.dtype)


TABLE = (
    row(
        "tf.reshape(tensor, shape)",
        _reshape,
        "np.reshape({tensor}, {shape:shape})",
        "ops.reshape({tensor}, {shape})",
    ),
    row(
        "tf.expand_dims(input, axis)",
        _expand,
        "np.expand_dims({input}, {axis})",
        "ops.expand_dims({input}, {axis})",
    ),
    row(
        "tf.squeeze(input, axis=None)",
        _squeeze,
        "np.squeeze({input}[, axis={axis:axes}])",
        "ops.squeeze({input}[, axis={axis}])",
    ),
    row(
        "tf.transpose(a, perm=None, !conjugate=False)",
        _transpose,
        "np.transpose({a}[, {perm}])",
        "ops.transpose({a}[, {perm}])",
    ),
    row(
        "tf.linalg.matrix_transpose(a, name=None, !conjugate=False)",
        _matrix_transpose,
        "np.swapaxes({a}, -1, -2)",
        "ops.swapaxes({a}, -1, -2)",
    ),
    row(
        "tf.linalg.adjoint(matrix)",
        _matrix_transpose,
        "np.conj(np.swapaxes({matrix}, -1, -2))",
        "ops.conj(ops.swapaxes({matrix}, -1, -2))",
    ),
    row(
        "tf.reverse(tensor, axis)",
        _along,
        "np.flip({tensor}, {axis:axes})",
        "ops.flip({tensor}, {axis})",
    ),
    row(
        "tf.roll(input, shift, axis)",
        _along,
        "np.roll({input}, {shift}, {axis:axes})",
        "ops.roll({input}, {shift}, {axis})",
    ),
    row(
        "tf.math.invert_permutation(x)",
        unary,
        "np.argsort({x})",
        "ops.argsort({x})",
        gradient=False,
    ),
)
