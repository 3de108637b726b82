"""Asks git, where there is one, what a file was: in its history and in a merge."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from layersmith.header import normal, read

REVISIONS = 500

# Git runs hooks with these set, for another folder than the one that we ask about.
_LOCAL = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)

# A repository may be somebody else's: none of its settings starts a program here.
_SAFE = ("-c", "log.showSignature=false", "-c", "core.fsmonitor=false")


def git_command() -> str | None:
    """The path of git, or None on a machine without it."""
    return shutil.which("git")


def git_environment() -> dict[str, str]:
    """The environment for git: no prompt, no download, no variables of a hook."""
    environment = {k: v for k, v in os.environ.items() if k not in _LOCAL}
    environment["GIT_TERMINAL_PROMPT"] = "0"
    environment["GIT_NO_LAZY_FETCH"] = "1"
    environment["LC_ALL"] = "C"
    return environment


def pristine_body(root: Path, path: Path, body_hash: str) -> str | None:
    """The body with this hash, from the newest revision of the file that holds it.

    Args:
        root: A folder in the repository.
        path: The file, relative to root.
        body_hash: The hash that a header gives.

    Returns:
        None where no revision has it, there is no repository or no git.
    """
    listed = _git(root, ["log", f"-n{REVISIONS}", "--format=%H", "--", _literal(path)])
    revisions = (listed or b"").decode("ascii", "replace").split()
    for text in _versions(root, ["", *revisions], path):
        header = read(text)
        if header and header.body_hash == body_hash and header.pristine:
            return header.body
    return None


def merge_stages(root: Path, path: Path) -> tuple[str, str, str] | None:
    """Ancestor, ours and theirs of a merge that git left unsolved in the index."""
    stages = list(_versions(root, [":1", ":2", ":3"], path))
    if len(stages) == 2:
        # Both sides added the file: it has no ancestor.
        stages.insert(0, "")
    return (stages[0], stages[1], stages[2]) if len(stages) == 3 else None


def _versions(root: Path, revisions: list[str], path: Path) -> Iterator[str]:
    """The file's text at each revision that has it; the index is the revision ``."""
    if "\n" in str(path):
        return
    names = "".join(f"{r}:./{path.as_posix()}\n" for r in revisions)
    output = _git(root, ["cat-file", "--batch"], os.fsencode(names))
    while output:
        first, _, output = output.partition(b"\n")
        kind = first.split()
        if len(kind) != 3 or not kind[2].isdigit():
            continue
        size = int(kind[2])
        if kind[1] == b"blob":
            yield normal(output[:size].decode("utf-8", "surrogateescape"))
        output = output[size + 1 :]


def _git(root: Path, arguments: list[str], data: bytes = b"") -> bytes | None:
    git = git_command()
    if git is None:
        return None
    try:
        result = subprocess.run(
            [git, "-C", str(root), *_SAFE, *arguments],
            input=data,
            env=git_environment(),
            capture_output=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout if result.returncode == 0 else None


def _literal(path: Path) -> str:
    """A path that git does not take for a pattern."""
    return f":(literal){path.as_posix()}"
