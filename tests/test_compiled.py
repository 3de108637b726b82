"""A checkout that must stay without bytecode runs from a compiled copy of it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layersmith import compiled

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def package(tmp_path):
    made = tmp_path / "package"
    (made / "templates").mkdir(parents=True)
    (made / "one.py").write_text("ONE = 1\n")
    (made / "templates" / "layer.jinja").write_text("{{ layer }}\n")
    return made


def files(folder):
    return {p.relative_to(folder): p.read_text() for p in folder.rglob("*.*")}


def test_the_copy_has_every_file(package, tmp_path):
    copy = compiled.compiled_copy(package, tmp_path / "cache")
    assert files(copy) == files(package)


def test_an_unchanged_generator_is_copied_once(package, tmp_path):
    first = compiled.compiled_copy(package, tmp_path / "cache")
    clone = package.rename(tmp_path / "another clone")
    assert compiled.compiled_copy(clone, tmp_path / "cache") == first
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("name", ["one.py", "templates/layer.jinja"])
def test_a_changed_generator_is_never_an_old_one(package, tmp_path, name):
    first = compiled.compiled_copy(package, tmp_path / "cache")
    (package / name).write_text("# changed\n")
    second = compiled.compiled_copy(package, tmp_path / "cache")
    assert second != first
    assert (second / name).read_text() == "# changed\n"


def test_copies_that_nobody_uses_go(package, tmp_path):
    old = compiled.compiled_copy(package, tmp_path / "cache")
    month_ago = time.time() - (compiled.UNUSED_DAYS + 1) * 24 * 3600
    os.utime(old, (month_ago, month_ago))
    (package / "one.py").write_text("ONE = 2\n")
    new = compiled.compiled_copy(package, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == [new]


def test_without_a_place_for_a_copy_the_checkout_runs(tmp_path):
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file", "--version")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_second_run_comes_from_the_copy(tmp_path):
    for _ in range(2):
        done = run(tmp_path, "check", ROOT / "generator/layersmith/recipes/dense.yaml")
        assert done.returncode == 0, done.stderr
    (copy,) = (tmp_path / "layersmith" / "generators").iterdir()
    assert list((copy / "__pycache__").glob("pipeline.*.pyc"))


def run(cache, *arguments):
    """The generator as Copier's task runs it."""
    return subprocess.run(
        [sys.executable, "-B", ROOT / "generator", *arguments],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
