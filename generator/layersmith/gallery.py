"""The gallery: real layers as specs, shipped with the package."""

from __future__ import annotations

import re
from pathlib import Path

from layersmith.errors import LayersmithError
from layersmith.suggest import suggest

FOLDER = Path(__file__).parent / "recipes"


def recipes() -> dict[str, str]:
    """Summary of each recipe, by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        match = re.search(
            r"^summary: *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        found[path.stem] = match[1].strip("\"'") if match else ""
    return found


def recipe(name: str) -> str:
    """The spec of a recipe.

    Raises:
        LayersmithError: for a name that is not in the gallery.
    """
    known = {path.stem for path in FOLDER.glob("*.yaml")}
    if name not in known:
        close = suggest(name, known)
        hint = (
            f"did you mean `{close}`?" if close else "`layersmith recipes` lists them"
        )
        raise LayersmithError(f"there is no recipe `{name}`; {hint}")
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
