"""Sizes from expressions: what a syntax tree says over named sizes."""

from __future__ import annotations

import ast

from layersmith.language.dims import Dim, SizeTooLarge
from layersmith.language.trees import walk

SIZES = "use names, numbers, + - * // %, and max or min of such"
_FUNCTIONS = frozenset({"max", "min"})


def size_names(tree: ast.AST) -> list[ast.Name]:
    """The names in a size that stand for sizes."""
    nodes = walk(tree)
    called = {id(node.func) for node in nodes if _chooses(node)}
    return [n for n in nodes if isinstance(n, ast.Name) and id(n) not in called]


def _chooses(node: ast.AST) -> bool:
    """Whether it is the largest or the smallest of several sizes."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _FUNCTIONS
    )


def dim_of(node: ast.AST, of_name) -> Dim | None:
    """An integer expression as a polynomial over names; None where it is not one."""
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int)
        and not isinstance(node.value, bool)
    ):
        return Dim.of(node.value)
    if isinstance(node, ast.Name):
        return of_name(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = dim_of(node.operand, of_name)
        return None if operand is None else operand * Dim.of(-1)
    if isinstance(node, ast.BinOp):
        left, right = (dim_of(node.left, of_name), dim_of(node.right, of_name))
        if left is None or right is None:
            return None
        try:
            return combine(node.op, left, right)
        except SizeTooLarge:
            return None
    if _chooses(node):
        sizes = [dim_of(size, of_name) for size in node.args]
        if None in sizes or len(sizes) < 2 or node.keywords:
            return None
        return Dim.of(f"{node.func.id}({', '.join(map(str, sizes))})")
    if isinstance(node, (ast.Subscript, ast.Call)):
        return Dim.of(ast.unparse(node))
    return None


def combine(operator: ast.operator, left: Dim, right: Dim) -> Dim | None:
    if isinstance(operator, ast.Add):
        return left + right
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.Mult):
        return left * right
    if isinstance(operator, ast.FloorDiv):
        return left // right
    if isinstance(operator, ast.Mod):
        return left % right
    if (
        isinstance(operator, ast.Pow)
        and right.constant is not None
        and 0 <= right.constant <= 8
    ):
        power = Dim.of(1)
        for _ in range(right.constant):
            power = power * left
        return power
    return None
