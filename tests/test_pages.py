"""The pages of a project's documentation: complete, readable, and nobody's work lost."""

import html
import re

import pytest

from layersmith.cli import main
from layersmith.pipeline import SpecFile, Target, document
from projects import ALL_RECIPES, RECIPES, files

SPEC = """\
layer: Gate
summary: Gates `a | b` by <c> & d.
arguments:
  units: {type: int, min: 1}
  mode: {type: str, choices: ["a|b", c], default: "a|b"}
derived:
  half: (units + 1) // 2
inputs:
  x: {shape: [batch, units]}
  mask: {shape: [batch], dtype: bool, optional: true, doc: Steps | keep.}
weights:
  scale: {shape: [units], initializer: ones, when: mode == "a|b", doc: Of `x`.}
  moving: {shape: [units], initializer: zeros, trainable: false}
sublayers:
  dense: {layer: Dense(units), when: units > 1}
call: |
  y = x
  if mode == "a|b":
      y = y * scale  # ```
  if training:
      moving.assign(moving * 0.9 + tf.reduce_mean(x, axis=0) * 0.1)
  for _ in range(2):
      y = y + tf.cast(x < 0, y.dtype)
  if units > 1:
      y = dense(y)
  if mask is not None:
      y = tf.where(mask[:, tf.newaxis], y, 0.0)
  y -= moving
  return y / half
outputs: {shape: [batch, units]}
examples:
  - arguments: {units: 3}
    inputs: {x: [2, 3], mask: [2]}
"""


def page(text):
    pages, problems = document(
        [SpecFile("specs/a.yaml", text)], Target("p", "p.layers")
    )
    assert not problems, problems
    return pages[0].text


def rows(text, title):
    section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


@pytest.fixture(scope="module")
def gallery():
    specs = [
        SpecFile(f"specs/{name}.yaml", (RECIPES / f"{name}.yaml").read_text("utf-8"))
        for name in ALL_RECIPES
    ]
    pages, problems = document(specs, Target("p", "p.layers"))
    assert not problems
    return {page.source.name: page for page in pages}


def diagram(text):
    found = re.search(r'<pre class="mermaid"><code>(.*?)</code></pre>', text, re.DOTALL)
    return html.unescape(found[1]).splitlines()


# What a page says ------------------------------------------------------------


def test_every_layer_of_the_gallery_has_a_page(gallery):
    assert set(gallery) == {f"specs/{name}.yaml" for name in ALL_RECIPES}
    for page in gallery.values():
        assert page.text.startswith(f"# {page.class_name}\n")
        assert not re.search(r"\n\n\n|[ \t]\n|\{\{|\{%", page.text), page.text


def test_tables_have_as_many_cells_in_each_row(gallery):
    for text in [*(page.text for page in gallery.values())]:
        block = []
        for line in [*text.splitlines(), ""]:
            if line.startswith("|"):
                block.append(len(re.split(r"(?<!\\)\|", line)))
            elif block:
                assert len(set(block)) == 1, text
                block = []


def test_arrows_join_boxes_that_are_there_and_lead_to_the_output(gallery):
    for item in gallery.values():
        lines = diagram(item.text)
        boxes = {m[1] for line in lines if (m := re.match(r" +(n\d+)[(\[]", line))}
        arrows = [
            m.groups()
            for line in lines
            if (m := re.match(r" +(n\d+) --> (n\d+)", line))
        ]
        assert {end for arrow in arrows for end in arrow} <= boxes, item.text
        (output,) = [
            m[1] for line in lines if (m := re.match(r' +(n\d+)\(\["output', line))
        ]
        reaching = {output}
        for _ in boxes:
            reaching |= {source for source, target in arrows if target in reaching}
        inputs = [m[1] for line in lines if (m := re.match(r" +(n\d+)\(\[", line))]
        assert set(inputs) & reaching - {output}, item.text
        opened = sum("subgraph " in line for line in lines)
        assert opened == sum(line.strip() == "end" for line in lines)


