"""The value of an expression for given values of its names; nothing is executed.

Expressions are read, node by node, with a bound on the steps and on the size of what
they make. A name may stand for a function of the spec, whose body is read as well.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
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
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "all": all,
    "any": any,
    "bool": bool,
    "enumerate": lambda *given: list(enumerate(*given)),
    "float": float,
    "int": int,
    "isinstance": isinstance,
    "len": len,
    "list": list,
    "max": max,
    "min": min,
    "range": lambda *given: list(_short(range(*given))),
    "reversed": lambda given: list(reversed(given)),
    "round": round,
    "sorted": sorted,
    "str": str,
    "sum": sum,
    "tuple": tuple,
    "zip": lambda *given: list(zip(*given)),
}
_TYPES = {
    "bool": bool,
    "float": float,
    "int": int,
    "list": list,
    "str": str,
    "tuple": tuple,
}
LIMIT = 10**9
LENGTH = 10_000
STEPS = 20_000


class Unknowable(Exception):
    """The expression holds something whose value is not known here."""


class _Returned(Exception):
    def __init__(self, value: object):
        super().__init__()
        self.value = value


def evaluate(node: ast.AST, values: Mapping[str, object]) -> Any:
    """The value of an expression.

    Args:
        node: The expression.
        values: Values of names; an `ast.FunctionDef` for a function.

    Raises:
        Unknowable: where a name has no value, an operation is not one of Python's
            own on numbers, text and lists, or it fails or takes too long.
    """
    try:
        return _Reader(values).value(node)
    except (
        TypeError,
        ValueError,
        ZeroDivisionError,
        OverflowError,
        IndexError,
        KeyError,
        AttributeError,
        RecursionError,
    ) as error:
        raise Unknowable(str(error)) from error


def _short(items: range) -> range:
    if len(items) > LENGTH:
        raise Unknowable("too long")
    return items


class _Reader:
    def __init__(self, values: Mapping[str, object], steps: list[int] | None = None):
        self.values = dict(values)
        self.steps = steps if steps is not None else [STEPS]

    def value(self, node: ast.AST) -> Any:
        self.steps[0] -= 1
        if self.steps[0] < 0:
            raise Unknowable("too many steps")
        method = getattr(self, f"read_{type(node).__name__}", None)
        if method is None:
            raise Unknowable(type(node).__name__)
        return method(node)

    def read_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def read_Name(self, node: ast.Name) -> Any:
        if node.id in self.values:
            return self.values[node.id]
        if node.id in _TYPES:
            return _TYPES[node.id]
        raise Unknowable(node.id)

    def read_BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Pow):
            return self._power(left, right)
        if type(node.op) not in _OPERATORS:
            raise Unknowable(type(node.op).__name__)
        for side in (left, right):
            if isinstance(side, int) and abs(side) > LIMIT:
                raise Unknowable("too large")
        for text, number in ((left, right), (right, left)):
            if isinstance(text, (str, list, tuple)) and isinstance(number, int):
                if len(text) * abs(number) > LENGTH:
                    raise Unknowable("too long")
        if isinstance(left, str) and isinstance(node.op, ast.Mod):
            raise Unknowable("text")
        return _OPERATORS[type(node.op)](left, right)

    def _power(self, left: Any, right: Any) -> Any:
        if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
            raise Unknowable("power")
        if abs(left) > LIMIT or abs(right) > 64:
            raise Unknowable("too large")
        return left**right

    def read_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        return +value if isinstance(node.op, ast.UAdd) else -value

    def read_BoolOp(self, node: ast.BoolOp) -> Any:
        wanted = isinstance(node.op, ast.Or)
        value: Any = not wanted
        for part in node.values:
            value = self.value(part)
            if bool(value) == wanted:
                return value
        return value

    def read_Compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        for compare, right_node in zip(node.ops, node.comparators):
            right = self.value(right_node)
            if not _OPERATORS[type(compare)](left, right):
                return False
            left = right
        return True

    def read_IfExp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def read_Tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._items(node.elts))

    def read_List(self, node: ast.List) -> Any:
        return tuple(self._items(node.elts))

    def _items(self, nodes: list[ast.expr]) -> Iterator[Any]:
        for item in nodes:
            if isinstance(item, ast.Starred):
                yield from self.value(item.value)
            else:
                yield self.value(item)

    def read_Subscript(self, node: ast.Subscript) -> Any:
        return self.value(node.value)[self.value(node.slice)]

    def read_Slice(self, node: ast.Slice) -> slice:
        bounds = (node.lower, node.upper, node.step)
        return slice(
            *(None if bound is None else self.value(bound) for bound in bounds)
        )

    def read_ListComp(self, node: ast.ListComp | ast.GeneratorExp) -> Any:
        return [inner.value(node.elt) for inner in self._each(node.generators)]

    read_GeneratorExp = read_ListComp

    def _each(self, generators: list[ast.comprehension]) -> Iterator[_Reader]:
        """A reader for each turn of the loops of a comprehension."""
        if not generators:
            yield self
            return
        first, *others = generators
        for item in list(self.value(first.iter)):
            inner = _Reader(self.values, self.steps)
            inner.assign(first.target, item)
            if all(inner.value(test) for test in first.ifs):
                yield from inner._each(others)

    def read_Call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name):
            raise Unknowable("call")
        given = list(self._items(node.args))
        function = self.values.get(node.func.id)
        if isinstance(function, ast.FunctionDef) and not node.keywords:
            return self._called(function, given)
        if node.func.id in _FUNCTIONS and not node.keywords:
            return _FUNCTIONS[node.func.id](*given)
        raise Unknowable(node.func.id)

    # Functions of the spec.

    def _called(self, function: ast.FunctionDef, given: list[Any]) -> Any:
        parameters = function.args.args
        known = {n: v for n, v in self.values.items() if isinstance(v, ast.FunctionDef)}
        inner = _Reader(known, self.steps)
        defaults = function.args.defaults
        if len(given) < len(parameters) - len(defaults) or len(given) > len(parameters):
            raise Unknowable("arguments")
        for parameter, default in zip(parameters[::-1], defaults[::-1]):
            inner.values[parameter.arg] = self.value(default)
        for parameter, value in zip(parameters, given):
            inner.values[parameter.arg] = value
        try:
            inner.run(function.body)
        except _Returned as returned:
            return returned.value
        return None

    def run(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Return):
            raise _Returned(None if node.value is None else self.value(node.value))
        if isinstance(node, ast.Assign):
            value = self.value(node.value)
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AugAssign):
            self.assign(
                node.target,
                self.read_BinOp(ast.BinOp(_load(node.target), node.op, node.value)),
            )
        elif isinstance(node, ast.If):
            self.run(node.body if self.value(node.test) else node.orelse)
        elif isinstance(node, ast.For):
            for item in list(self.value(node.iter)):
                self.assign(node.target, item)
                self.run(node.body)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            pass
        elif not isinstance(node, ast.Pass):
            raise Unknowable(type(node).__name__)

    def assign(self, target: ast.AST, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.values[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = list(value)
            if len(parts) != len(target.elts):
                raise Unknowable("unpacking")
            for part, item in zip(target.elts, parts):
                self.assign(part, item)
        else:
            raise Unknowable(type(target).__name__)


def _load(target: ast.AST) -> ast.expr:
    """A target as an expression that reads it."""
    return ast.parse(ast.unparse(target), mode="eval").body
