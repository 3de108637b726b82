"""The last stage, texts against the disk: `survey` says what a run would do to the files
of a project and why, `apply` does it.

The order in which `apply` works makes a kill at any moment harmless. First the generated
texts are kept (see `bases`), then copies of what is thrown away, then the files, each by
a rename, and the removals last. In between, a text too many is kept, or a file is still
the old one, or an old name is there beside the new one: the next run does the rest.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

from layersmith.atomic import (
    Inside,
    SyncError,
    copy_beside,
    hindrance,
    locked,
    read_bytes,
    reason,
    remove,
    sweep,
    write,
)
from layersmith.bases import Bases
from layersmith.changes import Action, Change, Emitted, State, difference
from layersmith.header import decode, digest, stamp
from layersmith.markers import in_conflict
from layersmith.stale import StaleFile, infer_renames, stale_files

__all__ = [
    "Action",
    "Change",
    "Emitted",
    "State",
    "SyncError",
    "apply",
    "difference",
    "survey",
]

_HOPELESS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def survey(
    wanted: Sequence[Emitted],
    *,
    root: Path,
    owned: Sequence[Path] = (),
    force: AbstractSet[Path] = frozenset(),
    renamed: Mapping[Path, Path] | None = None,
) -> tuple[Change, ...]:
    """What a run would do to each file, in the order wanted; stale files follow.

    Args:
        wanted: The files that should be there.
        root: The project's folder; nothing outside of it is read or written.
        owned: Folders in which stale files are looked for. Leave it empty where the
            specs of other files in the folder may lie elsewhere.
        force: Files whose edits are thrown away; a copy is kept of each.
        renamed: New path to old path: edits of the old file are carried to the new one.

    Raises:
        SyncError: Files that cannot be read, that a link leads out of the root, or
            that two specs want; all of them at once.
    """
    inside = Inside(root)
    bases = Bases(inside)
    problems: list[tuple[Path, str]] = []
    files: dict[Path, Emitted] = {}
    for emitted in wanted:
        path = inside.relative(emitted.path)
        if path in files:
            both = f"{files[path].spec} and {emitted.spec}"
            problems.append((path, f"is wanted twice, by {both}"))
        files[path] = emitted
    on_disk = {path: _look(path, inside, problems) for path in files}
    stale = stale_files(files, owned, inside)
    old_data = {file.path: file.data for file in stale}
    absent = {path for path, data in on_disk.items() if data is None}
    renames = infer_renames(files, stale, absent)
    for new, old in (renamed or {}).items():
        path, old_path = inside.relative(new), inside.relative(old)
        if path in files and old_path not in files:
            renames[path] = old_path
            old_data.setdefault(old_path, _look(old_path, inside, problems) or b"")
    if problems:
        raise SyncError.of(problems)
    forced = {inside.relative(path) for path in force}

    changes: list[Change] = []
    removals: dict[Path, Change] = {}
    for path, emitted in files.items():
        data, source = on_disk[path], renames.get(path)
        is_forced = path in forced or source in forced
        change = _judged(emitted, path, data, bases, forced=is_forced)
        if source is not None and old_data[source]:
            moved = _judged(
                emitted,
                path,
                old_data[source],
                bases,
                forced=is_forced,
                old_path=source,
            )
            # The second case is a run that was killed between the two steps.
            if moved.state is not State.FOREIGN and (
                data is None or moved.after == decode(data)
            ):
                removals[source] = _remove(
                    source, old_data[source], f"renamed to {path}", moved.backup
                )
                if data is None:
                    change = _moved(moved, source)
        changes.append(change)
    changes += removals.values()
    for file in stale:
        if file.path not in removals:
            changes.append(_judge_stale(file, bases, file.path in forced))
    return tuple(changes)


def apply(changes: Iterable[Change], root: Path, *, keep_bases: bool = True) -> None:
    """Does what `survey` found to be done; touches no file that is as it should be.

    Args:
        changes: From `survey`.
        root: The same folder.
        keep_bases: Whether generated texts are kept in `.layersmith` for merging.

    Raises:
        SyncError: Files that could not be written, that have changed since the survey,
            or another run that does not end. Each other file is whole: old or new.
    """
    todo = list(changes)
    try:
        Path(root).mkdir(parents=True, exist_ok=True)
        with locked(root):
            _apply(todo, Inside(root), keep_bases)
    except OSError as error:
        raise SyncError(Path(root), reason(error)) from error


def _apply(changes: Sequence[Change], inside: Inside, keep_bases: bool) -> None:
    places = {change.path: inside.real(change.path) for change in changes}
    bases = Bases(inside)
    # A killed run may have been at work on files that no spec asks for by now.
    sweep({*map(os.path.dirname, places.values()), *bases.folders()})
    to_write = [c for c in changes if c.writes]
    problems = [(c.path, hindrance(places[c.path])) for c in to_write]
    problems = [(path, message) for path, message in problems if message]
    if problems:
        raise SyncError.of(problems)

    if keep_bases:
        for change in changes:
            if change.base is not None:
                bases.add(change.path, change.base)
        bases.save()

    done = [c for c in changes if not c.writes]
    for change in sorted(to_write, key=lambda c: c.action is Action.REMOVE):
        if change.action is Action.REMOVE and problems:
            # The text that is removed here may be the one that was not written there.
            continue
        try:
            _write(change, places[change.path])
            done.append(change)
        except SyncError as error:
            problems += error.problems
        except OSError as error:
            problems.append((change.path, f"{reason(error)}; it is as it was"))
            if error.errno in _HOPELESS:
                break

    if keep_bases:
        for change in done:
            if change.after is None:
                bases.keep_only(change.path, None)
            elif change.base is not None:
                bases.keep_only(change.path, digest(change.base))
        bases.drop_missing()
        bases.save()
    if problems:
        raise SyncError.of(problems)


def _write(change: Change, place: str) -> None:
    after = change.after
    data = None if after is None else after.encode("utf-8", "surrogateescape")
    now = read_bytes(place)
    if now == data:
        return  # another run was faster
    if now != change.seen:
        raise SyncError(change.path, "has changed in the meantime: run it again")
    if change.backup and change.seen is not None:
        copy_beside(place, change.seen)
    if data is None:
        remove(place)
    else:
        precious = change.state not in (State.ABSENT, State.PRISTINE)
        write(place, data, precious)


def _look(path: Path, inside: Inside, problems: list[tuple[Path, str]]) -> bytes | None:
    try:
        return read_bytes(inside.real(path))
    except SyncError as error:
        problems += error.problems
    except OSError as error:
        problems.append((path, reason(error)))
    return None


def _judged(
    emitted: Emitted, path: Path, data: bytes | None, bases: Bases, **known
) -> Change:
    if data:
        # Imported here: all that merges is not needed in a new project.
        from layersmith.judge import judge

        return judge(emitted, path, data, bases, **known)
    # An empty file is what a power failure leaves; nobody has written it.
    return Change(
        path,
        State.ABSENT,
        Action.CREATE,
        None if data is None else "",
        stamp(emitted.body, emitted.spec, emitted.spec_text),
        seen=data,
        base=emitted.body,
    )


def _moved(change: Change, old_path: Path) -> Change:
    """The change for a file that is written under a new name."""
    action = change.action
    if action in (Action.UPDATE, Action.UNCHANGED):
        action = Action.CREATE
    elif action is Action.KEEP:
        action = Action.MERGE
    note = f"renamed from {old_path}" + (f"; {change.note}" if change.note else "")
    # A copy of what is thrown away is kept when the old file is removed.
    return replace(
        change, action=action, source=old_path, note=note, seen=None, backup=False
    )


def _remove(path: Path, data: bytes, note: str, backup: bool = False) -> Change:
    return Change(
        path,
        State.STALE,
        Action.REMOVE,
        decode(data),
        None,
        note,
        seen=data,
        backup=backup,
    )


def _judge_stale(file: StaleFile, bases: Bases, forced: bool) -> Change:
    from layersmith.judge import as_generated

    header = file.header
    text = decode(file.data)
    clean = not in_conflict(text) and as_generated(header, bases, file.path)
    if clean or forced:
        note = f"its spec {header.spec} is gone or makes another file"
        return _remove(file.path, file.data, note, backup=not clean)
    note = (
        f"edited by hand, and its spec {header.spec} is gone or makes another file:"
        " kept; remove it or bring the spec back"
    )
    return Change(
        file.path, State.STALE, Action.ORPHAN, text, text, note, seen=file.data
    )
