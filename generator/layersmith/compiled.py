"""Runs a checkout that must be left without bytecode from a compiled copy of it.

Copier takes a fresh clone for each copy, and Python would compile the generator anew in
each: half of the time that Copier's task takes. The copy lies in the user's cache, under a
name made from what is in every file, so that a changed generator is never an old one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import layersmith
from layersmith import user_cache

UNUSED_DAYS = 30


def use(package: Path) -> None:
    """From now on modules of `layersmith` come from the copy of this package.

    Where none can be made, they come from the package itself as before.
    """
    try:
        copy = compiled_copy(package, user_cache.folder() / "generators")
    except (OSError, RuntimeError, shutil.Error):
        return
    layersmith.__path__[:] = [str(copy)]
    sys.dont_write_bytecode = False


def compiled_copy(package: Path, folder: Path) -> Path:
    """The copy of a package in this folder, made where it is not there yet.

    Raises:
        OSError: if it can be neither read nor made, or if the folder is another user's.
    """
    files = _files(package)
    copy = folder / _digest(package, files)
    if not copy.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_unused(folder)
        _copy(package, files, copy)
    if hasattr(os, "getuid") and copy.stat().st_uid != os.getuid():
        raise PermissionError(f"{copy} belongs to another user")
    os.utime(copy)
    return copy


def _files(package: Path, below: str = "") -> list[str]:
    """The files of a package, by their paths in it."""
    found = []
    with os.scandir(f"{package}/{below}") as entries:
        for entry in entries:
            if not entry.is_dir():
                found.append(below + entry.name)
            elif entry.name != "__pycache__":
                found += _files(package, f"{below}{entry.name}/")
    return sorted(found)


def _digest(package: Path, files: list[str]) -> str:
    total = hashlib.blake2b(digest_size=16)
    for name in files:
        with open(f"{package}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
            content = file.read()
        total.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        total.update(content)
    return total.hexdigest()


def _copy(package: Path, files: list[str], copy: Path) -> None:
    """Makes the copy whole or not at all; another run may make it at the same time."""
    new = Path(tempfile.mkdtemp(prefix="new-", dir=copy.parent))
    try:
        for name in files:
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(package / name, new / name)
        with contextlib.suppress(OSError):  # the other run was first
            new.rename(copy)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _remove_unused(folder: Path) -> None:
    old = time.time() - UNUSED_DAYS * 24 * 3600
    for entry in folder.iterdir():
        if entry.stat().st_mtime < old:
            shutil.rmtree(entry, ignore_errors=True)
