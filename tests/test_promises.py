"""What people ask of a generator, row by row: the table in docs/regenerating.md.

Each row has a test of its name here, which drives the command as a user does; the other
files of tests hold the cases in detail.
"""

import ast
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from layersmith import atomic
from layersmith.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "regenerating.md").read_text(encoding="utf-8")
SPEC = (ROOT / "generator/layersmith/recipes/highway.yaml").read_text(encoding="utf-8")
LAYER = "src/mine/layers/highway.py"
FILES = [LAYER, "tests/test_highway.py", "scripts/train_highway.py"]
COMMAND = [sys.executable, str(ROOT / "generator")]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one spec, not generated yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    root = tmp_path / "project"
    (root / "specs").mkdir(parents=True)
    (root / "specs/highway.yaml").write_text(SPEC)
    (root / "pyproject.toml").write_text('[tool.layersmith]\npackage = "mine"\n')
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(capsys):
    def run(*words):
        try:
            status = main(list(words))
        except SystemExit as end:
            status = end.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def generated(project, run):
    assert run("generate")[0] == 0
    return project


def change_spec(project, new="Changed"):
    path = project / "specs/highway.yaml"
    text = path.read_text()
    summary = re.search(r"^summary: (.*)$", text, re.MULTILINE)[1]
    path.write_text(text.replace(summary, f"{new}, {summary}"))


def edit(path, line="# By hand.\n"):
    text = path.read_text()
    path.write_text(text.replace("    def call(", f"    {line}\n    def call(", 1))


def test_check_and_diff_for_ci(generated, run):
    assert run("generate", "--check")[0] == 0
    assert run("generate", "--diff") == (0, "", "")
    change_spec(generated)
    before = {name: (generated / name).read_bytes() for name in FILES}
    status, out, _ = run("generate", "--check")
    assert status == 1
    assert f"update {LAYER}" in out
    status, out, _ = run("generate", "--diff")
    assert status == 1
    assert f"--- a/{LAYER}\n+++ b/{LAYER}\n@@" in out
    assert {name: (generated / name).read_bytes() for name in FILES} == before


def test_header(generated):
    for name in FILES:
        first, second = (generated / name).read_text().split("\n")[:2]
        assert "@generated" in first
        assert "specs/highway.yaml" in first + second
        # Neither changes what is compared from day to day, or with the tool.
        assert not re.search(r"\d{4}-\d\d-\d\d|\d+\.\d+\.\d+", first + second)


def test_hash_of_spec_and_body(generated, run):
    head = (generated / LAYER).read_text().split("\n")[:2]
    assert len(re.findall(r"[0-9a-f]{12}", "\n".join(head))) == 2
    edit(generated / LAYER)
    status, out, _ = run("generate", "-v", "--json")
    assert status == 0
    states = {f["path"]: f["state"] for f in json.loads(out)["files"]}
    assert states[LAYER] == "edited"
    assert states[FILES[1]] == "pristine"


def test_user_edits(generated, run):
    # Pristine files are overwritten, edited ones merged, those of others refused.
    edit(generated / LAYER)
    for number in range(3):
        change_spec(generated, new=f"Version {number}")
        assert run("generate")[0] == 0
        text = (generated / LAYER).read_text()
        assert "# By hand.\n" in text
        assert f"Version {number}" in text
    (generated / LAYER).write_text("mine = 1\n")
    status, out, _ = run("generate")
    assert status == 1
    assert f"refuse {LAYER}" in out
    assert (generated / LAYER).read_text() == "mine = 1\n"


def test_atomic_write(generated, run, monkeypatch):
    old = {name: (generated / name).read_text() for name in FILES}
    change_spec(generated)
    # Nothing is written unless all is right ...
    (generated / "specs/bad.yaml").write_text("layer: Bad\n")
    assert run("generate")[0] == 2
    assert {name: (generated / name).read_text() for name in FILES} == old
    (generated / "specs/bad.yaml").unlink()
    # ... and a file is put in place whole, by a rename.
    renamed = []
    replace = os.replace

    def recorded(source, target):
        text = Path(source).read_text()
        if str(target).endswith(".py"):
            ast.parse(text)
            renamed.append(Path(target).name)
        replace(source, target)

    monkeypatch.setattr(atomic.os, "replace", recorded)
    assert run("generate")[0] == 0
    assert {Path(name).name for name in FILES} <= set(renamed)


def test_writes_only_changed_files(generated, run):
    times = {name: (generated / name).stat().st_mtime_ns for name in FILES}
    status, out, _ = run("generate")
    assert (status, out) == (0, "3 files: nothing to do\n")
    assert {name: (generated / name).stat().st_mtime_ns for name in FILES} == times


def test_stale_files(generated, run):
    edit(generated / LAYER)
    (generated / "tests/test_mine.py").write_text("def test_mine(): pass\n")
    (generated / "specs/highway.yaml").unlink()
    status, out, _ = run("generate")
    assert status == 1
    assert f"orphan {LAYER}" in out
    assert (generated / LAYER).exists()
    assert not (generated / FILES[1]).exists()
    assert not (generated / FILES[2]).exists()
    assert (generated / "tests/test_mine.py").exists()


