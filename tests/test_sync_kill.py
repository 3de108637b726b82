"""Regenerating while others do, and while the process dies in mid-write."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import layersmith.atomic
from layersmith.atomic import locked
from layersmith.header import read
from layersmith.sync import Action, SyncError, apply
from sync_project import Killed, Project, body, kept_texts, killed_at, many, paths_of

HAND = "        x = x - x.mean()  # by hand\n"
BEFORE_PRODUCT = "        y = x @ self.kernel\n"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


# Others at work in the same project


def test_a_file_that_was_saved_since_the_survey_is_not_overwritten(project):
    project.run(body())
    changes = project.survey(body(scale=2.0))
    project.edit(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)
    with pytest.raises(
        SyncError, match=r"^src/scaled_dense.py: has changed in the meantime"
    ):
        apply(changes, project.root)
    assert HAND in project.text
    assert project.run(body(scale=2.0)).action is Action.MERGE


def test_a_file_that_another_run_has_written_is_done(project):
    changes = project.survey(body())
    apply(changes, project.root)
    apply(changes, project.root)
    assert project.run(body()).action is Action.UNCHANGED


def test_a_run_waits_for_another_and_gives_up_in_the_end(project):
    changes = project.survey(body())
    with locked(project.root):
        busy = pytest.raises(SyncError, match="another run of layersmith is busy")
        with busy, locked(project.root, patience=0.05):
            pass
        waiting = threading.Thread(target=apply, args=(changes, project.root))
        waiting.start()
        time.sleep(0.1)
        assert not project.file.exists()
    waiting.join()
    assert project.file.exists()


def test_locking_leaves_no_file_behind(project):
    project.run(body())
    assert {p.name for p in (project.root / ".layersmith").iterdir()} == {
        "bases",
        ".gitattributes",
    }


def test_where_folders_cannot_be_locked_a_file_does(project, monkeypatch):
    monkeypatch.setattr(layersmith.atomic, "fcntl", None)
    lock = project.root / ".layersmith/lock"
    with locked(project.root):
        assert lock.exists()
        with (
            pytest.raises(SyncError, match="busy"),
            locked(project.root, patience=0.05),
        ):
            pass
    assert not lock.exists()
    project.run(body())
    lock.touch()
    os.utime(lock, (time.time() - 3600, time.time() - 3600))
    project.run(body(scale=2.0))
    assert not lock.exists()


def _regenerate(root, scales, failures):
    project = Project.__new__(Project)
    (project.root, project.spec, project.owned) = (
        root,
        "specs/scaled_dense.yaml",
        (Path("src"),),
    )
    for scale in scales:
        wanted = many(project, "one", "two", "three", scale=scale)
        try:
            apply(project.survey(*wanted), root)
        except SyncError as error:
            if "in the meantime" not in str(error):
                failures.put(str(error))


def test_runs_at_the_same_time_do_not_tear_each_others_files(project):
    context = multiprocessing.get_context("fork")
    failures = context.Queue()
    runs = [
        context.Process(
            target=_regenerate,
            args=(project.root, [n + i / 10 for i in range(12)], failures),
        )
        for n in (1, 2, 3)
    ]
    for run in runs:
        run.start()
    while any(run.is_alive() for run in runs):
        for path in paths_of("one", "two", "three"):
            file = project.root / path
            if file.exists():
                header = read(file.read_text())
                assert header is not None
                assert header.pristine
    for run in runs:
        run.join()
        assert run.exitcode == 0
    assert failures.empty()
    project.generate(*many(project, "one", "two", "three"))
    assert not [name for name in project.files() if name.endswith("tmp")]


# Kills


def _scene(root):
    """A project in which everything happens at once; what is wanted, and by what options."""
    project = Project(root)
    wanted = many(project, "pristine", "edited", "conflict", "forced", "old")
    stale = project.emitted(body("Stale"), Path("src/stale.py"), "specs/stale.yaml")
    project.generate(*wanted, stale)
    for name, line in (
        ("edited", BEFORE_PRODUCT),
        ("old", BEFORE_PRODUCT),
        ("forced", BEFORE_PRODUCT),
    ):
        file = root / f"src/{name}.py"
        file.write_text(
            file.read_text().replace(line, f"        x = {name}_by_hand\n" + line)
        )
    file = root / "src/conflict.py"
    file.write_text(file.read_text().replace("= 1.0", "= conflict_by_hand"))
    wanted = many(project, "pristine", "edited", "conflict", "forced", "new", scale=2.0)
    options = {
        "force": {Path("src/forced.py")},
        "renamed": {Path("src/new.py"): Path("src/old.py")},
    }
    return project, wanted, options


def _hand_lines(root):
    texts = [p.read_text(errors="replace") for p in root.rglob("*") if p.is_file()]
    return {
        name
        for name in ("edited", "old", "forced", "conflict")
        if any(f"{name}_by_hand" in text for text in texts)
    }


# Every fifth call by default, every single one among the slow tests.
@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_loses_nothing_and_the_next_run_heals(
    tmp_path, monkeypatch, step
):
    monkeypatch.setenv("PATH", "/nowhere")  # merging without git takes half the time
    everything = {"edited", "old", "forced", "conflict"}
    scene, wanted, options = _scene(tmp_path / "scene")
    last = 0
    ended = False
    while not ended:
        shutil.copytree(scene.root, tmp_path / str(last))
        project = Project(tmp_path / str(last))
        files = {p: (project.root / p).read_text() for p in project.files()}
        changes = project.survey(*wanted, **options)
        after = {c.path.as_posix(): c.after for c in changes}
        with monkeypatch.context() as patch:
            dying = killed_at(patch, last)
            try:
                apply(changes, project.root)
                ended = True
            except Killed:
                pass
        assert _hand_lines(project.root) == everything
        for name in project.files():
            if name.startswith("src/") and name.endswith(".py"):
                text = (project.root / name).read_text()
                assert text in (files.get(name), after.get(name)), (
                    f"{name} is torn at {last}"
                )
        project.generate(*wanted, **options)
        assert _hand_lines(project.root) == everything
        assert not [name for name in project.files() if name.endswith("-tmp")]
        assert not (project.root / "src/stale.py").exists()
        last += step
    assert dying.calls < last
    assert last > 40


def test_leftovers_are_removed_where_no_file_is_wanted_any_more(project, monkeypatch):
    other = project.emitted(body("Other"), Path("tests/test_other.py"), "specs/o.yaml")
    project.write_spec("specs/o.yaml")
    project.owned = (Path("src"), Path("tests"))
    changes = project.survey(body(), other)
    with monkeypatch.context() as patch:
        dying = killed_at(patch, 10**9)
        apply(changes, project.root)
    (project.root / other.path).unlink()
    with monkeypatch.context() as patch:
        killed_at(patch, 4)
        with pytest.raises(Killed):
            apply(project.survey(body(), other), project.root)
    assert dying.calls > 4
    assert [name for name in project.files() if name.endswith("-tmp")]
    (project.root / "specs/o.yaml").unlink()
    project.run(body())
    assert not [name for name in project.files() if name.endswith("-tmp")]


def test_leftovers_outside_are_not_looked_for(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / ".x.py.1.layersmith-tmp"
    outside.touch()
    project.run(body())
    bases = project.root / ".layersmith/bases"
    away = os.path.relpath(outside.parent, project.root)
    bases.write_text(f"{bases.read_text()}[{away}/x.py]\n[{outside.parent}/x.py]\n")
    project.run(body(scale=2.0))
    assert outside.exists()


def test_what_a_killed_run_has_kept_too_much_is_dropped_in_time(project, monkeypatch):
    project.run(body())
    changes = project.survey(body(scale=2.0))
    with monkeypatch.context() as patch:
        killed_at(patch, 10)
        with pytest.raises(Killed):
            apply(changes, project.root)
    assert kept_texts(project.root) == 2
    project.run(body(scale=2.0))
    assert kept_texts(project.root) == 1


CHILD = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from sync_project import Project, body
from layersmith.sync import apply
root = Path(sys.argv[1])
project = Project(root)
number = 0
print("ready", flush=True)
while True:
    number += 1
    wanted = [
        project.emitted(body(f"Layer{i}", scale=number), Path(f"src/layer{i}.py"))
        for i in range(20)
    ]
    apply(project.survey(*wanted), root)
"""


def test_a_real_sigkill_leaves_whole_files(project):
    paths = [
        str(Path(layersmith.atomic.__file__).parents[1]),
        str(Path(__file__).parent),
    ]
    for attempt in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(project.root), *paths],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        child.stdout.readline()
        time.sleep(0.02 + 0.013 * attempt)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for file in (project.root / "src").glob("*.py"):
            header = read(file.read_text())
            assert header is not None
            assert header.pristine
    wanted = [
        project.emitted(body(f"Layer{i}"), Path(f"src/layer{i}.py")) for i in range(20)
    ]
    project.generate(*wanted)
    assert not [name for name in project.files() if name.endswith("-tmp")]
