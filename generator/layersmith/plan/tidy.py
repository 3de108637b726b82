"""Lays a body out as ruff does, but for what is too long: its statements, its nesting.

Each statement stands on one line, spelled as ruff spells it, and each block four columns
deeper. What is too long for a line is broken when it is emitted.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from itertools import pairwise

from layersmith.plan import spelling
from layersmith.tokens import tokens_of

# Text of a line that is no code, and what may be such text over several lines.
_NO_CODE = re.compile(r"""\"[^"\n]*\"|'[^'\n]*'|#.*""")
_UNSURE = re.compile(r"""[\"']{3}|\\|\n\s*\n\s*\n""")
_COMPOUND = frozenset(
    ["if", "elif", "else", "for", "while", "with", "try", "except", "finally", "def"]
)
# A block on the line of its head or behind a blank line, or several statements on a line.
_ODD_BLOCKS = re.compile(
    rf"^[ ]*(?:{'|'.join(sorted(_COMPOUND))})\b.*:[ ]*[^\s#]|:[ ]*\n[ ]*\n|;",
    re.MULTILINE,
)


def tidied(text: str) -> str:
    """A body as ruff lays it out, but for the breaks of lines that are too long.

    Kept as they are: statements over several lines that have a comment inside, or
    brackets whose last item has a comma, by which their author asks for an item a line.
    """
    lines = text.split("\n")
    if _stands_well(text):
        return "\n".join(map(_spelled, lines))
    levels = _Levels(_column(lines[0]))
    result: list[str] = []
    groups = [lines[first : last + 1] for first, last in _logical_lines(text)]
    for index, group in enumerate(groups):
        stripped = group[0].strip()
        column = _column(group[0])
        if not stripped:
            if result and result[-1] and not _opens(result[-1]):
                result.append("")
            continue
        if stripped.startswith("#"):
            statements = (g[0] for g in groups[index:] if not _is_between(g[0]))
            following = next(map(_column, statements), column)
            margin = " " * levels.of_comment(column, following)
            result.append(margin + spelling.line(stripped))
            continue
        margin = " " * levels.of_statement(column)
        if len(group) > 1 and _joinable(group):
            group = [" ".join(line.strip() for line in group)]
        if len(group) > 1:
            # The lines behind the first keep their place beside it.
            result.append(margin + stripped)
            result += [_moved(line, len(margin) - column) for line in group[1:]]
            continue
        for deeper, statement in _statements(group[0].strip()):
            result.append(margin + "    " * deeper + spelling.line(statement))
    return "\n".join(result)


def _stands_well(text: str) -> bool:
    """Whether all statements and blocks stand where they should; a no costs time alone."""
    if _UNSURE.search(text) or _ODD_BLOCKS.search(text):
        return False
    code = _NO_CODE.sub("", text).split("\n")
    columns = [_column(line) for line in code if line.strip()]
    steps = all(after - before <= 4 for before, after in pairwise([0, *columns]))
    return steps and not any(n % 4 for n in columns) and all(map(_closed, code))


def _spelled(line: str) -> str:
    return " " * _column(line) + spelling.line(line.strip())


def _closed(line: str) -> bool:
    """Whether a line of code closes the brackets that it opens."""
    return sum(map(line.count, "([{")) == sum(map(line.count, ")]}"))


class _Levels:
    """How deep the blocks are that a line stands in, from the columns of the lines."""

    def __init__(self, first: int) -> None:
        self.columns = [first]

    def of_statement(self, column: int) -> int:
        while len(self.columns) > 1 and column < self.columns[-1]:
            self.columns.pop()
        if column > self.columns[-1]:
            self.columns.append(column)
        return self._margin(len(self.columns) - 1)

    def of_comment(self, column: int, following: int) -> int:
        """A comment opens no block: it is in that of what follows, or at the end of one.

        Args:
            column: Of the comment.
            following: Column of the next statement.
        """
        if following > self.columns[-1]:
            return self._margin(len(self.columns))
        place = max(column, following)
        return self._margin(max(0, sum(known <= place for known in self.columns) - 1))

    def _margin(self, depth: int) -> int:
        return self.columns[0] + 4 * depth


def _column(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_between(line: str) -> bool:
    """Whether a line is no statement: blank, or a comment."""
    return line.strip()[:1] in ("", "#")


def _opens(line: str) -> bool:
    """Whether a block stands below a line."""
    code = line.partition("#")[0].rstrip()
    return code.endswith(":") and not code.lstrip().startswith("def ")


def _moved(line: str, columns: int) -> str:
    if columns >= 0:
        return " " * columns + line if line.strip() else line
    return line[min(-columns, _column(line)) :]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a line, each with how much deeper it stands than the first."""
    tokens = tokens_of(text)
    deeper, start = 0, 0
    if tokens and tokens[0].text in _COMPOUND:
        lambdas = 0
        for token in tokens:
            lambdas += token.depth == 0 and token.text == "lambda"
            if token.depth or token.text != ":" or token.kind != "operator":
                continue
            if lambdas:
                lambdas -= 1
                continue
            rest = text[token.start + 1 :].strip()
            if not rest or rest.startswith("#"):
                break
            yield 0, text[: token.start + 1]
            deeper, start = 1, token.start + 1
            break
    for token in tokens:
        if token.start > start and token.text == ";" and token.kind == "operator":
            yield deeper, text[start : token.start].strip()
            start = token.start + 1
    if text[start:].strip():
        yield deeper, text[start:].strip()


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
