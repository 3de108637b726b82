"""What a copy of the template costs, against Copier rendering as many plain files.

    python benchmarks/copier.py [--runs 5]

Prints CPU seconds (user and system, of the whole process tree; the median) of
`copier copy --trust --defaults` with this template, and with a template of the same number
of files of the same sizes that runs nothing. The bar is a ratio of 1.3.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = (
    "copier.yml",
    "template",
    "generator",
    "LICENSE",
    "README.md",
    "pyproject.toml",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        real, plain = (Path(folder, "real"), Path(folder, "plain"))
        copy_template(real)
        project = Path(folder, "project")
        cpu_seconds(real, project)
        make_plain_template(plain, project)

        # In turn, so that what else the machine does falls on both alike.
        times: dict[Path, list[float]] = {real: [], plain: []}
        for run in range(arguments.runs):
            for template, values in times.items():
                values.append(
                    cpu_seconds(template, Path(folder, f"{template.name}{run}"))
                )

        ours, theirs = (statistics.median(values) for values in times.values())
        count = sum(path.is_file() for path in project.rglob("*"))
        print(f"{count} files with the generator: {ours:.2f} s CPU")
        print(f"{count} plain files:              {theirs:.2f} s CPU")
        print(f"ratio: {ours / theirs:.2f}")


def copy_template(folder: Path) -> None:
    """What Copier reads of this checkout: no environment, no git."""
    folder.mkdir()
    ignore = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=ignore)
        else:
            shutil.copy(ROOT / part, folder / part)


def make_plain_template(folder: Path, project: Path) -> None:
    """A template of the project's files, as many rendered as the real one renders."""
    rendered = sum(path.suffix == ".jinja" for path in (ROOT / "template").rglob("*"))
    paths = sorted(path for path in project.rglob("*") if path.is_file())
    for number, path in enumerate(paths):
        suffix = ".jinja" if number < rendered else ""
        target = folder / "template" / f"{path.relative_to(project)}{suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        target.write_text(
            f"{{% raw %}}{text}{{% endraw %}}" if suffix else text, encoding="utf-8"
        )
    (folder / "copier.yml").write_text("_subdirectory: template\n", encoding="utf-8")


def cpu_seconds(template: Path, project: Path) -> float:
    """CPU seconds of one copy, with every process that it starts."""
    environment = {
        k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"
    }
    command = [
        sys.executable,
        "-m",
        "copier",
        "copy",
        "--trust",
        "--defaults",
        "--quiet",
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, template, project], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    main()
