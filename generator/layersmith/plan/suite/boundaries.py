"""Where the conditions of a spec turn: values of arguments on both sides."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from layersmith.language.analyse import Analysis
from layersmith.spec.model import Argument

STEPS = {"int": 1, "float": 0.25}


def boundary_values(analysis: Analysis, argument: Argument) -> Iterator[object]:
    """Values at which a comparison of this argument with a number turns, and beside."""
    step = STEPS.get(argument.type)
    if step is None:
        return
    for number in _compared(analysis, argument.name.text):
        start = float(number) if argument.type == "float" else number
        if isinstance(start, int) or argument.type == "float":
            yield from (start, start + step, start - step)


def _compared(analysis: Analysis, name: str) -> Iterator[int | float]:
    """Numbers that the conditions in the spec compare an argument with."""
    texts = [analysis.call, *analysis.conditions.values()]
    if analysis.scope.functions is not None:
        texts.append(analysis.scope.functions)
    for parsed in texts:
        for node in parsed.nodes:
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                sides = (node.left, node.comparators[0])
                for one, other in (sides, sides[::-1]):
                    number = _number(other)
                    if (
                        isinstance(one, ast.Name)
                        and one.id == name
                        and number is not None
                    ):
                        yield number


def _number(node: ast.AST) -> int | float | None:
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node, sign = node.operand, -1
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return sign * node.value
    return None
