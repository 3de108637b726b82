"""Operations that pick from a tensor by index, and those that place by index."""

from __future__ import annotations

from layersmith.language.dims import Axis, Dim, Rest, Shape, surely_differ
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import MAX_ITEMS, MISSING
from layersmith.language.operations.rules import (
    INTEGER,
    named,
    promote,
    require_bool,
    shaped,
)
from layersmith.language.values import Tensor, Value


def _require_integers(call: Bound, name: str) -> bool:
    dtype = call.tensor(name).dtype
    if dtype is None or dtype in INTEGER:
        return True
    call.fail(
        f"the indices of {call.operation.name} are integers, and this is {named(dtype)}",
        "convert them first: `tf.cast(..., tf.int32)`",
        at=name,
    )
    return False


def _gather(call: Bound) -> Value:
    params, indices = call.tensor("params"), call.tensor("indices")
    if not _require_integers(call, "indices"):
        return Tensor(None, params.dtype)
    batch = call.literal("batch_dims", 0)
    axis = call.literal("axis", None)
    if axis is None:
        axis = batch
    if params.shape is None or indices.shape is None:
        return Tensor(None, params.dtype)
    if not isinstance(axis, int) or not isinstance(batch, int):
        return _of_unknown_parts(params, indices, batch)
    if not params.shape.has_axis(axis):
        return call.fail(
            f"no axis {axis} in the shape {params.shape}",
            "axes count from 0, or from -1 at the end",
            at="axis",
        )
    if batch < 0:
        if indices.shape.rank is None:
            return Tensor(None, params.dtype)
        batch += indices.shape.rank
    position = params.shape.position(axis)
    if (
        position is None
        or _rest_before(params.shape, position)
        or _rest_before(indices.shape, batch)
    ):
        return Tensor(None, params.dtype)
    for mine, theirs in zip(params.shape.axes[:batch], indices.shape.axes[:batch]):
        if surely_differ(mine, theirs):
            return call.fail(
                f"tf.gather of {params.shape} by {indices.shape}: `{mine}` is not `{theirs}`",
                "the first `batch_dims` axes of both must be the same",
            )
    axes = (
        *params.shape.axes[:position],
        *indices.shape.axes[batch:],
        *params.shape.axes[position + 1 :],
    )
    return Tensor(_with_one_rest(axes), params.dtype)


def _rest_before(shape: Shape, count: int) -> bool:
    return any(isinstance(axis, Rest) for axis in shape.axes[:count])


def _of_unknown_parts(params: Tensor, indices: Tensor, batch: object) -> Tensor:
    if params.shape is None or params.shape.rank is None or not isinstance(batch, int):
        return Tensor(None, params.dtype)
    if indices.shape is None or indices.shape.rank is None or batch < 0:
        return Tensor(None, params.dtype)
    rank = params.shape.rank - 1 + indices.shape.rank - batch
    return Tensor(Shape((None,) * rank), params.dtype)


def _with_one_rest(axes: tuple[Axis, ...]) -> Shape | None:
    open_ended = sum(isinstance(axis, Rest) for axis in axes) > 1
    return None if open_ended or len(axes) > MAX_ITEMS else Shape(axes)


def _embedding(call: Bound) -> Value:
    params, ids = call.tensor("params"), call.tensor("ids")
    if not _require_integers(call, "ids") or params.shape is None or ids.shape is None:
        return Tensor(None, params.dtype)
    if not params.shape.axes or isinstance(params.shape.axes[0], Rest):
        return Tensor(None, params.dtype)
    return Tensor(
        _with_one_rest((*ids.shape.axes, *params.shape.axes[1:])), params.dtype
    )


def _gather_nd(call: Bound) -> Value:
    params, indices = call.tensor("params"), call.tensor("indices")
    batch = call.literal("batch_dims", 0)
    if (
        not _require_integers(call, "indices")
        or params.shape is None
        or indices.shape is None
    ):
        return Tensor(None, params.dtype)
    depth = indices.shape.axis(-1)
    count = depth.constant if isinstance(depth, Dim) else None
    if count is None or not isinstance(batch, int) or batch < 0:
        return Tensor(None, params.dtype)
    used = batch + count
    if params.shape.rank is not None and used > params.shape.rank:
        return call.fail(
            f"tf.gather_nd takes {used} axes of {params.shape}",
            "the last axis of the indices has one number for each axis to pick from",
            at="indices",
        )
    if _rest_before(params.shape, used):
        return Tensor(None, params.dtype)
    axes = (*indices.shape.axes[:-1], *params.shape.axes[used:])
    return Tensor(_with_one_rest(axes), params.dtype)


