"""The exports of the generated layers in `layers/__init__.py`, a file that people own."""

from __future__ import annotations

from collections.abc import Sequence

BEGIN = "# Exports of the generated layers; `layersmith generate` keeps these lines."
END = "# The rest of this file is yours."


def with_exports(text: str, layers: Sequence[tuple[str, str]]) -> str:
    """The file's text with its block of exports; everything else stays as it is.

    Args:
        text: Content of the file; empty where there is none.
        layers: Module and class of each layer.
    """
    # `X as X` says that the name is exported on purpose.
    lines = [
        f"from .{module} import {name} as {name}" for module, name in sorted(layers)
    ]
    block = "\n".join([BEGIN, *lines, END]) if lines else ""
    before, found, rest = text.partition(BEGIN + "\n")
    if found and END in rest:
        after = rest.partition(END)[2]
        if not block:
            return (
                before.rstrip("\n") + "\n" + after.lstrip("\n")
                if before.strip()
                else after.lstrip("\n")
            )
        return before + block + after
    if not block:
        return text
    if not text.strip():
        return block + "\n"
    return text.rstrip("\n") + "\n\n" + block + "\n"


def layers_in(text: str) -> list[tuple[str, str]]:
    """Module and class of each layer that the block exports now."""
    block = text.partition(BEGIN + "\n")[2].partition(END)[0]
    found = []
    for line in block.splitlines():
        parts = line.split()
        if len(parts) == 6 and parts[0] == "from" and parts[2] == "import":
            found.append((parts[1].lstrip("."), parts[3]))
    return found
