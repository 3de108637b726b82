"""Faults in expressions: operators, operands, constants, comparisons, slices."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from faults.text import Change, Mutant, Source

OPERATORS = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "//",
    ast.Pow: "*",
    ast.MatMult: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
}
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
# The boundary of a comparison moved, or its sense turned.
COMPARISONS = {
    ast.Lt: ("<=", ">"),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<"),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
AUGMENTED = {ast.Add: "-=", ast.Sub: "+=", ast.Mult: "/=", ast.Div: "*="}


def mutants(source: Source) -> Iterator[Mutant]:
    unordered = _unordered(source)
    for node in source.walk(ast.expr):
        if isinstance(node, ast.BinOp):
            yield from _binary(source, node)
        elif isinstance(node, ast.UnaryOp) and not isinstance(
            node.operand, ast.Constant
        ):
            yield source.replace("operator dropped", node, source.of(node.operand))
        elif isinstance(node, ast.Compare):
            yield from _comparison(source, node)
        elif isinstance(node, ast.BoolOp):
            yield from _boolean(source, node)
        elif isinstance(node, ast.IfExp):
            yield source.replace("branch forced", node, source.of(node.body))
            yield source.replace("branch forced", node, source.of(node.orelse))
        elif isinstance(node, ast.Constant):
            yield from _constant(source, node)
        elif isinstance(node, ast.Slice):
            yield from _slice(source, node)
        elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
            yield from _items(source, node, unordered)
    for node in source.walk(ast.AugAssign):
        if type(node.op) in AUGMENTED:
            start, end = (source.extent(node.target)[1], source.extent(node.value)[0])
            yield source.change(
                "operator swapped",
                node,
                Change(start, end, f" {AUGMENTED[type(node.op)]} "),
            )
    yield from _complements(source)


def _between(source: Source, left: ast.AST, right: ast.AST, text: str) -> Change:
    """A change of what stands between two operands, parentheses apart."""
    start, end = (source.extent(left)[1], source.extent(right)[0])
    gap = source.text[start:end]
    before = gap[: len(gap) - len(gap.lstrip(" \n)"))]
    after = gap[len(gap.rstrip(" \n(")) :]
    return Change(start, end, f"{before.rstrip(' ')} {text} {after.lstrip(' ')}")


def _binary(source: Source, node: ast.BinOp) -> Iterator[Mutant]:
    if any(
        isinstance(side, ast.Constant) and isinstance(side.value, str)
        for side in (node.left, node.right)
    ):
        return
    new = OPERATORS.get(type(node.op))
    if new is not None:
        yield source.change(
            "operator swapped", node, _between(source, node.left, node.right, new)
        )
    yield source.replace("operand dropped", node, source.operand(node.left))
    yield source.replace("operand dropped", node, source.operand(node.right))
    if isinstance(node.op, ORDERED):
        yield source.swap("operands swapped", node.left, node.right)


def _comparison(source: Source, node: ast.Compare) -> Iterator[Mutant]:
    operands = [node.left, *node.comparators]
    for index, operator in enumerate(node.ops):
        for new in COMPARISONS[type(operator)]:
            change = _between(source, operands[index], operands[index + 1], new)
            yield source.change("comparison", node, change)


def _boolean(source: Source, node: ast.BoolOp) -> Iterator[Mutant]:
    new = "or" if isinstance(node.op, ast.And) else "and"
    changes = [
        _between(source, a, b, new) for a, b in zip(node.values, node.values[1:])
    ]
    yield source.change("operator swapped", node, *changes)
    for value in node.values:
        others = [source.operand(other) for other in node.values if other is not value]
        word = " and " if isinstance(node.op, ast.And) else " or "
        yield source.replace("operand dropped", node, word.join(others))


def _constant(source: Source, node: ast.Constant) -> Iterator[Mutant]:
    value = node.value
    if isinstance(value, bool):
        yield source.replace("constant", node, str(not value))
    elif isinstance(value, (int, float)):
        # The sign stands outside of the constant: -1 becomes -2 and 0.
        yield source.replace("constant +1", node, repr(value + 1))
        yield source.replace("constant -1", node, repr(value - 1))


def _slice(source: Source, node: ast.Slice) -> Iterator[Mutant]:
    for bound in (node.lower, node.upper):
        if bound is not None:
            yield source.replace("slice bound dropped", bound, "")


def _unordered(source: Source) -> set[int]:
    """Collections that are only asked what is in them: `isinstance(x, (a, b))`, `in`."""
    found = set()
    for node in source.walk(ast.expr):
        if isinstance(node, ast.Compare) and isinstance(
            node.ops[0], (ast.In, ast.NotIn)
        ):
            found |= {id(one) for one in node.comparators}
        elif isinstance(node, ast.Call) and source.of(node.func) == "isinstance":
            found.add(id(node.args[1]))
    return found


def _items(
    source: Source, node: ast.Tuple | ast.List, unordered: set[int]
) -> Iterator[Mutant]:
    items = node.elts
    for index in range(len(items)):
        if len(items) > 1:
            yield source.drop("item dropped", items, index)
        if index + 1 < len(items) and id(node) not in unordered:
            yield source.swap("items swapped", items[index], items[index + 1])


def _complements(source: Source) -> Iterator[Mutant]:
    """`x * m + y * (1 - m)` with the two exchanged."""
    for statement in source.walk(ast.stmt):
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.If, ast.For)):
            continue
        nodes = list(ast.walk(statement))
        complements = [
            node
            for node in nodes
            if isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Sub)
            and isinstance(node.left, ast.Constant)
            and node.left.value == 1
        ]
        for complement in complements[:1]:
            name = source.of(complement.right)
            inner = {complement.right}
            changes = [
                Change(*source.extent(node), f"(1 - {name})")
                for node in nodes
                if isinstance(node, (ast.Name, ast.Attribute))
                and source.of(node) == name
                and node not in inner
            ]
            if changes:
                yield source.change(
                    "m and 1 - m exchanged",
                    statement,
                    *changes,
                    Change(*source.extent(complement), name),
                )
