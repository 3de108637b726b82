"""What `copier copy` leaves: a project that works at once, whatever was answered."""

import json
import os
import re
import stat
import sys

import pytest
import yaml

from projects import (
    ALL_RECIPES,
    RECIPES,
    ROOT,
    SCAFFOLD,
    SHARED,
    copy,
    files,
    layer_files,
    layersmith,
    pyproject,
    run,
)


@pytest.fixture(scope="module")
def project(template, tmp_path_factory):
    """A project that was asked nothing. Tests only read it."""
    return copy(template, tmp_path_factory.mktemp("defaults") / "my-layers")


@pytest.fixture(scope="module")
def questions():
    settings = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    return {k: v for k, v in settings.items() if not k.startswith("_")}


# What is left when nothing is asked ------------------------------------------


def test_defaults_leave_the_scaffold_and_the_textbook_layer(project):
    assert files(project) == SCAFFOLD | layer_files("textbook_dense") | SHARED


def test_names_come_from_the_folder(project):
    assert pyproject(project)["project"]["name"] == "my-layers"
    assert pyproject(project)["tool"]["layersmith"]["package"] == "my_layers"


@pytest.mark.parametrize(
    ("folder", "name", "package"),
    [
        ("Team Ä layers", "team-layers", "team_layers"),
        ("2024.models", "2024-models", "layers_2024_models"),
        ("keras", "keras", "layers_keras"),
        ("class", "class", "layers_class"),
        ("层", "my-layers", "my_layers"),
    ],
)
def test_any_folder_name_makes_a_valid_project(
    template, tmp_path, folder, name, package
):
    project = copy(template, tmp_path / folder)
    assert pyproject(project)["project"]["name"] == name
    assert layer_files("textbook_dense", package) <= files(project)


