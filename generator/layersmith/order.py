"""The order of specs that use each other as sublayers."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from layersmith.errors import Report
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
        for node in ast.walk(tree):
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
    ordered: list[str] = []
    done: set[str] = set()
    for name in specs:
        _visit(name, needs, [], ordered, done, specs, reports)
    return ordered


def _visit(
    name: str,
    needs: Mapping[str, Mapping[str, int]],
    path: list[str],
    ordered: list[str],
    done: set[str],
    specs: Mapping[str, Spec],
    reports: Mapping[str, Report],
) -> bool:
    if name in done:
        return name in ordered
    if name in path:
        circle = [*path[path.index(name) :], name]
        user = path[-1]
        sublayer = specs[user].sublayers[needs[user][name]]
        reports[user].error(
            sublayer.layer.span,
            f"a layer cannot be made of itself: {' -> '.join(circle)}",
            "take one of these sublayers away",
        )
        return False
    good = True
    for other in needs[name]:
        good = (
            _visit(other, needs, [*path, name], ordered, done, specs, reports) and good
        )
    done.add(name)
    if good:
        ordered.append(name)
    elif not reports[name].failed:
        broken = next(other for other in needs[name] if other not in ordered)
        report_broken(specs[name], broken, reports[name])
    return good


def report_broken(spec: Spec, broken: str, report: Report) -> None:
    """Says that a layer is made of one whose spec has mistakes."""
    report.error(
        spec.sublayers[uses(spec)[broken]].layer.span,
        f"the spec of `{broken}` is wrong, so this layer cannot be made",
        "mend that spec first",
    )
