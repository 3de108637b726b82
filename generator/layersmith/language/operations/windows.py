"""Windows over spatial axes: their arguments, and how often they fit."""

from __future__ import annotations

from typing import NamedTuple

from layersmith.language.dims import ONE, Axis, Dim
from layersmith.language.operations.base import Bound
from layersmith.language.operations.rules import sizes
from layersmith.language.values import Items, Static


class Opened(NamedTuple):
    """Number of spatial axes, and the axes of the input and the filters."""

    n: int
    axes: tuple[Axis, ...]
    filters: tuple[Axis, ...]


def opened_arguments(
    call: Bound, n: int | None, name: str, filters: str
) -> Opened | None:
    """What is known of the arguments; None where it is too little, or wrong."""
    shape, kernel = call.shape(name), call.shape(filters)
    if n is None:
        rank = next((s.rank for s in (kernel, shape) if s is not None and s.rank), None)
        n = None if rank is None else rank - 2
    if n is None or not channels_last(call):
        return None
    if not 1 <= n <= 3:
        at, known = (name, shape) if kernel is None else (filters, kernel)
        call.fail(
            f"{call.operation.name} works over one to three axes; the shape here is {known}",
            "give it [batch, *spatial, channels], and filters [*size, channels, filters]",
            at=at,
        )
        return None
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
            return None
    unknown = (None,) * (n + 2)
    return Opened(
        n,
        shape.axes if shape is not None and shape.rank is not None else unknown,
        kernel.axes if kernel is not None and kernel.rank is not None else unknown,
    )


def channels_last(call: Bound) -> bool:
    data_format = call.literal("data_format", None)
    last = isinstance(data_format, str) and not data_format.startswith("NC")
    if data_format is None or last:
        return True
    call.fail(
        f"{call.operation.name} runs on a CPU with channels last only",
        "transpose the input and the result, and leave `data_format` out",
        at="data_format",
    )
    return False


def numbers(call: Bound, name: str, n: int) -> tuple[Axis, ...]:
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


def places_of(
    call: Bound, opened: Opened, steps: tuple[Axis, ...], gaps: tuple[Axis, ...]
) -> list[Axis]:
    """How often the window fits, along each spatial axis."""
    unknown: list[Axis] = [None] * opened.n
    padding = call.literal("padding", "VALID")
    pairs: list[tuple[Axis, ...] | None] = [()] * opened.n
    if isinstance(padding, str):
        if padding not in ("VALID", "SAME"):
            call.fail(
                f"no padding {padding!r}",
                'it is "VALID" or "SAME", or pairs of numbers',
                at="padding",
            )
            return unknown
    elif isinstance(call.value("padding"), Items):
        pairs = [sizes(pair) for pair in call.items("padding") or ()][1:-1]
        if len(pairs) != opened.n:
            return unknown
    else:
        return unknown
    window = opened.filters[: opened.n]
    return [
        fitting(size, reach, step, gap, pads, padding == "SAME")
        for size, reach, step, gap, pads in zip(
            opened.axes[1:-1], window, steps, gaps, pairs
        )
    ]


def fitting(
    size: Axis,
    reach: Axis,
    step: Axis,
    gap: Axis,
    pads: tuple[Axis, ...] | None,
    same: bool,
) -> Dim | None:
    """How often a window fits into an axis; `same`: as often as a step does."""
    if not isinstance(size, Dim) or not isinstance(step, Dim):
        return None
    if same:
        return (size + step - ONE) // step
    if not isinstance(reach, Dim) or not isinstance(gap, Dim) or pads is None:
        return None
    for pad in pads:
        if not isinstance(pad, Dim):
            return None
        size = size + pad
    return (size - (reach - ONE) * gap - ONE + step) // step
