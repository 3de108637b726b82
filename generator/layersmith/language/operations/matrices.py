"""Linear algebra on stacks of matrices: the last two axes."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import Dim, Shape, surely_differ
from layersmith.language.operations.base import Bound, Operation, row
from layersmith.language.operations.conversion import FULL, NO_BFLOAT16
from layersmith.language.operations.diagonals import smaller, stack_of
from layersmith.language.operations.rules import (
    binary,
    floating,
    last_two,
    promote,
    require_rank,
    require_square,
)
from layersmith.language.operations.special import real_dtype
from layersmith.language.values import Items, Tensor, Value


def _first(call: Bound) -> str:
    return call.operation.parameter_names[0]


def _square(call: Bound) -> Value:
    """A square matrix to one of its size."""
    name = _first(call)
    if not require_square(call, name):
        return Tensor()
    return Tensor(call.shape(name), floating(call, name))


def _scalar_each(call: Bound) -> Value:
    """One number for each square matrix."""
    name = _first(call)
    if not require_square(call, name):
        return Tensor()
    return Tensor(stack_of(call.shape(name)), floating(call, name))


def _slogdet(call: Bound) -> Value:
    result = _scalar_each(call)
    return Items((result, result))


def _solve(call: Bound) -> Value:
    names = call.operation.parameter_names[:2]
    dtype = promote(call, *names)
    matrix, right = call.shape(names[0]), call.shape(names[1])
    if not require_square(call, names[0]):
        return Tensor(None, dtype)
    hint = "a single vector is a matrix with one column: add an axis with tf.newaxis"
    if not require_rank(call, names[1], 2, "a matrix on the right too", hint):
        return Tensor(None, dtype)
    return _of_right(call, matrix, right, dtype)


def _of_right(
    call: Bound, matrix: Shape | None, right: Shape | None, dtype: str | None
) -> Value:
    left, other = last_two(matrix), last_two(right)
    if left is None or other is None:
        return Tensor(None, dtype)
    if surely_differ(left[0], other[0]):
        return call.fail(
            f"{call.operation.name} of {matrix} and {right}: `{left[0]}` is not `{other[0]}`",
            "both have the same number of rows",
        )
    same = (
        matrix is not None and right is not None and matrix.axes[:-2] == right.axes[:-2]
    )
    return Tensor(right if same else None, dtype)


def _lstsq(call: Bound) -> Value:
    dtype = promote(call, "matrix", "rhs")
    matrix, right = call.shape("matrix"), call.shape("rhs")
    if not require_rank(call, "matrix", 2, "matrices") or not require_rank(
        call, "rhs", 2, "matrices"
    ):
        return Tensor(None, dtype)
    left, other = last_two(matrix), last_two(right)
    if left is None or other is None:
        return Tensor(None, dtype)
    if surely_differ(left[0], other[0]):
        return call.fail(
            f"tf.linalg.lstsq: `{left[0]}` is not `{other[0]}`",
            "both have the same number of rows",
        )
    if matrix is None or right is None or matrix.axes[:-2] != right.axes[:-2]:
        return Tensor(None, dtype)
    return Tensor(stack_of(right, left[1], other[1]), dtype)


def _pinv(call: Bound) -> Value:
    require_rank(call, "a", 2, "matrices")
    matrix = last_two(call.shape("a"))
    dtype = floating(call, "a")
    return Tensor(
        None if matrix is None else stack_of(call.shape("a"), matrix[1], matrix[0]),
        dtype,
    )


def _rank(call: Bound) -> Value:
    require_rank(call, "a", 2, "matrices")
    return Tensor(stack_of(call.shape("a")), "int32")


def _svd(call: Bound) -> Value:
    dtype, shape = floating(call, "tensor"), call.shape("tensor")
    require_rank(call, "tensor", 2, "matrices")
    matrix = last_two(shape)
    vectors = call.literal("compute_uv", True)
    if matrix is None:
        unknown = Tensor(None, dtype)
        return unknown if vectors is False else Items((unknown,) * 3)
    rows, columns = matrix
    size = smaller(rows, columns)
    values = Tensor(stack_of(shape, size), real_dtype(dtype))
    if vectors is False:
        return values
    full = call.literal("full_matrices", False)
    left, right = (rows, columns) if full is True else (size, size)
    if full not in (True, False):
        left = right = None
    return Items(
        (
            values,
            Tensor(stack_of(shape, rows, left), dtype),
            Tensor(stack_of(shape, columns, right), dtype),
        )
    )


def _values_alone(operation: Operation, call: Bound) -> Operation:
    """Singular vectors are unique up to sign: NumPy may have others."""
    if call.literal("compute_uv", True) is False:
        return operation
    return replace(operation, numpy=None, keras=None)


def _qr(call: Bound) -> Value:
    dtype, shape = floating(call, "input"), call.shape("input")
    require_rank(call, "input", 2, "matrices")
    matrix = last_two(shape)
    full = call.literal("full_matrices", False)
    if matrix is None:
        return Items((Tensor(None, dtype),) * 2)
    rows, columns = matrix
    size = (
        {True: rows, False: smaller(rows, columns)}.get(full)
        if isinstance(full, bool)
        else None
    )
    return Items(
        (
            Tensor(stack_of(shape, rows, size), dtype),
            Tensor(stack_of(shape, size, columns), dtype),
        )
    )


def _eigh(call: Bound) -> Value:
    dtype, shape = floating(call, "tensor"), call.shape("tensor")
    require_square(call, "tensor")
    matrix = last_two(shape)
    values = None if matrix is None else stack_of(shape, matrix[0])
    return Items((Tensor(values, real_dtype(dtype)), Tensor(shape, dtype)))


def _eigvalsh(call: Bound) -> Value:
    result = _eigh(call)
    return result.values[0] if isinstance(result, Items) and result.values else result


def _cross(call: Bound) -> Value:
    for name in ("a", "b"):
        shape = call.shape(name)
        last = None if shape is None else shape.axis(-1)
        if isinstance(last, Dim) and surely_differ(last, Dim.of(3)):
            return call.fail(
                f"tf.linalg.cross takes 3 numbers, and these are `{last}`",
                "the last axis of both has the size 3",
                at=name,
            )
    return binary(call)


def _adjoint(operation: Operation, call: Bound) -> Operation:
    flag = call.literal("adjoint", False)
    if flag is False:
        return operation
    return replace(operation, numpy=None, keras=None)


TABLE = (
    row(
        "tf.linalg.inv(input, adjoint=False)",
        _square,
        "np.linalg.inv({input})",
        "ops.inv({input})",
        precisions=NO_BFLOAT16,
        variant=_adjoint,
    ),
    row(
        "tf.linalg.det(input)",
        _scalar_each,
        "np.linalg.det({input})",
        "ops.det({input})",
        xla=False,
        precisions=FULL,
    ),
    row(
        "tf.linalg.logdet(matrix)",
        _scalar_each,
        "np.linalg.slogdet({matrix})[1]",
        precisions=FULL,
    ),
    row(
        "tf.linalg.slogdet(input)",
        _slogdet,
        "np.linalg.slogdet({input})",
        xla=False,
        precisions=FULL,
    ),
    row(
        "tf.linalg.solve(matrix, rhs, adjoint=False)",
        _solve,
        "np.linalg.solve({matrix}, {rhs})",
        "ops.solve({matrix}, {rhs})",
        precisions=FULL,
        variant=_adjoint,
    ),
    row(
        "tf.linalg.triangular_solve(matrix, rhs, lower=True, adjoint=False)",
        _solve,
        "triangular_solve({matrix}, {rhs}[, lower={lower}])",
        "ops.solve_triangular({matrix}, {rhs}, lower={lower|True})",
        helpers=("triangular_solve",),
        precisions=FULL,
        variant=_adjoint,
    ),
    row(
        "tf.linalg.cholesky(input)",
        _square,
        "np.linalg.cholesky({input})",
        "ops.cholesky({input})",
        precisions=FULL,
    ),
    row(
        "tf.linalg.cholesky_solve(chol, rhs)",
        _solve,
        "cholesky_solve({chol}, {rhs})",
        helpers=("cholesky_solve",),
        precisions=FULL,
    ),
    row(
        "tf.linalg.lstsq(matrix, rhs, !l2_regularizer=0.0, !fast=True)",
        _lstsq,
        "np.linalg.pinv({matrix}) @ {rhs}",
        precisions=FULL,
    ),
    row("tf.linalg.expm(input)", _square, xla=False, precisions=FULL),
    row(
        "tf.linalg.pinv(a, !rcond=None, !validate_args=False)",
        _pinv,
        "np.linalg.pinv({a})",
        precisions=FULL,
    ),
    row(
        "tf.linalg.matrix_rank(a, !tol=None, !validate_args=False)",
        _rank,
        "np.linalg.matrix_rank({a})",
        gradient=False,
        precisions=FULL,
    ),
    row(
        "tf.linalg.svd(tensor, full_matrices=False, compute_uv=True)",
        _svd,
        "np.linalg.svd({tensor}, compute_uv=False)",
        precisions=FULL,
        variant=_values_alone,
    ),
    row("tf.linalg.qr(input, full_matrices=False)", _qr, precisions=FULL),
    row("tf.linalg.eigh(tensor)", _eigh, precisions=FULL),
    row(
        "tf.linalg.eigvalsh(tensor)",
        _eigvalsh,
        "np.linalg.eigvalsh({tensor})",
        precisions=FULL,
    ),
    row("tf.linalg.cross(a, b)", _cross, "np.cross({a}, {b})", "ops.cross({a}, {b})"),
)
