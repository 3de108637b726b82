"""A team's two years with the template, on a machine that holds Copier, git and make."""

import re
import sys

import pytest

from projects import GIT, RECIPES, commit_all, files, git, run

pytestmark = pytest.mark.slow

# Two lines that every emitted layer with arguments has, as later versions emit them.
CONFIG = "config = super().get_config()"
CONFIG_IN_V2 = "config = dict(super().get_config())"
CONFIG_IN_V3 = "config = {**super().get_config()}"


def text(path):
    return path.read_text(encoding="utf-8")


def change(path, old, new):
    assert text(path).count(old) >= 1, (path, old)
    path.write_text(text(path).replace(old, new), encoding="utf-8", newline="\n")


def solve(path, choose):
    """Replaces each conflict in a file by what `choose(ours, theirs)` makes of it."""
    pattern = r"<<<<<<<[^\n]*\n(.*?)(?:\|\|\|\|\|\|\|.*?)?=======\n(.*?)>>>>>>>[^\n]*\n"
    solved, count = re.subn(
        pattern, lambda match: choose(match[1], match[2]), text(path), flags=re.DOTALL
    )
    assert count, path
    path.write_text(solved, encoding="utf-8", newline="\n")


def release(source, tag, config):
    """The next version of the template: other CI, and other emitted code."""
    for path, pattern, new in (
        (
            "generator/layersmith/templates/layer.py.jinja",
            r"config = .*super.*",
            config,
        ),
        (
            "template/.github/workflows/ci.yml.jinja",
            r"timeout-minutes: [23]0",
            "timeout-minutes: 20",
        ),
        (
            "template/.github/workflows/ci.yml.jinja",
            "run: make check.*",
            f"run: make check # {tag}",
        ),
    ):
        changed, count = re.subn(pattern, new, text(source / path))
        assert count, (path, pattern)
        (source / path).write_text(changed, encoding="utf-8", newline="\n")
    commit_all(source, tag, tag=tag)


def make(project, *arguments):
    done = run("make", f"PYTHON={sys.executable}", *arguments, cwd=project)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def stop(project, message, written):
    """A stop on the way: all is green, and every hand-written line is there."""
    make(project, "check")
    # Not the two tests of each suite that start TensorFlow once more.
    make(project, "test", "ARGS=-q -k 'not new_process and not training_script'")
    for name, line in written.items():
        assert line in text(project / name), name
    assert not [name for name in files(project) if name.endswith((".rej", ".orig"))]
    commit_all(project, message)
    assert git(project, "status", "--porcelain") == ""


def test_two_years_of_a_team(template, tmp_path, bare_copier):
    source, project = tmp_path / "layersmith", tmp_path / "our layers"
    run("cp", "-r", template, source, cwd=tmp_path)
    commit_all(source, "one", tag="v1.0.0")

    # The first day.
    command = ("copy", "--trust", "--defaults", source, project)
    done = run(bare_copier, *command, cwd=tmp_path, env=GIT)
    assert done.returncode == 0, done.stderr
    commit_all(project, "from the template")
    stop(project, "the first day", {})

    # Six more layers: four recipes and two specs of their own.
    recipes = "low_rank_dense,dropout,moving_norm,gated_attention_pooling"
    make(project, "generate", f"ARGS=--recipe {recipes}")
    for recipe, old, new in (
        ("low_rank_dense", "LowRankDense", "NarrowDense"),
        ("dropout", "Dropout", "SoftDropout"),
    ):
        spec = project / f"specs/{old}_of_ours.yaml"
        spec.write_bytes((RECIPES / f"{recipe}.yaml").read_bytes())
        change(spec, f"layer: {old}", f"layer: {new}")
    make(project, "generate")
    stop(project, "six more layers", {})

    # Edits by hand: of the scaffold, of two layers, of a suite.
    layers, ours = project / "src/our_layers/layers", "    # Ours: keep this.\n"
    with (project / "Makefile").open("a", encoding="utf-8") as makefile:
        makefile.write("\nours:\n\techo ours\n")
    change(
        project / ".github/workflows/ci.yml",
        "timeout-minutes: 30",
        "timeout-minutes: 45",
    )
    change(
        layers / "low_rank_dense.py",
        "    def compute_output_shape",
        f"{ours}    def compute_output_shape",
    )
    change(layers / "moving_norm.py", CONFIG, f"{CONFIG}  # ours")
    with (project / "tests/test_dropout.py").open("a", encoding="utf-8") as suite:
        suite.write("\n\ndef test_ours():\n    assert Dropout(0.5).rate == 0.5\n")
    written = {
        "Makefile": "\nours:\n\techo ours\n",
        ".github/workflows/ci.yml": "timeout-minutes: 45",
        "src/our_layers/layers/low_rank_dense.py": ours,
        "src/our_layers/layers/moving_norm.py": "# ours",
        "tests/test_dropout.py": "def test_ours():",
    }
    stop(project, "edits by hand", written)

    # The second version: conflicts in the scaffold and in a layer.
    release(source, "v2.0.0", CONFIG_IN_V2)
    update = ("update", "--trust", "--defaults")
    done = run(bare_copier, *update, cwd=project, env=GIT)
    assert done.returncode != 0
    assert "moving_norm.py" in done.stdout + done.stderr
    assert "solve what is named above, then run `make generate`" in done.stderr
    solve(project / ".github/workflows/ci.yml", lambda mine, theirs: mine)
    solve(
        layers / "moving_norm.py",
        lambda mine, theirs: theirs.replace(CONFIG_IN_V2, f"{CONFIG_IN_V2}  # ours"),
    )
    make(project, "generate")
    assert CONFIG_IN_V2 in text(layers / "low_rank_dense.py")
    assert f"{CONFIG_IN_V2}  # ours" in text(layers / "moving_norm.py")
    assert "make check # v2.0.0" in text(project / ".github/workflows/ci.yml")
    stop(project, "the second version", written)

    # A layer gets another name, another one goes.
    for command in (("rename", "Dropout", "Thinning"), ("remove", "SoftDropout")):
        layersmith = (".venv/bin/python", "-m", "layersmith")
        done = run(*layersmith, *command, cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
    written["tests/test_thinning.py"] = written.pop("tests/test_dropout.py")
    assert "Dropout" not in text(layers / "thinning.py").replace("dropout", "")
    assert not {"src/our_layers/layers/dropout.py", "tests/test_dropout.py"} & files(
        project
    )
    assert not (layers / "soft_dropout.py").exists()
    stop(project, "another name", written)

    # The third version.
    release(source, "v3.0.0", CONFIG_IN_V3)
    run(bare_copier, *update, cwd=project, env=GIT)
    solve(
        layers / "moving_norm.py",
        lambda mine, theirs: theirs.replace(CONFIG_IN_V3, f"{CONFIG_IN_V3}  # ours"),
    )
    make(project, "generate")
    assert CONFIG_IN_V3 in text(layers / "thinning.py")
    stop(project, "the third version", written)
