"""How many seeded faults the emitted suites notice.

    python benchmarks/mutation.py [RECIPE ...] [--jobs 2] [--sample N] [--json FILE] [--survivors FILE]

Generates each recipe (all of them by default; a path to a spec will do), seeds one fault
at a time in the layer, and runs its suite on each. Prints killed / valid per recipe, and
every fault that survives as a diff. A fault that changes nothing for anybody counts as
equivalent, and not at all, where `equivalent.yaml` gives the reason. No test is left out: the slow
ones run last. Needs TensorFlow; a mutant takes a third of a second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "generator"))

from faults import Mutant, mutants

RECIPES = ROOT / "generator" / "layersmith" / "recipes"
LIMIT = 0.05


@dataclass
class Score:
    """What came of the mutants of one layer."""

    name: str
    suite_seconds: float
    killed: int = 0
    equivalent: int = 0
    original: str = ""
    survivors: list[Mutant] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)

    @property
    def valid(self) -> int:
        return self.killed + len(self.survivors)

    @property
    def percent(self) -> float:
        return 100 * self.killed / max(1, self.valid)

    @property
    def too_many_equivalent(self) -> bool:
        return self.equivalent > LIMIT * (self.valid + self.equivalent)


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    chosen = specs(arguments.recipes)
    scores = []
    with tempfile.TemporaryDirectory() as scratch:
        emitted = Path(scratch, "emitted")
        snakes = generate(chosen, emitted)
        _import_tensorflow()
        for spec, snake in zip(chosen, snakes, strict=True):
            scores.append(_judge(spec.stem, snake, emitted, Path(scratch), arguments))
    _report(scores)
    if arguments.json:
        arguments.json.write_text(
            json.dumps([_plain(score) for score in scores], indent=1)
        )
    missed = sum(len(score.survivors) for score in scores)
    return 1 if missed or any(score.too_many_equivalent for score in scores) else 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "recipes", nargs="*", help="names of recipes, or paths of specs"
    )
    parser.add_argument("--jobs", type=int, default=2, help="suites that run at a time")
    parser.add_argument("--json", type=Path, help="write the results there too")
    parser.add_argument(
        "--sample", type=int, help="as many faults of each recipe, the same each time"
    )
    parser.add_argument("--kind", default="", help="only faults whose kind holds this")
    parser.add_argument(
        "--survivors",
        type=Path,
        help="only faults left by the run that wrote this JSON",
    )
    return parser.parse_args(argv)


def _spec(name: str) -> Path:
    path = Path(name)
    return path if path.suffix else RECIPES / f"{name}.yaml"


def specs(names: list[str]) -> list[Path]:
    """The specs of these names or paths; all recipes where there are none."""
    return [_spec(name) for name in names] or sorted(RECIPES.glob("*.yaml"))


def generate(specs: list[Path], folder: Path) -> list[str]:
    """Emits every spec into a folder, with the layers that it uses; their modules."""
    from layersmith.cli import main as layersmith

    modules = _with_used(specs)
    paths = map(str, modules)
    if layersmith(["generate", *paths, "--out", str(folder), "--quiet"]) != 0:
        sys.exit("generate failed")
    return [modules[spec] for spec in specs]


def _with_used(specs: list[Path]) -> dict[Path, str]:
    """The specs and those beside them that they use, with the names of their modules."""
    from layersmith.errors import Report
    from layersmith.order import uses
    from layersmith.spec.read import read_spec

    beside = {path for spec in specs for path in spec.parent.glob("*.yaml")}
    read = {
        path: read_spec(path.read_text(encoding="utf-8"), Report(str(path)))
        for path in beside.union(specs)
    }
    places = {spec.layer.text: path for path, spec in read.items() if spec is not None}
    found: dict[Path, str] = {}
    waiting = list(specs)
    while waiting:
        path = waiting.pop()
        spec = read[path]
        found[path] = path.stem if spec is None else spec.snake
        used = [places[name] for name in (uses(spec) if spec else ()) if name in places]
        waiting += [path for path in used if path not in found]
    return found


def _import_tensorflow() -> None:
    """In this process, for all its forks. Nothing of it may run here."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras  # noqa: F401
    import tensorflow  # noqa: F401


