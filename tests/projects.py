"""Makes projects from the template, as the tests of the template need them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import copier
import yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "generator" / "layersmith" / "recipes"
# What `copier copy` and an installation of the generator read.
TEMPLATE_PARTS = (
    "copier.yml",
    "template",
    "generator",
    "LICENSE",
    "README.md",
    "pyproject.toml",
)

ALL_RECIPES = sorted(path.stem for path in RECIPES.glob("*.yaml"))
SCAFFOLD = {
    ".copier-answers.yml",
    ".editorconfig",
    ".gitattributes",
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".vscode/extensions.json",
    ".vscode/layer.schema.json",
    ".vscode/settings.json",
    "CHANGELOG.md",
    "CODEOWNERS",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "src/my_layers/__init__.py",
    "src/my_layers/layers/__init__.py",
    "src/my_layers/py.typed",
    "tests/conftest.py",
    "tests/test_package.py",
}
# What all layers share: the package of the train scripts, and what the generator keeps
# for itself, so that it can merge hand edits later.
SHARED = {".layersmith/.gitattributes", ".layersmith/bases"} | {
    f"src/my_layers/training/{path.name}"
    for path in (ROOT / "generator/layersmith/templates/training").glob("*.py")
}
BAD_SPEC = "layer: Bad\nwieghts: {}\n"

# Git as on a machine that nobody has set up: no name, no hooks, no signing.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A Modeller",
    "GIT_AUTHOR_EMAIL": "modeller@example.com",
    "GIT_COMMITTER_NAME": "A Modeller",
    "GIT_COMMITTER_EMAIL": "modeller@example.com",
}


def snapshot(folder: Path) -> Path:
    """Copies what makes the template of this checkout to `folder`."""
    folder.mkdir(parents=True)
    bytecode = shutil.ignore_patterns("__pycache__", "*.pyc")
    for part in TEMPLATE_PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=bytecode)
        elif (ROOT / part).exists():
            shutil.copy2(ROOT / part, folder / part)
    return folder


def copy(template: Path | str, folder: Path, **answers: object) -> Path:
    """`copier copy --trust --defaults` with some answers; the project's folder."""
    options = {"defaults": True, "unsafe": True, "quiet": True}
    # As a person answers who copies once more over files that have changed since.
    options["overwrite"] = (folder / ".copier-answers.yml").exists()
    copier.run_copy(str(template), folder, answers, **options)
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Runs git in `folder`; what it printed."""
    done = run("git", *arguments, cwd=folder, env=GIT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit_all(folder: Path, message: str, tag: str | None = None) -> None:
    """Commits everything that lies in `folder`, in a new repository if there is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    if tag:
        git(folder, "tag", tag)


def run(
    *command: object, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command, catches what it prints as text, and checks nothing."""
    environment = {**os.environ, **(env or {})}
    # TensorFlow starts three times slower where bytecode is not kept.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        text=True,
        encoding="utf-8",
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def layersmith(project: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs the generator of a checkout in `project`."""
    return run(sys.executable, "-B", ROOT / "generator", *arguments, cwd=project)


def files(folder: Path) -> set[str]:
    """Every file under `folder` but git's, as posix paths."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != ".git"
    }


def layer_files(spec: str, package: str = "my_layers") -> set[str]:
    """A recipe's spec, named as it was, and its three files, named after the class."""
    layer = yaml.safe_load((RECIPES / f"{spec}.yaml").read_text(encoding="utf-8"))[
        "layer"
    ]
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", layer).lower()
    return {
        f"specs/{spec}.yaml",
        f"src/{package}/layers/{snake}.py",
        f"tests/test_{snake}.py",
        f"scripts/train_{snake}.py",
    }


def pyproject(project: Path) -> dict:
    """The project's `pyproject.toml`."""
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


def answers(project: Path) -> dict:
    """What Copier has stored of the answers."""
    return yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
