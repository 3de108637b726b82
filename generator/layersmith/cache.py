"""Remembers what specs gave, so that a run over unchanged ones reads and compares only.

Kept in the user's cache folder and good for nothing but time: a missing, old or broken
cache changes no result. An entry says which texts a spec gives, by their hashes; the
texts themselves are on the disk already, or are generated again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from layersmith import user_cache
from layersmith.record import record

PACKAGE = Path(__file__).resolve().parent


@record
class Entry:
    """What a spec gave: names, its summary, and the hash of each file's body."""

    snake: str
    class_name: str
    summary: str
    digests: tuple[str, ...]


class Cache:
    """Entries of one project, by a key of everything that the texts depend on."""

    def __init__(self, path: Path, entries: Mapping[str, Entry]):
        self.path = path
        self.entries = dict(entries)
        self._loaded = dict(entries)

    @classmethod
    def load(cls, project: Path) -> Cache:
        """The cache of a project; an empty one where there is none."""
        name = hashlib.sha256(os.fsencode(project)).hexdigest()[:16]
        path = user_cache.folder() / f"{name}.json"
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            entries = {key: Entry(*row[:3], tuple(row[3])) for key, row in rows.items()}
        except (OSError, ValueError, TypeError, IndexError, AttributeError):
            entries = {}
        return cls(path, entries)

    def save(self, used: Iterable[str]) -> None:
        """Writes the entries that this run used; without a place to write, nothing."""
        kept = {key: self.entries[key] for key in used if key in self.entries}
        if kept == self._loaded:
            return
        rows = {
            key: [e.snake, e.class_name, e.summary, e.digests]
            for key, e in kept.items()
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.path.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(rows), encoding="utf-8")
            temporary.replace(self.path)
        except OSError:
            return


def key(made: str, name: str, text: str, others: str) -> str:
    """Key of a spec.

    Args:
        made: Tells the generator, where the code goes, and a team's own templates.
        name: Of the spec file.
        text: Of the spec.
        others: Tells the specs that it may use.
    """
    joined = f"{made}\0{name}\0{text}\0{others}"
    return hashlib.sha256(joined.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def fingerprint() -> str:
    """Tells one state of the generator's own files from another."""
    rows = []
    for folder, _, names in os.walk(PACKAGE):
        if folder.endswith("__pycache__"):
            continue
        for name in names:
            status = os.stat(f"{folder}/{name}")  # noqa: PTH116 - for speed
            rows.append((folder, name, status.st_mtime_ns, status.st_size))
    return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()[:16]