def _judge(
    name: str, snake: str, emitted: Path, scratch: Path, arguments: argparse.Namespace
) -> Score:
    from judge import Suite

    suite = Suite(emitted, snake, scratch)
    run = suite.measure()
    if run.status != "passed":
        sys.exit(
            f"{name}: the suite fails on the layer itself: {run.test}\n{run.message}"
        )
    score = Score(name, run.seconds, original=suite.layer)
    faults = [m for m in mutants(suite.layer) if arguments.kind in m.kind]
    if arguments.survivors:
        earlier = _survivors(arguments.survivors, name)
        faults = [m for m in faults if changed_lines(m, suite.layer) in earlier]
    if arguments.sample and arguments.sample < len(faults):
        faults = random.Random(name).sample(faults, arguments.sample)
    known = equivalents(name)
    tried = [m for m in faults if not any(one.covers(m, suite.layer) for one in known)]
    score.equivalent = len(faults) - len(tried)
    start = time.monotonic()
    runs = suite.judge([m.text for m in tried], arguments.jobs)
    for done, (index, result) in enumerate(runs, start=1):
        if result.status == "passed":
            score.survivors.append(tried[index])
        else:
            score.killed += 1
            score.kills[result.test] = score.kills.get(result.test, 0) + 1
        if sys.stderr.isatty():
            print(f"\r{name}: {done} of {len(tried)}", end="", file=sys.stderr)
    score.survivors.sort(key=lambda m: m.line)
    seconds = time.monotonic() - start
    print(
        f"{name}: {score.killed} of {score.valid} killed in {seconds:.0f} s", flush=True
    )
    for mutant in score.survivors:
        print(mutant.diff(suite.layer, f"{snake}.py"), flush=True)
    return score


def changed_lines(mutant: Mutant, original: str) -> str:
    """A mutant as the list of equivalent ones names it: the lines that change."""
    lines = mutant.diff(original, "").split("\n")[3:]
    return "\n".join(
        line[0] + line[1:].strip() for line in lines if line[:1] in ("+", "-")
    )


def _survivors(results: Path, name: str) -> set[str]:
    """The lines that change in the faults of a layer that an earlier run left."""
    scores = json.loads(results.read_text(encoding="utf-8"))
    return {
        fault["diff"]
        for score in scores
        if score["recipe"] == name
        for fault in score["survivors"]
    }


@dataclass(frozen=True)
class Equivalent:
    """Mutants that change nothing for anybody.

    Attributes:
        kind: Of their fault; empty for any.
        diff: The lines that change; `...` in one stands for any text.
        why: The reason.
    """

    diff: str
    why: str
    kind: str = ""

    def covers(self, mutant: Mutant, original: str) -> bool:
        lines = [line.strip() for line in self.diff.strip().split("\n")]
        pattern = re.escape("\n".join(lines)).replace(re.escape("..."), ".*")
        return self.kind in ("", mutant.kind) and bool(
            re.fullmatch(pattern, changed_lines(mutant, original))
        )


def equivalents(name: str) -> list[Equivalent]:
    """The reviewed ones of a recipe, and those of all recipes."""
    import yaml

    text = (HERE / "equivalent.yaml").read_text(encoding="utf-8")
    listed = yaml.safe_load(text) or {}
    entries = [*(listed.get("all") or []), *(listed.get(name) or [])]
    return [Equivalent(**entry) for entry in entries]


def _report(scores: list[Score]) -> None:
    print(
        f"{'recipe':28}{'killed':>8}{'valid':>8}{'':>9}{'equivalent':>12}{'suite':>9}"
    )
    for score in scores:
        mark = "  too many" if score.too_many_equivalent else ""
        print(
            f"{score.name:28}{score.killed:8}{score.valid:8}{score.percent:8.1f}%"
            f"{score.equivalent:12}{score.suite_seconds:7.1f} s{mark}"
        )
    killed, valid = (sum(s.killed for s in scores), sum(s.valid for s in scores))
    print(f"{'all':28}{killed:8}{valid:8}{100 * killed / max(1, valid):8.1f}%")


def _plain(score: Score) -> dict:
    return {
        "recipe": score.name,
        "killed": score.killed,
        "valid": score.valid,
        "equivalent": score.equivalent,
        "suite_seconds": round(score.suite_seconds, 1),
        "kills": dict(sorted(score.kills.items(), key=lambda kill: -kill[1])),
        "survivors": [
            {"kind": m.kind, "line": m.line, "diff": changed_lines(m, score.original)}
            for m in score.survivors
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