def test_a_page_tells_arguments_inputs_weights_and_sublayers():
    text = page(SPEC)
    assert rows(text, "Arguments") == [
        "| `units` | int |  | Positive integer. |",
        '| `mode` | str | <code>"a&#124;b"</code> | One of `"a\\|b"`, `"c"`. |',
    ]
    assert rows(text, "Inputs and outputs") == [
        "| `x` | `(batch, units)` | float |  |",
        "| `mask` | `(batch,)` | bool | Optional. Steps \\| keep. |",
        "| output | `(batch, units)` | | |",
    ]
    assert rows(text, "Weights") == [
        '| `scale` | `(units,)` | `ones` | yes | <code>mode == "a&#124;b"</code> | Of `x`. |',
        "| `moving` | `(units,)` | `zeros` | no |  |  |",
    ]
    assert rows(text, "Sublayers") == ["| `dense` | `Dense(units)` | if units > 1 |"]
    assert "Gates `a | b` by &lt;c> &amp; d." in text


def test_code_is_shown_as_it_was_written_within_a_fence_that_it_cannot_end():
    text = page(SPEC)
    code = "half = (units + 1) // 2\n\n" + SPEC.partition("call: |\n")[2].partition(
        "outputs:"
    )[0].replace("\n  ", "\n").removeprefix("  ")
    assert f"````python\n{code.strip()}\n````\n" in text


def test_the_diagram_shows_what_is_computed_from_what():
    lines = [line.strip() for line in diagram(page(SPEC))]
    names = {
        m[2]: m[1] for line in lines if (m := re.match(r'(n\d+)[(\[]+"(.*?)"', line))
    }
    arrows = {line for line in lines if "-->" in line}

    def joined(source, target):
        return f"{names[source]} --> {names[target]}" in arrows

    assert joined("x: batch, units", "y = y * scale")
    assert joined("scale", "y = y * scale")
    # A weight that is updated: from its old value, and back into it.
    (update,) = [name for name in names if name.startswith("moving.assign")]
    assert joined("moving", update)
    assert joined(update, "moving")
    # Behind an `if`, from either way.
    loop = "y = y + tf.cast(x #lt; 0, y.dtype)"
    assert joined("y = y * scale", loop)
    assert joined("x: batch, units", loop)
    assert joined(loop, "y -= moving")
    assert joined("y -= moving", "y / half")
    assert joined("y / half", "output: batch, units")
    assert 'if mode == #quot;a|b#quot;"]' in "\n".join(lines)
    assert 'for _ in range(2)"]' in "\n".join(lines)


# The command -----------------------------------------------------------------


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.layersmith]\npackage = "p"\n')
    (tmp_path / "specs").mkdir()
    for name in ("dropout", "film"):
        spec = (RECIPES / f"{name}.yaml").read_bytes()
        (tmp_path / f"specs/{name}.yaml").write_bytes(spec)
    return tmp_path


def test_a_page_for_each_layer_and_a_list_of_them(project, capsys):
    assert main(["docs"]) == 0
    assert files(project / "docs/layers") == {"index.md", "dropout.md", "film.md"}
    index = (project / "docs/layers/index.md").read_text(encoding="utf-8")
    assert "[`FiLM`](film.md)" in index
    capsys.readouterr()
    assert main(["docs"]) == 0
    assert capsys.readouterr().out == "3 files: nothing to do\n"
    assert ".layersmith/bases" not in files(project)


def test_the_page_of_a_spec_that_is_gone_goes(project):
    main(["docs", "--out", "pages"])
    (project / "specs/film.yaml").unlink()
    assert main(["docs", "--out", "pages"]) == 0
    assert files(project / "pages") == {"index.md", "dropout.md"}


def test_what_a_person_wrote_is_left_alone(project, capsys):
    main(["docs"])
    folder = project / "docs/layers"
    (folder / "ours.md").write_text("# Ours\n", encoding="utf-8")
    with (folder / "film.md").open("a", encoding="utf-8") as page:
        page.write("Ours.\n")
    spec = project / "specs/film.yaml"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text.replace("summary: ", "summary: New. "), encoding="utf-8")
    assert main(["docs"]) == 1
    assert "refuse docs/layers/film.md" in capsys.readouterr().out
    assert (folder / "film.md").read_text(encoding="utf-8").endswith("Ours.\n")
    assert "ours.md" in files(folder)


def test_a_wrong_spec_writes_nothing(project):
    (project / "specs/bad.yaml").write_text("layer: Bad\n", encoding="utf-8")
    assert main(["docs"]) == 2
    assert not (project / "docs").exists()


def test_no_page_is_written_outside_of_the_project(project, capsys):
    assert main(["docs", "--out", ".."]) == 3
    assert "leads out of the project" in capsys.readouterr().err
