"""Writes docs/recipes.md: the gallery as a table, from the specs themselves."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "generator"))

from layersmith.errors import Report
from layersmith.spec import read_spec

RECIPES = ROOT / "generator" / "layersmith" / "recipes"
PAGE = ROOT / "docs" / "recipes.md"
HEAD = """\
# Recipes

Each recipe is a spec. `layersmith recipes NAME` prints it, `layersmith add MyLayer --recipe
NAME` starts a layer of a project from it. This page is written by
`python tools/make_recipes_page.py`.

| recipe | layer | what it does | what its spec shows |
|---|---|---|---|
"""


def features(spec) -> str:
    """Parts of the language that a spec uses."""
    found = []
    if len([i for i in spec.inputs if not i.state]) > 1:
        found.append("several inputs")
    if any(i.many for i in spec.inputs):
        found.append("a list of inputs")
    if any("mask" in i.name.text for i in spec.inputs):
        found.append("mask")
    if any(i.state for i in spec.inputs):
        found.append("recurrent cell")
    if any(not w.trainable for w in spec.weights):
        found.append("untrained weights")
    if ".assign(" in spec.call.text:
        found.append("state")
    if spec.sublayers:
        found.append("sublayers")
    if any(s.repeat for s in spec.sublayers):
        found.append("`repeat`")
    if any(part.when for part in (*spec.weights, *spec.sublayers)):
        found.append("`when`")
    if "if training" in spec.call.text:
        found.append("training branch")
    if "tf.random." in spec.call.text or "dropout(" in spec.call.text:
        found.append("random draws")
    if "add_loss" in spec.call.text:
        found.append("`add_loss`")
    if spec.constants:
        found.append("constants")
    if spec.functions:
        found.append("functions")
    if spec.derived:
        found.append("derived values")
    if spec.checks:
        found.append("checks")
    if spec.extends:
        found.append(f"extends {spec.extends}")
    if len(spec.outputs) > 1:
        found.append("several outputs")
    if spec.autocast is False:
        found.append("`autocast: false`")
    return ", ".join(found)


def page() -> str:
    rows = []
    for path in sorted(RECIPES.glob("*.yaml")):
        spec = read_spec(path.read_text(encoding="utf-8"), Report(path.name))
        link = f"[{path.stem}](../generator/layersmith/recipes/{path.name})"
        name = (
            f"[{spec.layer}]({spec.reference})"
            if spec.reference.startswith("http")
            else spec.layer
        )
        rows.append(f"| {link} | {name} | {spec.summary} | {features(spec)} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
