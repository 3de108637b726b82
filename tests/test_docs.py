"""What the documents show is what the generator does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from layersmith.errors import render
from layersmith.pipeline import SpecFile, Target, generate
from layersmith.spec import keys

ROOT = Path(__file__).resolve().parents[1]
SPEC_PAGE = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def title(spec: str) -> str:
    return spec.split("\n", 1)[0].removeprefix("layer: ")


@pytest.mark.parametrize("spec", blocks(SPEC_PAGE, "yaml"), ids=title)
def test_every_spec_in_the_reference_generates(spec):
    generated, problems = generate([SpecFile("spec.yaml", spec)], Target())
    assert [render(problem, spec) for problem in problems] == []
    for text in (generated[0].layer, generated[0].suite, generated[0].script):
        compile(text, "generated", "exec")


def used_keys(part: str) -> set[str]:
    """Keys that the specs of the page write under a key; of the spec itself for ``."""
    found: set[str] = set()
    for block in blocks(SPEC_PAGE, "yaml"):
        written = yaml.safe_load(block)
        value = written.get(part, {}) if part else [written]
        one = isinstance(value, dict) and set(value) <= set(keys.ENTRIES.get(part, ()))
        entries = (
            [value] if one else value.values() if isinstance(value, dict) else value
        )
        found.update(key for e in entries if isinstance(e, dict) for key in e)
    return found


@pytest.mark.parametrize("part", ["", *(p for p in keys.ENTRIES if p != "states")])
def test_a_spec_in_the_reference_uses_every_key(part):
    assert set(keys.ENTRIES[part] if part else keys.SPEC) - used_keys(part) == set()


def test_a_spec_in_the_reference_uses_every_type_of_argument():
    specs = "".join(blocks(SPEC_PAGE, "yaml"))
    assert set(keys.ARGUMENT_TYPES) <= set(re.findall(r"\btype: (\w+)", specs))


@pytest.mark.parametrize(
    "table", ["SPEC", "ARGUMENT", "CHECK", "INPUT", "WEIGHT", "CONSTANT", "SUBLAYER"]
)
def test_reference_names_every_key(table):
    for key in getattr(keys, table):
        assert re.search(
            rf"`{key}[:`]|`{key}: |^\s*{key}:|[{{ ]{key}: ", SPEC_PAGE, re.MULTILINE
        ), key


def test_readme_shows_what_is_emitted():
    (spec,) = blocks(README, "yaml")
    (shown,) = blocks(README, "python")
    generated, _ = generate([SpecFile("textbook_dense.yaml", spec)], Target())
    assert shown.strip() == generated[0].layer.strip()


def test_readme_shows_the_real_recipe():
    (spec,) = blocks(README, "yaml")
    recipe = ROOT / "generator" / "layersmith" / "recipes" / "textbook_dense.yaml"
    assert spec.strip() == recipe.read_text(encoding="utf-8").strip()


BROKEN = """\
layer: MyCustomLayer
summary: Dense layer.
arguments:
  units: {type: int, min: 1}
inputs:
  inputs: {shape: [batch, features]}
weights:
  kernel: {shape: [features, unitss], initializer: glorot_unifrm}
call: |
  x = tf.matmul(inputs, kernel)
  if x > 0:
      x = np.log(x)
  return x
outputs: {shape: [batch, units]}
examples:
  - arguments: {units: 4}
    inputs: {inputs: [5, 3]}
"""


def test_readme_shows_the_real_messages(tmp_path):
    (tmp_path / "broken.yaml").write_text(BROKEN)
    command = [sys.executable, "-B", str(ROOT / "generator"), "generate", "broken.yaml"]
    done = subprocess.run(
        [*command, "--out", "layer"], cwd=tmp_path, text=True, capture_output=True
    )
    assert done.returncode == 2
    assert done.stderr.strip() in README
    assert not (tmp_path / "layer").exists()
