"""Plans what `__init__` does with its arguments: parameters, checks, config."""

from __future__ import annotations

import re

from layersmith.spec.model import Argument, Value

MODULES = {
    "activation": "activations",
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
}


# Stands for the argument in a condition; it can be in no literal.
VALUE = "\0"


def literal(value: object) -> str:
    """A Python literal as ruff writes it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        inner = ", ".join(literal(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, dict):
        pairs = [f"{literal(key)}: {literal(item)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    # 1e-5, as people write it, for Python's 1e-05.
    return re.sub(r"e([-+]?)0(\d)$", r"e\1\2", repr(value)).replace("e+", "e")


def quoted(text: str) -> str:
    """A string literal, in the quotes that need fewer escapes: double where both do."""
    if text.isprintable():
        escaped = text.replace("\\", "\\\\")
    else:
        escaped = text.encode("unicode_escape").decode("ascii")
    quote = "'" if escaped.count('"') > escaped.count("'") else '"'
    return quote + escaped.replace(quote, "\\" + quote) + quote


def parameter(argument: Argument) -> str:
    if argument.default is None:
        return argument.name.text
    return f"{argument.name}={literal(argument.default.value)}"


def attribute(argument: Argument) -> str:
    """Name of the attribute that keeps an argument."""
    name = argument.name.text
    # `model.summary()` takes an attribute `output_shape` for what it says.
    return f"_{name}" if name == "output_shape" else name


def stored(argument: Argument) -> str:
    """What `self.name` is set to."""
    module = MODULES.get(argument.type)
    if module:
        return f"{module}.get({argument.name})"
    if argument.type == "axis":
        none = f"{argument.name} is None or " if argument.nullable else ""
        return f"{argument.name} if {none}isinstance({argument.name}, int) else tuple({argument.name})"
    if argument.type in ("shape", "partial_shape"):
        none = f" if {argument.name} is not None else None" if argument.nullable else ""
        return f"tuple({argument.name}){none}"
    if argument.type == "data_format":
        return (
            f"{argument.name} or keras.config.image_data_format()"
            if argument.nullable
            else argument.name.text
        )
    return argument.name.text


def config_entry(argument: Argument) -> tuple[str, str]:
    module = MODULES.get(argument.type)
    kept = f"self.{attribute(argument)}"
    if module:
        return (argument.name.text, f"{module}.serialize({kept})")
    if argument.type == "layer":
        return (argument.name.text, f"keras.saving.serialize_keras_object({kept})")
    return (argument.name.text, kept)


def check_statements(arguments: tuple[Argument, ...]) -> list[str]:
    """Statements that refuse bad values; equal checks of several are one loop."""
    groups: dict[tuple[str, str, str], list[Argument]] = {}
    for argument in arguments:
        for check in _checks(argument):
            # What is wrong is the type alone, not a value of it.
            error = "TypeError" if argument.type == "layer" else "ValueError"
            groups.setdefault((*check, error), []).append(argument)
    statements = []
    for (condition, expected, error), members in groups.items():
        if len(members) == 1:
            name = members[0].name.text
            statements.append(f"if {condition.replace(VALUE, name)}:")
            statements.append(
                f'    raise {error}("`{name}` must be {expected}. " f"Received: {name}={{{name}}}")'
            )
            continue
        pairs = ", ".join(f'("{a.name}", {a.name})' for a in members)
        # The loop must not give an argument another value.
        names = {argument.name.text for argument in arguments}
        value = next(n for n in ("value", "given", "received_value") if n not in names)
        statements.append(f"for name, {value} in ({pairs}):")
        statements.append(f"    if {condition.replace(VALUE, value)}:")
        words = expected.replace("{", "{{").replace("}", "}}")
        statements.append(
            f'        raise {error}(f"`{{name}}` must be {words}. " f"Received: {{name}}={{{value}}}")'
        )
    return statements


def _checks(argument: Argument) -> list[tuple[str, str]]:
    """Each check as (condition under which the value is bad, what was expected).

    `VALUE` stands for the argument.
    """
    if argument.choices:
        values = tuple(choice.value for choice in argument.choices)
        if argument.nullable:
            values = (*values, None)
        shown = " or ".join(map(_within_text, values))
        return [(f"{VALUE} not in {literal(values)}", shown)]
    if argument.type == "int":
        bad, words = _int_check(argument)
    elif argument.type == "float":
        bad, words = _float_check(argument)
    elif argument.type == "shape":
        bad, words = _shape_check()
    elif argument.type == "partial_shape":
        bad, words = _partial_shape_check()
    elif argument.type == "axis":
        bad, words = _axis_check()
    elif argument.type == "layer":
        bad, words = (f"not isinstance({VALUE}, layers.Layer)", "a layer")
    elif argument.type == "data_format":
        values = (
            "channels_last",
            "channels_first",
            *((None,) if argument.nullable else ()),
        )
        return [
            (f"{VALUE} not in {literal(values)}", "'channels_last' or 'channels_first'")
        ]
    else:
        return []
    if not bad:
        return []
    if argument.nullable:
        bad = f"{VALUE} is not None and {_in_parentheses(bad)}"
        words += " or None"
    return [(bad, words)]


def _within_text(value: object) -> str:
    """A value as it stands in a message, which is itself in double quotes."""
    if not isinstance(value, str):
        return literal(value)
    return "'" + quoted(value.replace('"', "'"))[1:-1] + "'"


def _in_parentheses(condition: str) -> str:
    return f"({condition})" if " or " in condition else condition


def _int_check(argument: Argument) -> tuple[str, str]:
    # `True` is an int to isinstance; as a size it is a mistake.
    wrong = f"type({VALUE}) is not int"
    low, high = (_least(argument), _most(argument))
    if low is None and high is None:
        return wrong, "an integer"
    if high is None:
        words = {1: "a positive integer", 0: "a non-negative integer"}.get(
            low, f"an integer of at least {low}"
        )
        bound = f"{VALUE} < {low}"
        if low == 1:
            bound = f"{VALUE} <= 0"
        return (f"{wrong} or {bound}", words)
    if low is None:
        return (f"{wrong} or {VALUE} > {high}", f"an integer of at most {high}")
    return (
        f"{wrong} or not {low} <= {VALUE} <= {high}",
        f"an integer from {low} to {high}",
    )


def _least(argument: Argument) -> int | None:
    if argument.minimum is not None:
        return int(argument.minimum.value)
    return None if argument.above is None else int(argument.above.value) + 1


def _most(argument: Argument) -> int | None:
    if argument.maximum is not None:
        return int(argument.maximum.value)
    return None if argument.below is None else int(argument.below.value) - 1


def _float_check(argument: Argument) -> tuple[str, str]:
    low, low_sign = _bound(argument.minimum, argument.above, "<=", "<")
    high, high_sign = _bound(argument.maximum, argument.below, "<=", "<")
    if low is not None and high is not None:
        brackets = (
            ("[" if low_sign == "<=" else "("),
            ("]" if high_sign == "<=" else ")"),
        )
        words = f"in the range {brackets[0]}{low}, {high}{brackets[1]}"
        return (f"not {low} {low_sign} {VALUE} {high_sign} {high}", words)
    # `not value > 0` rather than `value <= 0`: a NaN is refused too.
    if low is not None:
        if low == "0":
            return (
                f"not {VALUE} {'>=' if low_sign == '<=' else '>'} 0",
                ("non-negative" if low_sign == "<=" else "positive"),
            )
        sign = ">=" if low_sign == "<=" else ">"
        return (
            f"not {VALUE} {sign} {low}",
            ("at least " if low_sign == "<=" else "greater than ") + low,
        )
    if high is not None:
        return (
            f"not {VALUE} {high_sign} {high}",
            ("at most " if high_sign == "<=" else "less than ") + high,
        )
    return "", ""


def _bound(closed: Value | None, opened: Value | None, sign: str, strict: str):
    if closed is not None:
        return literal(closed.value), sign
    if opened is not None:
        return literal(opened.value), strict
    return None, sign


def _axis_check() -> tuple[str, str]:
    return (
        f"type({VALUE}) is not int and (not isinstance({VALUE}, (list, tuple)) or not all(type(i) is int for i in {VALUE}))",
        "an integer or a list of integers",
    )


def _partial_shape_check() -> tuple[str, str]:
    return (
        f"not isinstance({VALUE}, (list, tuple)) or not all(size is None or type(size) is int and size > 0 for size in {VALUE})",
        "a list of sizes (positive integers or None)",
    )


def _shape_check() -> tuple[str, str]:
    return (
        f"not isinstance({VALUE}, (list, tuple)) or not all(type(size) is int for size in {VALUE})",
        "a list of integers",
    )
