"""Arguments that break one of the spec's checks so that its message is the one raised."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import product

from layersmith.language.analyse import Analysis
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.trees import walk
from layersmith.plan.checks import asks_shapes
from layersmith.plan.suite.values import Values, allowed, holds, others, with_derived
from layersmith.spec.fits import fits
from layersmith.spec.model import Argument

TRIED = 4000


def broken(analysis: Analysis, values: Values) -> list[tuple[Values, str]]:
    """For each check: changes of the arguments that it refuses, and its message.

    Best are changes that no other check refuses. Where there are none, those behind
    it may: the first in the order in which the layer asks raises.
    """
    order = range(len(analysis.checks))
    found = []
    for index, check in enumerate(analysis.spec.checks):
        if asks_shapes(analysis, analysis.checks[index]):
            continue
        before = set(order[:index])
        fit: dict[tuple[int, str], list[tuple[int, Values]]] = {}
        for change, kind in _near(analysis, index, values):
            refused = {
                other
                for other in order
                if not holds(analysis, other, {**values, **change})
            }
            if index in refused and not refused & before:
                part = _broken_part(analysis, index, {**values, **change})
                fit.setdefault((part, kind), []).append((len(refused), change))
        for _, changes in sorted(fit.items(), key=lambda item: item[0]):
            _, change = min(changes, key=lambda pair: pair[0])
            found.append((change, check.message))
    return found


def _parts(analysis: Analysis, index: int) -> list[ast.expr]:
    """What a check asks for, one thing after the other."""
    tree = analysis.checks[index].tree
    several = isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)
    return tree.values if several else [tree]


def _broken_part(analysis: Analysis, index: int, values: Values) -> int:
    """Place of the first part that does not hold, of a check that does not."""
    known = with_derived(analysis, values)
    parts = enumerate(_parts(analysis, index))
    return next(place for place, part in parts if not evaluate(part, known))


def kept(analysis: Analysis, values: Values) -> list[Values]:
    """For each check that sets a bound: changes at the bound, which it lets pass."""
    found = []
    for index in range(len(analysis.checks)):
        if _distance(analysis, _comparisons(analysis, index), values) is None:
            continue
        for change, _ in _near(analysis, index, values):
            if allowed(analysis, {**values, **change}):
                if change:
                    found.append(change)
                break
    return found


def _near(
    analysis: Analysis, index: int, values: Values
) -> Iterator[tuple[Values, str]]:
    """Changes of the arguments that a check asks, the nearest to its bound first.

    Each comes with the kind of mistake that was made in the one argument it changes;
    empty where it is another value and no more.
    """
    comparisons, may_be_none = (
        _comparisons(analysis, index),
        _nullable(analysis, index),
    )
    ways = []
    for argument in _asked(analysis, index):
        name = argument.name.text
        tried = [(values[name], ""), *_candidates(argument, values)]
        if name in may_be_none:
            tried.append((None, ""))
        ways.append([(name, value, kind) for value, kind in tried])
    changes = []
    for number, way in enumerate(product(*ways)):
        if number > TRIED:
            break
        changed = [item for item in way if item[1] != values[item[0]]]
        kind = changed[0][2] if len(changed) == 1 else ""
        changes.append(({name: value for name, value, _ in changed}, kind))

    def nearness(entry: tuple[Values, str]) -> tuple[float, int]:
        change, _ = entry
        distance = _distance(analysis, comparisons, {**values, **change})
        return distance if distance is not None else 0, len(change)

    return iter(sorted(changes, key=nearness))


def _candidates(argument: Argument, values: Values) -> list[tuple[object, str]]:
    """Other values, and the kind of mistake in each."""
    value = values[argument.name.text]
    found: list[object] = list(others(argument, value))
    if argument.type == "int":
        found += range(13)
    if argument.type == "float" and isinstance(value, (int, float)):
        numbers = [v for v in values.values() if type(v) in (int, float)]
        numbers += [0, -0.5]  # at the commonest bound, and just below it
        found += map(float, numbers)
    tried = [(other, "") for other in found]
    if isinstance(value, tuple):
        tried += _mistakes(value)
    return [(other, kind) for other, kind in tried if fits(argument, other) is None]


def _mistakes(value: tuple) -> Iterator[tuple[object, str]]:
    """Nested values with one thing wrong, and what it is."""
    yield value[:-1], "too short"
    yield _negative(value), "negative"
    for changed in _with_one(value, lambda number: -1):
        yield changed, "one negative"
    for changed in _with_one(value, lambda number: number + 0.5):
        yield changed, "one broken"
    if value and isinstance(value[-1], tuple):
        yield (*value[:-1], value[-1][:-1]), "too short inside"


def _nullable(analysis: Analysis, index: int) -> set[str]:
    """Names of which a check asks whether they are None."""
    return {
        node.left.id
        for node in analysis.checks[index].nodes
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Name)
        and isinstance(node.ops[0], (ast.Is, ast.IsNot))
    }


def _with_one(value: tuple, change: Callable[[int], float]) -> Iterator[tuple]:
    """Nested values with the first or the last whole number changed."""
    for place in sorted({0, len(value) - 1}) if value else ():
        item = value[place]
        changed: Iterable[object] = [change(item)] if type(item) is int else ()
        if isinstance(item, tuple):
            changed = _with_one(item, change)
        for new in changed:
            yield (*value[:place], new, *value[place + 1 :])


def _negative(value: object) -> object:
    """Nested values with each whole number below zero."""
    if isinstance(value, tuple):
        return tuple(_negative(item) for item in value)
    return -1 - abs(value) if type(value) is int else value


def _asked(analysis: Analysis, index: int) -> list[Argument]:
    """Arguments that a check asks, through derived values too."""
    seen: set[str] = set()
    waiting = [analysis.checks[index].tree]
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                if node.id in analysis.scope.derived:
                    waiting.append(analysis.scope.derived[node.id].tree)
    return [a for a in analysis.spec.arguments if a.name.text in seen]


def _comparisons(analysis: Analysis, index: int) -> list[ast.Compare]:
    """Those of a check that set a bound."""
    return [
        node
        for node in analysis.checks[index].nodes
        if isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE))
    ]


def _distance(
    analysis: Analysis, comparisons: list[ast.Compare], values: Values
) -> float | None:
    """How near a comparison comes to its bound; None where that cannot be told."""
    if not comparisons:
        return None
    known = with_derived(analysis, values)
    found = []
    for node in comparisons:
        try:
            left, right = (evaluate(s, known) for s in (node.left, *node.comparators))
            found.append(abs(float(left) - float(right)))
        except (Unknowable, TypeError, ValueError):
            continue
    return min(found, default=None)
