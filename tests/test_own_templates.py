"""A team's own templates: what they change, and what is said when they do not fit."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from layersmith.cli import main
from layersmith.emit.own import NAMES, OwnTemplates
from layersmith.emit.own_check import problems
from layersmith.pipeline import SpecFile, Target, generate

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
RECIPES = ROOT / "generator" / "layersmith" / "recipes"
SPEC = (RECIPES / "textbook_dense.yaml").read_text(encoding="utf-8")
EXAMPLE = dict(
    re.findall(
        r"^`templates/(\w+\.py\.jinja)`:\n\n```jinja\n(.*?)^```$",
        PAGE,
        re.DOTALL | re.MULTILINE,
    )
)
EXTENDS = '{% extends "layersmith/layer.py.jinja" %}\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one spec and a folder for templates."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "specs").mkdir(parents=True)
    (root / "templates").mkdir()
    (root / "specs" / "dense.yaml").write_text(
        SPEC.replace("MyCustomLayer", "DenseMine")
    )
    settings = '[tool.layersmith]\npackage = "mine"\ntemplates = "templates"\n'
    (root / "pyproject.toml").write_text(settings)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(capsys):
    def run(*words):
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def write(project, **templates):
    for name, text in templates.items():
        (project / "templates" / f"{name}.py.jinja").write_text(text)


def emitted(project):
    return (project / "src/mine/layers/dense_mine.py").read_text()


# What they change.


def test_the_example_of_the_page_does_what_it_says(project, run):
    assert set(EXAMPLE) == {"layer.py.jinja", "test.py.jinja"}
    for name, text in EXAMPLE.items():
        (project / "templates" / name).write_text(text)
    status, _, err = run("generate")
    assert (status, err) == (0, "")
    layer = emitted(project)
    assert "\n# Owner: vision-platform@example.com\n" in layer
    names = [ast.unparse(node) for node in ast.parse(layer).body]
    assert "import logging" in names
    assert "logger = logging.getLogger(__name__)" in names
    suite = (project / "tests/test_dense_mine.py").read_text()
    assert suite.rstrip().endswith('assert logger.name == "mine.layers.dense_mine"')
    assert "def test_outputs_are_those_of_the_oracle" in suite
    assert run("generate", "--check")[0] == 0


def test_the_example_stays_as_ruff_formats_it(project, run):
    pytest.importorskip("ruff")
    for name, text in EXAMPLE.items():
        (project / "templates" / name).write_text(text)
    run("generate")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "format",
            "--check",
            "--isolated",
            "src",
            "tests",
        ],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert run("generate", "--check")[0] == 0


def test_an_own_template_takes_the_place_of_the_whole(project, run):
    write(project, train="# {{ plan.layer }} is trained elsewhere.\n")
    assert run("generate")[0] == 0
    script = (project / "scripts/train_dense_mine.py").read_text()
    assert script.endswith("# DenseMine is trained elsewhere.\n")


def test_a_template_that_extends_and_says_nothing_changes_nothing():
    files = [
        SpecFile(path.name, path.read_text(encoding="utf-8"))
        for path in sorted(RECIPES.glob("*.yaml"))[:12]
    ]
    for target in (Target(), Target("mine", "mine.layers", "mine.training")):
        own = OwnTemplates(
            "templates",
            tuple((name, f'{{% extends "layersmith/{name}" %}}\n') for name in NAMES),
            shared=bool(target.training),
        )
        plain, _ = generate(files, target)
        made, found = generate(files, replace(target, templates=own))
        assert not found
        assert made == plain


def test_the_scripts_of_a_project_with_a_training_package_are_overridden_too(
    project, run
):
    settings = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(
        settings + 'training = "src/mine/training"\n'
    )
    write(project, train='{% extends "layersmith/train.py.jinja" %}\n'
          "{% block title %}\n# Ours.\n{{ super() -}}\n{% endblock %}\n")  # fmt: skip
    status, _, err = run("generate")
    assert (status, err) == (0, "")
    script = (project / "scripts/train_dense_mine.py").read_text()
    assert "# Ours.\n" in script
    assert "from mine.training import Input, run" in script


def test_templates_may_include_files_with_an_underscore(project, run):
    (project / "templates" / "_licence.jinja").write_text(
        "# Licence: {{ plan.name }}.\n"
    )
    write(project, layer=EXTENDS + "{% block title %}\n"
          '{% include "_licence.jinja" %}\n{{ super() -}}\n{% endblock %}\n')  # fmt: skip
    assert run("generate")[0] == 0
    assert "# Licence: DenseMine.\n" in emitted(project)


def test_a_changed_template_makes_files_stale(project, run):
    assert run("generate")[0] == 0
    assert run("generate", "--check")[0] == 0
    write(project, layer=EXTENDS + "{% block end %}\n\n\nOWNER = 1\n{% endblock %}\n")
    assert run("generate", "--check")[0] == 1
    status, out, _ = run("generate", "--diff")
    assert status == 1
    assert "+OWNER = 1" in out
    assert run("generate")[0] == 0
    assert run("generate", "--check")[0] == 0
    (project / "templates" / "layer.py.jinja").unlink()
    assert run("generate", "--check")[0] == 1


def test_hand_edits_are_merged_with_what_a_changed_template_gives(project, run):
    run("generate")
    path = project / "src/mine/layers/dense_mine.py"
    path.write_text(
        path.read_text().replace("    def build", "    ours = 1\n\n    def build")
    )
    write(project, layer=EXTENDS + "{% block end %}\n\n\nOWNER = 1\n{% endblock %}\n")
    assert run("generate")[0] == 0
    assert "    ours = 1\n" in emitted(project)
    assert "\nOWNER = 1\n" in emitted(project)


# What is said when they do not fit. Each: templates, where, and what is said.

FAULTS = {
    "an unknown block": (
        {"layer.py.jinja": EXTENDS + "{% block tittle %}\n{% endblock %}\n"},
        "layer.py.jinja:2:10: error: there is no block `tittle` to override",
        "did you mean `title`?",
    ),
    "a block of the other form of train scripts": (
        {
            "train.py.jinja": '{% extends "layersmith/train.py.jinja" %}\n{% block seeds %}{% endblock %}'
        },
        "train.py.jinja:2:10: error: there is no block `seeds` to override",
        "there are compare, data, ",
    ),
    "a template that no longer exists": (
        {"keras.py.jinja": "x"},
        "keras.py.jinja:1:1: error: the generator has no template `keras.py.jinja`",
        "it has layer.py.jinja, test.py.jinja, train.py.jinja",
    ),
    "extending what is not there": (
        {"layer.py.jinja": '{% extends "layersmith/layers.py.jinja" %}\n'},
        "layer.py.jinja:1:13: error: there is no template `layersmith/layers.py.jinja`",
        "the generator's are layersmith/layer.py.jinja",
    ),
    "including what is not there": (
        {"layer.py.jinja": "\n{% include '_gone.jinja' %}\n"},
        "layer.py.jinja:2:1: error: there is no template `_gone.jinja`",
        "docs/templates.md",
    ),
    "an unknown part of the plan": (
        {
            "layer.py.jinja": EXTENDS
            + "{% block end %}\n# {{ plan.nmae }}\n{% endblock %}\n"
        },
        "layer.py.jinja:3:11: error: the plan of `layer.py.jinja` has no `nmae`",
        "did you mean `name`?",
    ),
    "an unknown part of a part of the plan": (
        {"layer.py.jinja": "{% for m in plan.methods %}\n{{ m.nam }}\n{% endfor %}"},
        "layer.py.jinja:2:1: error: 'layersmith.plan.model.Method object' has no attribute 'nam'",
        "docs/templates.md",
    ),
    "an undefined name": (
        {"layer.py.jinja": "\n\n  {{ paln.name }}\n"},
        "layer.py.jinja:3:3: error: 'paln' is undefined",
        "docs/templates.md",
    ),
    "a mistake in Jinja": (
        {
            "layer.py.jinja": EXTENDS
            + "{% block end %}\n{{ plan.name }\n{% endblock %}\n"
        },
        "layer.py.jinja:3:1: error: unexpected '}'",
        "docs/templates.md",
    ),
    "an unknown filter": (
        {"layer.py.jinja": "{{ plan.name | uper }}"},
        "layer.py.jinja:1:1: error: no filter named 'uper'",
        "docs/templates.md",
    ),
    "an error while rendering": (
        {"layer.py.jinja": "{{ 1 // 0 }}"},
        "layer.py.jinja:1:1: error: integer division or modulo by zero",
        "docs/templates.md",
    ),
    "text outside of blocks": (
        {"layer.py.jinja": EXTENDS + "\n# Ours.\n"},
        "layer.py.jinja:3:1: error: what a template that extends says outside of blocks is not emitted",
        "put it into a block",
    ),
    "what is not Python": (
        {"layer.py.jinja": "class {{ plan.name }}\n"},
        "layer.py.jinja:1:1: error: this template makes what is not Python: expected ':'",
        "at the line it makes: `class DenseMine`",
    ),
    "a template that extends itself": (
        {"layer.py.jinja": '{% extends "layer.py.jinja" %}\n'},
        "layer.py.jinja:1:1: error: ",
        "docs/templates.md",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_fit_is_told_with_its_place(project, run, fault):
    templates, told, hint = FAULTS[fault]
    for name, text in templates.items():
        (project / "templates" / name).write_text(text)
    status, out, err = run("generate")
    assert status == 2
    assert out == ""
    assert err.startswith(f"templates/{told}"), err
    assert hint in err
    assert re.search(r"^  \| +\^", err, re.MULTILINE)
    assert err.endswith("\n1 mistake; nothing was written\n")
    assert not (project / "src").exists()


def test_all_that_does_not_fit_is_told_at_once(project, run):
    write(project, layer=FAULTS["an unknown block"][0]["layer.py.jinja"], test="{{ x")
    status, _, err = run("generate")
    assert status == 2
    assert err.count(": error: ") == 2


def test_machines_are_told_too(project, run):
    write(project, layer=FAULTS["an unknown block"][0]["layer.py.jinja"])
    status, out, _ = run("generate", "--json")
    assert status == 2
    assert '"file": "templates/layer.py.jinja"' in out
    _, out, _ = run("generate", "--format", "github")
    assert out.startswith("::error file=templates/layer.py.jinja,line=2,col=10")


def test_a_folder_that_is_not_there_is_one_clear_line(project, run):
    (project / "templates").rmdir()
    status, _, err = run("generate")
    assert status == 3
    assert err == (
        "layersmith: templates: no such folder, which `templates` in [tool.layersmith] names\n"
    )


def test_every_block_of_the_page_is_one_and_the_other_way_around():
    rows = re.findall(
        r"^\| `(\w+\.py\.jinja)`(.*?) \| (`title`.*) \|$", PAGE, re.MULTILINE
    )
    assert len(rows) == 4
    for name, form, listed in rows:
        source = "train_project.py.jinja" if form else name
        text = (ROOT / "generator/layersmith/templates" / source).read_text(
            encoding="utf-8"
        )
        assert re.findall(r"{% block (\w+) %}", text) == re.findall(r"`(\w+)`", listed)


def test_the_examples_have_no_problems():
    assert not problems(OwnTemplates("templates", tuple(EXAMPLE.items())))
