"""Values of arguments that the suite tries: allowed ones, other ones, and bad ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from layersmith.language.analyse import Analysis
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.spec.model import Argument
from layersmith.spec.read import fits

_OTHERS = {
    "activation": ("tanh", "sigmoid"),
    "initializer": ("he_normal", "glorot_normal"),
    "regularizer": ("l2", "l1"),
    "constraint": ("non_neg", "unit_norm"),
}


def example_arguments(analysis: Analysis, index: int = 0) -> dict[str, object]:
    """Arguments of an example, defaults filled in by values other than the default.

    A switch keeps its default: turned, it might take away what is to be tested.
    """
    given = {n.text: v.value for n, v in analysis.spec.examples[index].arguments}
    values: dict[str, object] = {}
    for argument in analysis.spec.arguments:
        name = argument.name.text
        if name in given:
            values[name] = given[name]
        elif argument.type in ("bool", "constraint") or argument.choices:
            values[name] = argument.default.value
        else:
            values[name] = argument.default.value
            for other in others(argument, argument.default.value):
                if allowed(analysis, {**values, **given, name: other}):
                    values[name] = other
                    break
    return values


def variants(
    analysis: Analysis, values: Mapping[str, object]
) -> list[dict[str, object]]:
    """One change at a time: for each argument at least one other value."""
    found: list[dict[str, object]] = []
    for argument in analysis.spec.arguments:
        name = argument.name.text
        every = argument.choices or argument.type == "bool"
        for other in others(argument, values[name]):
            if allowed(analysis, {**values, name: other}):
                found.append({name: other})
                if not every:
                    break
        if (
            argument.nullable
            and values[name] is not None
            and argument.type not in _OTHERS
        ):
            if allowed(analysis, {**values, name: None}):
                found.append({name: None})
    return found


def others(argument: Argument, value: object) -> Iterator[object]:
    """Values that the argument may have and that are not this one."""
    for candidate in _candidates(argument, value):
        if candidate != value and fits(argument, candidate) is None:
            yield candidate


def _candidates(argument: Argument, value: object) -> Iterator[object]:
    if argument.choices:
        yield from (choice.value for choice in argument.choices)
    elif argument.type == "bool":
        yield not value
    elif argument.type == "int":
        start = value if isinstance(value, int) else 1
        yield from (start + 1, start - 1, start * 2, start + 2, start + 3, 1, 0)
    elif argument.type == "float":
        yield from (0.25, 0.75, 0.5, 0.1, 0.01, 2.0, 1e-3)
        for bound in (argument.minimum, argument.maximum):
            if bound is not None:
                yield float(bound.value)
    elif argument.type == "shape":
        sizes = value if isinstance(value, tuple) else (2,)
        yield tuple(size + 1 for size in sizes)
        yield tuple(size * 2 for size in sizes)
    else:
        yield from _OTHERS.get(argument.type, ())


def allowed(analysis: Analysis, values: Mapping[str, object]) -> bool:
    """Whether the spec's checks hold for these arguments."""
    known = with_derived(analysis, values)
    for check in analysis.checks:
        try:
            if not evaluate(check.tree, known):
                return False
        except Unknowable:
            return False
    return True


def with_derived(analysis: Analysis, values: Mapping[str, object]) -> dict[str, object]:
    """The arguments, and what is derived from them."""
    known = dict(values)
    for derived in analysis.spec.derived:
        try:
            known[derived.name.text] = evaluate(
                analysis.scope.derived[derived.name.text].tree, known
            )
        except Unknowable:
            continue
    return known


def bad_values(argument: Argument) -> list[object]:
    """Values that `__init__` must refuse: at and beyond each bound, and of wrong type."""
    if argument.choices:
        return ["no such choice"]
    if argument.type == "int":
        return [
            *_beyond(argument, 1),
            2.5,
            "3",
            True,
            *([] if argument.nullable else [None]),
        ]
    if argument.type == "float":
        bad = _beyond(argument, 0.01)
        return [*bad, float("nan")] if bad else []
    if argument.type == "shape":
        return [(2.5,), 3]
    return []


def _beyond(argument: Argument, step: float) -> list[object]:
    bad = []
    if argument.minimum is not None:
        bad.append(argument.minimum.value - step)
    if argument.above is not None:
        bad.append(argument.above.value)
    if argument.maximum is not None:
        bad.append(argument.maximum.value + step)
    if argument.below is not None:
        bad.append(argument.below.value)
    return bad


def edge_values(argument: Argument) -> list[object]:
    """The outermost values that `__init__` must take."""
    if argument.choices or argument.type not in ("int", "float"):
        return []
    step = 1 if argument.type == "int" else 1e-6
    edges = []
    if argument.minimum is not None:
        edges.append(argument.minimum.value)
    if argument.above is not None:
        edges.append(argument.above.value + step)
    if argument.maximum is not None:
        edges.append(argument.maximum.value)
    if argument.below is not None:
        edges.append(argument.below.value - step)
    return edges


def condition_holds(tree: ast.AST, known: Mapping[str, object]) -> bool | None:
    """Whether a condition on arguments holds; None where that is not known."""
    try:
        return bool(evaluate(tree, known))
    except Unknowable:
        return None
