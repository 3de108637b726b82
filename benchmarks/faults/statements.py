"""Faults in statements: dropped, branches forced or negated, loops cut short, lines lost."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from faults.text import Change, Mutant, Source


def mutants(source: Source) -> Iterator[Mutant]:
    for node in source.walk(ast.stmt):
        yield from _dropped(source, node)
        if isinstance(node, ast.If):
            yield from _branch(source, node)
        elif isinstance(node, ast.For):
            yield from _loop(source, node)
    for node in source.walk(ast.ClassDef, ast.FunctionDef):
        for decorator in node.decorator_list:
            start, end = source.extent(decorator)
            # From the `@` to the end of the line.
            yield source.change(
                "decorator dropped", decorator, Change(start - 1, end + 1, "")
            )
    yield from _lines(source)


def _lines(source: Source) -> Iterator[Mutant]:
    """Any one line deleted, which is no whole statement: those are dropped above."""
    lines = source.text.splitlines(keepends=True)
    left_out = {
        number
        for node in ast.walk(source.tree)
        if isinstance(node, ast.stmt)
        for number in range(node.lineno, node.end_lineno + 1)
        if _is_text(node) or (node.lineno == node.end_lineno and not _imports(node))
    }
    for number in range(1, len(lines) + 1):
        if number not in left_out:
            rest = lines[: number - 1] + lines[number:]
            yield Mutant("line deleted", number, "".join(rest))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _imports(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _dropped(source: Source, node: ast.stmt) -> Iterator[Mutant]:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Pass)):
        return
    if _is_text(node):
        return
    if isinstance(node, ast.Return) and _is_none(node.value):
        return
    if isinstance(node, ast.FunctionDef):
        if not isinstance(source.parents[node], ast.ClassDef):
            return
        start, end = source.extent(node)
        yield source.change("method dropped", node, Change(start, end, "pass"))
        return
    parent = source.parents[node]
    if (
        isinstance(node, ast.If)
        and isinstance(parent, ast.If)
        and node in parent.orelse
    ):
        if source.text[source.extent(node)[0] :].startswith("elif"):
            return
    yield source.replace("statement dropped", node, "pass")


def _is_none(node: ast.AST | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _branch(source: Source, node: ast.If) -> Iterator[Mutant]:
    refuses = any(isinstance(inner, ast.Raise) for inner in node.body)
    kind = "validation dropped" if refuses else "branch forced"
    yield source.replace(kind, node.test, "False")
    yield source.replace("branch forced", node.test, "True")
    yield source.replace("branch negated", node.test, f"not ({source.of(node.test)})")


def _loop(source: Source, node: ast.For) -> Iterator[Mutant]:
    over = source.of(node.iter)
    yield source.replace("loop cut short", node.iter, f"list({over})[:-1]")
    yield source.replace("loop cut short", node.iter, f"list({over})[1:]")
