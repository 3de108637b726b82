"""Judges one file: what it is, and what its text should be next. Writes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from layersmith.bases import Bases
from layersmith.canonical import parse, same_meaning
from layersmith.changes import Action, Change, Emitted, State
from layersmith.header import (
    MARK,
    Header,
    decode,
    digest,
    header_lines,
    normal,
    place,
    read,
    stamp,
)
from layersmith.history import merge_stages
from layersmith.layout import relayout
from layersmith.markers import in_conflict, sides
from layersmith.merge import merge, merge_without_base
from layersmith.renaming import renamed_names, with_names

_FOREIGN = "has no layersmith header: move it away, or use --force (keeps a copy)"
_SOLVE = "choose between <<<<<<< yours and >>>>>>> regenerated"
_UNSOLVED = "holds conflict markers: solve them, then run layersmith generate again"


def judge(
    emitted: Emitted,
    path: Path,
    data: bytes,
    bases: Bases,
    *,
    forced: bool = False,
    old_path: Path | None = None,
) -> Change:
    """What the file is, and what its text should be next.

    Args:
        emitted: What is wanted.
        path: The file, relative to the root.
        data: What is on the disk.
        bases: Where generated texts of old are found.
        forced: Whether edits are to be thrown away.
        old_path: The file's name until now, if `data` is from there.
    """
    return _Judge(emitted, path, data, bases, forced, old_path).change()


def as_generated(header: Header, bases: Bases, path: Path) -> bool:
    """Whether nobody has edited the file: it is pristine, or formatted and no more."""
    if header.pristine:
        return True
    base = bases.find(header.body_hash, path)
    return base is not None and same_meaning(header.body, base)


class _Judge:
    """One file on the disk next to what is wanted there."""

    def __init__(
        self,
        emitted: Emitted,
        path: Path,
        data: bytes,
        bases: Bases,
        forced: bool,
        old_path: Path | None,
    ) -> None:
        self.emitted = emitted
        self.body = emitted.body
        self.spec = emitted.spec
        self.path = path
        self.data = data
        self.bases = bases
        self.forced = forced
        self.old_path = old_path
        self.body_hash = digest(emitted.body)
        self.wanted = stamp(emitted.body, emitted.spec, emitted.spec_text)
        self.spec_hash = digest(normal(emitted.spec_text))
        self.disk_path = old_path or path
        self.before = ""

    def change(self) -> Change:
        if self.data == self.wanted.encode("utf-8", "surrogateescape"):
            # The same object twice: thousands of unchanged files take half the memory.
            self.before = self.wanted
            return self._pristine(self.wanted)
        self.before = decode(self.data)
        header = read(self.before)
        if header and header.pristine:
            return self._pristine(self.wanted)
        if in_conflict(self.before) and MARK in self.before:
            return self._conflicted()
        if header is None:
            if self.forced:
                return self._overwrite(State.FOREIGN)
            return self._left(State.FOREIGN, Action.REFUSE, _FOREIGN)
        if header.body_hash == self.body_hash:
            return self._nothing_new(header)
        return self._something_new(header)

    def _nothing_new(self, header: Header) -> Change:
        """What is wanted is what the file was made from, whatever it is by now."""
        text = self._with_header(header.body, header.above)
        if same_meaning(header.body, self.body):
            return self._pristine(text)
        if self.forced:
            return self._overwrite(State.EDITED)
        if text == self.before:
            change = self._left(State.EDITED, Action.KEEP, "edited by hand; kept")
            return replace(change, base=self.body)
        return self._written(State.EDITED, Action.MERGE, text, "new header alone")

    def _something_new(self, header: Header) -> Change:
        if same_meaning(header.body, self.body):
            # A formatter has laid it out, and the new text differs in layout alone.
            # The old header stays: it is true, and a new one would be noise.
            same_spec = header.names(self.spec) and header.spec_hash == self.spec_hash
            if same_spec and header.body != self.body:
                return self._left(State.PRISTINE, Action.UNCHANGED, "")
            return self._pristine(self._with_header(header.body, header.above))
        base = self.bases.find(header.body_hash, self.disk_path, self.path)
        if base is not None and same_meaning(header.body, base):
            return self._pristine(self.wanted)
        if self.forced:
            return self._overwrite(State.EDITED)
        if base is None:
            return self._merge_without_base(header)
        return self._merge(header, base)

    def _merge(self, header: Header, base: str) -> Change:
        ours = relayout(header.body, base)
        if self.old_path is not None:
            names = renamed_names(self.old_path, base, self.path, self.body)
            base, ours = (with_names(base, names), with_names(ours, names))
        merged = merge(base, ours, self.body)
        if merged.conflicts:
            note = f"{_count(merged.conflicts)}: {_SOLVE}"
            text = self._with_header(merged.text, header.above)
            change = self._written(State.EDITED, Action.CONFLICT, text, note)
            return replace(change, conflicts=merged.conflicts)
        if same_meaning(merged.text, self.body):
            # The edit has become part of what is generated.
            return self._pristine(self.wanted)
        note = "hand edits merged with the new output"
        if parse(merged.text) is None and parse(ours) and parse(base):
            note += ", but the result is not valid Python: look at it"
        text = self._with_header(merged.text, header.above)
        return self._written(State.EDITED, Action.MERGE, text, note)

    def _merge_without_base(self, header: Header) -> Change:
        merged = merge_without_base(relayout(header.body, self.body), self.body)
        text = self._with_header(merged.text, header.above)
        note = (
            f"{_count(merged.conflicts)}, since the text it was generated with is"
            f" found neither in .layersmith nor in git: {_SOLVE}"
        )
        change = self._written(State.EDITED, Action.CONFLICT, text, note)
        return replace(change, conflicts=merged.conflicts)

    def _conflicted(self) -> Change:
        """Conflict markers: git's are solved here where no two people's edits clash.

        Two branches that both regenerate a file always clash, if only in its header.
        """
        ends = self._untouched_ends()
        edited = [end for end in ends if not self._as_generated(end)]
        if ends and not edited:
            note = "git's conflict solved: both sides were as generated"
            return self._written(State.CONFLICTED, Action.UPDATE, self.wanted, note)
        if self.forced:
            return self._overwrite(State.CONFLICTED)
        if len(edited) == 1 and read(edited[0]):
            data = edited[0].encode("utf-8", "surrogateescape")
            change = judge(self.emitted, self.path, data, self.bases)
            if change.action in (Action.MERGE, Action.KEEP):
                note = (
                    "git's conflict solved: one side's hand edits, and the new output"
                )
                text = change.after or ""
                return self._written(State.CONFLICTED, Action.MERGE, text, note)
        return self._left(State.CONFLICTED, Action.CONFLICT, _UNSOLVED)

    def _untouched_ends(self) -> list[str]:
        """Both files that git merged; none if somebody has begun to solve the conflict."""
        upper, lower = sides(self.before)
        if self._as_generated(upper) and self._as_generated(lower):
            return [upper, lower]
        stages = merge_stages(self.bases.root, self.disk_path)
        if stages is None:
            return []
        known = {line for stage in stages for line in stage.split("\n")}
        found = {line for side in (upper, lower) for line in side.split("\n")}
        return list(stages[1:]) if found <= known else []

    def _as_generated(self, text: str) -> bool:
        header = read(text)
        return header is not None and as_generated(header, self.bases, self.disk_path)

    def _with_header(self, body: str, above: str) -> str:
        lines = header_lines(self.spec, self.spec_hash, self.body_hash)
        return place(lines, body, above)

    def _pristine(self, text: str) -> Change:
        if text == self.before:
            change = self._left(State.PRISTINE, Action.UNCHANGED, "")
            return replace(change, base=self.body)
        return self._written(State.PRISTINE, Action.UPDATE, text, "")

    def _overwrite(self, state: State) -> Change:
        note = "overwritten, as told; a copy is kept as .orig"
        change = self._written(state, Action.UPDATE, self.wanted, note)
        return replace(change, backup=True)

    def _written(self, state: State, action: Action, text: str, note: str) -> Change:
        return Change(
            self.path,
            state,
            action,
            self.before,
            text,
            note,
            seen=self.data,
            base=self.body,
        )

    def _left(self, state: State, action: Action, note: str) -> Change:
        return Change(
            self.path, state, action, self.before, self.before, note, seen=self.data
        )


def _count(conflicts: int) -> str:
    return "one conflict" if conflicts == 1 else f"{conflicts} conflicts"
