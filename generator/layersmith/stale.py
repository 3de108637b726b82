"""Finds generated files that no spec asks for any more. Writes nothing."""

# Whole trees are looked through in every run, and pathlib takes several times as long.
# ruff: noqa: PTH113, PTH114, PTH118, PTH123

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from pathlib import Path

from layersmith.atomic import FOLDER, Inside
from layersmith.changes import Emitted
from layersmith.header import MARK, Header, decode, read, shown
from layersmith.markers import sides
from layersmith.record import record
from layersmith.renaming import kind_and_stem

_HEAD = 8192
_SUFFIX = ".py"


@record
class StaleFile:
    """A generated file that no spec asks for.

    Attributes:
        path: Relative to the root.
        header: Its header, as it is or as one side of a conflict has it.
        data: Its bytes.
    """

    path: Path
    header: Header
    data: bytes = field(repr=False)


def stale_files(
    wanted: Mapping[Path, Emitted], owned: Sequence[Path], inside: Inside
) -> list[StaleFile]:
    """The stale files in these folders, in order.

    A file is stale when its header names a spec that is gone, or a spec of this run
    whose files lie in the same folder and this one is not among them: that layer has
    got another name. Links are not followed, and other projects are not entered.

    Raises:
        SyncError: A folder lies outside the root.
    """
    homes: dict[str, set[Path]] = {}
    for path, emitted in wanted.items():
        homes.setdefault(shown(emitted.spec), set()).add(path.parent)
    found: dict[Path, StaleFile] = {}
    for path in _candidates(owned, inside, wanted.keys()):
        data = _read_generated(os.path.join(inside.root, path))
        header = _header(data)
        if header is None:
            continue
        folders = homes.get(shown(header.spec))
        if folders is None:
            stale = not _spec_exists(header, inside.root)
        else:
            stale = path.parent in folders
        if stale:
            found[path] = StaleFile(path, header, data)
    return [found[path] for path in sorted(found)]


def infer_renames(
    wanted: Mapping[Path, Emitted],
    stale: Sequence[StaleFile],
    absent: AbstractSet[Path],
) -> dict[Path, Path]:
    """New path to old path, where a spec has changed its layer's name.

    The old file and the new one have the spec, the folder and the kind in common, and
    there is no other of either.
    """
    specs = {shown(wanted[path].spec): wanted[path].spec for path in absent}
    old: dict[tuple[str, Path, str], list[Path]] = {}
    for file in stale:
        spec = specs.get(shown(file.header.spec))
        if spec is not None:
            old.setdefault(_role(spec, file.path), []).append(file.path)
    new: dict[tuple[str, Path, str], list[Path]] = {}
    for path in absent:
        new.setdefault(_role(wanted[path].spec, path), []).append(path)
    return {
        paths[0]: old[role][0]
        for role, paths in new.items()
        if len(paths) == 1 and len(old.get(role, ())) == 1
    }


def _role(spec: str, path: Path) -> tuple[str, Path, str]:
    return (spec, path.parent, kind_and_stem(path)[0])


def _candidates(
    owned: Sequence[Path], inside: Inside, wanted: AbstractSet[Path]
) -> Iterator[Path]:
    for folder in owned:
        place = inside.relative(folder)
        inside.real(place / "any")
        for current, folders, names in os.walk(os.path.join(inside.root, place)):
            folders[:] = [f for f in folders if _is_ours(current, f)]
            relative = Path(os.path.relpath(current, inside.root))
            for name in names:
                if name.endswith(_SUFFIX) and relative / name not in wanted:
                    yield (relative / name)


def _is_ours(current: str, folder: str) -> bool:
    if folder.startswith(".") or folder in ("__pycache__", "node_modules"):
        return False
    path = os.path.join(current, folder)
    marks = (FOLDER, "pyvenv.cfg", ".git")
    return not any(os.path.lexists(os.path.join(path, mark)) for mark in marks)


def _read_generated(path: str) -> bytes:
    """The file's bytes if they may hold a header; nothing for links and others."""
    try:
        if os.path.islink(path) or not os.path.isfile(path):
            return b""
        with open(path, "rb") as file:
            head = file.read(_HEAD)
            return head + file.read() if MARK.encode() in head else b""
    except OSError:
        return b""


def _header(data: bytes) -> Header | None:
    if not data:
        return None
    text = decode(data)
    for side in (text, *sides(text)):
        header = read(side)
        if header is not None:
            return header
    return None


def _spec_exists(header: Header, root: Path) -> bool:
    if not header.shortened:
        return os.path.lexists(os.path.join(root, header.spec))
    end = header.spec.removeprefix("...")
    for current, folders, names in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(".")]
        place = Path(current).relative_to(root)
        if any(f"/{(place / name).as_posix()}".endswith(end) for name in names):
            return True
    return False
