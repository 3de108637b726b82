"""Fuzzes the whole generator: any text gives located mistakes or code that is right.

    python benchmarks/fuzz.py --runs 200000
    python benchmarks/fuzz.py --seed 1234        # one run again, with its traceback

Each run makes a text from its seed: a random spec (`tests/grammar.py`), a recipe or a
random spec that is torn and patched, two specs spliced, or noise. It reports exceptions,
runs over 2 s, memory over 500 MB, emitted code that does not compile or does what no layer
may (`tests/safety.py`), mistakes without a place, and files outside of the target.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import multiprocessing
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "generator"), str(ROOT / "tests")]

from grammar import HOSTILE, Grammar
from layersmith.cli import main as command
from layersmith.pipeline import SpecFile, Target, generate
from safety import fault

SECONDS = 2.0
# Wall-clock seconds after which nothing but a kill will end a run.
PATIENCE = 60.0
MEGABYTES = 500
RECIPES = [
    path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "generator/layersmith/recipes").glob("*.yaml"))
]
DOCUMENTED = re.findall(
    r"```yaml\n(layer: .*?)```",
    (ROOT / "docs/spec.md").read_text(encoding="utf-8"),
    re.DOTALL,
)
SPECS = RECIPES + DOCUMENTED
# What a token of a spec may become.
TOKENS = [
    "null",
    "true",
    "false",
    "yes",
    "~",
    "0",
    "-1",
    "1e400",
    ".nan",
    ".inf",
    "99999999999999999999",
    "0x10",
    "1_0",
    "''",
    '""',
    "[]",
    "{}",
    "[[]]",
    "...",
    "batch",
    "units",
    "training",
    "tf",
    "self",
    "None",
    "__class__",
    "_",
    "lambda",
    "class",
    "in",
    "not",
    "is",
    "if",
    "else",
    "for",
    "return",
    "import",
    "exec",
    "open",
    "x.shape",
    "x[0]",
    "x[...]",
    "tf.shape(x)",
    "tf.zeros([2])",
    "()",
    "(x,)",
    "[x]",
    "{1:2}",
    "*x",
    "**x",
    "a.b",
    "@",
    "//",
    "**",
    "<=",
    "==",
    ":=",
    "->",
    ";",
    ":",
    ",",
    ".",
    "#",
    "|",
    ">",
    "-",
    "?",
    "&",
    "*",
    "!",
    "%",
    "`",
    "\\",
    "'",
    '"',
    "\t",
    "\n",
    "\r",
    "\x00",
    "\u2028",
    "\u202e",
    "é",
    "日",
    "🎉",
    "²",
]
LINES = (
    "format: 1", "extends: Dense", "states:\n  h: {shape: [batch, units]}", "autocast: false",
    "pack_inputs: dict", "constants: {c: np.arange(3)}", "derived: {d: units // 2}",
    "functions: |\n  def f(x):\n      return f(x)", "checks: [{that: units > 0, message: no}]",
    "compute_mask: |\n  return mask", "compute_output_shape: |\n  return input_shape",
    "supports_masking: true", "  if training:", "  else:", "  for i in range(3):", "  return x",
    "  y = tf.nn.dropout(x, 0.5)", "  x.assign(x)", "  add_loss(tf.reduce_sum(x))", "  y: [batch] = x",
)  # fmt: skip


def text_of(seed: int) -> str:
    """The text that a seed stands for."""
    source = random.Random(seed)
    kind = source.random()
    if kind < 0.3:
        return Grammar(source, hostile=source.random()).text()
    if kind < 0.34:
        length = source.randint(0, 300)
        signs = "abc:-[]{}&*!|>'\"%@#,?\\\n \t~.<1é\x00\u202e"
        return "".join(source.choice(signs) for _ in range(length))
    text = source.choice(SPECS) if source.random() < 0.7 else Grammar(source).text()
    if source.random() < 0.15:
        text = _spliced(source, text, source.choice(SPECS))
    for _ in range(source.choice((1, 1, 1, 2, 3, 6, 15))):
        text = _torn(source, text)
    return text


def _spliced(source: random.Random, first: str, second: str) -> str:
    """Top-level parts of two specs, mixed."""
    parts = [re.split(r"\n(?=\S)", text) for text in (first, second)]
    chosen = [source.choice(pair) for pair in zip(*parts, strict=False)]
    return "\n".join(chosen) + "\n"


def _torn(source: random.Random, text: str) -> str:
    """One small change."""
    lines = text.split("\n")
    at = source.randrange(len(lines))
    kind = source.randrange(12)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, source.choice(lines))
    elif kind == 2:
        other = source.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines[at] = " " * source.randint(0, 12) + lines[at].lstrip()
    elif kind == 4:
        lines.insert(at, source.choice(LINES))
    elif kind == 5:
        lines[at] = lines[at] + " " + source.choice(HOSTILE)
    else:
        return _torn_token(source, text, kind)
    return "\n".join(lines)


def _torn_token(source: random.Random, text: str, kind: int) -> str:
    tokens = list(re.finditer(r"\w+|[^\w\s]", text))
    if not tokens:
        return text + source.choice(TOKENS)
    one = source.choice(tokens)
    start, end = one.span()
    if kind in (6, 7):
        new = source.choice(TOKENS)
    elif kind == 8:
        new = source.choice(tokens)[0]
    elif kind == 9:
        new = ""
    elif kind == 10:
        new = one[0] + source.choice(TOKENS)
    else:
        new = "".join(
            c if source.random() < 0.8 else source.choice("ax_1é.") for c in one[0]
        )
    return text[:start] + new + text[end:]


class TooSlow(Exception):
    """A run took longer than it may."""


def finding(seed: int) -> str | None:
    """What is wrong with the run of a seed, in one line; None where all is well."""
    text = text_of(seed)
    try:
        generated, problems = generate([SpecFile("spec.yaml", text)], Target())
    except TooSlow:
        return f"slow: {_where()}"
    except Exception as error:  # noqa: BLE001 (this is what is looked for)
        return f"{type(error).__name__}: {_where()}"
    lines = text.count("\n") + text.count("\r") + 1
    for problem in problems:
        if not 1 <= problem.span.line <= lines or problem.span.column < 1:
            return f"no place: {problem.message}"
        if not problem.hint:
            return f"no hint: {problem.message}"
    if any(problem.level == "error" for problem in problems):
        return f"code beside mistakes: {problems[0].message}" if generated else None
    if not generated:
        return "neither code nor a mistake"
    made = generated[0]
    wrong = fault((made.layer, made.suite, made.script))
    if wrong is not None:
        return f"code: {re.sub(r'line [0-9]+', 'line', wrong)}"
    return _files_outside(text) if seed % 20 == 0 else None


def _where() -> str:
    frames = traceback.extract_tb(sys.exc_info()[2])
    own = [frame for frame in frames if "layersmith" in frame.filename] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].lineno} {str(sys.exc_info()[1])[:60]!r}"


def _files_outside(text: str) -> str | None:
    """Whether the command writes anything but three files into its target."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "spec.yaml").write_text(text, encoding="utf-8")
        target = Path(folder) / "out"
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            status = command(["generate", f"{folder}/spec.yaml", "--out", str(target)])
        inside = list(target.iterdir())
        beside = {path.name for path in Path(folder).iterdir()} - {"spec.yaml", "out"}
        if status != 0 or len(inside) != 3 or beside:
            return f"files: status {status}, {len(inside)} files, beside them {sorted(beside)}"
    return None


