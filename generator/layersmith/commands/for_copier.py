"""What is different when Copier runs the generator: on a copy, and behind an update."""

from __future__ import annotations

import argparse
import sys

from layersmith.terminal import own_interrupts

# By the exit status, behind an update; Copier itself only says that it failed.
_NEXT = {
    1: "the template is merged; solve what is named above, then run `make generate`",
    2: "the template is merged; mend the spec, then run `make generate`",
}


def run(arguments: argparse.Namespace) -> int:
    """Generates as the task of a copy, or as the migration of an update."""
    if arguments.for_copier == "copy":
        with own_interrupts():
            return _generate(arguments)
    status = _generate(arguments)
    if status in _NEXT:
        print(f"\n{_NEXT[status]}", file=sys.stderr)
    return status


def _generate(arguments: argparse.Namespace) -> int:
    # Imported here: an interrupt must find things in order long before all is read.
    from layersmith.commands.generate import run

    return run(arguments)
