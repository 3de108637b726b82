"""Three-way merge of texts by lines, with conflict markers that say whose is what.

`git merge-file` does it where there is a git; else the diff3 below, which writes the
same markers. Neither needs a repository.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from layersmith.history import git_command, git_environment
from layersmith.markers import lines_of
from layersmith.record import record

YOURS, BASE, REGENERATED = ("yours", "base", "regenerated")
NO_BASE = "base (not found)"


@record
class Merged:
    """The merged text, and how many conflicts are marked in it."""

    text: str
    conflicts: int


def merge(base: str, ours: str, theirs: str) -> Merged:
    """Both the changes from base to ours and those from base to theirs.

    Changes of the same or of neighbouring lines leave conflict markers.
    """
    base, ours, theirs = (_ended(text) for text in (base, ours, theirs))
    merged = _merge_with_git(base, ours, theirs)
    return merge_lines(base, ours, theirs) if merged is None else merged


def merge_without_base(ours: str, theirs: str) -> Merged:
    """Every difference of the two as a conflict: nothing tells which side is newer."""
    a, b = (lines_of(_ended(ours)), lines_of(_ended(theirs)))
    merged: list[str] = []
    conflicts = 0
    for tag, i, i_end, j, j_end in _opcodes(a, b):
        if tag == "equal":
            merged += a[i:i_end]
        else:
            conflicts += 1
            merged += _conflict(a[i:i_end], [], b[j:j_end], NO_BASE)
    return Merged("".join(merged), conflicts)


def merge_lines(base: str, ours: str, theirs: str) -> Merged:
    """The merge without git; all three texts end with a line break."""
    o, a, b = (lines_of(base), lines_of(ours), lines_of(theirs))
    merged: list[str] = []
    conflicts = 0
    o_at = a_at = b_at = 0
    for o_next, a_next, b_next, length in _common(o, a, b):
        old, mine, new = (o[o_at:o_next], a[a_at:a_next], b[b_at:b_next])
        if mine in (old, new):
            merged += new
        elif new == old:
            merged += mine
        else:
            conflicts += 1
            merged += _conflict(mine, old, new, BASE)
        merged += o[o_next : o_next + length]
        o_at, a_at, b_at = (o_next + length, a_next + length, b_next + length)
    return Merged("".join(merged), conflicts)


def _merge_with_git(base: str, ours: str, theirs: str) -> Merged | None:
    git = git_command()
    if git is None:
        return None
    names = ("ours", "base", "theirs")
    with tempfile.TemporaryDirectory(prefix="layersmith-") as folder:
        for name, text in zip(names, (ours, base, theirs), strict=True):
            Path(folder, name).write_bytes(text.encode("utf-8", "surrogateescape"))
        labels = [f"-L{label}" for label in (YOURS, BASE, REGENERATED)]
        try:
            result = subprocess.run(
                [git, "merge-file", "-p", "--diff3", *labels, *names],
                cwd=folder,
                env=git_environment(),
                capture_output=True,
                check=False,
                timeout=60,
            )
        except (OSError, subprocess.SubprocessError):
            return None
    # The status counts the conflicts, 127 at most; beyond that it is an error.
    if not 0 <= result.returncode <= 127:
        return None
    return Merged(result.stdout.decode("utf-8", "surrogateescape"), result.returncode)


def _common(
    o: Sequence[str], a: Sequence[str], b: Sequence[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Runs of lines that all three share, in order; an empty one at the very end."""
    in_a, in_b = (_blocks(o, a), _blocks(o, b))
    i = j = 0
    while i < len(in_a) and j < len(in_b):
        o_a, a_at, a_length = in_a[i]
        o_b, b_at, b_length = in_b[j]
        first = max(o_a, o_b)
        last = min(o_a + a_length, o_b + b_length)
        if first < last:
            yield (first, a_at + first - o_a, b_at + first - o_b, last - first)
        if o_a + a_length < o_b + b_length:
            i += 1
        else:
            j += 1
    yield len(o), len(a), len(b), 0


def _blocks(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int, int]]:
    return [
        (i, j, i_end - i)
        for tag, i, i_end, j, j_end in _opcodes(a, b)
        if tag == "equal"
    ]


def _opcodes(
    a: Sequence[str], b: Sequence[str]
) -> list[tuple[str, int, int, int, int]]:
    """difflib's opcodes; what both begin and end with is set aside first, for speed."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    codes: list[tuple[str, int, int, int, int]] = []
    if head:
        codes.append(("equal", 0, head, 0, head))
    middle = SequenceMatcher(
        None, a[head : len(a) - tail], b[head : len(b) - tail], autojunk=False
    )
    for tag, i, i_end, j, j_end in middle.get_opcodes():
        codes.append((tag, i + head, i_end + head, j + head, j_end + head))
    if tail:
        codes.append(("equal", len(a) - tail, len(a), len(b) - tail, len(b)))
    return codes


def _conflict(
    ours: Sequence[str], base: Sequence[str], theirs: Sequence[str], base_label: str
) -> list[str]:
    return [
        f"<<<<<<< {YOURS}\n",
        *ours,
        f"||||||| {base_label}\n",
        *base,
        "=======\n",
        *theirs,
        f">>>>>>> {REGENERATED}\n",
    ]


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
