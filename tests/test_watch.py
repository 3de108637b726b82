"""`layersmith watch` while somebody edits a spec."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "generator" / "layersmith" / "recipes" / "highway.yaml"


class Watcher:
    """A running `layersmith watch`, and what it has printed."""

    def __init__(self, project: Path):
        self.lines: Queue[str] = Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(ROOT / "generator"), "watch"],
            cwd=project,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line)

    def wait_for(self, text: str, seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        seen = []
        while time.monotonic() < end:
            try:
                seen.append(self.lines.get(timeout=0.05))
            except Empty:
                continue
            if text in seen[-1]:
                return
        pytest.fail(f"no {text!r} in {seen}")


@pytest.fixture
def watched(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.layersmith]\npackage = "mine"\n')
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/highway.yaml").write_text(RECIPE.read_text())
    watcher = Watcher(tmp_path)
    watcher.wait_for("watching")
    yield tmp_path, watcher
    watcher.process.send_signal(signal.SIGINT)
    assert watcher.process.wait(60) in (0, 130)


def test_a_save_regenerates(watched):
    project, watcher = watched
    spec = project / "specs/highway.yaml"
    spec.write_text(spec.read_text().replace("default: relu", "default: tanh"))
    watcher.wait_for("update src/mine/layers/highway.py")
    assert 'activation="tanh"' in (project / "src/mine/layers/highway.py").read_text()


def test_a_half_written_spec_is_told_and_then_mended(watched):
    project, watcher = watched
    spec = project / "specs/highway.yaml"
    whole = spec.read_text()
    spec.write_text(whole[: len(whole) // 2])
    watcher.wait_for("nothing was written")
    assert (project / "src/mine/layers/highway.py").exists()
    spec.write_text(whole.replace("default: relu", "default: tanh"))
    watcher.wait_for("update src/mine/layers/highway.py")


def test_an_editor_that_saves_by_renaming_is_seen(watched):
    project, watcher = watched
    spec = project / "specs/highway.yaml"
    draft = spec.with_suffix(".tmp")
    draft.write_text(spec.read_text().replace("default: relu", "default: elu"))
    draft.replace(spec)
    watcher.wait_for("update src/mine/layers/highway.py")
