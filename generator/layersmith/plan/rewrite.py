"""Rewrites Python text in place, so that comments and layout survive."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from layersmith.language.parsed import Parsed
from layersmith.language.trees import walk


@dataclass(frozen=True, order=True)
class Edit:
    """Replaces the text from `start` up to `end`, in characters."""

    start: int
    end: int
    text: str


def offset(parsed: Parsed, line: int, column: int) -> int:
    """Place in the text of a line and a byte column, as `ast` counts them."""
    return parsed.starts[line - 1] + parsed.column(line, column)


def extent(parsed: Parsed, node: ast.AST) -> tuple[int, int]:
    return (
        offset(parsed, node.lineno, node.col_offset),
        offset(parsed, node.end_lineno, node.end_col_offset),
    )


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; of overlapping ones the outer wins."""
    pieces, last = [], 0
    for edit in sorted(set(edits), key=lambda e: (e.start, -e.end)):
        if edit.start < last:
            continue
        pieces.append(text[last : edit.start])
        pieces.append(edit.text)
        last = edit.end
    return "".join([*pieces, text[last:]])


def name_edits(
    parsed: Parsed, tree: ast.AST, rename: Callable[[str], str | None]
) -> list[Edit]:
    """Edits that give every name in the tree its new text."""
    edits = []
    for node in walk(tree):
        if isinstance(node, ast.Name):
            new = rename(node.id)
            if new is not None and new != node.id:
                edits.append(Edit(*extent(parsed, node), new))
    return edits


def last_argument(parsed: Parsed, call: ast.Call) -> Edit:
    """An empty edit at the place for one more argument of a call."""
    end = extent(parsed, call)[1] - 1
    text = parsed.code.text
    start = end
    while start and text[start - 1] in " \n":
        start -= 1
    if text[start - 1] == ",":
        return Edit(start, start, " ")
    empty = not call.args and not call.keywords
    return Edit(start, start, "" if empty else ", ")
