"""Writes files whole or not at all, inside one folder, one run at a time."""

# Thousands of files are looked at in every run, and pathlib takes several times as long.
# ruff: noqa: PTH100, PTH101, PTH103, PTH105, PTH108, PTH113, PTH114, PTH116, PTH118
# ruff: noqa: PTH120, PTH123, PTH208

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from layersmith.errors import LayersmithError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FOLDER = ".layersmith"
_TEMPORARY = ".layersmith-tmp"
_PATIENCE = 30.0
_STALE = 20.0

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EISDIR: "a folder is in the way",
    errno.ENOTDIR: "a file is in the way of its folder",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "a symbolic link leads back to itself",
}


class SyncError(LayersmithError):
    """Files that could not be read or written; all others are as they should be.

    Attributes:
        path: The first of the files.
        message: What is wrong with it.
        problems: All files, each with one line of what is wrong.
    """

    def __init__(
        self,
        path: Path,
        message: str,
        problems: Sequence[tuple[Path, str]] | None = None,
    ) -> None:
        self.path = path
        self.message = message
        self.problems = tuple(problems or [(path, message)])
        super().__init__("\n".join(f"{p}: {m}" for p, m in self.problems))

    @classmethod
    def of(cls, problems: Sequence[tuple[Path, str]]) -> SyncError:
        """One error for several problems (at least one)."""
        return cls(*problems[0], problems)


def reason(error: OSError) -> str:
    """Why the system refused, in words."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


class Inside:
    """Tells where a path of the project really leads, and refuses what leads out."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self._real = os.path.realpath(root)
        self._folders: dict[str, str] = {}

    def relative(self, path: Path) -> Path:
        """The path relative to the root.

        Raises:
            SyncError: The path is not below the root.
        """
        if not path.is_absolute() and ".." not in path.parts:
            return path
        full = Path(os.path.normpath(self.root / path))
        for root in (self.root, Path(self._real)):
            if full.is_relative_to(root):
                return full.relative_to(root)
        raise SyncError(path, f"lies outside {self.root}")

    def real(self, path: Path) -> str:
        """Where the file is kept, links followed.

        Args:
            path: Relative to the root.

        Raises:
            SyncError: A symbolic link leads out of the root, or to itself.
        """
        full = os.path.join(self.root, path)
        folder, name = os.path.split(full)
        real_folder = self._folders.get(folder)
        if real_folder is None:
            real_folder = self._folders[folder] = os.path.realpath(folder)
        real = os.path.join(real_folder, name)
        if os.path.islink(real):
            real = os.path.realpath(real)
        if not real.startswith(self._real.rstrip(os.sep) + os.sep):
            raise SyncError(path, f"a symbolic link leads outside {self.root}")
        return real


def read_bytes(path: str) -> bytes | None:
    """The file's bytes, or None where there is none.

    Raises:
        OSError: It cannot be read, or is no plain file.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "a folder is in the way")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a plain file")
    with open(path, "rb", buffering=0) as file:
        return file.read()


def hindrance(path: str) -> str:
    """Why the file cannot be written, as far as can be told without trying."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return ""
    except OSError as error:
        return reason(error)
    if stat.S_ISDIR(mode):
        return "a folder is in the way"
    # Renaming over a read-only file works, but whoever made it so meant it.
    return "" if mode & 0o222 else "the file is read-only"


def write(path: str, data: bytes, precious: bool = False) -> None:
    """Puts the file in place at once, by renaming; its mode is kept.

    Args:
        path: The file; a symbolic link is replaced, so resolve it before.
        data: The content.
        precious: Wait until the disk has it: for what cannot be generated again.

    Raises:
        OSError: It could not be written; what was there is still there.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}{_TEMPORARY}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(temporary, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        handle = os.open(temporary, flags, 0o666)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            _keep_mode(path, temporary)
            if precious:
                os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def remove(path: str) -> None:
    """Removes the file.

    Raises:
        OSError: It could not be removed.
    """
    os.unlink(path)


def copy_beside(path: str, data: bytes) -> str:
    """Keeps a copy as `<path>.orig` (`.orig.1`, ... where that is taken); its path.

    Raises:
        OSError: It could not be written.
    """
    number = 0
    while True:
        copy = f"{path}.orig" + (f".{number}" if number else "")
        if not os.path.lexists(copy):
            write(copy, data, precious=True)
            return copy
        if os.path.isfile(copy) and read_bytes(copy) == data:
            return copy
        number += 1


def sweep(folders: Iterable[str]) -> None:
    """Removes temporary files of a run that was killed; call it with the lock held."""
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if name.startswith(".") and name.endswith(_TEMPORARY):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))


@contextmanager
def locked(root: Path, patience: float = _PATIENCE) -> Iterator[None]:
    """Keeps other runs away from this folder.

    The folder itself is locked where the system can: that leaves no file behind and
    ends with the process, however it ends.

    Raises:
        SyncError: Another run has not come to an end within `patience` seconds.
    """
    deadline = time.monotonic() + patience
    handle = _lock_folder(root, deadline)
    if handle is not None:
        try:
            yield
        finally:
            os.close(handle)
        return
    path = _lock_file(root, deadline)
    try:
        yield
    finally:
        with suppress(OSError):
            os.unlink(path)


def _lock_folder(root: Path, deadline: float) -> int | None:
    """A locked handle of the folder; None where folders cannot be locked."""
    if fcntl is None:
        return None
    handle = os.open(root, os.O_RDONLY)
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                raise _busy(root) from None
            time.sleep(0.02)
        except OSError:  # some network file systems
            os.close(handle)
            return None


def _lock_file(root: Path, deadline: float) -> str:
    """A lock file of our own; one that is older than any run takes is taken over."""
    path = os.path.join(root, FOLDER, "lock")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    while True:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            return path
        except (FileExistsError, PermissionError):
            try:
                if time.time() - os.stat(path).st_mtime > _STALE:
                    os.unlink(path)
                    continue
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise _busy(root) from None
            time.sleep(0.02)


def _busy(root: Path) -> SyncError:
    return SyncError(root, "another run of layersmith is busy here; try again")


def _keep_mode(path: str, temporary: str) -> None:
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return
    os.chmod(temporary, mode)
