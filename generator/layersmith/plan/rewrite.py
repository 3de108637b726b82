"""Rewrites Python text in place, so that comments and layout survive."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from layersmith.language.parsed import Parsed
from layersmith.language.trees import walk

# Text of a line that is no code, and what may be such text over several lines.
_NO_CODE = re.compile(r"""\"[^"\n]*\"|'[^'\n]*'|#.*""")
_UNSURE = re.compile(r"""[\"']{3}|\\""")


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


def joined_lines(text: str) -> str:
    """A body in which a statement over several lines stands on one.

    Kept as they are: lines with a comment inside, and brackets whose last item
    has a comma, by which their author asks for one item a line.
    """
    lines = text.split("\n")
    if not _UNSURE.search(text):
        if all(map(_closed, _NO_CODE.sub("", text).split("\n"))):
            return text
    result: list[str] = []
    for first, last in _logical_lines(text):
        group = lines[first : last + 1]
        if len(group) > 1 and _joinable(group):
            parts = [group[0].rstrip(), *(line.strip() for line in group[1:])]
            joined = parts[0]
            for part in parts[1:]:
                tight = joined.endswith(("(", "[", "{")) or part.startswith(
                    (")", "]", "}")
                )
                joined += part if tight else " " + part
            group = [joined]
        result.extend(group)
    return "\n".join(result)


def _closed(line: str) -> bool:
    """Whether a line of code closes the brackets that it opens."""
    return sum(map(line.count, "([{")) == sum(map(line.count, ")]}"))


def _logical_lines(text: str) -> list[tuple[int, int]]:
    """First and last line (from 0) of each statement, comment and blank line."""
    groups, start = [], None
    count = text.count("\n") + 1
    for token in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
        if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        if token.type in (tokenize.NL, tokenize.COMMENT) and start is None:
            if token.type == tokenize.NL and token.start[0] <= count:
                groups.append((token.start[0] - 1, token.start[0] - 1))
            continue
        if start is None:
            start = token.start[0] - 1
        if token.type == tokenize.NEWLINE:
            groups.append((start, token.start[0] - 1))
            start = None
    return groups


def _joinable(group: list[str]) -> bool:
    text = "\n".join(line.strip() for line in group)
    if "\\\n" in text or any(",\n" + close in text for close in ")]}"):
        return False
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text + "\n").readline))
    except (tokenize.TokenError, IndentationError):
        return False
    last = len(group)
    for token in tokens:
        # A comment behind the whole statement stays behind it.
        if token.type == tokenize.COMMENT and token.start[0] < last:
            return False
        if token.type == tokenize.STRING and token.start[0] != token.end[0]:
            return False
    return True
