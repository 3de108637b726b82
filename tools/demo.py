"""The tour of `make demo`: from the template to a trained, exported layer.

Copies the template with the textbook layer's spec, runs the emitted suite, trains the
layer on handwritten digits, times the three ways to run it, and names what it wrote.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from digits import write_digits

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = "scripts/train_my_custom_layer.py"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, default=ROOT / "demo")
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args(argv)
    project = arguments.project.resolve()
    try:
        run_tour(project, arguments.epochs)
    except subprocess.CalledProcessError as error:
        print(
            f"\nStopped: exit status {error.returncode} of the command above.",
            file=sys.stderr,
        )
        return error.returncode
    return 0


def run_tour(project: Path, epochs: int) -> None:
    """Runs every step, each shown as a command.

    Raises:
        subprocess.CalledProcessError: A step failed; its own output says why.
    """
    make_room(project)
    title("1. A project from the template")
    copy_template(project)

    title("2. The emitted test suite")
    python("-m", "pytest", "--quiet", cwd=project)

    title("3. Training on 1,797 handwritten digits, one in five held out")
    write_digits(project / "digits.npz")
    options = ("--data", "digits.npz", "--validation", "0.2", "--epochs", str(epochs))
    python(SCRIPT, "--mode", "graph", *options, "--out", "out", cwd=project)

    title("4. The same step run eagerly, as a graph and compiled by XLA")
    python(SCRIPT, "--compare", *options, cwd=project)

    title("5. What was written")
    for path in written_files(project):
        print(f"  {path}")


def make_room(project: Path) -> None:
    """Removes an earlier demo, and only that."""
    if not project.exists():
        return
    if not (project / ".copier-answers.yml").exists() and any(project.iterdir()):
        sys.exit(f"{project} is no earlier demo: move it away first.")
    shutil.rmtree(project)


def copy_template(project: Path) -> None:
    # HEAD, not the newest tag: the demo shows this checkout, changes not yet
    # committed included. A checkout without git has neither and is copied as it is.
    options = ["--trust", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    answers = [
        "--data",
        "project_name=demo-layers",
        "--data",
        "recipes=[textbook_dense]",
    ]
    python(
        "-m", "copier", "copy", *options, *answers, str(ROOT), str(project), cwd=ROOT
    )
    print(f"  {len(written_files(project))} files in {project}")


def python(*arguments: str, cwd: Path) -> None:
    """Runs this Python in `cwd`, with the project's package importable there."""
    print(f"$ python {shlex.join(arguments)}", flush=True)
    environment = {**os.environ, "PYTHONPATH": "src"}
    subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, check=True)


def written_files(project: Path) -> list[Path]:
    """Every file of the project, relative to here, without caches."""
    skipped = {"__pycache__", ".pytest_cache", ".ruff_cache"}
    return [
        Path(os.path.relpath(path))
        for path in sorted(project.rglob("*"))
        if path.is_file() and not skipped & set(path.parts)
    ]


def title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
