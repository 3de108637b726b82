"""The value of an expression on arguments, for given values of them; nothing is executed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping

_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}
LIMIT = 10**9


class Unknowable(Exception):
    """The expression holds something whose value is not known here."""


def evaluate(node: ast.AST, values: Mapping[str, object]) -> object:
    """The value of an expression.

    Raises:
        Unknowable: where a name has no value, an operation is not arithmetic, or
            the arithmetic fails.
    """
    try:
        return _evaluate(node, values)
    except (
        TypeError,
        ValueError,
        ZeroDivisionError,
        OverflowError,
        IndexError,
        KeyError,
    ) as error:
        raise Unknowable(str(error)) from error


def _evaluate(node: ast.AST, values: Mapping[str, object]) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in values:
            raise Unknowable(node.id)
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = (_evaluate(node.left, values), _evaluate(node.right, values))
        for side in (left, right):
            if (isinstance(side, int) and abs(side) > LIMIT) or isinstance(side, str):
                raise Unknowable("too large")
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp):
        value = _evaluate(node.operand, values)
        return not value if isinstance(node.op, ast.Not) else -value
    if isinstance(node, ast.BoolOp):
        wanted = isinstance(node.op, ast.Or)
        value: object = not wanted
        for part in node.values:
            value = _evaluate(part, values)
            if bool(value) == wanted:
                return value
        return value
    if isinstance(node, ast.Compare):
        left = _evaluate(node.left, values)
        for compare, right_node in zip(node.ops, node.comparators):
            right = _evaluate(right_node, values)
            if not _OPERATORS[type(compare)](left, right):
                return False
            left = right
        return True
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_evaluate(item, values) for item in node.elts)
    if isinstance(node, ast.Subscript):
        return _evaluate(node.value, values)[_evaluate(node.slice, values)]
    if isinstance(node, ast.IfExp):
        branch = node.body if _evaluate(node.test, values) else node.orelse
        return _evaluate(branch, values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        functions = {"len": len, "min": min, "max": max, "abs": abs, "sum": sum}
        if node.func.id in functions:
            return functions[node.func.id](
                *(_evaluate(item, values) for item in node.args)
            )
    raise Unknowable(type(node).__name__)