def _work(
    seeds: range, found: multiprocessing.Queue, at: multiprocessing.Value
) -> None:
    """Runs seeds in a process of its own, which the parent kills if it hangs."""

    def stop(*_: object) -> None:
        raise TooSlow

    signal.signal(signal.SIGPROF, stop)
    # What is loaded once is not the time of any one run.
    generate([SpecFile("spec.yaml", RECIPES[0])], Target())
    limit = MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    for seed in seeds:
        at.value = seed
        # Of the processor: a busy machine makes nothing slow.
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            wrong = finding(seed)
        except (TooSlow, MemoryError) as error:
            wrong = f"{type(error).__name__}: {_where()}"
        signal.setitimer(signal.ITIMER_PROF, 0)
        if wrong is not None:
            found.put((seed, wrong))
    at.value = -1
    found.put((None, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))


def _run(seeds: range, workers: int) -> tuple[dict[str, list[int]], int]:
    """Findings by kind, with their seeds; and the most memory that was used, in MB."""
    findings: dict[str, list[int]] = collections.defaultdict(list)
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    pending = [seeds[n::workers] for n in range(workers)]
    alive: dict = {}
    memory = 0
    while pending or alive:
        while pending and len(alive) < workers:
            part = pending.pop()
            at = context.Value("q", part[0], lock=False)
            process = context.Process(target=_work, args=(part, found, at), daemon=True)
            process.start()
            alive[process] = [part, at, at.value, time.monotonic()]
        with contextlib.suppress(Exception):
            while True:
                seed, what = found.get(timeout=0.2)
                if seed is None:
                    memory = max(memory, what)
                else:
                    findings[what].append(seed)
        for process, state in list(alive.items()):
            part, at, last, since = state
            if at.value != last:
                state[2:] = [at.value, time.monotonic()]
            elif (
                process.is_alive() and time.monotonic() - since > PATIENCE and last >= 0
            ):
                process.kill()
                findings["hang: nothing stops it"].append(last)
            if not process.is_alive():
                process.join()
                del alive[process]
                rest = [seed for seed in part if seed > max(last, at.value)]
                if at.value >= 0 and rest:
                    if findings["hang: nothing stops it"][-1:] != [last]:
                        findings[f"died with {process.exitcode}"].append(at.value)
                    pending.append(range(rest[0], part.stop, part.step))
    return {what: seeds for what, seeds in findings.items() if seeds}, memory


