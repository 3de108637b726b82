"""Segment reductions: rows with one id are taken together."""

from __future__ import annotations

from layersmith.language.dims import Axis, Rest, Shape, surely_differ
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.rules import INTEGER, named
from layersmith.language.values import Tensor, Value


def _check(call: Bound) -> bool:
    dtype = call.tensor("segment_ids").dtype
    if dtype is not None and dtype not in INTEGER:
        call.fail(
            f"segment ids are integers, and these are {named(dtype)}",
            "convert them first: `tf.cast(..., tf.int32)`",
            at="segment_ids",
        )
        return False
    data, ids = call.shape("data"), call.shape("segment_ids")
    if data is None or ids is None or ids.rank is None:
        return True
    for mine, theirs in zip(data.axes, ids.axes):
        if isinstance(mine, Rest):
            break
        if surely_differ(mine, theirs):
            call.fail(
                f"{call.operation.name} of {data} by {ids}: `{theirs}` is not `{mine}`",
                "there is one id for each row",
                at="segment_ids",
            )
            return False
    return True


def _sorted(call: Bound) -> Value:
    return (
        _rows(call, None, 1)
        if _check(call)
        else Tensor(None, call.tensor("data").dtype)
    )


def _unsorted(call: Bound) -> Value:
    data, ids = call.tensor("data"), call.shape("segment_ids")
    if not _check(call) or ids is None or ids.rank is None:
        return Tensor(None, data.dtype)
    return _rows(call, call.size("num_segments"), ids.rank)


def _rows(call: Bound, size: Axis, covered: int) -> Value:
    data = call.tensor("data")
    shape = data.shape
    if shape is None or any(isinstance(axis, Rest) for axis in shape.axes[:covered]):
        return Tensor(None, data.dtype)
    return Tensor(Shape((size, *shape.axes[covered:])), data.dtype)


TABLE = (
    *(
        row(
            f"tf.math.segment_{how}(data, segment_ids)",
            _sorted,
            f"segment_{how}({{data}}, np.asarray({{segment_ids}}))",
            helpers=(f"segment_{how}",),
            xla=False,
        )
        for how in ("sum", "mean", "prod", "max", "min")
    ),
    *(
        row(
            f"tf.math.unsorted_segment_{how}(data, segment_ids, num_segments)",
            _unsorted,
            f"unsorted_segment_{how}({{data}}, np.asarray({{segment_ids}}), {{num_segments}})",
            helpers=(f"unsorted_segment_{how}",),
        )
        for how in ("sum", "mean", "sqrt_n", "prod", "max", "min")
    ),
)
