"""What the emitted suites cost: seconds of each on two cores, TensorFlow's imports apart.

    python benchmarks/suites.py [RECIPE ...] [--workers 2]

Generates each recipe (all of them by default; a path to a spec will do) and runs its suite
alone, with `pytest -n 2`. TensorFlow is imported by the workers, at the same time, and once
more by the process in which a saved model is loaded: what two imports take is measured
first, and taken off. The bar is 10 s for each suite, and 5 s for the median. Needs
TensorFlow and pytest-xdist.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mutation


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "recipes", nargs="*", help="names of recipes, or paths of specs"
    )
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args(argv)
    specs = mutation.specs(arguments.recipes)
    failed = []
    costs = {}
    with tempfile.TemporaryDirectory() as scratch:
        snakes = mutation.generate(specs, Path(scratch))
        imports = [_run(scratch, "-c", "import tensorflow, keras")[0] for _ in range(3)]
        imported = statistics.median(imports)
        print(f"to import TensorFlow and Keras takes {imported:.1f} s", flush=True)
        for snake in snakes:
            command = ("-m", "pytest", "-q", f"-n{arguments.workers}")
            seconds, run = _run(scratch, *command, f"test_{snake}.py")
            costs[snake] = seconds - 2 * imported
            counts = re.findall(r"\d+ (?:passed|failed|skipped|errors?)\b", run.stdout)
            print(f"{snake:<28} {costs[snake]:5.1f} s  {', '.join(counts)}", flush=True)
            if run.returncode:
                failed.append(snake)
                print(run.stdout[-3000:], flush=True)
    print(
        f"median {statistics.median(costs.values()):.1f} s, most"
        f" {max(costs.values()):.1f} s; with a failure: {', '.join(failed) or 'none'}"
    )
    return 1 if failed else 0


def _run(folder: str, *arguments: str) -> tuple[float, subprocess.CompletedProcess]:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.monotonic()
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )
    return time.monotonic() - start, run


if __name__ == "__main__":
    sys.exit(main())
