"""What a run is asked to write, and what it found and would do: plain values."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from pathlib import Path

from layersmith.markers import lines_of
from layersmith.record import record


@record
class Emitted:
    """One wanted file.

    Attributes:
        path: Where it belongs: relative to the project's root, or absolute below it.
        spec: Path of its spec, as the header shall give it.
        spec_text: The spec's text.
        body: The file's text without a header.
    """

    path: Path
    spec: str
    spec_text: str = field(repr=False)
    body: str = field(repr=False)


class State(Enum):
    """What a file is, told from its header and body."""

    ABSENT = "absent"
    PRISTINE = "pristine"  # as generated, but for a formatter's work
    EDITED = "edited"  # generated, then changed by hand
    FOREIGN = "foreign"  # without our header
    STALE = "stale"  # generated, and no spec asks for it any more
    CONFLICTED = "conflicted"  # with conflict markers that nobody has solved


class Action(Enum):
    """What happens to a file."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    KEEP = "keep"  # edited, and nothing new to merge
    MERGE = "merge"
    CONFLICT = "conflict"  # merged with conflicts, or still holding old ones
    REMOVE = "remove"
    ORPHAN = "orphan"  # edited, and no spec asks for it: reported and kept
    REFUSE = "refuse"  # not ours: reported and kept


@record
class Change:
    """One file: what it is, and what `apply` makes of it.

    Attributes:
        path: The file, relative to the project's root.
        state: What it is.
        action: What happens to it.
        before: Its text on the disk, line ends normalised; None without a file. For a
            file that is renamed, the text under the old name.
        after: Its text after `apply`; the same as before where it is left alone, None
            where no file is left.
        note: What a person should know or do; may be empty.
        source: The file's old name, where it is renamed.
        conflicts: How many conflicts `after` holds.
        backup: Whether a copy of what is thrown away is kept beside the file.
        seen: The bytes on the disk under `path`; None without a file.
        base: The generated text which `after` descends from, to be kept for merging;
            None where it is not known or has not changed.
    """

    path: Path
    state: State
    action: Action
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)
    note: str = ""
    source: Path | None = None
    conflicts: int = 0
    backup: bool = False
    seen: bytes | None = field(default=None, repr=False)
    base: str | None = field(default=None, repr=False)

    @property
    def writes(self) -> bool:
        """Whether `apply` touches the file."""
        return self.after != self.before or self.source is not None

    @property
    def settled(self) -> bool:
        """Whether all is as it should be, so that a check may pass."""
        return self.action in (Action.UNCHANGED, Action.KEEP)


def difference(change: Change) -> str:
    """What the change does to the file, as a unified diff; empty if nothing."""
    from difflib import unified_diff

    if change.before == change.after and change.source is None:
        return ""
    old_path = change.source or change.path
    old = "/dev/null" if change.before is None else f"a/{old_path.as_posix()}"
    new = "/dev/null" if change.after is None else f"b/{change.path.as_posix()}"
    before, after = (lines_of(change.before or ""), lines_of(change.after or ""))
    lines = list(unified_diff(before, after, old, new))
    if not lines:
        lines = [f"--- {old}\n", f"+++ {new}\n"]
    return "".join(
        line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
        for line in lines
    )