def _scatter(call: Bound) -> Value:
    _require_integers(call, "indices")
    return Tensor(shaped(call, "shape"), call.tensor("updates").dtype)


def _scatter_into(call: Bound) -> Value:
    _require_integers(call, "indices")
    return Tensor(call.shape("tensor"), promote(call, "tensor", "updates"))


def _boolean_mask(call: Bound) -> Value:
    tensor, mask = call.tensor("tensor"), call.shape("mask")
    require_bool(call, "mask")
    axis = call.axis("axis", tensor, 0)
    shape = tensor.shape
    if shape is None or mask is None or mask.rank is None:
        return Tensor(None, tensor.dtype)
    if axis is MISSING or not isinstance(axis, int):
        rank = None if shape.rank is None else shape.rank - mask.rank + 1
        return Tensor(None if rank is None else Shape((None,) * rank), tensor.dtype)
    position = shape.position(axis)
    if position is None or _rest_before(shape, position + mask.rank):
        return Tensor(None, tensor.dtype)
    covered = shape.axes[position : position + mask.rank]
    for mine, theirs in zip(covered, mask.axes):
        if surely_differ(mine, theirs):
            return call.fail(
                f"a mask of the shape {mask} does not fit {shape}: `{theirs}` is not `{mine}`",
                "a mask has the sizes of the axes that it picks from",
                at="mask",
            )
    axes = (*shape.axes[:position], None, *shape.axes[position + mask.rank :])
    return Tensor(Shape(axes), tensor.dtype)


def _in_top_k(call: Bound) -> Value:
    _require_integers(call, "targets")
    return Tensor(call.shape("targets"), "bool")


_SCATTER = "(tensor, indices, updates, name=None)"

TABLE = (
    row(
        "tf.gather(params, indices, validate_indices=None, axis=None, batch_dims=0)",
        _gather,
        "gather({params}, {indices}[, axis={axis}][, batch_dims={batch_dims}])",
        "ops.take({params}, {indices}, axis={axis|0})",
        helpers=("gather",),
    ),
    row(
        "tf.nn.embedding_lookup(params, ids, !max_norm=None)",
        _embedding,
        "{params}[{ids}]",
        "ops.take({params}, {ids}, axis=0)",
    ),
    row(
        "tf.gather_nd(params, indices, batch_dims=0, name=None, !bad_indices_policy='')",
        _gather_nd,
        "gather_nd({params}, {indices}[, {batch_dims}])",
        helpers=("gather_nd",),
    ),
    row(
        "tf.scatter_nd(indices, updates, shape, !bad_indices_policy='')",
        _scatter,
        "scatter_nd({indices}, {updates}, {shape:shape})",
        "ops.scatter({indices}, {updates}, {shape})",
        helpers=("scatter_nd",),
    ),
    row(
        "tf.tensor_scatter_nd_update(tensor, indices, updates)",
        _scatter_into,
        "tensor_scatter_nd_update({tensor}, {indices}, {updates})",
        "ops.scatter_update({tensor}, {indices}, {updates})",
        helpers=("tensor_scatter_nd_update",),
    ),
    *(
        row(
            f"tf.tensor_scatter_nd_{how}(tensor, indices, updates, !bad_indices_policy='')",
            _scatter_into,
            f"tensor_scatter_nd_{how}({{tensor}}, {{indices}}, {{updates}})",
            helpers=(f"tensor_scatter_nd_{how}",),
        )
        for how in ("add", "sub", "max", "min")
    ),
    row(
        "tf.boolean_mask(tensor, mask, axis=None)",
        _boolean_mask,
        "{tensor}[(slice(None),) * ({axis|0}) + ({mask},)]",
    ),
    row(
        "tf.nn.in_top_k(targets, predictions, k)",
        _in_top_k,
        "in_top_k({targets}, {predictions}, {k})",
        "ops.in_top_k({targets}, {predictions}, {k})",
        helpers=("in_top_k",),
        gradient=False,
        precisions=("float32",),
    ),
)
