"""How many seeded faults Keras's own unit tests notice in Keras's own layers.

    python benchmarks/keras_mutation.py [LAYER ...] [--jobs 2] [--sample 60]

What `mutation.py` does to emitted layers and suites, done to Keras: the same faults are
seeded in the methods that a layer has of its own, and the test file that the Keras wheel
ships for it runs on each. Left out are the methods and lines of what only Keras's layers
have (quantization, LoRA), and tests that fail on the layer as it is. No survivor is
looked at: some may change nothing, so that the share of those noticed is a lower bound.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import os
import random
import re
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

from faults import Mutant, mutants
from judge import Suite
from keras_conformance import test_files

LAYERS = (
    "Attention",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Embedding",
    "GaussianNoise",
    "LayerNormalization",
    "PReLU",
    "RMSNormalization",
    "Softmax",
)
METHODS = (
    "__init__",
    "build",
    "call",
    "compute_mask",
    "compute_output_shape",
    "compute_output_spec",
    "get_config",
)
FOREIGN = re.compile(r"quantiz|lora|gptq|awq", re.IGNORECASE)


class KerasSuite(Suite):
    """Keras's own tests of one of its layers.

    Args:
        name: Class of the layer in `keras.layers`.
        scratch: A folder for copies.
    """

    def __init__(self, name: str, scratch: Path):
        import keras

        self.original = getattr(keras.layers, name)
        self.source = Path(inspect.getfile(self.original))
        self.failing: tuple[str, ...] = ()
        super().__init__(scratch, self.source.stem, scratch)

    @property
    def layer(self) -> str:
        return self.source.read_text(encoding="utf-8")

    def tests(self, place: Path) -> list[str]:
        """Puts the layer of this fork in the place of Keras's."""
        import keras

        name, module = self.original.__name__, sys.modules[self.original.__module__]
        text = (place / f"{self.snake}.py").read_text(encoding="utf-8")
        exec(compile(text, str(self.source), "exec"), module.__dict__)  # noqa: S102
        for owner in (keras.layers, sys.modules["keras.src.layers"]):
            setattr(owner, name, getattr(module, name))
        skipped = [f"--deselect={test}" for test in self.failing]
        files = [str(path) for path in test_files(self.original)]
        return ["-c", os.devnull, "-W", "ignore", *skipped, *files]

    def own(self, faults: list[Mutant]) -> list[Mutant]:
        """The faults in what the layer shares with others."""
        lines = self.layer.splitlines()
        ranges = [
            range(node.lineno, (node.end_lineno or node.lineno) + 1)
            for node in ast.walk(ast.parse(self.layer))
            if isinstance(node, ast.FunctionDef) and node.name in METHODS
        ]
        return [
            fault
            for fault in faults
            if any(fault.line in lines_of for lines_of in ranges)
            and not FOREIGN.search(lines[fault.line - 1])
        ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("layers", nargs="*", help="of keras.layers; ten by default")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--sample", type=int, default=60, help="faults of each layer")
    arguments = parser.parse_args(argv)
    import keras  # noqa: F401 (in this process, for all its forks)
    import tensorflow  # noqa: F401

    killed = valid = 0
    print(f"{'layer':28}{'killed':>8}{'valid':>8}")
    for name in arguments.layers or LAYERS:
        with tempfile.TemporaryDirectory() as scratch:
            some, tried = _judge(name, Path(scratch), arguments)
        killed, valid = killed + some, valid + tried
        print(f"{name:28}{some:8}{tried:8}{100 * some / tried:8.1f}%", flush=True)
    print(f"{'all':28}{killed:8}{valid:8}{100 * killed / valid:8.1f}%")
    return 0


def _judge(name: str, scratch: Path, arguments: argparse.Namespace) -> tuple[int, int]:
    """How many faults are noticed, and of how many."""
    suite = KerasSuite(name, scratch)
    while (run := suite.measure()).status != "passed":
        if not run.test or len(suite.failing) > 20:
            sys.exit(f"{name}: Keras's tests do not run: {run.message}")
        suite.failing = (*suite.failing, f"{test_files(suite.original)[0]}::{run.test}")
    faults = suite.own(mutants(suite.layer))
    if arguments.sample < len(faults):
        faults = random.Random(name).sample(faults, arguments.sample)
    runs = suite.judge([fault.text for fault in faults], arguments.jobs)
    return sum(run.status != "passed" for _, run in runs), len(faults)


if __name__ == "__main__":
    sys.exit(main())
