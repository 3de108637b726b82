"""`layersmith new`: the same project as `copier copy`, from where layersmith came from."""

import json
import subprocess
import sys
from importlib import metadata

import copier
import pytest
import yaml

from layersmith import origin
from layersmith.cli import main
from layersmith.origin import Origin, find_origin
from projects import (
    BAD_SPEC,
    ROOT,
    answers,
    commit_all,
    copy,
    files,
    git,
    layer_files,
    pyproject,
    run,
)


@pytest.fixture
def from_template(template, monkeypatch):
    """A layersmith that came from the folder of the template."""
    monkeypatch.setattr(
        "layersmith.commands.new.find_origin", lambda: Origin(str(template))
    )
    return template


def new(folder, *options):
    return main(["new", str(folder), "--quiet", *options])


# The project -----------------------------------------------------------------


def test_it_makes_what_copier_copy_makes(from_template, tmp_path, capfd):
    assert new(tmp_path / "new/my-layers", "--defaults") == 0
    assert capfd.readouterr().out == ""
    expected = copy(from_template, tmp_path / "copied/my-layers")
    made = tmp_path / "new/my-layers"
    assert files(made) == files(expected)
    for name in files(made):
        assert (made / name).read_bytes() == (expected / name).read_bytes(), name


def test_answers_come_from_a_file_and_from_the_command_line(from_template, tmp_path):
    file = tmp_path / "answers.yml"
    file.write_text("package: mine\nrecipes: [dropout]\nci: none\n", encoding="utf-8")
    options = ("--defaults", "--data-file", str(file), "--data", "ci=gitlab")
    assert new(tmp_path / "p", *options) == 0
    assert layer_files("dropout", "mine") <= files(tmp_path / "p")
    assert answers(tmp_path / "p")["ci"] == "gitlab"


def test_the_checkout_that_it_runs_from_is_the_template(tmp_path):
    done = run(
        sys.executable,
        "-B",
        ROOT / "generator",
        *("new", "p", "--defaults", "--data", "recipes=[]"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert answers(tmp_path / "p")["_src_path"] == str(ROOT)


# What is wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--data", "package=2x"), "A Python name in lower case"),
        (("--data", "package"), "write --data NAME=VALUE"),
        (("--data-file", "no_such_file.yml"), "No such file"),
        (("--vcs-ref", "no-such-tag", "--template", "{source}"), "no-such-tag"),
        (("--template", "{source}"), "allow it with --trust"),
    ],
)
def test_a_mistake_is_said_in_one_line(from_template, tmp_path, capsys, options, said):
    source = tmp_path / "source"
    git(tmp_path, "init", "--quiet", str(source))
    run("cp", "-r", f"{from_template}/.", source, cwd=tmp_path)
    commit_all(source, "one", tag="v1.0.0")
    options = [option.format(source=source) for option in options]
    assert new(tmp_path / "p", "--defaults", *options) == 3
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1, error
    assert not (tmp_path / "p").exists()


def test_a_file_of_answers_that_is_no_yaml_is_named(from_template, tmp_path, capsys):
    file = tmp_path / "answers.yml"
    for text in ("a: [", "- a\n"):
        file.write_text(text, encoding="utf-8")
        assert new(tmp_path / "p", "--defaults", "--data-file", str(file)) == 3
        assert str(file) in capsys.readouterr().err


def test_a_bad_spec_has_the_status_of_a_bad_spec(from_template, tmp_path):
    spec = tmp_path / "bad.yaml"
    spec.write_text(BAD_SPEC, encoding="utf-8")
    assert new(tmp_path / "p", "--defaults", "--data", f"spec_file={spec}") == 2
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("existed", [False, True])
def test_ctrl_c_leaves_no_half_project(from_template, tmp_path, monkeypatch, existed):
    folder = tmp_path / "p"
    if existed:
        folder.mkdir()
        (folder / "notes.txt").write_text("mine\n", encoding="utf-8")
    real = subprocess.run

    def interrupted(command, *arguments, **options):
        if "generate" in map(str, command):
            raise KeyboardInterrupt
        return real(command, *arguments, **options)

    monkeypatch.setattr(subprocess, "run", interrupted)
    assert new(folder, "--defaults") == 130
    # What was there before is there, and what Copier wrote beside it may be.
    assert folder.exists() == existed
    assert not existed or (folder / "notes.txt").exists()


def test_without_copier_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "copier", None)
    assert new(tmp_path / "p") == 3
    error = capsys.readouterr().err
    assert "install `copier>=9.19`" in error
    assert error.count("\n") == 1


# Where layersmith came from --------------------------------------------------


def installed(monkeypatch, record):
    class Distribution:
        def read_text(self, name):
            assert name == "direct_url.json"
            return None if record is None else json.dumps(record)

    monkeypatch.setattr(metadata, "distribution", lambda name: Distribution())


def test_installed_from_a_repository_it_is_that_commit(monkeypatch, tmp_path):
    vcs = {"vcs": "git", "commit_id": "abc123"}
    for url, template in (
        ("https://example.org/a/layersmith.git",) * 2,
        ("ssh://git@example.org/layersmith", "git+ssh://git@example.org/layersmith"),
    ):
        installed(monkeypatch, {"url": url, "vcs_info": vcs})
        assert find_origin(tmp_path) == Origin(template, "abc123")


def test_installed_from_a_folder_it_is_that_folder(monkeypatch, tmp_path):
    folder = tmp_path / "mon dépôt"
    folder.mkdir()
    (folder / "copier.yml").write_text("", encoding="utf-8")
    installed(monkeypatch, {"url": folder.as_uri(), "dir_info": {"editable": True}})
    assert find_origin(tmp_path) == Origin(str(folder))
    (folder / "copier.yml").unlink()
    assert find_origin(tmp_path) is None


@pytest.mark.parametrize("record", [None, {}, [], {"url": "https://x/layersmith.whl"}])
def test_installed_from_an_index_it_asks_for_the_template(
    monkeypatch, tmp_path, capsys, record
):
    installed(monkeypatch, record)
    monkeypatch.setattr(origin, "CHECKOUT", tmp_path)
    monkeypatch.setattr(
        "layersmith.commands.new.find_origin", lambda: find_origin(tmp_path)
    )
    assert new(tmp_path / "p") == 3
    assert "--template URL" in capsys.readouterr().err


def test_another_template_is_copied_at_the_ref_that_was_asked_for(template, tmp_path):
    source = tmp_path / "layersmith"
    run("cp", "-r", template, source, cwd=tmp_path)
    commit_all(source, "one", tag="v1.0.0")
    commit_all(source, "two", tag="v2.0.0")
    options = ("--defaults", "--template", str(source), "--trust")
    assert new(tmp_path / "p", *options, "--vcs-ref", "v1.0.0") == 0
    assert answers(tmp_path / "p")["_commit"] == "v1.0.0"
    (line,) = pyproject(tmp_path / "p")["dependency-groups"]["generate"]
    assert git(source, "rev-parse", "v1.0.0") in line


def test_the_extra_asks_for_the_copier_that_the_template_needs():
    settings = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    (extra,) = pyproject(ROOT)["project"]["optional-dependencies"]["new"]
    wanted = ".".join(settings["_min_copier_version"].split(".")[:2])
    assert extra == f"copier>={wanted}"
    assert copier.__name__ == "copier"
