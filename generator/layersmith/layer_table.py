"""The table of a project's layers in its README, a file that people own.

A README without the two marks below gets no table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from layersmith.record import record

BEGIN = "<!-- layers: `layersmith generate` keeps this table -->"
END = "<!-- end of layers -->"

_HEAD = ("| Layer | What it does | |", "|---|---|---|")
_NAME = re.compile(r"\| *\[`?(\w+)`?\]")


@record
class Row:
    """A layer in the table.

    Attributes:
        name: Class of the layer.
        summary: What it does, in a sentence.
        module: Path of its module, from the project's root, with forward slashes.
        links: Label and path of the files beside the module.
    """

    name: str
    summary: str
    module: str
    links: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        links = ", ".join(f"[{label}]({quote(path)})" for label, path in self.links)
        return (
            f"| [`{self.name}`]({quote(self.module)}) | {_cell(self.summary)} "
            f"| {links} |"
        )


def with_table(text: str, rows: Sequence[Row], partial: bool = False) -> str:
    """The README's text with the table of these layers; the rest stays as it is.

    Args:
        text: Content of the README.
        rows: The layers.
        partial: Whether rows of other layers, which are there already, are kept.
    """
    before, begin, rest = text.partition(BEGIN)
    inside, end, after = rest.partition(END)
    if not begin or not end:
        return text
    lines = table(rows, _rows_in(inside) if partial else {})
    if _cells(inside.splitlines()) == _cells(lines):
        return text  # a formatter may have aligned the columns
    newline = "\r\n" if "\r\n" in text else "\n"
    # Markdown needs a blank line before a table that follows a comment.
    block = newline.join(["", "", *lines, "", ""]) if lines else newline
    return before + BEGIN + block + END + after


def table(rows: Sequence[Row], others: Mapping[str, str] | None = None) -> list[str]:
    """The lines of a table, in order of names; of no layers, none."""
    lines = {**(others or {}), **{row.name: row.line for row in rows}}
    return [*_HEAD, *(lines[name] for name in sorted(lines))] if lines else []


def _rows_in(inside: str) -> dict[str, str]:
    lines = inside.splitlines()
    return {match[1]: line for line in lines if (match := _NAME.match(line))}


def _cells(lines: Sequence[str]) -> list[list[str]]:
    """The cells of each line of a table, whatever the width of its columns."""
    return [
        [re.sub(r"-{3,}", "---", cell.strip()) for cell in line.strip("| ").split("|")]
        for line in lines
        if line.strip()
    ]


def _cell(text: str) -> str:
    """Text as a cell: on one line, and read as text, not as HTML or another cell."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text.replace("&", "&amp;").replace("<", "&lt;")
