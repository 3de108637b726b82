"""Diagonals, bands and traces of matrices: the last two axes."""

from __future__ import annotations

from layersmith.language.dims import Axis, Dim, Rest, Shape, surely_differ
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import MAX_ITEMS, NO_BFLOAT16
from layersmith.language.operations.rules import last_two, promote, require_rank, unary
from layersmith.language.values import Tensor, Value


def stack_of(shape: Shape | None, *more: Axis) -> Shape | None:
    """The shape of one thing for each matrix: the axes before the last two, and more."""
    if shape is None or last_two(shape) is None:
        return None
    return Shape((*shape.axes[:-2], *more))


def _trace(call: Bound) -> Value:
    require_rank(call, "x", 2, "matrices")
    return Tensor(stack_of(call.shape("x")), call.tensor("x").dtype)


def _diagonal_matrix(call: Bound) -> Value:
    tensor = call.tensor("diagonal")
    shape = tensor.shape
    if shape is None or not shape.axes or isinstance(shape.axes[-1], Rest):
        return Tensor(None, tensor.dtype)
    return Tensor(Shape((*shape.axes, shape.axes[-1])), tensor.dtype)


def _diagonal(call: Bound) -> Value:
    tensor = call.tensor("input")
    require_rank(call, "input", 2, "matrices")
    matrix = last_two(tensor.shape)
    return Tensor(
        None if matrix is None else stack_of(tensor.shape, smaller(*matrix)),
        tensor.dtype,
    )


def smaller(rows: Axis, columns: Axis) -> Axis:
    """The smaller of two sizes, where that is known."""
    if rows == columns:
        return rows
    if isinstance(rows, Dim) and isinstance(columns, Dim):
        if rows.constant is not None and columns.constant is not None:
            return min(rows, columns, key=lambda size: size.constant or 0)
    return None


def _set_diagonal(call: Bound) -> Value:
    dtype = promote(call, "input", "diagonal")
    require_rank(call, "input", 2, "matrices")
    matrix, diagonal = last_two(call.shape("input")), call.shape("diagonal")
    if matrix is not None and diagonal is not None and diagonal.axes:
        wanted = smaller(*matrix)
        if surely_differ(wanted, diagonal.axes[-1]):
            return call.fail(
                f"the diagonal has `{wanted}` numbers, and these are `{diagonal.axes[-1]}`",
                "it is as long as the smaller of the last two axes",
                at="diagonal",
            )
    return Tensor(call.shape("input"), dtype)


def _tensor_diagonal_matrix(call: Bound) -> Value:
    tensor = call.tensor("diagonal")
    shape = tensor.shape
    if shape is None or shape.rank is None or shape.rank > MAX_ITEMS:
        return Tensor(None, tensor.dtype)
    return Tensor(Shape(shape.axes * 2), tensor.dtype)


def _tensor_diagonal(call: Bound) -> Value:
    tensor = call.tensor("input")
    shape = tensor.shape
    if shape is None or shape.rank is None:
        return Tensor(None, tensor.dtype)
    half = shape.rank // 2
    if shape.rank % 2 or any(map(surely_differ, shape.axes[:half], shape.axes[half:])):
        return call.fail(
            f"tf.linalg.tensor_diag_part takes a shape twice over, not {shape}",
            "tf.linalg.diag_part takes the diagonal of each matrix",
        )
    return Tensor(Shape(shape.axes[:half]), tensor.dtype)


def _band(call: Bound) -> Value:
    require_rank(call, "input", 2, "matrices")
    return unary(call)


TABLE = (
    row(
        "tf.linalg.diag(diagonal, name=None, !k=0, !num_rows=-1, !num_cols=-1, !padding_value=0, "
        "!align='RIGHT_LEFT')",
        _diagonal_matrix,
        "diag({diagonal})",
        helpers=("diag",),
    ),
    row(
        "tf.linalg.diag_part(input, name=None, !k=0, !padding_value=0, !align='RIGHT_LEFT')",
        _diagonal,
        "np.diagonal({input}, axis1=-2, axis2=-1)",
        "ops.diagonal({input}, axis1=-2, axis2=-1)",
    ),
    row(
        "tf.linalg.set_diag(input, diagonal, name=None, !k=0, !align='RIGHT_LEFT')",
        _set_diagonal,
        "set_diag({input}, {diagonal})",
        helpers=("set_diag",),
    ),
    row(
        "tf.linalg.tensor_diag(diagonal)",
        _tensor_diagonal_matrix,
        "tensor_diag({diagonal})",
        helpers=("tensor_diag",),
        precisions=NO_BFLOAT16,
    ),
    row(
        "tf.linalg.tensor_diag_part(input)",
        _tensor_diagonal,
        "tensor_diag_part({input})",
        helpers=("tensor_diag_part",),
        precisions=NO_BFLOAT16,
    ),
    row(
        "tf.linalg.band_part(input, num_lower, num_upper)",
        _band,
        "band_part({input}, {num_lower}, {num_upper})",
        helpers=("band_part",),
    ),
    row(
        "tf.linalg.trace(x)",
        _trace,
        "np.trace({x}, axis1=-2, axis2=-1)",
        "ops.trace({x}, axis1=-2, axis2=-1)",
    ),
)
