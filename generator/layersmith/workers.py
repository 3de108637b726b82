"""Does the same to many items in several processes, where that is worth it."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Sequence
from typing import BinaryIO, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 8


def spread(
    work: Callable[[Sequence[Item]], Result], items: Sequence[Item], least: int
) -> list[Result]:
    """What `work` gives for parts of the items that are all of them together.

    A part is done in a copy of this process, which starts with all that is here. A
    copy that does not come to its end is no loss: its part is done here.

    Args:
        work: Does a part; it is asked for its result alone.
        items: All items.
        least: Fewer items are not worth a process.
    """
    count = _count(items, least)
    if count == 1:
        return [work(items)]
    # The first is done before, so that the copies find loaded what all of them need.
    first = work(items[:1])
    parts = [items[1 + start :: count] for start in range(count)]
    started = [_start(work, part) for part in parts[1:]]
    results: list = [first, work(parts[0])]
    for part, child in zip(parts[1:], started):
        result = None if child is None else _result(child)
        results.append(work(part) if result is None else result)
    return results


def _count(items: Sequence, least: int) -> int:
    """How many processes the items are worth."""
    # A copy of a process with threads may wait for locks that nobody frees.
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return 1
    return max(1, min(_processors(), MOST, len(items) // least))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start(work: Callable, part: Sequence) -> tuple[int, BinaryIO] | None:
    """The process that does a part, and where its result is read; None without one."""
    reader, writer = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    if process:
        os.close(writer)
        return process, os.fdopen(reader, "rb")
    status = 1
    try:
        os.close(reader)
        with os.fdopen(writer, "wb") as file:
            pickle.dump(work(part), file, pickle.HIGHEST_PROTOCOL)
        status = 0
    except BaseException:  # noqa: BLE001
        status = 1  # said by the first process, which does the part again
    finally:
        os._exit(status)


def _result(child: tuple[int, BinaryIO]) -> object:
    """What a process gives; None where it has not come to its end."""
    process, file = child
    with file:
        try:
            result = pickle.load(file)
        except (EOFError, pickle.UnpicklingError):
            result = None
    _, status = os.waitpid(process, 0)
    return result if status == 0 else None