def _coverage_guided(seconds: float) -> int:
    """Atheris, which watches what code a text reaches; needs `pip install atheris`."""
    import atheris

    atheris.instrument_all()

    def one(data: bytes) -> None:
        provider = atheris.FuzzedDataProvider(data)
        seed = provider.ConsumeInt(4)
        text = text_of(seed) + provider.ConsumeUnicodeNoSurrogates(200)
        generated, _ = generate([SpecFile("spec.yaml", text)], Target())
        for made in generated:
            wrong = fault((made.layer, made.suite, made.script))
            if wrong:
                raise AssertionError(wrong)

    atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}"], one)
    atheris.Fuzz()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--seed", type=int, help="one run, with its text and traceback")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--coverage", type=float, metavar="SECONDS", help="run atheris instead"
    )
    options = parser.parse_args()
    if options.coverage:
        return _coverage_guided(options.coverage)
    if options.seed is not None:
        text = text_of(options.seed)
        print(text)
        generated, problems = generate([SpecFile("spec.yaml", text)], Target())
        print(*problems, sep="\n")
        for made in generated:
            print(fault((made.layer, made.suite, made.script)), made.layer, sep="\n")
        return 0
    start = time.monotonic()
    findings, memory = _run(
        range(options.first, options.first + options.runs), options.workers
    )
    elapsed = time.monotonic() - start
    for what, seeds in sorted(findings.items(), key=lambda item: -len(item[1])):
        print(
            f"{len(seeds):6}  {what}\n        --seed {' '.join(map(str, sorted(seeds)[:5]))}"
        )
    print(
        f"{options.runs:,} runs in {elapsed:.0f} s ({options.runs / elapsed:.0f} a second), "
        f"{sum(map(len, findings.values()))} findings of {len(findings)} kinds, "
        f"{memory} MB at most"
    )
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
