"""What commands tell: problems and changes, as text, as JSON or for GitHub."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from layersmith.changes import Action, Change, difference
from layersmith.emit.own import OwnTemplates
from layersmith.errors import Problem, as_json, failed, github, in_order, render
from layersmith.pipeline import SpecFile

_WORDS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.UNCHANGED: "unchanged",
    Action.KEEP: "keep",
    Action.MERGE: "merge",
    Action.CONFLICT: "conflict",
    Action.REMOVE: "remove",
    Action.ORPHAN: "orphan",
    Action.REFUSE: "refuse",
}
_COLOURS = {
    Action.CREATE: "32",
    Action.UPDATE: "32",
    Action.MERGE: "33",
    Action.REMOVE: "33",
    Action.CONFLICT: "31",
    Action.ORPHAN: "31",
    Action.REFUSE: "31",
}
_LEFT_ALONE = (Action.UNCHANGED, Action.KEEP)
_BAD = (Action.CONFLICT, Action.ORPHAN, Action.REFUSE)


def coloured(stream: TextIO) -> bool:
    """Whether colours are wanted: at a terminal, and not switched off."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


class Output:
    """Tells the result of one command and gives its exit status."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        files: Sequence[SpecFile],
        own: OwnTemplates | None = None,
    ):
        self.arguments = arguments
        self.texts = {file.name: file.text for file in files}
        for name, text in own.texts if own is not None else ():
            self.texts[own.path(name)] = text

    def finish(
        self,
        problems: Sequence[Problem],
        changes: Sequence[Change],
        *,
        checked: int | None = None,
        dry: bool = False,
        diff: bool = False,
    ) -> int:
        """Shows everything; returns the exit status.

        Args:
            problems: Of the specs; with an error there are no changes.
            changes: What happened, or with `dry` what would happen.
            checked: Number of specs, for a command that only checks them.
            diff: Whether the differences are shown.
        """
        stopped = failed(problems)
        status = 2 if stopped else _status(changes, dry)
        if self.arguments.json:
            self._json(problems, changes, status)
            return status
        self._problems(problems)
        if stopped:
            return status
        if diff:
            self._diff(changes)
        else:
            self._changes(changes, dry)
        if checked is not None and not self.arguments.quiet:
            noun = "spec" if checked == 1 else "specs"
            print(f"{checked} {noun}: no mistakes")
        return status

    def _problems(self, problems: Sequence[Problem]) -> None:
        ordered = in_order(problems)
        for index, problem in enumerate(ordered):
            if self.arguments.format == "github":
                print(github(problem))
                continue
            if index:
                print(file=sys.stderr)
            text = render(problem, self.texts.get(problem.file))
            print(_paint_problem(text), file=sys.stderr)
        errors = sum(problem.level == "error" for problem in ordered)
        if errors and self.arguments.format != "github":
            noun = "mistake" if errors == 1 else "mistakes"
            print(f"\n{errors} {noun}; nothing was written", file=sys.stderr)

    def _changes(self, changes: Sequence[Change], dry: bool) -> None:
        shown = 0
        for change in changes:
            if change.action in _LEFT_ALONE and not self.arguments.verbose:
                continue
            if self.arguments.quiet and change.action not in _BAD and not dry:
                continue
            shown += 1
            if self.arguments.format == "github" and not change.settled:
                message = (
                    change.note or f"{_WORDS[change.action]}: run `layersmith generate`"
                )
                print(f"::error file={change.path.as_posix()}::{message}")
                continue
            word = _paint(f"{_WORDS[change.action]:>9}", _COLOURS.get(change.action))
            note = f"  ({change.note})" if change.note else ""
            print(f"{word} {change.path.as_posix()}{note}")
        if changes and not shown and not self.arguments.quiet:
            noun = "file" if len(changes) == 1 else "files"
            print(f"{len(changes)} {noun}: nothing to do")

    def _diff(self, changes: Sequence[Change]) -> None:
        paint = coloured(sys.stdout)
        for change in changes:
            for line in difference(change).splitlines(keepends=True):
                sys.stdout.write(_paint_line(line) if paint else line)

    def _json(
        self, problems: Sequence[Problem], changes: Sequence[Change], status: int
    ) -> None:
        import json

        result = {
            "status": status,
            "problems": [as_json(problem) for problem in in_order(problems)],
            "files": [
                {
                    "path": change.path.as_posix(),
                    "state": change.state.value,
                    "action": change.action.value,
                    "note": change.note,
                    "conflicts": change.conflicts,
                }
                for change in changes
            ],
        }
        print(json.dumps(result, indent=2))


def _status(changes: Sequence[Change], dry: bool) -> int:
    if dry:
        return int(any(not change.settled for change in changes))
    return int(any(change.action in _BAD for change in changes))


def _paint(text: str, colour: str | None) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and coloured(sys.stdout) else text


def _paint_problem(text: str) -> str:
    if not coloured(sys.stderr):
        return text
    return text.replace(": error: ", ": \x1b[1;31merror:\x1b[0m ", 1).replace(
        ": warning: ", ": \x1b[1;33mwarning:\x1b[0m ", 1
    )


def _paint_line(line: str) -> str:
    colour = None
    if line.startswith(("---", "+++")):
        colour = "1"
    elif line.startswith("@@"):
        colour = "36"
    elif line.startswith("+"):
        colour = "32"
    elif line.startswith("-"):
        colour = "31"
    if colour is None:
        return line
    end = "\n" if line.endswith("\n") else ""
    return f"\x1b[{colour}m{line.removesuffix(end)}\x1b[0m{end}"
