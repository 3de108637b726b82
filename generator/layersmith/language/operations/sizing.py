"""Operations that repeat, widen and cut the axes of a tensor."""

from __future__ import annotations

from collections.abc import Callable

from layersmith.language.dims import ONE, Axis, Dim, Rest, Shape, surely_differ
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import MISSING
from layersmith.language.operations.rules import (
    minus,
    of_unknown_axes,
    plus,
    product,
    shaped,
    sizes,
    summed,
    times,
)
from layersmith.language.values import Items, Tensor, Value


def _broadcast_to(call: Bound) -> Value:
    tensor, shape = call.tensor("input"), shaped(call, "shape")
    if tensor.shape is not None and shape is not None and shape.rank is not None:
        for mine, wanted in zip(reversed(tensor.shape.axes), reversed(shape.axes)):
            if isinstance(mine, Rest):
                break
            if mine != ONE and surely_differ(mine, wanted):
                return call.fail(
                    f"{tensor.shape} does not broadcast to {shape}: `{mine}` is not `{wanted}`",
                    "only axes of size 1 are repeated; expand one with tf.newaxis",
                    at="shape",
                )
    return Tensor(shape, tensor.dtype)


def _tile(call: Bound) -> Value:
    tensor, multiples = call.tensor("input"), sizes(call.value("multiples"))
    shape = tensor.shape
    if shape is None or shape.rank is None:
        return Tensor(None, tensor.dtype)
    if multiples is None:
        return Tensor(of_unknown_axes(shape), tensor.dtype)
    if (
        not any(isinstance(times, Rest) for times in multiples)
        and len(multiples) != shape.rank
    ):
        return call.fail(
            f"tf.tile takes one number for each axis of {shape}, here are {len(multiples)}",
            "give 1 for an axis that is not repeated",
            at="multiples",
        )
    axes = [
        axis * times if isinstance(axis, Dim) and isinstance(times, Dim) else None
        for axis, times in zip(shape.axes, multiples)
    ]
    return Tensor(Shape(tuple(axes)), tensor.dtype)


def _repeat(call: Bound) -> Value:
    tensor, axis = call.tensor("input"), call.axis("axis", call.tensor("input"))
    shape, number = tensor.shape, call.size("repeats")
    given = sizes(call.value("repeats")) if call.items("repeats") is not None else None
    if given is not None and len(given) == 1 and isinstance(given[0], Dim):
        number = given[0]
    if axis is None:
        whole = None if shape is None else product(shape.axes)
        return Tensor(Shape((times(whole, number),)), tensor.dtype)
    if shape is None or axis is MISSING:
        return Tensor(of_unknown_axes(shape), tensor.dtype)
    if given is not None and len(given) != 1:
        return Tensor(shape.replace(axis, summed(list(given))), tensor.dtype)
    return Tensor(shape.replace(axis, times(shape.axis(axis), number)), tensor.dtype)


def _pad(call: Bound) -> Value:
    tensor, paddings = call.tensor("tensor"), call.value("paddings")
    shape = tensor.shape
    mode = call.literal("mode", "CONSTANT")
    if isinstance(mode, str) and mode.upper() not in (
        "CONSTANT",
        "REFLECT",
        "SYMMETRIC",
    ):
        return call.fail(
            f"tf.pad has no mode {mode!r}",
            'it is "CONSTANT", "REFLECT" or "SYMMETRIC"',
            at="mode",
        )
    if shape is None or shape.rank is None:
        return Tensor(None, tensor.dtype)
    pairs = paddings.values if isinstance(paddings, Items) else None
    if pairs is None:
        return Tensor(of_unknown_axes(shape), tensor.dtype)
    if len(pairs) != shape.rank:
        return call.fail(
            f"tf.pad takes one pair for each axis of {shape}, here are {len(pairs)}",
            "write [before, after] for each axis, [0, 0] where there is none",
            at="paddings",
        )
    axes: list[Axis] = []
    for axis, pair in zip(shape.axes, pairs):
        before_after = sizes(pair)
        if before_after is None or len(before_after) != 2:
            axes.append(None)
        else:
            axes.append(plus(axis, plus(*before_after)))
    return Tensor(Shape(tuple(axes)), tensor.dtype)


