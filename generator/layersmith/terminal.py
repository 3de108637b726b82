"""Whom Ctrl-C at the terminal reaches."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def own_interrupts() -> Iterator[None]:
    """Lets Ctrl-C reach this process alone, and not the one that started it.

    Copier removes the half of a project when a task of it fails, but leaves it there when
    it is interrupted itself. So the terminal's interrupt must end the task, and no more.
    Does nothing where there is no terminal, or where this runs in the background.
    """
    try:
        terminal = os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY)
    except (AttributeError, OSError):  # Windows has no groups of this kind
        yield
        return
    try:
        group = os.getpgrp()
        taken = os.tcgetpgrp(terminal) == group and _give_to_this(terminal)
        try:
            yield
        finally:
            if taken:
                with suppress(OSError):
                    os.tcsetpgrp(terminal, group)
    finally:
        os.close(terminal)


def _give_to_this(terminal: int) -> bool:
    """Puts this process, in a group of its own, in front; False where that is refused."""
    # Whoever is not in front may not give the terminal away, unless it ignores this.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
    except OSError:
        return False
    return True
