"""Runs `--compare` of the train scripts of five kinds of layers, and checks the goals.

    python benchmarks/training.py [NAME ...] [--runs N] [--threads N]

Each layer is generated as for a project, with an example of width 64, and its script is run
as people run it: `python train_<layer>.py --compare --steps-per-call 50`. A script lets its
ways take turns and gives their medians; of several runs the median of the medians counts.
The tables are those of docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "generator"))

STEPS = 50
WAYS = (
    "eager",
    "graph",
    "xla",
    "fit",
    f"graph x{STEPS}",
    f"xla x{STEPS}",
    f"fit x{STEPS}",
)
# How many times as fast, and than what.
GOALS = {"eager": 10.0, "fit": 1.3, f"fit x{STEPS}": 0.95}


@dataclass(frozen=True)
class Kind:
    """A layer, its example of width 64, and a change of its script."""

    title: str
    recipe: str
    arguments: str
    inputs: str
    change: tuple[str, str] = ("", "")


KINDS = (
    Kind("dense", "dense", "{units: 64, activation: relu}", "{inputs: [32, 64]}"),
    Kind("normalisation with state", "moving_norm", "{}", "{inputs: [32, 64]}"),
    Kind("dropout", "dropout", "{rate: 0.5}", "{inputs: [32, 64]}"),
    Kind(
        "attention with a mask",
        "luong_attention",
        "{}",
        "{query: [32, 5, 64], value: [32, 5, 64], value_mask: [32, 5]}",
        # The script's inputs have no masks: of random ones a tenth is left out.
        (
            "layer(**inputs)",
            'layer(**inputs, value_mask=inputs["value"][..., 0] > -1.3)',
        ),
    ),
    Kind(
        "recurrent",
        "lstm_cell",
        "{units: 64}",
        "{inputs: [32, 64], hidden: [32, 64], carry: [32, 64]}",
    ),
)


def spec_text(kind: Kind) -> str:
    """The recipe with this one example."""
    path = ROOT / "generator/layersmith/recipes" / f"{kind.recipe}.yaml"
    text, found, _ = path.read_text(encoding="utf-8").partition("\nexamples:\n")
    assert found, path
    example = f"  - arguments: {kind.arguments}\n    inputs: {kind.inputs}\n"
    return text + found + example


def write(kind: Kind, folder: Path) -> str:
    """Writes the layer and its script; returns the name of the script."""
    from layersmith.pipeline import SpecFile, Target, generate

    file = SpecFile(f"{kind.recipe}.yaml", spec_text(kind))
    (made,), problems = generate([file], Target(training="training"))
    assert not problems, problems
    script = made.script
    before, after = kind.change
    if before:
        assert before in script, script
        script = script.replace(before, after)
    (folder / f"{made.snake}.py").write_text(made.layer, encoding="utf-8")
    (folder / f"train_{made.snake}.py").write_text(script, encoding="utf-8")
    return f"train_{made.snake}.py"


def measure(script: str, folder: Path, threads: int) -> dict[str, float]:
    """Milliseconds of a step, by way to train."""
    command = [sys.executable, script, "--compare", "--steps-per-call", str(STEPS)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if threads:
        environment["TF_NUM_INTRAOP_THREADS"] = str(threads)
        environment["TF_NUM_INTEROP_THREADS"] = str(threads)
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    times = json.loads((folder / "out" / "comparison.json").read_text("utf-8"))
    return {way: times[way]["median"] for way in WAYS}


def ratios(times: dict[str, float]) -> dict[str, float]:
    """How many times as fast as each goal's way the script is."""
    many = min(times[f"graph x{STEPS}"], times[f"xla x{STEPS}"])
    found = {way: times[way] / many for way in GOALS}
    # One step in a call is what a script does that nobody tuned.
    found["eager"] = times["eager"] / times["graph"]
    return found


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [kind.recipe for kind in KINDS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--runs", type=int, default=3, help="of each script")
    parser.add_argument("--threads", type=int, default=2, help="0: all the cores")
    options = parser.parse_args(argv)
    if unknown := set(options.names) - set(names):
        parser.error(f"no such layer: {', '.join(sorted(unknown))}")
    kinds = [kind for kind in KINDS if kind.recipe in (options.names or names)]
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        templates = ROOT / "generator/layersmith/templates/training"
        shutil.copytree(templates, folder / "training")
        for kind in kinds:
            script = write(kind, folder)
            runs = [
                measure(script, folder, options.threads) for _ in range(options.runs)
            ]
            results[kind.title] = {
                way: statistics.median(run[way] for run in runs) for way in WAYS
            }
            print(f"{kind.title}: {results[kind.title]}", file=sys.stderr, flush=True)
    return report(results)


def report(results: dict[str, dict[str, float]]) -> int:
    """Prints both tables; returns 1 where a goal is missed."""
    print(f"| ms a step | {' | '.join(WAYS)} |")
    print(f"|---|{'---:|' * len(WAYS)}")
    for title, times in results.items():
        print(f"| {title} | {' | '.join(f'{times[way]:.3f}' for way in WAYS)} |")
    print(f"\n| times as fast | graph : eager | best x{STEPS} : fit | : fit x{STEPS} |")
    print("|---|---:|---:|---:|")
    missed = False
    for title, times in results.items():
        found = ratios(times)
        print(f"| {title} | {' | '.join(f'{found[way]:.2f}' for way in GOALS)} |")
        missed = missed or any(found[way] < GOALS[way] for way in GOALS)
    print(f"| goal | {' | '.join(f'{goal:.2f}' for goal in GOALS.values())} |")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