def _slice(call: Bound) -> Value:
    tensor, size, begin = (
        call.tensor("input_"),
        sizes(call.value("size")),
        sizes(call.value("begin")),
    )
    shape = tensor.shape
    if shape is None or shape.rank is None:
        return Tensor(None, tensor.dtype)
    if (
        size is None
        or len(size) != shape.rank
        or any(isinstance(s, Rest) for s in size)
    ):
        return Tensor(of_unknown_axes(shape), tensor.dtype)
    axes: list[Axis] = []
    for index, (axis, wanted) in enumerate(zip(shape.axes, size)):
        start = begin[index] if begin is not None and len(begin) == len(size) else None
        if isinstance(wanted, Dim) and wanted.constant == -1:
            axes.append(minus(axis, start))
        else:
            axes.append(wanted)
    return Tensor(Shape(tuple(axes)), tensor.dtype)


_Change = Callable[[Dim, Dim], Dim]


def _space_to_depth(call: Bound) -> Value:
    return _blocks(
        call,
        lambda size, block: size // block,
        lambda size, block: size * block * block,
    )


def _depth_to_space(call: Bound) -> Value:
    return _blocks(
        call,
        lambda size, block: size * block,
        lambda size, block: size // (block * block),
    )


def _blocks(call: Bound, spatial: _Change, channels: _Change) -> Value:
    tensor, block = call.tensor("input"), call.size("block_size")
    shape = tensor.shape
    if call.literal("data_format", "NHWC") != "NHWC":
        return call.fail(
            f"{call.operation.name} runs on a CPU with channels last only",
            "transpose the input, and leave `data_format` out",
            at="data_format",
        )
    if shape is None or shape.rank is None:
        return Tensor(Shape((None,) * 4), tensor.dtype)
    if shape.rank != 4:
        return call.fail(
            f"{call.operation.name} takes [batch, height, width, channels], not {shape}",
            "add an axis with tf.newaxis",
            at="input",
        )
    batch, height, width, depth = shape.axes

    def changed(axis: Axis, change: _Change) -> Axis:
        return (
            change(axis, block) if isinstance(axis, Dim) and block is not None else None
        )

    axes = (
        batch,
        changed(height, spatial),
        changed(width, spatial),
        changed(depth, channels),
    )
    return Tensor(Shape(axes), tensor.dtype)


TABLE = (
    row(
        "tf.broadcast_to(input, shape)",
        _broadcast_to,
        "np.broadcast_to({input}, {shape:shape})",
        "ops.broadcast_to({input}, {shape})",
    ),
    row(
        "tf.tile(input, multiples)",
        _tile,
        "np.tile({input}, {multiples})",
        "ops.tile({input}, {multiples})",
    ),
    row(
        "tf.repeat(input, repeats, axis=None)",
        _repeat,
        "np.repeat({input}, {repeats}[, axis={axis}])",
        "ops.repeat({input}, {repeats}[, axis={axis}])",
    ),
    row(
        "tf.pad(tensor, paddings, mode='CONSTANT', constant_values=0)",
        _pad,
        "np.pad({tensor}, {paddings}[, mode={mode:lower}][, constant_values={constant_values}])",
        "ops.pad({tensor}, {paddings}[, constant_values={constant_values}])",
    ),
    row(
        "tf.slice(input_, begin, size)",
        _slice,
        "part_of({input_}, {begin}, {size})",
        helpers=("part_of",),
    ),
    row(
        "tf.nn.space_to_depth(input, block_size, data_format='NHWC')",
        _space_to_depth,
        "space_to_depth({input}, {block_size})",
        helpers=("space_to_depth",),
    ),
    row(
        "tf.nn.depth_to_space(input, block_size, data_format='NHWC')",
        _depth_to_space,
        "depth_to_space({input}, {block_size})",
        helpers=("depth_to_space",),
    ),
)
