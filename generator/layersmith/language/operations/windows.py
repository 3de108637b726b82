"""Convolution and pooling: operations on windows over the spatial axes."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import ONE, Axis, Dim, Shape, surely_differ
from layersmith.language.operations.base import Bound, Operation, row
from layersmith.language.operations.conversion import FULL, HALF, MISSING
from layersmith.language.operations.rules import promote_to_first, shaped, sizes
from layersmith.language.values import Items, Static, Tensor, Value


def _convolution(
    spatial: int | None, filters: str = "filters", strides: str = "strides"
):
    """The rule of a convolution over so many axes; None: as the filters have."""

    def rule(call: Bound) -> Value:
        dtype = promote_to_first(call, "input", filters)
        n, shape, kernel = _opened(call, spatial, "input", filters)
        if n is None or shape is None:
            return Tensor(shape, dtype)
        depth, fan_in = shape.axes[-1], kernel.axes[-2]
        both = isinstance(depth, Dim) and isinstance(fan_in, Dim)
        if both and (depth % fan_in).terms and surely_differ(depth, fan_in):
            return call.fail(
                f"{call.operation.name}: the input has `{depth}` channels, the filters take `{fan_in}`",
                "filters are [*size, channels of the input, filters]",
                at=filters,
            )
        gaps = _numbers(call, "dilations", n)
        places = _places(call, shape, kernel.axes[:n], _numbers(call, strides, n), gaps)
        return Tensor(Shape((shape.axes[0], *places, kernel.axes[-1])), dtype)

    return rule


def _spread(operation: Operation, call: Bound) -> Operation:
    """On a CPU, dilated and grouped convolution have a gradient in these dtypes alone."""
    dilated = call.given("dilations") and call.literal("dilations") not in (None, 1)
    shape, filters = call.shape("input"), call.shape("filters")
    grouped = shape is not None and filters is not None and filters.rank is not None
    if grouped:
        grouped = surely_differ(shape.axis(-1), filters.axis(-2))
    if dilated or grouped:
        return replace(operation, precisions=("bfloat16", "float32"))
    return operation


def _with_pairs(operation: Operation, call: Bound) -> Operation:
    """XLA does not pool what is padded by numbers."""
    if isinstance(call.literal("padding"), str):
        return operation
    return replace(operation, xla=False)


def _opened(call: Bound, n: int | None, name: str, filters: str):
    """Number of spatial axes, shapes of the input and the filters, as far as known."""
    shape, kernel = call.shape(name), call.shape(filters)
    if n is None:
        rank = next((s.rank for s in (kernel, shape) if s is not None and s.rank), None)
        n = None if rank is None else rank - 2
    if n is None or not _channels_last(call):
        return None, None, None
    for argument, known in ((name, shape), (filters, kernel)):
        if known is not None and known.rank not in (None, n + 2):
            what = (
                "[batch, *spatial, channels]"
                if argument == name
                else "[*size, channels, filters]"
            )
            call.fail(
                f"{call.operation.name} takes {what}, {n + 2} axes; the shape here is {known}",
                "add an axis with tf.newaxis, or take the operation for its number of axes",
                at=argument,
            )
            return None, None, None
    unknown = Shape((None,) * (n + 2))
    shape = shape if shape is not None and shape.rank is not None else unknown
    kernel = kernel if kernel is not None and kernel.rank is not None else unknown
    return n, shape, kernel


def _channels_last(call: Bound) -> bool:
    data_format = call.literal("data_format", None)
    if data_format is None or (
        isinstance(data_format, str) and not data_format.startswith("NC")
    ):
        return True
    if data_format == "NCW" or data_format is MISSING or isinstance(data_format, str):
        call.fail(
            f"{call.operation.name} runs on a CPU with channels last only",
            "transpose the input and the result, and leave `data_format` out",
            at="data_format",
        )
    return False


def _numbers(call: Bound, name: str, n: int) -> tuple[Axis, ...]:
    """A number for each spatial axis, from one, n of them, or n + 2."""
    value = call.value(name)
    if not call.given(name) or (isinstance(value, Static) and value.kind == "none"):
        return (ONE,) * n
    known = sizes(value)
    if known is None:
        return (None,) * n
    if len(known) == n + 2:
        return known[1:-1]
    if len(known) == n:
        return known
    if len(known) == 1:
        return known * n
    call.fail(
        f"`{name}` of {call.operation.name} is one number, {n} or {n + 2}, and here are {len(known)}",
        "give one for each spatial axis",
        at=name,
    )
    return (None,) * n


def _places(
    call: Bound,
    shape: Shape,
    window: tuple[Axis, ...],
    steps: tuple[Axis, ...],
    gaps: tuple[Axis, ...],
) -> list[Axis]:
    """How often the window fits, along each spatial axis."""
    padding = call.literal("padding", "VALID")
    pairs: list = []
    if isinstance(padding, str):
        if padding not in ("VALID", "SAME"):
            call.fail(
                f"no padding {padding!r}",
                'it is "VALID" or "SAME", or pairs of numbers',
                at="padding",
            )
            return [None] * len(window)
    elif isinstance(call.value("padding"), Items) and call.items("padding"):
        pairs = [sizes(pair) for pair in call.items("padding") or ()][1:-1]
    else:
        return [None] * len(window)
    places: list[Axis] = []
    for index, (size, reach, step, gap) in enumerate(
        zip(shape.axes[1:-1], window, steps, gaps)
    ):
        if not all(isinstance(number, Dim) for number in (size, step)):
            places.append(None)
        elif padding == "SAME":
            places.append((size + step - ONE) // step)
        elif not isinstance(reach, Dim) or not isinstance(gap, Dim):
            places.append(None)
        else:
            places.append(
                _fitting(size, reach, step, gap, pairs[index] if pairs else ())
            )
    return places


def _fitting(
    size: Dim, reach: Dim, step: Dim, gap: Dim, pads: tuple | None
) -> Dim | None:
    if pads is None or not all(isinstance(pad, Dim) for pad in pads):
        return None
    for pad in pads:
        size = size + pad
    return (size - (reach - ONE) * gap - ONE + step) // step


def _depthwise(call: Bound) -> Value:
    dtype = promote_to_first(call, "input", "filter")
    n, shape, kernel = _opened(call, 2, "input", "filter")
    if n is None:
        return Tensor(None, dtype)
    depth, fan_in, times = shape.axes[-1], kernel.axes[-2], kernel.axes[-1]
    if surely_differ(depth, fan_in):
        return call.fail(
            f"{call.operation.name}: the input has `{depth}` channels, the filter `{fan_in}`",
            "the filter is [height, width, channels, multiplier]",
            at="filter",
        )
    places = _places(
        call,
        shape,
        kernel.axes[:2],
        _numbers(call, "strides", 2),
        _numbers(call, "dilations", 2),
    )
    out = depth * times if isinstance(depth, Dim) and isinstance(times, Dim) else None
    return Tensor(Shape((shape.axes[0], *places, out)), dtype)


def _separable(call: Bound) -> Value:
    dtype = promote_to_first(call, "input", "depthwise_filter", "pointwise_filter")
    n, shape, kernel = _opened(call, 2, "input", "depthwise_filter")
    point = call.shape("pointwise_filter")
    if n is None:
        return Tensor(None, dtype)
    places = _places(
        call,
        shape,
        kernel.axes[:2],
        _numbers(call, "strides", 2),
        _numbers(call, "dilations", 2),
    )
    last = None if point is None else point.axis(-1)
    return Tensor(Shape((shape.axes[0], *places, last)), dtype)


def _atrous(call: Bound) -> Value:
    dtype = promote_to_first(call, "value", "filters")
    n, shape, kernel = _opened(call, 2, "value", "filters")
    if n is None:
        return Tensor(None, dtype)
    rate = call.size("rate")
    places = _places(call, shape, kernel.axes[:2], (ONE, ONE), (rate, rate))
    return Tensor(Shape((shape.axes[0], *places, kernel.axes[-1])), dtype)


def _transposed(n: int):
    def rule(call: Bound) -> Value:
        dtype = promote_to_first(call, "input", "filters")
        known, shape, kernel = _opened(call, n, "input", "filters")
        output = shaped(call, "output_shape")
        if known is None:
            return Tensor(None, dtype)
        if surely_differ(shape.axes[-1], kernel.axes[-1]):
            return call.fail(
                f"{call.operation.name}: the input has `{shape.axes[-1]}` channels, "
                f"the filters `{kernel.axes[-1]}`",
                "transposed filters are [*size, channels of the output, channels of the input]",
                at="filters",
            )
        if output is not None and output.rank == n + 2:
            if surely_differ(output.axes[-1], kernel.axes[-2]):
                return call.fail(
                    f"the output has `{output.axes[-1]}` channels, the filters make "
                    f"`{kernel.axes[-2]}`",
                    "give the shape as many channels as the filters make",
                    at="output_shape",
                )
            return Tensor(output, dtype)
        return Tensor(Shape((None,) * (n + 2)), dtype)

    return rule


def _pooling(spatial: int | None):
    def rule(call: Bound) -> Value:
        tensor = call.tensor("input")
        shape = tensor.shape
        n = spatial
        if n is None and shape is not None and shape.rank is not None:
            n = shape.rank - 2
        if n is None or not _channels_last(call):
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
        window, steps = _numbers(call, "ksize", n), _numbers(call, "strides", n)
        places = _places(call, shape, window, steps, (ONE,) * n)
        return Tensor(Shape((shape.axes[0], *places, shape.axes[-1])), tensor.dtype)

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
        variant=_spread,
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
    *(
        row(
            f"tf.nn.{how}_pool{kind}(input, ksize, strides, padding, data_format=None)",
            _pooling(n),
            f"{how}_pool({{input}}, {{ksize}}, {{strides}}, {{padding}})",
            helpers=(f"{how}_pool",),
            variant=_with_pairs,
            mixed=True,
            precisions=("bfloat16", "float32") if n == 3 else HALF + FULL,
        )
        for how in ("max", "avg")
        for kind, n in (("", None), ("1d", 1), ("2d", 2), ("3d", 3))
    ),
)