def test_watch(project):
    watcher = subprocess.Popen(
        [*COMMAND, "watch"],
        cwd=project,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    late = threading.Timer(60, watcher.kill)
    late.start()
    try:
        for line in watcher.stdout:
            if "watching specs/" in line:
                break
        change_spec(project, new="Watched")
        assert any(f"update {LAYER}" in line for line in watcher.stdout)
        assert "Watched" in (project / LAYER).read_text()
    finally:
        late.cancel()
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()


def test_config(project, run):
    settings = '[tool.layersmith]\npackage = "mine"\nlayers = "lib"\n'
    (project / "pyproject.toml").write_text(settings)
    assert run("generate")[0] == 0
    assert (project / "lib/highway.py").exists()
    (project / "pyproject.toml").write_text(settings + 'layer = "x"\n')
    status, _, err = run("generate")
    assert status == 3
    assert "[tool.layersmith] has no key `layer`; known keys: package" in err


def test_json_schema_for_input(run):
    jsonschema = pytest.importorskip("jsonschema")
    status, out, _ = run("schema")
    assert status == 0
    schema = json.loads(out)
    jsonschema.validators.validator_for(schema).check_schema(schema)
    jsonschema.validate(yaml.safe_load(SPEC), schema)
    wrong = yaml.safe_load(SPEC) | {"wieghts": {}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)
    # Projects from the template hand it to editors.
    settings = json.loads((ROOT / "template/.vscode/settings.json").read_text())
    assert settings["yaml.schemas"]


def test_pre_commit_hook(generated):
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["layersmith", "layersmith-check"]
    for hook in hooks:
        command = [*COMMAND, *hook["entry"].split()[1:]]
        assert hook["entry"].startswith("layersmith ")
        assert subprocess.run(command, cwd=generated, check=False).returncode == 0
    change_spec(generated)
    check = [*COMMAND, *hooks[1]["entry"].split()[1:]]
    assert subprocess.run(check, cwd=generated, check=False).returncode == 1


def test_formatting_of_output(generated, run):
    # Laid out by construction: ruff has nothing to do, and is not needed.
    pytest.importorskip("ruff")
    for words in (["format", "--check"], ["check"]):
        command = [sys.executable, "-m", "ruff", *words, "--isolated", "."]
        done = subprocess.run(
            command, cwd=generated, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
    # With another line length it has, and that is no edit.
    command = [sys.executable, "-m", "ruff", "format", "-q", "--line-length", "60", "."]
    subprocess.run(command, cwd=generated, check=True)
    assert run("generate", "--check")[0] == 0


def test_determinism(project, tmp_path):
    made = set()
    for seed in ("0", "1", "4711"):
        out = tmp_path / f"out{seed}"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC+{seed[0]}"}
        command = [*COMMAND, "generate", "specs/highway.yaml", "--out", str(out)]
        subprocess.run(command, cwd=project, env=environment, check=True)
        made.add(tuple((p.name, p.read_bytes()) for p in sorted(out.iterdir())))
    assert len(made) == 1
    assert len(made.pop()) == 3


def test_extension(project, run):
    settings = '[tool.layersmith]\npackage = "mine"\ntemplates = "templates"\n'
    (project / "pyproject.toml").write_text(settings)
    (project / "templates").mkdir()
    template = project / "templates/layer.py.jinja"
    start = '{% extends "layersmith/layer.py.jinja" %}\n'
    template.write_text(start + "{% block end %}\n\n\nOWNER = 'us'\n{% endblock %}\n")
    assert run("generate")[0] == 0
    assert (project / LAYER).read_text().endswith("\n\n\nOWNER = 'us'\n")
    template.write_text(start + "{% block gone %}{% endblock %}\n")
    status, _, err = run("generate")
    assert status == 2
    assert err.startswith("templates/layer.py.jinja:2:10: error: ")


def test_error_position(project, run):
    path = project / "specs/highway.yaml"
    path.write_text(SPEC.replace("summary:", "sumary:").replace("tf.", "tff."))
    status, _, err = run("generate")
    assert status == 2
    head, line, caret, hint = err.split("\n")[:4]
    assert re.match(r"specs/highway\.yaml:\d+:\d+: error: \w", head)
    assert line.startswith("  | ")
    assert re.fullmatch(r"  \| *\^+", caret)
    assert hint.startswith("  ")
    assert err.count(": error: ") > 1
    problems = json.loads(run("generate", "--json")[1])["problems"]
    assert {"file", "line", "column", "message", "hint"} <= set(problems[0])
    assert run("generate", "--format", "github")[1].startswith("::error file=specs/")


def test_exit_codes(generated, run):
    assert run("generate", "--check")[0] == 0
    change_spec(generated)
    assert run("generate", "--check")[0] == 1
    assert run("generate")[0] == 0
    (generated / "specs/highway.yaml").write_text("layer: 7\n")
    assert run("generate")[0] == run("generate", "--check")[0] == run("check")[0] == 2
    assert run("generate", "no_such.yaml")[0] == run("generat")[0] == 3


# The page.


def rows():
    return re.findall(r"^\| ([^|]+) \| [^|]+ \| `(test_\w+)` \|$", PAGE, re.MULTILINE)


def test_the_page_has_a_row_for_each_test_and_a_test_for_each_row():
    tests = [name for name in globals() if name.startswith("test_")]
    tests.remove("test_the_page_has_a_row_for_each_test_and_a_test_for_each_row")
    assert [name for _, name in rows()] == tests
    for row, name in rows():
        words = re.findall(r"\w+", row.lower())
        assert name == "test_" + "_".join(words), row
