"""What is different when Copier runs the generator: on a copy, and behind an update."""

from __future__ import annotations

import sys
from collections.abc import Callable

from layersmith.terminal import own_interrupts

# By the exit status, behind an update; Copier itself only says that it failed.
_NEXT = {
    1: "the template is merged; solve what is named above, then run `make generate`",
    2: "the template is merged; mend the spec, then run `make generate`",
}


def for_copier(operation: str, generate: Callable[[], int]) -> int:
    """Generates as the task of a copy, or as the migration of an update."""
    if operation == "copy":
        with own_interrupts():
            return generate()
    status = generate()
    if status in _NEXT:
        print(f"\n{_NEXT[status]}", file=sys.stderr)
    return status
