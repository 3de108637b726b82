"""Whether a value fits an argument: its type, its choices and its bounds."""

from __future__ import annotations

from layersmith.spec.model import Argument


def fits(argument: Argument, value: object) -> str | None:
    """What was expected, when a value does not fit; None when it does."""
    if value is None:
        return None if argument.nullable else f"a value of type `{argument.type}`"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not _of_type(argument.type, value, number):
        return f"a value of type `{argument.type}`"
    if argument.choices and value not in [choice.value for choice in argument.choices]:
        return "one of " + ", ".join(repr(choice.value) for choice in argument.choices)
    bounds = (
        (argument.minimum, lambda bound: value >= bound, "at least"),
        (argument.maximum, lambda bound: value <= bound, "at most"),
        (argument.above, lambda bound: value > bound, "more than"),
        (argument.below, lambda bound: value < bound, "less than"),
    )
    for bound, holds, words in bounds:
        if number and bound is not None and not holds(bound.value):
            return f"{words} {bound.value}"
    return None


def _of_type(kind: str, value: object, number: bool) -> bool:
    match kind:
        case "any":
            return True
        case "int":
            return isinstance(value, int) and number
        case "float":
            return number
        case "bool":
            return isinstance(value, bool)
        case "axis":
            whole = isinstance(value, int) and number
            return whole or (isinstance(value, tuple) and _are_whole(value))
        case "shape":
            return isinstance(value, tuple) and _are_whole(value)
        case "partial_shape":
            return isinstance(value, tuple) and all(
                item is None or type(item) is int for item in value
            )
        case "data_format":
            return value in ("channels_last", "channels_first")
    return isinstance(value, str)


def _are_whole(items: tuple) -> bool:
    return all(isinstance(i, int) and not isinstance(i, bool) for i in items)
