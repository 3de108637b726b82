"""The order of specs that use each other as sublayers."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from layersmith.errors import Report
from layersmith.language.trees import walk
from layersmith.spec import Spec


def uses(spec: Spec) -> dict[str, int]:
    """Layers of other specs that a spec makes, with the index of the first sublayer.

    A name that Keras has means Keras's layer, whatever other specs there are.
    """
    from layersmith.language.tables import keras_layers

    found: dict[str, int] = {}
    for index, sublayer in enumerate(spec.sublayers):
        try:
            tree = ast.parse(sublayer.layer.text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # Said where the sublayer is read.
        for node in walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id not in keras_layers():
                    found.setdefault(node.func.id, index)
    return found


def in_dependency_order(
    specs: Mapping[str, Spec], reports: Mapping[str, Report]
) -> list[str]:
    """Names of the layers, each after those that it is made of.

    Layers that are made of each other are left out, which is reported.
    """
    needs = {
        name: {used: index for used, index in uses(spec).items() if used in specs}
        for name, spec in specs.items()
    }
    makeable: dict[str, bool] = {}
    for name in specs:
        if name not in makeable:
            _visit(name, needs, makeable, specs, reports)
    return [name for name, good in makeable.items() if good]


def _visit(
    first: str,
    needs: Mapping[str, Mapping[str, int]],
    makeable: dict[str, bool],
    specs: Mapping[str, Spec],
    reports: Mapping[str, Report],
) -> None:
    """Adds a layer, after all that it is made of, with whether it can be made.

    Not by calling itself: a chain of layers may be longer than Python can call.
    """
    # The way to the layer that is looked at: what each needs still, and is it good.
    waiting = {first: iter(needs[first])}
    good = {first: True}
    while waiting:
        name = next(reversed(waiting))
        other = next((n for n in waiting[name] if n not in makeable), None)
        if other is None:
            del waiting[name]
            broken = [n for n in needs[name] if not makeable.get(n, True)]
            makeable[name] = good.pop(name) and not broken
            if broken and not reports[name].failed:
                report_broken(specs[name], broken[0], reports[name])
        elif other in waiting:
            way = list(waiting)
            circle = [*way[way.index(other) :], other]
            reports[name].error(
                specs[name].sublayers[needs[name][other]].layer.span,
                f"a layer cannot be made of itself: {' -> '.join(circle)}",
                "take one of these sublayers away",
            )
            good[name] = False
        else:
            waiting[other] = iter(needs[other])
            good[other] = True


def report_broken(spec: Spec, broken: str, report: Report) -> None:
    """Says that a layer is made of one whose spec has mistakes."""
    report.error(
        spec.sublayers[uses(spec)[broken]].layer.span,
        f"the spec of `{broken}` is wrong, so this layer cannot be made",
        "mend that spec first",
    )
