"""Convolution over one, two or three axes, and its transposition."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import ONE, Axis, Dim, Shape, surely_differ
from layersmith.language.operations.base import Bound, Operation, Rule, row
from layersmith.language.operations.rules import promote_to_first, shaped
from layersmith.language.operations.windows import numbers, opened_arguments, places_of
from layersmith.language.values import Tensor, Value


def _convolution(
    spatial: int | None, filters: str = "filters", strides: str = "strides"
) -> Rule:
    """The rule of a convolution over so many axes; None: as the filters have."""

    def rule(call: Bound) -> Value:
        dtype = promote_to_first(call, "input", filters)
        opened = opened_arguments(call, spatial, "input", filters)
        if opened is None:
            return Tensor(None, dtype)
        depth, fan_in = opened.axes[-1], opened.filters[-2]
        if _no_groups(depth, fan_in):
            return call.fail(
                f"{call.operation.name}: the input has `{depth}` channels, the filters take `{fan_in}`",
                "filters are [*size, channels of the input, filters]",
                at=filters,
            )
        gaps = numbers(call, "dilations", opened.n)
        places = places_of(call, opened, numbers(call, strides, opened.n), gaps)
        return Tensor(Shape((opened.axes[0], *places, opened.filters[-1])), dtype)

    return rule


def _no_groups(depth: Axis, fan_in: Axis) -> bool:
    """Whether channels surely do not fall into groups of the filters' size."""
    if not isinstance(depth, Dim) or not isinstance(fan_in, Dim):
        return False
    if depth.constant is not None and fan_in.constant:
        return depth.constant % fan_in.constant != 0
    named = all(str(size).isidentifier() for size in (depth, fan_in))
    return named and surely_differ(depth, fan_in)


def _spread(operation: Operation, call: Bound) -> Operation:
    """On a CPU, dilated and grouped convolution have a gradient in these dtypes alone."""
    dilated = call.given("dilations") and call.literal("dilations") not in (None, 1)
    shape, filters = call.shape("input"), call.shape("filters")
    grouped = False
    if shape is not None and filters is not None:
        grouped = surely_differ(shape.axis(-1), filters.axis(-2))
    if dilated or grouped:
        return replace(operation, precisions=("bfloat16", "float32"))
    return operation


def _depthwise(call: Bound) -> Value:
    dtype = promote_to_first(call, "input", "filter")
    opened = opened_arguments(call, 2, "input", "filter")
    if opened is None:
        return Tensor(None, dtype)
    depth, fan_in, times = opened.axes[-1], opened.filters[-2], opened.filters[-1]
    if surely_differ(depth, fan_in):
        return call.fail(
            f"{call.operation.name}: the input has `{depth}` channels, the filter `{fan_in}`",
            "the filter is [height, width, channels, multiplier]",
            at="filter",
        )
    places = places_of(
        call, opened, numbers(call, "strides", 2), numbers(call, "dilations", 2)
    )
    out = depth * times if isinstance(depth, Dim) and isinstance(times, Dim) else None
    return Tensor(Shape((opened.axes[0], *places, out)), dtype)


def _separable(call: Bound) -> Value:
    dtype = promote_to_first(call, "input", "depthwise_filter", "pointwise_filter")
    opened = opened_arguments(call, 2, "input", "depthwise_filter")
    point = call.shape("pointwise_filter")
    if opened is None:
        return Tensor(None, dtype)
    places = places_of(
        call, opened, numbers(call, "strides", 2), numbers(call, "dilations", 2)
    )
    last = None if point is None else point.axis(-1)
    return Tensor(Shape((opened.axes[0], *places, last)), dtype)


def _atrous(call: Bound) -> Value:
    dtype = promote_to_first(call, "value", "filters")
    opened = opened_arguments(call, 2, "value", "filters")
    if opened is None:
        return Tensor(None, dtype)
    rate = call.size("rate")
    places = places_of(call, opened, (ONE, ONE), (rate, rate))
    return Tensor(Shape((opened.axes[0], *places, opened.filters[-1])), dtype)


def _transposed(n: int) -> Rule:
    def rule(call: Bound) -> Value:
        dtype = promote_to_first(call, "input", "filters")
        opened = opened_arguments(call, n, "input", "filters")
        output = shaped(call, "output_shape")
        if opened is None:
            return Tensor(None, dtype)
        if surely_differ(opened.axes[-1], opened.filters[-1]):
            return call.fail(
                f"{call.operation.name}: the input has `{opened.axes[-1]}` channels, "
                f"the filters `{opened.filters[-1]}`",
                "transposed filters are [*size, channels of the output, channels of the input]",
                at="filters",
            )
        if output is None or output.rank != n + 2:
            return Tensor(Shape((None,) * (n + 2)), dtype)
        if surely_differ(output.axes[-1], opened.filters[-2]):
            return call.fail(
                f"the output has `{output.axes[-1]}` channels, the filters make "
                f"`{opened.filters[-2]}`",
                "give the shape as many channels as the filters make",
                at="output_shape",
            )
        return Tensor(output, dtype)

    return rule


_CONV = "{input}, {filters}, {strides}, {padding}[, {dilations}]"

TABLE = (
    row(
        "tf.nn.conv1d(input, filters, stride, padding, data_format='NWC', dilations=None)",
        _convolution(1, strides="stride"),
        "convolution({input}, {filters}, {stride}, {padding}[, {dilations}])",
        helpers=("convolution",),
        variant=_spread,
    ),
    *(
        row(
            f"tf.nn.conv{n}d(input, filters, strides, padding, data_format=None, dilations=None)",
            _convolution(n),
            f"convolution({_CONV})",
            helpers=("convolution",),
            variant=_spread,
        )
        for n in (2, 3)
    ),
    row(
        "tf.nn.convolution(input, filters, strides=None, padding='VALID', data_format=None, dilations=None)",
        _convolution(None),
        "convolution({input}, {filters}, {strides|None}, {padding|'VALID'}[, {dilations}])",
        helpers=("convolution",),
    ),
    row(
        "tf.nn.atrous_conv2d(value, filters, rate, padding)",
        _atrous,
        "convolution({value}, {filters}, 1, {padding}, {rate})",
        helpers=("convolution",),
    ),
    row(
        "tf.nn.depthwise_conv2d(input, filter, strides, padding, data_format=None, dilations=None)",
        _depthwise,
        "depthwise_convolution({input}, {filter}, {strides}, {padding}[, {dilations}])",
        helpers=("depthwise_convolution",),
    ),
    row(
        "tf.nn.separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, "
        "data_format=None, dilations=None)",
        _separable,
        "depthwise_convolution({input}, {depthwise_filter}, {strides}, {padding}[, {dilations}])"
        " @ {pointwise_filter}[0, 0]",
        helpers=("depthwise_convolution",),
    ),
    *(
        row(
            f"tf.nn.conv{n}d_transpose(input, filters, output_shape, strides, padding='SAME', "
            "data_format=None, !dilations=None)",
            _transposed(n),
            "transposed_convolution({input}, {filters}, {output_shape:shape}, {strides}[, {padding}])",
            helpers=("transposed_convolution",),
        )
        for n in (1, 2, 3)
    ),
)
