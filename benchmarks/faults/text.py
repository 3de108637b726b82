"""A source text with its syntax tree, and the changes that seed one fault in it."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Change:
    """Replaces the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Mutant:
    """A source with one fault in it.

    Attributes:
        kind: What sort of fault it is, in the words of the list in `__init__`.
        line: Where it is in the original, from 1.
        text: The whole source.
    """

    kind: str
    line: int
    text: str

    def diff(self, original: str, name: str) -> str:
        """The fault as a unified diff."""
        return "".join(
            difflib.unified_diff(
                original.splitlines(keepends=True),
                self.text.splitlines(keepends=True),
                name,
                f"{name} ({self.kind})",
                n=1,
            )
        )


class Source:
    """A Python file that faults are seeded in."""

    def __init__(self, text: str):
        self.text = text
        self.tree = ast.parse(text)
        self.parents: dict[ast.AST, ast.AST] = {
            child: parent
            for parent in ast.walk(self.tree)
            for child in ast.iter_child_nodes(parent)
        }

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        whole = self.text[start : self._starts[line]].encode()
        return start + len(whole[:column].decode())

    def extent(self, node: ast.AST) -> tuple[int, int]:
        """First and one past the last character of a node."""
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno, node.end_col_offset),
        )

    def of(self, node: ast.AST) -> str:
        start, end = self.extent(node)
        return self.text[start:end]

    def operand(self, node: ast.AST) -> str:
        """The text of an expression, in parentheses where it might need them."""
        bare = (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.Subscript)
        text = self.of(node)
        return text if isinstance(node, bare) else f"({text})"

    def replace(self, kind: str, node: ast.AST, text: str) -> Mutant:
        """A mutant in which a node has another text."""
        return self.change(kind, node, Change(*self.extent(node), text))

    def change(self, kind: str, at: ast.AST, *changes: Change) -> Mutant:
        text = self.text
        for change in sorted(changes, key=lambda c: -c.start):
            text = text[: change.start] + change.text + text[change.end :]
        return Mutant(kind, at.lineno, text)

    def drop(self, kind: str, items: list[ast.AST], index: int) -> Mutant:
        """A mutant without one item of a sequence, nor the comma beside it."""
        start, end = self.extent(items[index])
        if index + 1 < len(items):
            end = self.extent(items[index + 1])[0]
        elif index:
            start = self.extent(items[index - 1])[1]
        elif self.text[end : end + 1] == ",":
            end += 1
        return self.change(kind, items[index], Change(start, end, ""))

    def swap(self, kind: str, one: ast.AST, other: ast.AST) -> Mutant:
        return self.change(
            kind,
            one,
            Change(*self.extent(one), self.operand(other)),
            Change(*self.extent(other), self.operand(one)),
        )

    def inside(self, node: ast.AST, name: str) -> bool:
        """Whether a node stands in a function of this name."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return True
        return False

    def function(self, name: str) -> ast.FunctionDef | None:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
        return None

    def walk(self, *types: type) -> Iterator[ast.AST]:
        """Nodes of these types that are code: no docstrings, no annotations."""
        for node in ast.walk(self.tree):
            if isinstance(node, types) and not self._in_text(node):
                yield node

    def _in_text(self, node: ast.AST) -> bool:
        """Whether a node is a docstring, or part of a message."""
        parent = self.parents.get(node)
        if isinstance(parent, ast.Expr) and isinstance(node, ast.Constant):
            return True
        while parent is not None:
            if isinstance(parent, (ast.JoinedStr, ast.Raise)):
                return True
            parent = self.parents.get(parent)
        return False


def valid(source: Source, mutants: Iterator[Mutant]) -> list[Mutant]:
    """The mutants that are Python, mean something else, and are not there twice."""
    seen = {ast.dump(source.tree)}
    found = []
    for mutant in mutants:
        try:
            meaning = ast.dump(ast.parse(mutant.text))
        except SyntaxError:
            continue
        if meaning not in seen:
            seen.add(meaning)
            found.append(mutant)
    return sorted(found, key=lambda m: (m.line, m.kind))
