"""Where the template comes from, where the project goes, and what stops a copy."""

import re
import sys

import copier
import pytest

from projects import (
    BAD_SPEC,
    RECIPES,
    SCAFFOLD,
    SHARED,
    answers,
    commit_all,
    copy,
    files,
    git,
    layer_files,
    layersmith,
    pyproject,
    run,
)

# When something is wrong -----------------------------------------------------


def test_a_bad_spec_is_said_where_it_is_and_leaves_no_half_project(
    template, tmp_path, capfd
):
    spec = tmp_path / "bad.yaml"
    spec.write_text(BAD_SPEC, encoding="utf-8")
    with pytest.raises(copier.errors.TaskError) as caught:
        copy(template, tmp_path / "p", spec_file=str(spec))
    assert caught.value.returncode == 2
    printed = capfd.readouterr()
    assert re.search(r"bad\.yaml:2:1: error: .*wieghts", printed.out + printed.err)
    assert not (tmp_path / "p").exists()


def test_without_trust_nothing_is_written(template, tmp_path):
    with pytest.raises(copier.errors.UnsafeTemplateError, match="tasks"):
        copier.run_copy(str(template), tmp_path / "p", defaults=True, quiet=True)
    assert not (tmp_path / "p").exists()


def test_without_trust_the_scaffold_is_left_and_the_generator_does_the_rest(
    template, tmp_path
):
    project = tmp_path / "my-layers"
    copier.run_copy(str(template), project, defaults=True, quiet=True, skip_tasks=True)
    assert files(project) == SCAFFOLD

    done = layersmith(project, "generate", "--recipe", "textbook_dense")

    assert done.returncode == 0, done.stderr
    assert files(project) == SCAFFOLD | layer_files("textbook_dense") | SHARED


# Where the template comes from, and where the project goes -------------------


def requirement(project):
    (line,) = pyproject(project)["dependency-groups"]["generate"]
    return line


def test_a_local_folder_is_the_generator_that_the_project_installs(template, tmp_path):
    project = copy(template, tmp_path / "p")
    assert requirement(project) == f"layersmith @ {template.as_uri()}"


def test_a_tag_of_a_local_repository_is_installed_by_commit(template, tmp_path):
    source = tmp_path / "source"
    git(tmp_path, "init", "--quiet", str(source))
    run("cp", "-r", f"{template}/.", source, cwd=tmp_path)
    commit_all(source, "one", tag="v1.0.0")
    commit = git(source, "rev-parse", "HEAD")
    (source / "README.md").write_text("changed since\n", encoding="utf-8")
    commit_all(source, "two")

    project = copy(source, tmp_path / "p")

    assert requirement(project) == f"layersmith @ git+{source.as_uri()}@{commit}"
    assert answers(project)["_commit"] == "v1.0.0"


def test_an_untagged_local_repository_is_installed_as_it_lies_there(template, tmp_path):
    source = tmp_path / "source"
    run("cp", "-r", template, source, cwd=tmp_path)
    commit_all(source, "one")
    (source / "README.md").write_text("not committed\n", encoding="utf-8")
    with pytest.warns(copier.errors.DirtyLocalWarning):
        project = copy(source, tmp_path / "p")
    assert requirement(project) == f"layersmith @ {source.as_uri()}"


@pytest.mark.parametrize("local", [True, False])
def test_a_branch_is_installed_by_its_commit(template, tmp_path, local):
    source = tmp_path / "une source é"
    run("cp", "-r", template, source, cwd=tmp_path)
    commit_all(source, "one", tag="v1.0.0")
    git(source, "checkout", "--quiet", "-b", "next")
    (source / "README.md").write_text("on the branch\n", encoding="utf-8")
    commit_all(source, "two")
    commit = git(source, "rev-parse", "next")
    git(source, "checkout", "--quiet", "main")
    url = str(source) if local else f"git+{source.as_uri()}"

    project = tmp_path / "p"
    options = ("copy", "--trust", "--defaults", "--vcs-ref", "next", url, project)
    environment = {"COPIER_CACHE_DIR": str(tmp_path / "cache")}
    done = run(sys.executable, "-m", "copier", *options, cwd=tmp_path, env=environment)

    assert done.returncode == 0, done.stderr
    assert requirement(project) == f"layersmith @ git+{source.as_uri()}@{commit}"


