"""What every test may use: the repository as a template, and Copier in this Python."""

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from projects import run, snapshot

# Nobody may change a record: whoever does is told.
os.environ.setdefault("LAYERSMITH_STRICT", "1")

# A machine that does other work as well misses deadlines that no code has missed.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")

# Shells let what they run in the background ignore an interrupt, and all its children,
# those too that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """The template of this checkout in a folder of its own, without git."""
    return snapshot(tmp_path_factory.mktemp("template") / "layersmith")


@pytest.fixture(scope="session")
def bare_copier(tmp_path_factory) -> Path:
    """The command `copier` in an environment that holds nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    for command in (
        (sys.executable, "-m", "venv", folder),
        (folder / "bin/python", "-m", "pip", "install", "--quiet", "copier"),
    ):
        done = run(*command, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder / "bin/copier"
