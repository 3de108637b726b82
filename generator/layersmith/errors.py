"""Located problems as values, collected through all stages and shown at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from layersmith.record import record

# Columns of a line that are shown.
EXCERPT = 100
# Mistakes of one spec that are told; whoever has more mends these first.
MOST = 50


class TooManyProblems(Exception):
    """A spec has so many mistakes that reading on helps nobody."""


class LayersmithError(Exception):
    """A failure to be told to the user as one line, without a traceback.

    Attributes:
        status: Exit status of the command: 3 for usage and I/O.
    """

    status = 3


@dataclass(frozen=True, order=True)
class Span:
    """Part of a file; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def point(cls, line: int, column: int) -> Span:
        return cls(line, column, line, column + 1)


@record
class Problem:
    """One thing that is wrong in a spec, where it is, and what to do about it."""

    file: str
    span: Span
    message: str
    hint: str = ""
    level: str = "error"


@dataclass
class Report:
    """Collects the problems of one spec file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, span: Span, message: str, hint: str = "") -> None:
        self._add(Problem(self.file, span, message, hint))

    def warning(self, span: Span, message: str, hint: str = "") -> None:
        self._add(Problem(self.file, span, message, hint, "warning"))

    def _add(self, problem: Problem) -> None:
        if problem in self.problems:
            return
        if len(self.problems) == MOST:
            message = f"more than {MOST} mistakes: the others are not shown"
            problem = Problem(self.file, problem.span, message, "mend these first")
        if len(self.problems) <= MOST:
            self.problems.append(problem)
        if len(self.problems) > MOST:
            raise TooManyProblems

    @property
    def failed(self) -> bool:
        return failed(self.problems)


def failed(problems: Iterable[Problem]) -> bool:
    """Whether one of the problems is an error, so that nothing is written."""
    return any(problem.level == "error" for problem in problems)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file and place, as a reader goes through the files."""
    return sorted(problems, key=lambda p: (p.file, p.span, p.message))


def render(problem: Problem, text: str | None = None) -> str:
    """`file:line:column: error: ...`, the line with a caret, and the hint.

    Args:
        problem: What to show.
        text: Content of the file; without it only the first line is given.
    """
    span = problem.span
    head = (
        f"{problem.file}:{span.line}:{span.column}: {problem.level}: {problem.message}"
    )
    parts = [head]
    lines = [] if text is None else text.split("\n")
    if 1 <= span.line <= len(lines):
        parts.extend(_excerpt(lines[span.line - 1].rstrip("\r"), span))
    if problem.hint:
        parts.append(f"  {problem.hint}")
    return "\n".join(parts)


def _excerpt(line: str, span: Span) -> list[str]:
    """The line and a row of carets under the span, cut to what a terminal shows."""
    shown = "".join(c if c.isprintable() else " " for c in line)
    start = span.column - 1
    stop = span.end_column - 1 if span.end_line == span.line else len(line)
    stop = min(max(stop, start + 1), start + EXCERPT)
    offset = min(max(0, stop - EXCERPT), start)
    shown = shown[offset : offset + EXCERPT]
    before, marked = (shown[: start - offset], shown[start - offset : stop - offset])
    carets = "^" * max(1, _columns(marked))
    return [f"  | {shown}".rstrip(), f"  | {' ' * _columns(before)}{carets}"]


def _columns(text: str) -> int:
    """Columns that a text takes in a terminal: ideographs take two, accents none."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0
        if unicodedata.combining(character)
        else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def github(problem: Problem) -> str:
    """The problem as an annotation of GitHub Actions."""
    span = problem.span
    message = problem.message + (f" {problem.hint}" if problem.hint else "")
    escaped = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    path = problem.file.replace(",", "%2C").replace(":", "%3A")
    return (
        f"::{problem.level} file={path},line={span.line},col={span.column},"
        f"endLine={span.end_line},endColumn={span.end_column}::{escaped}"
    )


def as_json(problem: Problem) -> Mapping[str, object]:
    """The problem as plain data for `--json`."""
    span = problem.span
    return {
        "file": problem.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "level": problem.level,
        "message": problem.message,
        "hint": problem.hint,
    }


def display_path(path: Path) -> str:
    """The path as the user would type it: relative to here where that is shorter."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return str(path)
