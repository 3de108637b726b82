"""Runs an emitted suite on mutants of its layer, each in a fork of one process.

TensorFlow is imported once, before the forks; nothing of it has run then, so that it
has no threads that a fork would lose. The suite is the same in each run, so its bytecode
is kept; what pytest does at its end for the sake of long sessions is left out.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

# No plugins but pytest's own; not those that collect garbage at the end, which takes as
# long as a test in a process that holds TensorFlow.
OPTIONS = ("-x", "-q", "--tb=native", "-p", "no:cacheprovider")
OPTIONS += ("-p", "no:unraisableexception", "-p", "no:threadexception")


@dataclass(frozen=True)
class Run:
    """One run of a suite.

    Attributes:
        status: `passed`, `failed`, `crashed` (the process died) or `hung`.
        test: The first test that failed.
        message: Its last line.
        durations: Seconds of each test that ran.
        seconds: Of the whole run, TensorFlow's import apart.
    """

    status: str
    test: str
    message: str
    durations: dict[str, float]
    seconds: float


class _Watch:
    """A pytest plugin: puts tests in order, and keeps what came of each."""

    def __init__(self, order: Callable[[str], float] | None):
        self.order = order
        self.durations: dict[str, float] = {}
        self.test = ""
        self.message = ""

    def pytest_collection_modifyitems(self, items: list) -> None:
        if self.order is not None:
            items.sort(key=lambda item: self.order(item.name))

    def pytest_runtest_logreport(self, report) -> None:
        name = report.nodeid.partition("::")[2]
        self.durations[name] = self.durations.get(name, 0.0) + report.duration
        if report.failed and not self.test:
            self.test = name
            crash = getattr(report.longrepr, "reprcrash", None)
            self.message = str(crash.message if crash else report.longrepr)[:500]

    def pytest_collectreport(self, report) -> None:
        if report.failed:
            self.test, self.message = ("import", str(report.longrepr)[-500:])


class Suite:
    """The suite of one layer, in a folder of emitted files.

    Args:
        folder: Holds the layer, its suite and its train script, and other layers
            that it uses.
        snake: Name of the layer's module.
        scratch: A folder for copies.
    """

    def __init__(self, folder: Path, snake: str, scratch: Path):
        self.folder = folder
        self.snake = snake
        self.scratch = scratch
        self.kills: Counter[str] = Counter()
        self.durations: dict[str, float] = {}
        self.limit = 300.0

    @property
    def layer(self) -> str:
        return (self.folder / f"{self.snake}.py").read_text(encoding="utf-8")

    def measure(self) -> Run:
        """The suite on the layer as it is; its times set the order and the limit."""
        gc.freeze()
        run = next(iter(self.judge([self.layer], jobs=1)))[1]
        self.durations = run.durations
        self.limit = 60 + 6 * run.seconds
        return run

    def judge(self, texts: Sequence[str], jobs: int) -> Iterator[tuple[int, Run]]:
        """A run for each text of the layer, in the order in which they end."""
        waiting = list(enumerate(texts))[::-1]
        running: dict[int, tuple[int, Path, float]] = {}
        while waiting or running:
            while waiting and len(running) < jobs:
                index, text = waiting.pop()
                place = Path(tempfile.mkdtemp(dir=self.scratch))
                running[self._start(text, place)] = (index, place, time.monotonic())
            ended = self._ended(running)
            for pid, status in ended:
                index, place, start = running.pop(pid)
                run = _read(place, status, time.monotonic() - start)
                if run.test:
                    self.kills[run.test] += 1
                shutil.rmtree(place, ignore_errors=True)
                yield index, run

    @property
    def _bytecode(self) -> Path:
        return self.scratch / f"{self.snake}-bytecode"

    def tests(self, place: Path) -> list[str]:
        """What pytest is to run, in a fork whose text of the layer lies in `place`."""
        return [f"test_{self.snake}.py"]

    def _ended(
        self, running: dict[int, tuple[int, Path, float]]
    ) -> list[tuple[int, str]]:
        while True:
            for pid, (_, _, start) in list(running.items()):
                done, code = os.waitpid(pid, os.WNOHANG)
                if done:
                    _kill_group(pid)
                    return [(pid, "ended" if os.WIFEXITED(code) else "crashed")]
                if time.monotonic() - start > self.limit:
                    _kill_group(pid)
                    os.waitpid(pid, 0)
                    return [(pid, "hung")]
            time.sleep(0.02)

    def _order(self, name: str) -> float:
        """Tests that noticed most before come first, then the quick ones."""
        kills = self.kills[name]
        return -kills if kills else self.durations.get(name, 0.0)

    def _start(self, text: str, place: Path) -> int:
        for path in self.folder.glob("*.py"):
            shutil.copy2(path, place)
        if self._bytecode.exists():
            # Never that of the layer, which is another one each time.
            (place / "__pycache__").mkdir()
            for path in self._bytecode.iterdir():
                shutil.copy2(path, place / "__pycache__")
        (place / f"{self.snake}.py").write_text(text, encoding="utf-8")
        pid = os.fork()
        if pid:
            return pid
        os.setpgid(0, 0)
        code = 1
        with contextlib.suppress(BaseException):
            code = self._run(place)
        os._exit(code)

    def _run(self, place: Path) -> int:
        output = os.open(place / "output.txt", os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(place)
        sys.path.insert(0, str(place))
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        # The first run is that of the layer itself: it leaves the suite's bytecode.
        sys.dont_write_bytecode = self._bytecode.exists()
        watch = _Watch(self._order if self.durations else None)
        options = [*OPTIONS, "--rootdir", str(place), "--basetemp", str(place / "tmp")]
        code = pytest.main([*options, *self.tests(place)], plugins=[watch])
        if not self._bytecode.exists():
            self._bytecode.mkdir()
            for path in place.glob(f"__pycache__/test_{self.snake}.*pytest*.pyc"):
                shutil.copy2(path, self._bytecode)
        result = {
            "code": int(code),
            "test": watch.test,
            "message": watch.message,
            "durations": watch.durations,
        }
        (place / "result.json").write_text(json.dumps(result), encoding="utf-8")
        return int(code)


def _read(place: Path, status: str, seconds: float) -> Run:
    try:
        result = json.loads((place / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        status = "hung" if status == "hung" else "crashed"
        return Run(status, status, "", {}, seconds)
    status = "passed" if result["code"] == 0 else "failed"
    return Run(status, result["test"], result["message"], result["durations"], seconds)


def _kill_group(pid: int) -> None:
    """Ends a run with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
