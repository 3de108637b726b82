"""Operations that sort, rank and run along an axis."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import Dim, Shape, surely_differ
from layersmith.language.operations.base import Bound, Operation, row
from layersmith.language.operations.rules import floating, promote
from layersmith.language.values import Items, Tensor, Value


def _along(call: Bound) -> Value:
    name = call.operation.parameter_names[0]
    tensor = call.tensor(name)
    call.axis("axis", tensor, 0)
    return Tensor(tensor.shape, tensor.dtype)


def _along_floating(call: Bound) -> Value:
    tensor = call.tensor("x")
    call.axis("axis", tensor, 0)
    return Tensor(tensor.shape, floating(call, "x"))


def _sorted(call: Bound) -> Value:
    tensor = call.tensor("values")
    call.axis("axis", tensor, -1)
    _check_direction(call)
    return Tensor(tensor.shape, tensor.dtype)


def _argsorted(call: Bound) -> Value:
    _sorted(call)
    return Tensor(call.shape("values"), "int32")


def _check_direction(call: Bound) -> None:
    direction = call.literal("direction", "ASCENDING")
    if isinstance(direction, str) and direction not in ("ASCENDING", "DESCENDING"):
        call.fail(
            f"no direction {direction!r}",
            'it is "ASCENDING" or "DESCENDING"',
            at="direction",
        )


def _top_k(call: Bound) -> Value:
    tensor = call.tensor("input")
    size = call.size("k") if call.given("k") else Dim.of(1)
    shape = tensor.shape
    if shape is not None and shape.rank == 0:
        return call.fail(
            f"{call.operation.name} takes an axis to rank",
            "give it a tensor of one axis at least",
            at="input",
        )
    last = None if shape is None else shape.axis(-1)
    if isinstance(last, Dim) and size is not None:
        spare = (last - size).constant
        if spare is not None and spare < 0:
            return call.fail(
                f"the last axis is `{last}`, and `k` is {size}", "take fewer", at="k"
            )
    shape = None if shape is None else shape.replace(-1, size)
    return Items(
        (Tensor(shape, tensor.dtype), Tensor(shape, call.dtype("index_type", "int32")))
    )


def _only_sorted(operation: Operation, call: Bound) -> Operation:
    """Unsorted, the order is not said."""
    if call.literal("sorted", True) is True:
        return operation
    return replace(operation, numpy=None, keras=None)


def _searchsorted(call: Bound) -> Value:
    promote(call, "sorted_sequence", "values")
    table, values = call.shape("sorted_sequence"), call.shape("values")
    if table is not None and values is not None:
        for mine, theirs in zip(table.axes[:-1], values.axes[:-1]):
            if table.rank == values.rank and surely_differ(mine, theirs):
                return call.fail(
                    f"tf.searchsorted of {values} in {table}: `{theirs}` is not `{mine}`",
                    "all axes but the last must be the same",
                )
    return Tensor(values, call.dtype("out_type", "int32"))


def _bincount(call: Bound) -> Value:
    return Tensor(Shape((None,)), "int32")


def _reverse_sequence(call: Bound) -> Value:
    tensor = call.tensor("input")
    call.axis("seq_axis", tensor)
    call.axis("batch_axis", tensor, 0)
    return Tensor(tensor.shape, tensor.dtype)


_RUNNING = "(x, axis=0, exclusive=False, reverse=False)"
_MEANING = "({x}[, axis={axis}][, exclusive={exclusive}][, reverse={reverse}])"

TABLE = (
    row(
        f"tf.cumsum{_RUNNING}",
        _along,
        f"cumsum{_MEANING}",
        "ops.cumsum({x}, axis={axis|0})",
        helpers=("cumsum",),
    ),
    row(
        f"tf.math.cumprod{_RUNNING}",
        _along,
        f"cumprod{_MEANING}",
        "ops.cumprod({x}, axis={axis|0})",
        helpers=("cumprod",),
    ),
    row(
        "tf.math.cumulative_logsumexp(x, axis=0, !exclusive=False, !reverse=False)",
        _along_floating,
        "np.logaddexp.accumulate({x}, axis={axis|0})",
    ),
    row(
        "tf.sort(values, axis=-1, direction='ASCENDING')",
        _sorted,
        "sort({values}[, axis={axis}][, direction={direction}])",
        "ops.sort({values}[, axis={axis}])",
        helpers=("sort",),
    ),
    row(
        "tf.argsort(values, axis=-1, direction='ASCENDING', stable=False)",
        _argsorted,
        "argsort({values}[, axis={axis}][, direction={direction}])",
        "ops.argsort({values}[, axis={axis}])",
        helpers=("argsort",),
        gradient=False,
    ),
    row(
        "tf.nn.top_k(input, k=1, sorted=True, index_type=tf.int32)",
        _top_k,
        "top_k({input}[, {k}])",
        "ops.top_k({input}, {k|1})",
        helpers=("top_k",),
        variant=_only_sorted,
    ),
    row(
        "tf.searchsorted(sorted_sequence, values, side='left', out_type=tf.int32)",
        _searchsorted,
        "searchsorted({sorted_sequence}, {values}[, {side}])",
        helpers=("searchsorted",),
        gradient=False,
    ),
    row(
        "tf.math.bincount(arr, !weights=None, minlength=None, !maxlength=None, !dtype=tf.int32, "
        "name=None, !axis=None, !binary_output=False)",
        _bincount,
        "np.bincount(np.ravel({arr})[, minlength={minlength}])",
        gradient=False,
    ),
    row(
        "tf.reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None)",
        _reverse_sequence,
        "reverse_sequence({input}, {seq_lengths}, {seq_axis|0}, {batch_axis|0})",
        helpers=("reverse_sequence",),
    ),
)
