"""Pooling: the largest or the mean of each window."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import ONE, Shape
from layersmith.language.operations.base import Bound, Operation, Rule, row
from layersmith.language.operations.conversion import FULL, HALF
from layersmith.language.operations.windows import (
    Opened,
    channels_last,
    numbers,
    places_of,
)
from layersmith.language.values import Tensor, Value


def _pooling(spatial: int | None) -> Rule:
    def rule(call: Bound) -> Value:
        tensor = call.tensor("input")
        shape = tensor.shape
        n = spatial
        if n is None and shape is not None and shape.rank is not None:
            n = shape.rank - 2
        if n is None or not channels_last(call):
            return Tensor(None, tensor.dtype)
        if shape is None or shape.rank is None:
            return Tensor(Shape((None,) * (n + 2)), tensor.dtype)
        if shape.rank != n + 2:
            return call.fail(
                f"{call.operation.name} takes [batch, *spatial, channels], {n + 2} axes; "
                f"the shape here is {shape}",
                "take the operation for its number of axes",
                at="input",
            )
        window = (*numbers(call, "ksize", n), None, None)
        opened = Opened(n, shape.axes, window)
        places = places_of(call, opened, numbers(call, "strides", n), (ONE,) * n)
        return Tensor(Shape((shape.axes[0], *places, shape.axes[-1])), tensor.dtype)

    return rule


_THREE_AXES = ("bfloat16", "float32")


def _where_it_runs(operation: Operation, call: Bound) -> Operation:
    """XLA does not pool what is padded by numbers; a CPU three axes in few dtypes."""
    shape = call.shape("input")
    if shape is not None and shape.rank == 5:
        operation = replace(operation, precisions=_THREE_AXES)
    if isinstance(call.literal("padding"), str):
        return operation
    return replace(operation, xla=False)


TABLE = (
    *(
        row(
            f"tf.nn.{how}_pool{kind}(input, ksize, strides, padding, data_format=None)",
            _pooling(n),
            f"{how}_pool({{input}}, {{ksize}}, {{strides}}, {{padding}})",
            helpers=(f"{how}_pool",),
            variant=_where_it_runs,
            mixed=True,
            precisions=_THREE_AXES if n == 3 else HALF + FULL,
        )
        for how in ("max", "avg")
        for kind, n in (("", None), ("1d", 1), ("2d", 2), ("3d", 3))
    ),
)
