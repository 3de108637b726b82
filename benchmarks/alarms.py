"""Whether an emitted suite ever fails on a layer that is right.

    python benchmarks/alarms.py [RECIPE ...] [--runs 20] [--slow]

Generates each recipe (all of them by default; a path to a spec will do) and runs all their
suites in one process, `--runs` times: in a random order of the tests, with another seed of
Keras, NumPy and Python's hashes each time. Prints every failure. Needs TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mutation

# Tests that start a process or train: run once, since they are the same each time.
SLOW = ("test_loads_in_a_new_process", "test_training_script")
PLUGIN = """
import os, random
import keras
import pytest

SEED = int(os.environ["RUN_SEED"])


def pytest_collection_modifyitems(items):
    random.Random(SEED).shuffle(items)


@pytest.fixture(autouse=True)
def seeded(request):
    keras.utils.set_random_seed(random.Random(f"{SEED} {request.node.name}").getrandbits(31))
"""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "recipes", nargs="*", help="names of recipes, or paths of specs"
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument(
        "--slow", action="store_true", help="new processes and training scripts too"
    )
    arguments = parser.parse_args(argv)
    specs = mutation.specs(arguments.recipes)
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        snakes = mutation.generate(specs, Path(scratch))
        suites = [f"test_{snake}.py" for snake in snakes]
        Path(scratch, "conftest.py").write_text(PLUGIN, encoding="utf-8")
        for seed in range(arguments.runs):
            start = time.monotonic()
            run = _run(Path(scratch), suites, seed, arguments.slow)
            failed += run.returncode != 0
            print(
                f"run {seed + 1}: {run.stdout.strip().splitlines()[-1]}"
                f" ({time.monotonic() - start:.0f} s)",
                flush=True,
            )
            if run.returncode:
                print(run.stdout[-5000:], run.stderr[-2000:], flush=True)
    print(f"{len(specs)} suites, {arguments.runs} runs, {failed} with a failure")
    return 1 if failed else 0


def _run(
    folder: Path, suites: list[str], seed: int, slow: bool
) -> subprocess.CompletedProcess:
    environment = {
        **os.environ,
        "RUN_SEED": str(seed),
        "PYTHONHASHSEED": str(seed),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--rootdir", str(folder), "--tb=short", "-W", "ignore"]
    if not slow:
        command += ["-k", " and ".join(f"not {name}" for name in SLOW)]
    return subprocess.run(
        [*command, *suites],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
