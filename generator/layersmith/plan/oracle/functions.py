"""Which of the spec's functions a suite needs, and what it needs them for."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from layersmith.language.analyse import Analysis
from layersmith.language.trees import walk
from layersmith.plan.tidy import tidied


def called_functions(analysis: Analysis) -> set[str]:
    """Functions that the oracle calls, or an expression on arguments in the suite."""
    scope = analysis.scope
    parsed = [
        analysis.call,
        *scope.derived.values(),
        *scope.conversions.values(),
        *scope.shape_codes.values(),
        *scope.repeats.values(),
        *scope.constants.values(),
        *analysis.conditions.values(),
        *(maker.parsed for maker in analysis.makers.values()),
    ]
    return _reached(analysis, (one.tree for one in parsed))


def starting_functions(analysis: Analysis) -> tuple[str, ...]:
    """Functions that make initializers alone, as the author wrote them.

    They stay TensorFlow's: an initializer gives a tensor.
    """
    makers = [
        read.call.tree
        for read in analysis.objects.values()
        if read.call is not None and read.class_name is None
    ]
    wanted = _reached(analysis, makers) - called_functions(analysis)
    parsed = analysis.scope.functions
    found = []
    for node in definitions(analysis).values():
        if node.name in wanted:
            text = "\n".join(parsed.lines[node.lineno - 1 : node.end_lineno])
            found.append(tidied(text))
    return tuple(found)


def definitions(analysis: Analysis) -> dict[str, ast.FunctionDef]:
    """The spec's functions by their names."""
    parsed = analysis.scope.functions
    nodes = parsed.tree.body if parsed is not None else []
    return {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}


def _reached(analysis: Analysis, trees: Iterable[ast.AST]) -> set[str]:
    """Names of the functions that trees call, and of those that these call."""
    bodies = definitions(analysis)
    found: set[str] = set()
    waiting = list(trees) if bodies else []
    while waiting:
        for node in walk(waiting.pop()):
            name = node.id if isinstance(node, ast.Name) else None
            if name in bodies and name not in found:
                found.add(name)
                waiting.append(bodies[name])
    return found
