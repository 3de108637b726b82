"""Operations of `tf.signal`: Fourier transforms and frames."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import ONE, Axis, Dim, Shape
from layersmith.language.operations.base import Bound, Operation, Rule, row
from layersmith.language.operations.conversion import FULL, MISSING
from layersmith.language.operations.rules import (
    FLOATING,
    floating,
    minus,
    named,
    plus,
    require_rank,
    sizes,
    times,
)
from layersmith.language.operations.special import real_dtype
from layersmith.language.values import Tensor, Value


def _transformed(axes: int) -> Rule:
    def rule(call: Bound) -> Value:
        tensor = call.tensor("input")
        if tensor.dtype in FLOATING:
            return call.fail(
                f"{call.operation.name} takes complex numbers, and this is {named(tensor.dtype)}",
                "use the transform of real numbers, `tf.signal.rfft`, or `tf.cast(..., tf.complex64)`",
                at="input",
            )
        require_rank(call, "input", axes, f"{axes} axes at least")
        return Tensor(tensor.shape, tensor.dtype)

    return rule


def _lengths(call: Bound, axes: int) -> tuple[Axis, ...] | None:
    if not call.given("fft_length"):
        return None
    known = sizes(call.value("fft_length"))
    return known if known is not None and len(known) == axes else (None,) * axes


def _whole_input(call: Bound, size: Axis, used: Axis) -> None:
    """The gradient of a transform that cuts its input has the wrong shape."""
    if isinstance(size, Dim) and isinstance(used, Dim):
        spare = (size - used).constant
        if spare is not None and spare > 0:
            call.fail(
                f"{call.operation.name} takes {used} of the {size} numbers, and its gradient fails then",
                f"cut the input first: `x[..., :{used}]`",
                at="fft_length",
            )


def _to_complex(axes: int) -> Rule:
    def rule(call: Bound) -> Value:
        dtype = floating(call, "input_tensor")
        complex_dtype = {"float32": "complex64", "float64": "complex128"}.get(
            dtype or ""
        )
        shape = call.shape("input_tensor")
        if (
            not require_rank(call, "input_tensor", axes, f"{axes} axes at least")
            or shape is None
        ):
            return Tensor(None, complex_dtype)
        lengths = _lengths(call, axes)
        whole = tuple(shape.axis(axis) for axis in range(-axes, 0))
        if lengths is None:
            lengths = whole
        _whole_input(call, whole[-1], lengths[-1])
        last = lengths[-1]
        half = last // Dim.of(2) + ONE if isinstance(last, Dim) else None
        return Tensor(_with_last(shape, (*lengths[:-1], half)), complex_dtype)

    return rule


def _to_real(axes: int) -> Rule:
    def rule(call: Bound) -> Value:
        tensor = call.tensor("input_tensor")
        dtype, shape = real_dtype(tensor.dtype), tensor.shape
        if tensor.dtype in FLOATING:
            return call.fail(
                f"{call.operation.name} takes complex numbers, and this is {named(tensor.dtype)}",
                "make them with `tf.complex(real, imag)`",
                at="input_tensor",
            )
        if (
            not require_rank(call, "input_tensor", axes, f"{axes} axes at least")
            or shape is None
        ):
            return Tensor(None, dtype)
        lengths = _lengths(call, axes)
        last = shape.axis(-1)
        if lengths is None:
            whole = (last - ONE) * Dim.of(2) if isinstance(last, Dim) else None
            lengths = (*(shape.axis(axis) for axis in range(-axes, -1)), whole)
        elif isinstance(lengths[-1], Dim):
            _whole_input(call, last, lengths[-1] // Dim.of(2) + ONE)
        return Tensor(_with_last(shape, lengths), dtype)

    return rule


def _with_last(shape: Shape, sizes: tuple[Axis, ...]) -> Shape | None:
    for axis, size in zip(range(-len(sizes), 0), sizes):
        changed = shape.replace(axis, size)
        if changed is None:
            return None
        shape = changed
    return shape


def _shifted(call: Bound) -> Value:
    tensor = call.tensor("x")
    call.axis("axes", tensor)
    return Tensor(tensor.shape, tensor.dtype)


def _frame(call: Bound) -> Value:
    tensor = call.tensor("signal")
    axis = call.axis("axis", tensor, -1)
    shape = tensor.shape
    if shape is None or shape.rank is None or not isinstance(axis, int):
        rank = None if shape is None else shape.rank
        return Tensor(
            None if rank is None else Shape((None,) * (rank + 1)), tensor.dtype
        )
    length, step = call.size("frame_length"), call.size("frame_step")
    position = axis % shape.rank
    count = _frames(call, shape.axes[position], length, step)
    axes = (*shape.axes[:position], count, length, *shape.axes[position + 1 :])
    return Tensor(Shape(axes), tensor.dtype)


def _frames(
    call: Bound, size: Axis, length: Dim | None, step: Dim | None
) -> Dim | None:
    pad = call.literal("pad_end", False)
    if not isinstance(size, Dim) or step is None or pad is MISSING:
        return None
    if pad:
        return (size + step - ONE) // step
    return None if length is None else (size - length) // step + ONE


def _stft(call: Bound) -> Value:
    dtype = floating(call, "signals")
    complex_dtype = {"float32": "complex64", "float64": "complex128"}.get(dtype or "")
    shape = call.shape("signals")
    if shape is None or not require_rank(call, "signals", 1, "a signal"):
        return Tensor(None, complex_dtype)
    count = _frames(
        call, shape.axis(-1), call.size("frame_length"), call.size("frame_step")
    )
    length = call.size("fft_length")
    half = length // Dim.of(2) + ONE if length is not None else None
    if not call.given("fft_length"):
        half = _next_power(call)
    if len(shape.axes) == 0 or shape.rest == len(shape.axes) - 1:
        return Tensor(None, complex_dtype)
    return Tensor(Shape((*shape.axes[:-1], count, half)), complex_dtype)


def _next_power(call: Bound) -> Dim | None:
    """Without a length the transform takes the next power of two."""
    length = call.literal("frame_length")
    if not isinstance(length, int) or length < 1:
        return None
    return Dim.of((1 << (length - 1).bit_length()) // 2 + 1)


def _known_window(operation: Operation, call: Bound) -> Operation:
    if call.given("window_fn") and call.literal("window_fn") is not None:
        return replace(operation, numpy=None, keras=None)
    return operation


def _overlap(call: Bound) -> Value:
    tensor, step = call.tensor("signal"), call.size("frame_step")
    shape = tensor.shape
    if not require_rank(call, "signal", 2, "frames and their samples") or shape is None:
        return Tensor(None, tensor.dtype)
    if shape.rank is None:
        return Tensor(None, tensor.dtype)
    count, length = shape.axes[-2:]
    size = plus(times(minus(count, ONE), step), length)
    return Tensor(Shape((*shape.axes[:-2], size)), tensor.dtype)


def _cosine(call: Bound) -> Value:
    dtype = floating(call, "input")
    if call.given("n"):
        shape = call.shape("input")
        changed = None if shape is None else shape.replace(-1, call.size("n"))
        return Tensor(changed, dtype)
    return Tensor(call.shape("input"), dtype)


def _second_kind(operation: Operation, call: Bound) -> Operation:
    if call.literal("type", 2) == 2 and call.literal("norm", None) is None:
        return operation
    return replace(operation, numpy=None, keras=None)


_AXES = {1: "axis=-1", 2: "axes=(-2, -1)", 3: "axes=(-3, -2, -1)"}

TABLE = (
    *(
        row(
            f"tf.signal.{name}(input)",
            _transformed(n),
            f"np.fft.{name if n == 1 else name[:-2] + 'n'}({{input}}, {_AXES[n]})",
        )
        for name, n in (
            ("fft", 1),
            ("ifft", 1),
            ("fft2d", 2),
            ("ifft2d", 2),
            ("fft3d", 3),
            ("ifft3d", 3),
        )
    ),
    row(
        "tf.signal.rfft(input_tensor, fft_length=None)",
        _to_complex(1),
        "np.fft.rfft({input_tensor}[, *{fft_length:axes}])",
        precisions=FULL,
    ),
    row(
        "tf.signal.irfft(input_tensor, fft_length=None)",
        _to_real(1),
        "np.fft.irfft({input_tensor}[, *{fft_length:axes}])",
    ),
    *(
        row(
            f"tf.signal.rfft{n}d(input_tensor, fft_length=None)",
            _to_complex(n),
            f"np.fft.rfftn({{input_tensor}}[, s={{fft_length:axes}}], {_AXES[n]})",
            gradient=n == 2,
            precisions=FULL,
        )
        for n in (2, 3)
    ),
    *(
        row(
            f"tf.signal.irfft{n}d(input_tensor, fft_length=None)",
            _to_real(n),
            f"np.fft.irfftn({{input_tensor}}[, s={{fft_length:axes}}], {_AXES[n]})",
            gradient=n == 2,
        )
        for n in (2, 3)
    ),
    row(
        "tf.signal.fftshift(x, axes=None)",
        _shifted,
        "np.fft.fftshift({x}[, axes={axes:axes}])",
    ),
    row(
        "tf.signal.ifftshift(x, axes=None)",
        _shifted,
        "np.fft.ifftshift({x}[, axes={axes:axes}])",
    ),
    row(
        "tf.signal.frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1)",
        _frame,
        "frame({signal}, {frame_length}, {frame_step}[, pad_end={pad_end}][, pad_value={pad_value}]"
        "[, axis={axis}])",
        helpers=("frame",),
    ),
    row(
        "tf.signal.stft(signals, frame_length, frame_step, fft_length=None, window_fn=None, "
        "pad_end=False)",
        _stft,
        "stft({signals}, {frame_length}, {frame_step}[, {fft_length}][, window_fn={window_fn}]"
        "[, pad_end={pad_end}])",
        helpers=("stft",),
        precisions=FULL,
        variant=_known_window,
    ),
    row(
        "tf.signal.overlap_and_add(signal, frame_step)",
        _overlap,
        "overlap_and_add({signal}, {frame_step})",
        helpers=("overlap_and_add",),
    ),
    row(
        "tf.signal.dct(input, type=2, n=None, !axis=-1, norm=None)",
        _cosine,
        "dct({input}[, {n}])",
        helpers=("dct",),
        precisions=FULL,
        variant=_second_kind,
    ),
)