@pytest.mark.parametrize(
    ("url", "installed"),
    [
        ("{bare}", "{bare}"),
        ("git+{bare}", "{bare}"),
        ("gh:acme/layersmith", "https://github.com/acme/layersmith.git"),
        ("gl:acme/layersmith", "https://gitlab.com/acme/layersmith.git"),
        (
            "https://me:secret@github.com/acme/layersmith.git",
            "https://github.com/acme/layersmith.git",
        ),
        (
            "git@github.com:acme/layersmith.git",
            "ssh://git@github.com/acme/layersmith.git",
        ),
    ],
)
def test_a_remote_repository_is_installed_by_commit(template, tmp_path, url, installed):
    source, bare = (tmp_path / "source", tmp_path / "layersmith.git")
    run("cp", "-r", template, source, cwd=tmp_path)
    commit_all(source, "one", tag="v1.0.0")
    git(tmp_path, "clone", "--quiet", "--bare", str(source), str(bare))
    # Git reads the bare repository wherever the URL says it is.
    bases = (
        "https://github.com/acme/layersmith.git",
        "https://gitlab.com/acme/layersmith.git",
        "https://me:secret@github.com/acme/layersmith.git",
        "git@github.com:acme/layersmith.git",
    )
    environment = {
        "COPIER_CACHE_DIR": str(tmp_path / "cache"),
        "GIT_CONFIG_COUNT": str(len(bases)),
    }
    for number, base in enumerate(bases):
        environment[f"GIT_CONFIG_KEY_{number}"] = f"url.{bare.as_uri()}.insteadOf"
        environment[f"GIT_CONFIG_VALUE_{number}"] = base

    project = tmp_path / "p"
    command = ("copy", "--trust", "--defaults", url.format(bare=bare.as_uri()), project)
    done = run(sys.executable, "-m", "copier", *command, cwd=tmp_path, env=environment)

    assert done.returncode == 0, done.stderr
    commit = git(source, "rev-parse", "v1.0.0")
    expected = f"layersmith @ git+{installed.format(bare=bare.as_uri())}@{commit}"
    assert requirement(project) == expected
    assert "secret" not in (project / "pyproject.toml").read_text(encoding="utf-8")


def test_paths_may_hold_spaces_and_letters_of_any_alphabet(template, tmp_path):
    source = tmp_path / "unsere Vorlage ü" / "layersmith"
    source.parent.mkdir()
    run("cp", "-r", template, source, cwd=tmp_path)
    spec = tmp_path / "mes spécs" / "dropout.yaml"
    spec.parent.mkdir()
    spec.write_bytes((RECIPES / "dropout.yaml").read_bytes())

    project = copy(
        source, tmp_path / "mon projet é" / "層", package="p", spec_file=str(spec)
    )

    assert layer_files("dropout", "p") <= files(project)
    assert requirement(project) == f"layersmith @ {source.as_uri()}"


def test_a_folder_that_is_not_empty_keeps_its_files(template, tmp_path):
    folder = tmp_path / "my-layers"
    folder.mkdir()
    commit_all(folder, "before")
    (folder / "notes.txt").write_text("mine\n", encoding="utf-8")
    copy(template, folder)
    assert files(folder) == SCAFFOLD | layer_files("textbook_dense") | SHARED | {
        "notes.txt"
    }
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine\n"


def test_the_template_folder_is_left_as_it_was(template, tmp_path):
    before = files(template)
    copy(template, tmp_path / "p")
    assert files(template) == before


def test_a_copy_that_stopped_half_way_can_be_run_again(template, tmp_path):
    project = tmp_path / "my-layers"
    spec = tmp_path / "dropout.yaml"
    spec.write_text(BAD_SPEC, encoding="utf-8")
    project.mkdir()
    with pytest.raises(copier.errors.TaskError):
        copy(template, project, spec_file=str(spec))

    spec.write_bytes((RECIPES / "dropout.yaml").read_bytes())
    copy(template, project, spec_file=str(spec))

    assert files(project) == SCAFFOLD | layer_files("dropout") | SHARED


def test_a_copy_that_was_interrupted_remembers_its_recipes(template, tmp_path):
    project = tmp_path / "my-layers"
    # Without its task a copy is where Ctrl-C during the task leaves it.
    options = {"defaults": True, "quiet": True, "skip_tasks": True}
    copier.run_copy(str(template), project, {"recipes": ["dropout"]}, **options)
    copy(template, project)
    assert files(project) == SCAFFOLD | layer_files("dropout") | SHARED


def test_a_second_copy_brings_no_recipe_back(template, tmp_path):
    project = copy(template, tmp_path / "[my] layers*", package="p")
    (project / "specs/textbook_dense.yaml").unlink()
    copy(template, project)
    assert "specs/textbook_dense.yaml" not in files(project)
