"""A piece of Python from a spec: its syntax tree, and where each part stands."""

from __future__ import annotations

import ast
from functools import cached_property
from itertools import accumulate

from layersmith.errors import Span
from layersmith.language.trees import walk
from layersmith.record import record
from layersmith.spec.model import Code


@record
class Parsed:
    """A syntax tree with the text that it was read from.

    Attributes:
        tree: `ast.Module` for a body, an `ast.expr` for an expression.
        code: The text, and where it stands in the spec.
    """

    tree: ast.AST
    code: Code
    lines: tuple[str, ...]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, which nobody changes: found once, as it is asked often."""
        return tuple(walk(self.tree))

    @cached_property
    def names(self) -> tuple[ast.Name, ...]:
        """The names among them."""
        return tuple(node for node in self.nodes if isinstance(node, ast.Name))

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each line begins, in characters of the text."""
        return (0, *accumulate(len(line) + 1 for line in self.lines))

    def column(self, line: int, offset: int) -> int:
        """Column in characters of a byte offset, as `ast` counts them."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return len(text.encode()[:offset].decode(errors="replace"))

    def span(self, node: ast.AST) -> Span:
        """Where a node stands in the spec file."""
        line = getattr(node, "lineno", 1)
        end = getattr(node, "end_lineno", None) or line
        start = self.column(line, getattr(node, "col_offset", 0))
        stop = self.column(end, getattr(node, "end_col_offset", None) or start + 1)
        return self.code.origin.span(line - 1, start, end - 1, stop)
