"""The table of layers in a project's README: right, and nobody's text touched."""

import pytest

from layersmith.cli import main
from layersmith.layer_table import BEGIN, END, Row, with_table
from projects import RECIPES

ROWS = [
    Row("Film", "Modulates features.", "src/p/layers/film.py", (("spec", "s/f.yaml"),)),
    Row("Add", "Adds `a | b` <fast>\nin place.", "src/p/layers/add.py", ()),
]
TABLE = """\
| Layer | What it does | |
|---|---|---|
| [`Add`](src/p/layers/add.py) | Adds `a \\| b` &lt;fast> in place. |  |
| [`Film`](src/p/layers/film.py) | Modulates features. | [spec](s/f.yaml) |
"""


def readme(inside="\n"):
    return f"# Ours\n\nBefore.\n\n{BEGIN}{inside}{END}\n\nAfter.\n"


def test_layers_stand_in_order_of_their_names_and_text_stays_text():
    assert with_table(readme(), ROWS) == readme(f"\n\n{TABLE}\n")


def test_what_a_person_wrote_around_the_table_stays():
    once = with_table(readme(), ROWS)
    assert once.startswith("# Ours\n\nBefore.\n\n")
    assert once.endswith("\n\nAfter.\n")
    assert with_table(once, ROWS) == once
    assert with_table(once, []) == readme()


@pytest.mark.parametrize(
    "text", ["", "# Ours\n", f"{BEGIN}\nno end\n", f"{END}{BEGIN}"]
)
def test_a_readme_without_both_marks_is_left_alone(text):
    assert with_table(text, ROWS) == text


def test_a_formatter_that_aligns_the_columns_makes_nothing_stale():
    aligned = TABLE.replace(
        "|---|---|---|", "| ------ | :--- | --- |".replace(":", "-")
    )
    aligned = aligned.replace(" | Modulates features.", "     | Modulates features. ")
    text = readme(f"\n\n{aligned}\n")
    assert with_table(text, ROWS) == text


def test_line_ends_of_windows_stay():
    text = readme().replace("\n", "\r\n")
    assert with_table(text, ROWS) == readme(f"\n\n{TABLE}\n").replace("\n", "\r\n")


def test_with_some_layers_the_rows_of_the_others_stay():
    text = with_table(readme(), ROWS)
    changed = Row("Add", "Sums.", "src/p/layers/add.py", ())
    table = with_table(text, [changed], partial=True)
    assert "| Sums. |" in table
    assert "Modulates features." in table


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with two specs and a README that asks for the table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.layersmith]\npackage = "p"\n')
    (tmp_path / "README.md").write_text(readme(), encoding="utf-8")
    (tmp_path / "specs").mkdir()
    for name in ("dropout", "film"):
        spec = (RECIPES / f"{name}.yaml").read_bytes()
        (tmp_path / f"specs/{name}.yaml").write_bytes(spec)
    return tmp_path


def rows(project):
    text = (project / "README.md").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith("| [")]


def test_generate_keeps_the_table_and_check_tells_when_it_is_old(project, capsys):
    assert main(["generate", "--check"]) == 1
    assert "README.md  (table of layers)" in capsys.readouterr().out
    assert main(["generate"]) == 0
    first, second = rows(project)
    summary = "Sets a random fraction of the inputs to zero while training."
    files = (
        "[spec](specs/dropout.yaml), [tests](tests/test_dropout.py), "
        "[training](scripts/train_dropout.py)"
    )
    assert first == f"| [`Dropout`](src/p/layers/dropout.py) | {summary} | {files} |"
    assert second.startswith("| [`FiLM`](src/p/layers/film.py) | ")
    # Once more, with what the cache remembers.
    assert main(["generate", "--check"]) == 0


def test_the_table_follows_a_spec(project):
    main(["generate"])
    spec = project / "specs/dropout.yaml"
    text = spec.read_text(encoding="utf-8")
    summary = next(line for line in text.splitlines() if line.startswith("summary:"))
    spec.write_text(text.replace(summary, "summary: Thins out."), encoding="utf-8")
    assert main(["generate", "specs/dropout.yaml"]) == 0
    first, _ = rows(project)
    assert " | Thins out. | " in first
    spec.unlink()
    assert main(["generate"]) == 0
    assert [row[:9] for row in rows(project)] == ["| [`FiLM`"]


def test_a_project_without_a_readme_needs_none(project):
    (project / "README.md").unlink()
    assert main(["generate"]) == 0
    assert main(["generate", "--check"]) == 0
    assert not (project / "README.md").exists()
