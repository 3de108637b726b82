"""Regenerating on a disk that is full, locked, shared, or that goes away in mid-write."""

import contextlib
import errno
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import layersmith.atomic
from layersmith.atomic import locked
from layersmith.header import read, stamp
from layersmith.sync import Action, SyncError, apply, survey
from sync_project import EXTRA, Killed, Project, body, killed_at

HAND = "        x = x - x.mean()  # by hand\n"
BEFORE_PRODUCT = "        y = x @ self.kernel\n"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def _paths(*names):
    return [Path("src") / f"{name}.py" for name in names]


def _many(project, *names, **options):
    return [
        project.emitted(body(name.title(), **options), path)
        for name, path in zip(names, _paths(*names), strict=True)
    ]


@pytest.fixture
def refuse(monkeypatch):
    """Lets one call of the `os` module fail, for those who write files alone."""

    def patch(name, error, times=10**9):
        real = getattr(os, name)
        left = [times]

        def call(*arguments, **options):
            left[0] -= 1
            if left[0] < 0:
                return real(*arguments, **options)
            raise OSError(error, os.strerror(error))

        class Refusing:
            def __getattr__(self, other):
                return call if other == name else getattr(os, other)

        monkeypatch.setattr(layersmith.atomic, "os", Refusing())

    return patch


# Refusals of the system


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ("write", errno.ENOSPC, "the disk is full; it is as it was"),
        ("open", errno.EROFS, "the file system is read-only; it is as it was"),
        ("open", errno.EACCES, "permission denied; it is as it was"),
        ("replace", errno.EACCES, "permission denied; it is as it was"),
    ],
)
def test_what_the_system_refuses_is_one_clear_line_and_nothing_is_lost(
    project, refuse, monkeypatch, call, error, message
):
    project.run(body())
    project.edit(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)
    text = project.text
    changes = project.survey(body(extra=EXTRA))
    with monkeypatch.context():
        refuse(call, error)
        if call == "open":
            monkeypatch.setattr("layersmith.sync.locked", contextlib.nullcontext)
        with pytest.raises(SyncError) as caught:
            apply(changes, project.root, keep_bases=False)
    assert str(caught.value) == f"src/scaled_dense.py: {message}"
    assert caught.value.status == 3
    assert project.text == text
    assert sorted(project.files()) == [project.spec, "src/scaled_dense.py"]


def test_a_full_disk_stops_the_run_before_any_file_if_bases_cannot_be_kept(
    project, refuse
):
    project.run(body())
    text = project.text
    changes = project.survey(body(scale=2.0))
    refuse("write", errno.ENOSPC)
    with pytest.raises(SyncError, match=r"^\.layersmith/bases: the disk is full$"):
        apply(changes, project.root)
    assert project.text == text


def test_one_refused_file_does_not_stop_the_others(project, refuse):
    wanted = _many(project, "one", "two", "three")
    changes = project.survey(*wanted)
    refuse("replace", errno.EACCES, times=1)
    with pytest.raises(
        SyncError, match=r"^src/one.py: permission denied; it is as it was$"
    ):
        apply(changes, project.root, keep_bases=False)
    assert {"src/two.py", "src/three.py"} <= project.files()
    project.generate(*wanted)


def test_nothing_is_removed_while_something_could_not_be_written(project, refuse):
    project.run(body())
    project.edit(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)
    new = project.emitted(body("MeanDense"), Path("src/mean_dense.py"))
    changes = project.survey(new, renamed={new.path: project.path})
    refuse("replace", errno.EACCES)
    with pytest.raises(SyncError):
        apply(changes, project.root, keep_bases=False)
    assert HAND in project.text


def test_all_that_is_in_the_way_is_told_at_once_and_before_anything_is_written(project):
    (project.root / "src/one.py").mkdir(parents=True)
    (project.root / "lib").write_text("a file")
    os.mkfifo(project.root / "src/two.py")
    wanted = [
        *_many(project, "one", "two", "three"),
        project.emitted(body(), Path("lib/four.py")),
    ]
    with pytest.raises(SyncError) as caught:
        project.survey(*wanted)
    assert str(caught.value).split("\n") == [
        "src/one.py: a folder is in the way",
        "src/two.py: not a plain file",
        "lib/four.py: a file is in the way of its folder",
    ]
    assert not (project.root / "src/three.py").exists()


def test_a_folder_that_appears_after_the_survey_is_told_before_anything_is_written(
    project,
):
    changes = project.survey(*_many(project, "one", "two"))
    (project.root / "src/two.py").mkdir(parents=True)
    with pytest.raises(SyncError, match=r"^src/two.py: a folder is in the way$"):
        apply(changes, project.root)
    assert not (project.root / "src/one.py").exists()


