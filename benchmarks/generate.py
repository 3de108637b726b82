"""What generating costs: CPU seconds of whole commands, beside a peer on as many models.

    pip install datamodel-code-generator
    python benchmarks/generate.py

Every figure is the median of several runs of a whole process, user and system time of all
its children, after one run that fills the caches. The peer makes as many models from one
JSON Schema as this tool makes layers from specs; ours writes three files for each.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "generator" / "layersmith" / "recipes"
NAMES = (
    "low_rank_dense",
    "moving_norm",
    "dropout",
    "highway",
    "gated_attention_pooling",
)


def measure(
    command: list[str], cwd: Path, runs: int, prepare=None
) -> tuple[float, int]:
    """Median CPU seconds, and the largest resident megabytes of one process."""
    seconds, peak = [], 0
    for run in range(runs + 1):
        if prepare is not None:
            prepare()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        environment = {
            k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"
        }
        subprocess.run(
            command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, env=environment
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if run:
            seconds.append(used)
        peak = max(peak, after.ru_maxrss // 1024)
    return statistics.median(seconds), peak


def project(folder: Path, count: int) -> Path:
    """A project with as many specs, each a recipe under a name of its own."""
    (folder / "specs").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[tool.layersmith]\npackage = "many"\n')
    for index in range(count):
        text = (RECIPES / f"{NAMES[index % len(NAMES)]}.yaml").read_text(
            encoding="utf-8"
        )
        name = f"Layer{index}"
        lines = text.split("\n")
        lines[0] = f"layer: {name}"
        (folder / "specs" / f"layer{index}.yaml").write_text("\n".join(lines))
    return folder


def models(path: Path, count: int) -> Path:
    """A JSON Schema of as many models, of eight fields each."""
    fields = {
        f"field_{i}": {"type": kind}
        for i, kind in enumerate(["integer", "number", "string", "boolean"] * 2)
    }
    model = {"type": "object", "properties": fields, "required": ["field_0"]}
    definitions = {f"Model{i}": model for i in range(count)}
    path.write_text(
        json.dumps({"$defs": definitions, "type": "object", "properties": {}})
    )
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--counts", type=int, nargs="*", default=[1, 100, 1000])
    args = parser.parse_args()
    peer = shutil.which(
        "datamodel-codegen", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    )
    ours = [sys.executable, str(ROOT / "generator")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        start, _ = measure([*ours, "--version"], folder, args.runs)
        print(f"{'layersmith --version':<44} {start:7.3f} s")
        for count in args.counts:
            work = project(folder / f"p{count}", count)

            def clear(work: Path = work) -> None:
                # Moved away, not removed: for seconds after a removal ext4 searches
                # long for inodes that it may use again, which people do not meet.
                away = Path(tempfile.mkdtemp(dir=folder))
                for name in ("src", "tests", "scripts", ".layersmith"):
                    if (work / name).exists():
                        (work / name).rename(away / name)

            cold, peak = measure([*ours, "generate", "-q"], work, args.runs, clear)
            print(
                f"{f'{count} specs, {3 * count} files':<44} {cold:7.3f} s  {peak:5} MB"
            )
            warm, _ = measure([*ours, "generate", "-q"], work, args.runs)
            print(f"{f'{count} specs again, nothing changed':<44} {warm:7.3f} s")
            if peer is None:
                continue
            schema = models(folder / f"{count}.json", count)
            command = [
                peer,
                "--input",
                str(schema),
                "--output",
                str(folder / "models.py"),
            ]
            theirs, peak = measure(command, folder, args.runs)
            print(
                f"{f'datamodel-codegen, {count} models':<44} {theirs:7.3f} s  {peak:5} MB"
                f"  (ours / theirs: {cold / theirs:.2f})"
            )
    if peer is None:
        print("for the comparison: pip install datamodel-code-generator")


if __name__ == "__main__":
    main()
