"""Where the characters of a YAML scalar's text stand in the file that it was read from.

Nothing is worked out before a place is asked for: most specs have no mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from functools import cached_property

from layersmith.errors import Span
from layersmith.record import record

# Characters of an escape behind its backslash and letter.
_ESCAPES = {"x": 2, "u": 4, "U": 8}
_BLANK = " \t"


@record
class Origin:
    """The way back from a scalar's text to the file.

    Attributes:
        text: The scalar's text, as YAML gives it.
        style: How it is written: `|`, `>`, a quote, or nothing for a plain one.
        line, column: Where it starts in the file, from 0: at its indicator or quote.
        lines: The lines of the file.
    """

    text: str
    style: str
    line: int
    column: int
    lines: tuple[str, ...] = field(repr=False, compare=False)

    def span(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """Span in the file of a part of the text (lines and columns from 0)."""
        if self.style == "|":
            start = self._in_block(line, column)
            end = self._in_block(end_line, end_column)
        else:
            starts, places = self._starts, self._places
            last = len(starts) - 1
            start = places[min(starts[min(line, last)] + column, len(places) - 1)]
            end = _behind(places, starts[min(end_line, last)] + end_column)
        return Span(start[0] + 1, start[1] + 1, end[0] + 1, max(end[1], 0) + 1)

    @cached_property
    def _texts(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        """Offset of each line of the text, and of one behind the last."""
        starts = [0]
        for text in self._texts:
            starts.append(starts[-1] + len(text) + 1)
        return starts

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        return list(self._walk())

    def _in_block(self, line: int, column: int) -> tuple[int, int]:
        """In a literal block each line of the text is the end of one of the file."""
        texts = self._texts
        line = min(line, len(texts) - 1)
        number = min(self.line + 1 + line, len(self.lines) - 1)
        indent = 0
        for index, text in enumerate(texts[: line + 1]):
            at = self.line + 1 + index
            if text.strip() and at < len(self.lines):
                indent = len(self.lines[at]) - len(text)
        return number, max(indent, 0) + column

    def _walk(self) -> Iterator[tuple[int, int]]:
        """Line and column of each character of the text, and of the end."""
        line, column = (self.line, self.column)
        if self.style == ">":
            line, column = self._next(line)
        elif self.style:
            column += 1
        for character in self.text:
            line, column = self._forward(line, column, character)
            yield line, column
            rest = self.lines[line][column:] if line < len(self.lines) else ""
            if not rest.strip(_BLANK):
                # A break, or a space that stands for one.
                line, column = self._next(line)
            elif rest[0] == "\\" and self.style == '"':
                column += 2 + _ESCAPES.get(rest[1:2], 0)
            elif rest[0] == "'" and self.style == "'":
                column += 2
            elif rest[0] == character:
                column += 1
        yield line, column

    def _forward(self, line: int, column: int, character: str) -> tuple[int, int]:
        """Steps over line breaks that leave nothing in the text."""
        while line + 1 < len(self.lines):
            rest = self.lines[line][column:]
            escaped = (
                self.style == '"' and rest[:1] == "\\" and not rest[1:].strip(_BLANK)
            )
            blank = not rest.strip(_BLANK) and character not in " \n"
            if not escaped and not blank:
                break
            line, column = self._next(line)
        return line, column

    def _next(self, line: int) -> tuple[int, int]:
        line = min(line + 1, len(self.lines) - 1)
        text = self.lines[line]
        return line, len(text) - len(text.lstrip(_BLANK))


def _behind(places: list[tuple[int, int]], offset: int) -> tuple[int, int]:
    """Just behind the last character before an offset, on that character's line."""
    if 0 < offset < len(places):
        line, column = places[offset - 1]
        after = places[offset]
        return after if after[0] == line else (line, column + 1)
    return places[min(offset, len(places) - 1)]
