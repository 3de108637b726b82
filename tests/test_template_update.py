"""What `copier update` and `copier recopy` keep: every line that a person wrote."""

import sys

import pytest
import yaml

from projects import GIT, RECIPES, commit_all, copy, files, git, run

# Each update renders the template three times.
pytestmark = pytest.mark.slow


@pytest.fixture
def source(template, tmp_path):
    """The template as a git repository, tagged v1.0.0."""
    folder = tmp_path / "layersmith"
    run("cp", "-r", template, folder, cwd=tmp_path)
    commit_all(folder, "one", tag="v1.0.0")
    return folder


@pytest.fixture
def project(source, tmp_path):
    """A committed project of v1.0.0 with two layers."""
    folder = copy(source, tmp_path / "my-layers", recipes=["textbook_dense", "dropout"])
    commit_all(folder, "from the template")
    return folder


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def append(path, line):
    path.write_text(
        path.read_text(encoding="utf-8") + line, encoding="utf-8", newline="\n"
    )


def update(project, *options):
    command = (
        sys.executable,
        "-m",
        "copier",
        "update",
        "--trust",
        "--defaults",
        *options,
    )
    return run(*command, cwd=project, env=GIT)


def next_version(source, tag="v2.0.0"):
    """A later template: a new line in the Makefile and a new file."""
    makefile = source / "template/Makefile.jinja"
    change(makefile, "clean:\n", "coverage: test\n\nclean:\n")
    (source / "template/SECURITY.md").write_text("Write to us.\n", encoding="utf-8")
    commit_all(source, tag, tag=tag)


def text(path):
    return path.read_text(encoding="utf-8")


def test_an_update_to_the_same_version_changes_nothing(source, project):
    done = update(project)
    assert done.returncode == 0, done.stderr
    assert git(project, "status", "--porcelain") == ""


def test_new_scaffold_arrives_beside_hand_edited_scaffold(source, project):
    append(project / "Makefile", "\nours:\n\techo ours\n")
    (project / "tests/test_ours.py").write_text(
        "def test_ours():\n    pass\n", encoding="utf-8"
    )
    commit_all(project, "ours")
    next_version(source)

    done = update(project)

    assert done.returncode == 0, done.stderr
    assert "coverage: test" in text(project / "Makefile")
    assert text(project / "Makefile").endswith("\nours:\n\techo ours\n")
    assert "SECURITY.md" in files(project)
    assert "tests/test_ours.py" in files(project)
    assert yaml.safe_load(text(project / ".copier-answers.yml"))["_commit"] == "v2.0.0"


def test_a_line_that_both_changed_is_marked_and_neither_is_lost(source, project):
    change(project / "Makefile", "clean:\n", "tidy:\n")
    commit_all(project, "ours")
    next_version(source)

    update(project)

    merged = text(project / "Makefile")
    assert "<<<<<<<" in merged
    assert "tidy:" in merged
    assert "coverage: test" in merged
    assert "UU Makefile" in git(project, "status", "--porcelain")
    assert not [name for name in files(project) if name.endswith((".rej", ".orig"))]


def test_specs_belong_to_the_project(source, project):
    append(project / "specs/dropout.yaml", "# ours\n")
    (project / "specs/textbook_dense.yaml").unlink()
    (project / "specs/moving_norm.yaml").write_bytes(
        (RECIPES / "moving_norm.yaml").read_bytes()
    )
    commit_all(project, "ours")
    next_version(source)

    done = update(project)

    assert done.returncode == 0, done.stderr
    assert text(project / "specs/dropout.yaml").endswith("# ours\n")
    assert "specs/textbook_dense.yaml" not in files(project)
    assert "src/my_layers/layers/moving_norm.py" in files(project)


def test_the_project_installs_the_generator_of_the_new_version(source, project):
    next_version(source)
    update(project)
    assert git(source, "rev-parse", "v2.0.0") in text(project / "pyproject.toml")


def test_the_changelog_is_the_projects_own(source, project):
    (project / "CHANGELOG.md").write_text("# Ours\n", encoding="utf-8")
    commit_all(project, "ours")
    append(source / "template/CHANGELOG.md", "- A new line of the template.\n")
    next_version(source)
    update(project)
    assert text(project / "CHANGELOG.md") == "# Ours\n"


def test_another_answer_moves_the_ci_to_another_forge(source, project):
    next_version(source)
    done = update(project, "--data", "ci=gitlab")
    assert done.returncode == 0, done.stderr
    assert ".gitlab-ci.yml" in files(project)
    assert ".github/workflows/ci.yml" not in files(project)


def test_a_bad_spec_is_said_and_the_merged_scaffold_stays(source, project):
    (project / "specs/bad.yaml").write_text(
        "layer: Bad\nwieghts: {}\n", encoding="utf-8"
    )
    commit_all(project, "ours")
    next_version(source)

    done = update(project)

    assert done.returncode != 0
    assert "bad.yaml:2:1: error" in done.stdout + done.stderr
    assert "mend the spec, then run `make generate`" in done.stderr
    assert "coverage: test" in text(project / "Makefile")


def test_a_project_from_before_the_training_package_gets_it(template, tmp_path):
    source = tmp_path / "layersmith"
    run("cp", "-r", template, source, cwd=tmp_path)
    settings = source / "template/pyproject.toml.jinja"
    now = text(settings)
    settings.write_text(
        "".join(
            line for line in now.splitlines(True) if not line.startswith("training =")
        ),
        encoding="utf-8",
    )
    commit_all(source, "one", tag="v1.0.0")
    project = copy(source, tmp_path / "my-layers", recipes=["dropout"])
    script = project / "scripts/train_dropout.py"
    assert "tf.function" in text(script)
    commit_all(project, "from the template")
    settings.write_text(now, encoding="utf-8")
    commit_all(source, "two", tag="v2.0.0")

    done = update(project)

    assert done.returncode == 0, done.stderr
    assert "from my_layers.training import" in text(script)
    assert "src/my_layers/training/run.py" in files(project)


def test_recopy_keeps_the_specs(source, project):
    append(project / "specs/dropout.yaml", "# ours\n")
    (project / "specs/textbook_dense.yaml").unlink()
    commit_all(project, "ours")
    next_version(source)

    command = (
        sys.executable,
        "-m",
        "copier",
        "recopy",
        "--trust",
        "--defaults",
        "--overwrite",
    )
    done = run(*command, cwd=project, env=GIT)

    assert done.returncode == 0, done.stderr
    assert text(project / "specs/dropout.yaml").endswith("# ours\n")
    assert "specs/textbook_dense.yaml" not in files(project)
    assert "coverage: test" in text(project / "Makefile")


def test_a_subfolder_of_a_monorepo_is_updated_alone(source, tmp_path):
    monorepo = tmp_path / "monorepo"
    project = copy(source, monorepo / "models/my-layers", recipes=["dropout"])
    (monorepo / "models/Makefile").write_text("theirs:\n", encoding="utf-8")
    commit_all(monorepo, "all of it")
    next_version(source)

    done = update(project)

    assert done.returncode == 0, done.stderr
    assert "coverage: test" in text(project / "Makefile")
    changed = git(monorepo, "status", "--porcelain").splitlines()
    assert changed
    paths = [line.split(maxsplit=1)[1] for line in changed]
    assert all(path.startswith("models/my-layers/") for path in paths)