def test_the_generated_files_are_what_the_generator_writes(project):
    done = layersmith(project, "generate", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_projects_own_files_pass_ruff(project):
    for command in (["check"], ["format", "--check"]):
        done = run(sys.executable, "-m", "ruff", *command, "--no-cache", cwd=project)
        assert done.returncode == 0, done.stdout


def test_no_trace_of_a_template_is_left(project):
    for name in files(project):
        text = (project / name).read_text(encoding="utf-8")
        assert not re.search(r"\{%|(?<!\$)\{\{|jinja", text), name
        assert text.endswith("\n") or not text, name
        assert not re.search(r"[ \t]$|\n\n\n\n", text, re.MULTILINE), name


def test_yaml_and_toml_files_can_be_read(project):
    for name in files(project):
        text = (project / name).read_text(encoding="utf-8")
        if name.endswith((".yml", ".yaml")):
            assert yaml.safe_load(text)
    assert pyproject(project)["tool"]["layersmith"]


# Every question, answered otherwise ------------------------------------------


def test_project_name_names_the_distribution(template, tmp_path):
    project = copy(template, tmp_path / "p", project_name="Vision.Layers")
    assert pyproject(project)["project"]["name"] == "Vision.Layers"
    assert "# Vision.Layers" in (project / "README.md").read_text(encoding="utf-8")
    assert "src/vision_layers/__init__.py" in files(project)


def test_package_names_the_import_and_the_registration(template, tmp_path):
    project = copy(template, tmp_path / "p", package="blocks")
    assert layer_files("textbook_dense", "blocks") <= files(project)
    layer = (project / "src/blocks/layers/my_custom_layer.py").read_text(
        encoding="utf-8"
    )
    assert 'package="blocks"' in layer


def test_recipes_chooses_what_to_start_from(template, tmp_path):
    project = copy(
        template, tmp_path / "p", package="p", recipes=["dropout", "moving_norm"]
    )
    generated = layer_files("dropout", "p") | layer_files("moving_norm", "p")
    assert generated <= files(project)
    assert not layer_files("textbook_dense", "p") & files(project)


def test_no_recipe_leaves_a_project_without_layers(template, tmp_path):
    project = copy(template, tmp_path / "p", package="my_layers", recipes=[])
    assert files(project) == SCAFFOLD


def test_recipes_of_the_users_own_settings_are_taken(template, tmp_path):
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {recipes: [dropout]}\n", encoding="utf-8")
    command = (sys.executable, "-m", "copier", "copy", "--trust", "--defaults")
    environment = {**os.environ, "COPIER_SETTINGS_PATH": str(settings)}
    done = run(*command, template, "p", cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert layer_files("dropout", "p") <= files(tmp_path / "p")


def test_answers_can_be_read_from_a_file(template, tmp_path):
    file = tmp_path / "answers.yml"
    file.write_text("package: mine\nrecipes: [dropout, film]\n", encoding="utf-8")
    options = ("--trust", "--defaults", "--data-file", file)
    command = (sys.executable, "-m", "copier", "copy", *options, template, "p")
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    generated = layer_files("dropout", "mine")
    assert generated <= files(tmp_path / "p")
    assert "src/mine/layers/film.py" in files(tmp_path / "p")


def test_spec_file_is_copied_as_it_was_written(template, tmp_path, monkeypatch):
    spec = tmp_path / "mine" / "our_dense.yaml"
    spec.parent.mkdir()
    text = (RECIPES / "textbook_dense.yaml").read_text(encoding="utf-8")
    spec.write_text("# Ours: keep this line.\n" + text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    project = copy(
        template, tmp_path / "p", package="p", spec_file="mine/our_dense.yaml"
    )

    assert (project / "specs/our_dense.yaml").read_bytes() == spec.read_bytes()
    assert files(project) & layer_files("textbook_dense", "p") == (
        layer_files("textbook_dense", "p") - {"specs/textbook_dense.yaml"}
    )
    stored = (project / ".copier-answers.yml").read_text(encoding="utf-8")
    assert "our_dense" not in stored


def test_spec_file_may_be_a_folder(template, tmp_path):
    names = ("dropout", "moving_norm")
    for name in names:
        (tmp_path / f"{name}.yaml").write_bytes((RECIPES / f"{name}.yaml").read_bytes())
    project = copy(template, tmp_path / "p", package="p", spec_file=str(tmp_path))
    for name in names:
        assert layer_files(name, "p") <= files(project)


def test_author_holds_the_copyright(template, tmp_path):
    project = copy(template, tmp_path / "p", author="Zoë Müller 李", license="MIT")
    assert pyproject(project)["project"]["authors"] == [{"name": "Zoë Müller 李"}]
    assert "Zoë Müller 李" in (project / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("license", "expression", "text"),
    [
        ("Apache-2.0", "Apache-2.0", "Apache License"),
        ("MIT", "MIT", "MIT License"),
        ("BSD-3-Clause", "BSD-3-Clause", "BSD 3-Clause License"),
        ("proprietary", "LicenseRef-Proprietary", "All rights reserved"),
    ],
)
def test_license_is_in_the_file_and_in_the_metadata(
    template, tmp_path, license, expression, text
):
    project = copy(template, tmp_path / "p", license=license)
    metadata = pyproject(project)["project"]
    assert metadata["license"] == expression
    assert text in (project / "LICENSE").read_text(encoding="utf-8")
    private = "Private :: Do Not Upload" in metadata.get("classifiers", [])
    assert private == (license == "proprietary")


@pytest.mark.parametrize(
    ("ci", "written"),
    [
        ("github", {".github/workflows/ci.yml"}),
        ("gitlab", {".gitlab-ci.yml"}),
        ("none", set()),
    ],
)
def test_ci_is_written_for_the_forge_that_was_chosen(template, tmp_path, ci, written):
    project = copy(template, tmp_path / "p", ci=ci)
    both = {".github/workflows/ci.yml", ".gitlab-ci.yml"}
    assert files(project) & both == written


@pytest.mark.parametrize(
    ("ci", "written"),
    [
        ("github", {".github/dependabot.yml"}),
        ("gitlab", {"renovate.json"}),
        ("none", set()),
    ],
)
def test_dependencies_are_kept_current_where_the_checks_run(
    template, tmp_path, ci, written
):
    project = copy(template, tmp_path / "p", ci=ci, recipes=[])
    assert files(project) & {".github/dependabot.yml", "renovate.json"} == written
    if ci == "gitlab":
        settings = json.loads((project / "renovate.json").read_text(encoding="utf-8"))
        assert settings["extends"]


def test_docs_makes_a_site_and_what_builds_it(template, tmp_path):
    project = copy(template, tmp_path / "p", docs=True)
    plain = copy(template, tmp_path / "plain" / "p")
    assert files(project) - files(plain) == {"mkdocs.yml", "docs/index.md"}
    assert "docs" in pyproject(project)["dependency-groups"]
    for name in ("Makefile", "README.md", ".github/workflows/ci.yml"):
        assert "make docs" in (project / name).read_text(encoding="utf-8"), name
        assert "docs" not in (plain / name).read_text(encoding="utf-8"), name
    done = layersmith(project, "docs")
    assert done.returncode == 0, done.stderr
    page = (project / "docs/layers/my_custom_layer.md").read_text(encoding="utf-8")
    assert "from p.layers.my_custom_layer import MyCustomLayer" in page
    # Made anew each time, so not committed.
    ignored = (project / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/docs/layers/", "/site/"} <= set(ignored)


def test_both_forges_run_the_same_commands(template, tmp_path):
    workflows = {}
    for ci, name in (
        ("github", ".github/workflows/ci.yml"),
        ("gitlab", ".gitlab-ci.yml"),
    ):
        answers = {"ci": ci, "package": "p", "recipes": [], "docs": True}
        project = copy(template, tmp_path / ci, **answers)
        workflows[ci] = yaml.safe_load((project / name).read_text(encoding="utf-8"))
    for job, content in workflows["github"]["jobs"].items():
        commands = [step["run"] for step in content["steps"] if "run" in step]
        lines = "\n".join(commands).replace("$TENSORFLOW", "$TF_VERSION").splitlines()
        assert workflows["gitlab"][job]["script"] == lines


@pytest.mark.parametrize(
    "wrong",
    [
        {"project_name": "-x"},
        {"project_name": "a b"},
        {"package": "2x"},
        {"package": "My"},
        {"package": "keras"},
        {"package": "aux"},
        {"package": "lambda"},
        {"author": ""},
        {"author": 'a"b'},
        {"author": "a\nb"},
        {"license": "GPL"},
        {"ci": "jenkins"},
        {"spec_file": "no_such_spec.yaml"},
    ],
)
def test_a_wrong_answer_is_refused_before_anything_is_written(
    template, tmp_path, wrong
):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        copy(template, tmp_path / "p", **wrong)
    assert not (tmp_path / "p").exists()


def test_no_more_is_asked_than_this_and_each_question_explains_itself(questions):
    asked = {
        name
        for name, question in questions.items()
        if question.get("ask", True) is not False
        and question.get("when", True) is not False
    }
    names = "project_name package spec_file recipes author license ci docs"
    assert asked == set(names.split())
    assert all(questions[name].get("help") for name in asked)


def test_the_recipes_to_choose_from_are_the_gallery(template, tmp_path):
    with pytest.raises(ValueError, match="recipes") as caught:
        copy(template, tmp_path / "p", recipes=["no_such_recipe"])
    assert str(caught.value).endswith(f"is not in {ALL_RECIPES}")


def test_editors_know_the_keys_of_a_spec(project):
    schema = (project / ".vscode/layer.schema.json").read_text(encoding="utf-8")
    command = "python generator schema > template/.vscode/layer.schema.json"
    assert schema == layersmith(ROOT, "schema").stdout, f"once more: {command}"


# What lies in template/ ------------------------------------------------------


def test_template_holds_plain_files_with_names_that_windows_allows():
    for path in (ROOT / "template").rglob("*"):
        assert not path.is_symlink(), path
        assert not re.search(r'[<>:"|?*\\]|[. ]$', path.name), path
        assert path.name not in ("__pycache__", ".DS_Store"), path
        if path.is_file():
            assert b"\r" not in path.read_bytes(), path
            assert not path.stat().st_mode & stat.S_IXUSR, path
