"""Regenerating on a disk that is full, read-only, or has links and folders in the way."""

import contextlib
import errno
import os
import stat
from pathlib import Path

import pytest

import layersmith.atomic
from layersmith.header import read, stamp
from layersmith.sync import Action, SyncError, apply, survey
from sync_project import EXTRA, Project, body, many

HAND = "        x = x - x.mean()  # by hand\n"
BEFORE_PRODUCT = "        y = x @ self.kernel\n"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


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
    wanted = many(project, "one", "two", "three")
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
        *many(project, "one", "two", "three"),
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
    changes = project.survey(*many(project, "one", "two"))
    (project.root / "src/two.py").mkdir(parents=True)
    with pytest.raises(SyncError, match=r"^src/two.py: a folder is in the way$"):
        apply(changes, project.root)
    assert not (project.root / "src/one.py").exists()


def test_a_read_only_file_is_not_overwritten(project):
    wanted = many(project, "one", "two")
    project.generate(*wanted)
    (project.root / "src/one.py").chmod(0o444)
    project.generate(*wanted)  # nothing to write: nothing to complain about
    changes = project.survey(*many(project, "one", "two", scale=2.0))
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
