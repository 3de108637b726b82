"""`add`, `rename`, `remove` and the exports of a project, as a user sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from layersmith.cli import main
from layersmith.exports import BEGIN, END, layers_in, with_exports

DENSE = """\
layer: Projection
summary: Projects the last axis.
arguments:
  units: {type: int, min: 1}
inputs:
  inputs: {shape: [batch, ..., features]}
weights:
  kernel: {shape: [features, units]}
call: |
  return tf.matmul(inputs, kernel)
outputs: {shape: [batch, ..., units]}
examples:
  - arguments: {units: 4}
    inputs: {inputs: [5, 3]}
"""
STACK = """\
layer: Stack
summary: Two projections. # Projection( in a comment
arguments:
  units: {type: int, min: 1}
inputs:
  inputs: {shape: [batch, features]}
sublayers:
  first: Projection(units)
  second: Projection(units)
call: |
  return second(first(inputs))
outputs: {shape: [batch, units]}
examples:
  - arguments: {units: 4}
    inputs: {inputs: [5, 3]}
"""


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.layersmith]\npackage = "mine"\n')
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "projection.yaml").write_text(DENSE)
    (specs / "stack.yaml").write_text(STACK)
    layers = tmp_path / "src" / "mine" / "layers"
    layers.mkdir(parents=True)
    (layers / "__init__.py").write_text('"""My layers."""\n\nANSWER = 42\n')
    monkeypatch.chdir(tmp_path)
    assert main(["generate", "-q"]) == 0
    return tmp_path


def layers(project: Path) -> set[str]:
    return {path.stem for path in (project / "src/mine/layers").glob("*.py")}


def exports(project: Path) -> list[str]:
    text = (project / "src/mine/layers/__init__.py").read_text()
    assert "ANSWER = 42" in text
    return [name for _, name in layers_in(text)]


def test_add_writes_a_spec_and_its_files(project):
    assert main(["add", "Gain"]) == 0
    assert (project / "specs/gain.yaml").read_text().startswith("layer: Gain\n")
    assert {"gain"} <= layers(project)
    assert exports(project) == ["Gain", "Projection", "Stack"]


def test_add_starts_from_a_recipe_under_the_new_name(project):
    assert main(["add", "MyHighway", "--recipe", "highway"]) == 0
    text = (project / "specs/my_highway.yaml").read_text()
    assert text.startswith("layer: MyHighway\n")
    assert "https://arxiv.org/abs/1505.00387" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "Stack"], "the project has a layer Stack already"),
        (["add", "my_layer"], "is not the name of a class"),
        (["add", "Gate", "--recipe", "highwai"], "did you mean `highway`?"),
        (["rename", "Stak", "Pile"], "did you mean Stack?"),
        (
            ["rename", "Stack", "Projection"],
            "the project has a layer Projection already",
        ),
        (["remove", "Projection"], "is a sublayer of Stack"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_and_nothing_changes(
    project, capsys, words, message
):
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert main(words) == 3
    assert message in capsys.readouterr().err
    after = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert after == before


def test_rename_carries_hand_edits_and_the_layers_that_use_it(project):
    layer = project / "src/mine/layers/projection.py"
    layer.write_text(layer.read_text() + "\n\nMY_OWN_LINE = 1\n")
    assert main(["rename", "Projection", "Linear"]) == 0
    assert layers(project) == {"__init__", "linear", "stack"}
    assert "MY_OWN_LINE = 1" in (project / "src/mine/layers/linear.py").read_text()
    stack = (project / "specs/stack.yaml").read_text()
    assert "first: Linear(units)" in stack
    assert exports(project) == ["Linear", "Stack"]
    assert main(["generate", "--check", "-q"]) == 0


def test_remove_takes_the_files_along_but_keeps_edited_ones(project, capsys):
    suite = project / "tests/test_stack.py"
    suite.write_text(suite.read_text() + "\n\ndef test_mine():\n    pass\n")
    assert main(["remove", "Stack"]) == 1
    assert "orphan tests/test_stack.py" in capsys.readouterr().out
    assert not (project / "specs/stack.yaml").exists()
    assert layers(project) == {"__init__", "projection"}
    assert suite.exists()
    assert exports(project) == ["Projection"]


def test_a_layer_made_of_itself_is_a_mistake(project, capsys):
    spec = project / "specs/projection.yaml"
    spec.write_text(
        DENSE.replace(
            "weights:", "sublayers:\n  inner: Stack(units)\nweights:"
        ).replace(
            "return tf.matmul(inputs, kernel)",
            "return inner(inputs) + tf.matmul(inputs, kernel)",
        )
    )
    assert main(["generate"]) == 2
    assert "a layer cannot be made of itself" in capsys.readouterr().err


def test_exports_leave_the_rest_of_the_file_alone():
    text = with_exports("import os\n", [("b", "B"), ("a", "A")])
    assert text == (
        f"import os\n\n{BEGIN}\nfrom .a import A as A\nfrom .b import B as B\n{END}\n"
    )
    grown = with_exports(text + "print(os)\n", [("c", "C")])
    assert grown == f"import os\n\n{BEGIN}\nfrom .c import C as C\n{END}\nprint(os)\n"
    assert with_exports(grown, []) == "import os\nprint(os)\n"


def test_exports_are_not_added_where_there_is_nothing_to_export():
    assert with_exports("x = 1\n", []) == "x = 1\n"
    assert with_exports("", []) == ""
