"""The plan of an oracle: what its function says, and what it calls."""

from __future__ import annotations

from layersmith.record import record


@record
class MaskOracle:
    """The mask of the outputs in NumPy.

    Attributes:
        parameters: Of the function.
        body: Statements, indented within their blocks.
        helpers: Functions of `numpy_meanings` that it calls.
        asks_ranks: Whether it asks how many axes a mask has.
        asks_each: Whether it asks of each of several masks if it is there.
    """

    parameters: tuple[str, ...]
    body: tuple[str, ...]
    helpers: tuple[str, ...]
    asks_ranks: bool
    asks_each: bool


@record
class OraclePlan:
    """The forward pass in NumPy.

    Attributes:
        parameters: Of the function, with their defaults.
        body: Statements, indented within their blocks.
        functions: Functions of the spec, in NumPy, each as statements.
        helpers: Functions of `numpy_meanings` that it calls.
        draws: Names of the random draws that it repeats.
        opaque: TensorFlow's functions that it calls itself, having no NumPy meaning
            of them.
        asked: Sublayers that it asks itself, for the same reason.
        parts: Whether it takes weights of sublayers by the sublayer's name.
        layer: Whether it needs a layer to ask.
        losses: Whether it adds losses to a list.
        stops: Whether it hands what no gradient passes to a function.
        mask: The mask of the outputs, where the author wrote out how it is made.
    """

    parameters: tuple[str, ...]
    body: tuple[str, ...]
    functions: tuple[tuple[str, ...], ...]
    helpers: tuple[str, ...]
    draws: tuple[str, ...]
    opaque: tuple[str, ...]
    asked: tuple[str, ...]
    parts: bool
    layer: bool
    losses: bool
    stops: bool
    mask: MaskOracle | None