def test_a_read_only_file_is_not_overwritten(project):
    wanted = _many(project, "one", "two")
    project.generate(*wanted)
    (project.root / "src/one.py").chmod(0o444)
    project.generate(*wanted)  # nothing to write: nothing to complain about
    changes = project.survey(*_many(project, "one", "two", scale=2.0))
    with pytest.raises(SyncError, match=r"^src/one.py: the file is read-only$"):
        apply(changes, project.root)
    assert read((project.root / "src/two.py").read_text()).body == body("Two")


def test_the_mode_of_a_file_is_kept_and_a_new_file_has_the_usual_one(project):
    project.run(body())
    (project.root / "plain").touch()
    usual = (project.root / "plain").stat().st_mode
    assert project.file.stat().st_mode == usual
    project.file.chmod(0o750)
    project.run(body(scale=2.0))
    assert stat.S_IMODE(project.file.stat().st_mode) == 0o750


# Links


def test_a_link_that_leads_outside_is_refused(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "scaled_dense.py").write_text("secret\n")
    for link, target in (
        (project.root / "src", outside),
        (project.file, outside / "scaled_dense.py"),
    ):
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(target)
        with pytest.raises(
            SyncError, match=r"^src/scaled_dense.py: a symbolic link leads outside"
        ):
            project.survey(body(), owned=())
        with pytest.raises(SyncError, match="outside"):
            project.survey(body(), owned=[Path("src")])
        link.unlink()
    assert (outside / "scaled_dense.py").read_text() == "secret\n"


def test_a_link_that_is_made_after_the_survey_is_refused_too(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    changes = project.survey(body())
    (project.root / "src").symlink_to(outside)
    with pytest.raises(SyncError, match="outside"):
        apply(changes, project.root)
    assert not list(outside.iterdir())


def test_bases_are_not_kept_outside_either(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (project.root / ".layersmith").symlink_to(outside)
    with pytest.raises(SyncError, match="outside"):
        apply(project.survey(body()), project.root)
    assert not list(outside.iterdir())


def test_a_link_within_the_project_is_written_through(project):
    real = project.root / "real/scaled_dense.py"
    real.parent.mkdir()
    real.write_text(stamp(body(), project.spec, "layer: ScaledDense\n"))
    project.file.parent.mkdir()
    project.file.symlink_to(real)
    assert project.run(body(scale=2.0)).action is Action.UPDATE
    assert project.file.is_symlink()
    assert "self.scale = 2.0" in real.read_text()


def test_a_project_reached_by_a_link_is_the_same_project(project, tmp_path_factory):
    link = tmp_path_factory.mktemp("links") / "project"
    link.symlink_to(project.root)
    changes = survey([project.emitted(body(), project.file)], root=link)
    assert [change.path for change in changes] == [project.path]
    apply(changes, link)
    assert project.run(body()).action is Action.UNCHANGED


def test_a_link_to_itself_is_one_clear_line(project):
    project.file.parent.mkdir()
    project.file.symlink_to(project.file)
    with pytest.raises(SyncError, match=r"^src/scaled_dense.py: "):
        project.survey(body())


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
        wanted = _many(project, "one", "two", "three", scale=scale)
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
        for path in _paths("one", "two", "three"):
            file = project.root / path
            if file.exists():
                header = read(file.read_text())
                assert header is not None
                assert header.pristine
    for run in runs:
        run.join()
        assert run.exitcode == 0
    assert failures.empty()
    project.generate(*_many(project, "one", "two", "three"))
    assert not [name for name in project.files() if name.endswith("tmp")]


# Kills


def _scene(root):
    """A project in which everything happens at once; what is wanted, and by what options."""
    project = Project(root)
    wanted = _many(project, "pristine", "edited", "conflict", "forced", "old")
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
    wanted = _many(
        project, "pristine", "edited", "conflict", "forced", "new", scale=2.0
    )
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


def test_what_a_killed_run_has_kept_too_much_is_dropped_in_time(project, monkeypatch):
    project.run(body())
    changes = project.survey(body(scale=2.0))
    with monkeypatch.context() as patch:
        killed_at(patch, 10)
        with pytest.raises(Killed):
            apply(changes, project.root)
    assert (project.root / ".layersmith/bases").read_text().count(" eJ") == 2
    project.run(body(scale=2.0))
    assert (project.root / ".layersmith/bases").read_text().count(" eJ") == 1


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
