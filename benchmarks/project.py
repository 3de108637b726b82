"""How long `make test` takes in a project of forty layers, on the cores given.

    python benchmarks/project.py [--layers 40] [--cores 2]

Makes a project from the template with recipes of the gallery (and further ones under other
names where there are too few), runs `make test` there on so many cores, the making of the
environment left out, and prints the time, and the CPU time, which tells how much of it
was spent waiting for other work of the machine. The bar is 12 minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "generator" / "layersmith" / "recipes"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=40)
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        specs = Path(folder, "specs")
        specs.mkdir()
        write_specs(specs, arguments.layers)
        project = Path(folder, "my-layers")
        options = ["--trust", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
        copier = [sys.executable, "-m", "copier", "copy", *options]
        subprocess.run(
            [*copier, "--data", f"spec_file={specs}", ROOT, project], check=True
        )
        make = ["make", f"PYTHON={sys.executable}", "test"]
        # Runs no test, but makes the environment.
        subprocess.run([*make, "ARGS=--collect-only -q"], cwd=project, check=True)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.cores])
        start, cpu = time.monotonic(), cpu_seconds()
        status = subprocess.run([*make, "ARGS=-q"], cwd=project, check=False).returncode
        minutes = (time.monotonic() - start) / 60
        cpu_minutes = (cpu_seconds() - cpu) / 60
    print(
        f"{arguments.layers} layers: make test took {minutes:.1f} minutes, "
        f"{cpu_minutes:.1f} minutes of CPU time"
    )
    return status


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_specs(folder: Path, count: int) -> None:
    """The gallery, then its layers once more under other names."""
    recipes = sorted(RECIPES.glob("*.yaml"))
    for number in range(count):
        turn, index = divmod(number, len(recipes))
        text = recipes[index].read_text(encoding="utf-8")
        name = recipes[index].stem
        if turn:
            name = f"{name}_{turn + 1}"
            text = re.sub(
                r"^layer: (\w+)", rf"layer: \g<1>No{turn + 1}", text, flags=re.MULTILINE
            )
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
