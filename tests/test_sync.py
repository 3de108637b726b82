"""Regenerating: what each file is, what happens to it, and that no edit is lost."""

import re

import pytest

from layersmith.header import digest, read, stamp
from layersmith.markers import sides
from layersmith.sync import Action, Emitted, State, SyncError, apply, difference, survey
from sync_project import EXTRA, Project, body, ruff

needs_ruff = pytest.mark.skipif(not ruff(), reason="needs ruff, an extra of the tests")

HAND = "        x = x - x.mean()  # by hand\n"
BEFORE_PRODUCT = "        y = x @ self.kernel\n"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def edited(project):
    """A project whose one file was generated, then edited by hand."""
    project.run(body())
    project.edit(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)
    return project


def test_an_absent_file_is_created_with_its_header(project):
    change = project.run(body())
    assert (change.state, change.action) == (State.ABSENT, Action.CREATE)
    assert project.text == stamp(body(), project.spec, "layer: ScaledDense\n")


def test_a_survey_writes_nothing(project):
    project.survey(body())
    assert project.files() == {project.spec}
    assert not (project.root / ".layersmith").exists()


def test_an_unchanged_file_is_not_written_again(project):
    project.run(body())
    before = project.file.stat()
    change = project.run(body())
    assert (change.state, change.action) == (State.PRISTINE, Action.UNCHANGED)
    assert change.settled
    assert project.file.stat() == before
    bases = (project.root / ".layersmith/bases").stat()
    project.run(body())
    assert (project.root / ".layersmith/bases").stat() == bases


def test_a_pristine_file_is_updated(project):
    project.run(body())
    change = project.run(body(scale=2.0))
    assert (change.state, change.action) == (State.PRISTINE, Action.UPDATE)
    assert not change.settled
    assert project.text == stamp(body(scale=2.0), project.spec, "layer: ScaledDense\n")


def test_a_changed_spec_with_the_same_output_changes_the_header_alone(project):
    project.run(body())
    wanted = Emitted(project.path, project.spec, "layer: ScaledDense  # hm\n", body())
    assert project.run(wanted).action is Action.UPDATE
    assert read(project.text).spec_hash == digest("layer: ScaledDense  # hm\n")
    assert read(project.text).pristine


@pytest.mark.parametrize(
    "change", [lambda d: d.replace(b"\n", b"\r\n"), lambda d: b"\xef\xbb\xbf" + d]
)
def test_line_ends_and_a_byte_order_mark_are_no_edit(project, change):
    project.run(body())
    project.file.write_bytes(change(project.file.read_bytes()))
    data = project.file.read_bytes()
    assert project.run(body()).action is Action.UNCHANGED
    assert project.file.read_bytes() == data
    assert project.run(body(scale=2.0)).action is Action.UPDATE


# Hand edits


def test_an_edited_file_is_kept_while_nothing_is_new(edited):
    text = edited.text
    change = edited.run(body())
    assert (change.state, change.action) == (State.EDITED, Action.KEEP)
    assert change.settled
    assert edited.text == text


def test_an_edit_and_new_output_are_both_in_the_merged_file(edited):
    change = edited.run(body(extra=EXTRA))
    assert (change.state, change.action) == (State.EDITED, Action.MERGE)
    assert not change.settled
    assert read(edited.text).body == body(extra=EXTRA).replace(
        BEFORE_PRODUCT, HAND + BEFORE_PRODUCT
    )
    assert read(edited.text).body_hash == digest(body(extra=EXTRA))


@pytest.mark.parametrize("machine", ["with git", "without git"])
def test_the_tenth_merge_is_as_good_as_the_first(edited, machine, monkeypatch):
    if machine == "without git":
        monkeypatch.setenv("PATH", "/nowhere")
    edited.edit('"""Multiplies by', '"""By hand: multiplies by')
    for number in range(10):
        output = body(
            scale=float(number), extra=EXTRA * (number % 2), factor=number + 7
        )
        assert edited.run(output).action is Action.MERGE
        assert read(edited.text).body == output.replace(
            BEFORE_PRODUCT, HAND + BEFORE_PRODUCT
        ).replace('"""Multiplies by', '"""By hand: multiplies by')
    edited.text = edited.text.replace(HAND, "").replace("By hand: m", "M")
    assert edited.run(output).action is Action.UNCHANGED


def test_an_edit_that_the_generator_makes_too_is_no_edit_any_more(project):
    project.run(body())
    project.edit("self.scale = 1.0", "self.scale = 2.0")
    assert project.run(body(scale=2.0)).action is Action.UPDATE
    assert project.text == stamp(body(scale=2.0), project.spec, "layer: ScaledDense\n")


def test_overlapping_changes_are_a_conflict_that_shows_both(project):
    project.run(body())
    project.edit("self.scale = 1.0", "self.scale = 0.5  # by hand")
    change = project.run(body(scale=2.0))
    assert (change.action, change.conflicts) == (Action.CONFLICT, 1)
    assert "one conflict" in change.note
    assert (
        "<<<<<<< yours\n"
        "        self.scale = 0.5  # by hand\n"
        "||||||| base\n"
        "        self.scale = 1.0\n"
        "=======\n"
        "        self.scale = 2.0\n"
        ">>>>>>> regenerated\n"
    ) in project.text


def test_a_conflict_is_left_alone_until_it_is_solved(project):
    project.run(body())
    project.edit("self.scale = 1.0", "self.scale = 0.5  # by hand")
    project.run(body(scale=2.0))
    text = project.text
    for output in (body(scale=2.0), body(scale=3.0)):
        change = project.run(output)
        assert (change.state, change.action) == (State.CONFLICTED, Action.CONFLICT)
        assert not change.settled
        assert project.text == text
    project.text = sides(text)[0]
    change = project.run(body(scale=2.0))
    assert (change.state, change.action) == (State.EDITED, Action.KEEP)
    assert project.run(body(scale=2.0, extra=EXTRA)).action is Action.MERGE
    assert "self.scale = 0.5  # by hand" in project.text


def test_a_conflict_solved_for_the_new_output_is_pristine(project):
    project.run(body())
    project.edit("self.scale = 1.0", "self.scale = 0.5  # by hand")
    project.run(body(scale=2.0))
    project.text = sides(project.text)[1]
    assert project.run(body(scale=2.0)).state is State.PRISTINE


def test_a_half_typed_edit_merges_too(project):
    project.run(body())
    project.edit(BEFORE_PRODUCT, "        x = (x +  # by hand\n" + BEFORE_PRODUCT)
    assert project.run(body(extra=EXTRA)).action is Action.MERGE
    assert "x = (x +  # by hand\n" in project.text
    assert "def compute_output_shape" in project.text


def test_a_merge_that_is_no_python_any_more_says_so(project):
    start = body(
        extra="\n    def late(self):\n        a = 1\n        # One.\n        # Two.\n        b = 2\n"
    )
    project.run(start)
    project.edit("        a = 1\n", "")
    change = project.run(start.replace("        b = 2\n", ""))
    assert change.action is Action.MERGE
    assert "not valid Python" in change.note


def test_bytes_that_are_no_utf8_survive_a_merge(project):
    project.run(body())
    data = project.file.read_bytes().replace(b"# The scale", b"# caf\xe9: the scale")
    project.file.write_bytes(data)
    assert project.run(body(extra=EXTRA)).action is Action.MERGE
    assert b"# caf\xe9: the scale" in project.file.read_bytes()


def test_a_licence_above_the_header_stays_there_through_every_update(project):
    project.run(body())
    licence = "#!/usr/bin/env python3\n# Copyright ACME\n\n"
    project.text = licence + project.text
    assert project.run(body()).action is Action.KEEP
    for scale in (2.0, 3.0):
        assert project.run(body(scale=scale)).action is Action.MERGE
        expected = stamp(body(scale=scale), project.spec, "layer: ScaledDense\n")
        assert project.text == licence + expected


def test_an_edit_without_a_base_is_never_overwritten(edited):
    (edited.root / ".layersmith/bases").unlink()
    change = edited.run(body(extra=EXTRA))
    assert (change.state, change.action) == (State.EDITED, Action.CONFLICT)
    assert "neither in .layersmith nor in git" in change.note
    upper, lower = sides(edited.text)
    assert HAND in upper
    assert read(lower).body == body(extra=EXTRA)
    edited.text = upper + EXTRA
    assert edited.run(body(extra=EXTRA, scale=2.0)).action is Action.MERGE
    assert HAND in edited.text


def test_a_damaged_base_is_not_used(edited):
    bases = edited.root / ".layersmith/bases"
    text = bases.read_text()
    bases.write_text(re.sub(r"(?m)^([0-9a-f]{12}) .", r"\1 f", text))
    assert edited.run(body(extra=EXTRA)).action is Action.CONFLICT
    assert HAND in edited.text


@pytest.mark.parametrize(
    "junk", ["", "junk\n", "[x]\n" * 5, "\x00\xff", "<<<<<<< a\n=======\n"]
)
def test_a_broken_base_file_is_mended(edited, junk):
    (edited.root / ".layersmith/bases").write_text(junk)
    assert edited.run(body()).action is Action.KEEP
    assert edited.run(body(extra=EXTRA)).action is Action.MERGE


# Files that are not ours, and force


@pytest.mark.parametrize(
    "text", ["\n", "import os\n", body(), "x = 1\n" + stamp(body(), "s", "t")]
)
def test_a_file_without_our_header_is_refused(project, text):
    project.text = text
    change = project.run(body())
    assert (change.state, change.action) == (State.FOREIGN, Action.REFUSE)
    assert "--force" in change.note
    assert project.text == text


def test_an_empty_file_is_nobodys(project):
    project.text = ""
    change = project.run(body())
    assert (change.state, change.action) == (State.ABSENT, Action.CREATE)
    assert read(project.text).pristine


def test_force_throws_an_edit_away_and_keeps_a_copy(edited):
    text = edited.text
    change = edited.run(body(scale=2.0), force=frozenset({edited.path}))
    assert (change.state, change.action) == (State.EDITED, Action.UPDATE)
    assert edited.text == stamp(body(scale=2.0), edited.spec, "layer: ScaledDense\n")
    assert edited.file.with_name("scaled_dense.py.orig").read_text() == text


def test_force_works_on_foreign_files_and_on_conflicts(project):
    project.text = "import os\n"
    project.run(body(), force={project.root / project.path})
    assert project.file.with_name("scaled_dense.py.orig").read_text() == "import os\n"
    project.edit("self.scale = 1.0", "self.scale = 0.5  # by hand")
    project.run(body(scale=2.0))
    conflict = project.text
    project.run(body(scale=2.0), force={project.path})
    assert project.file.with_name("scaled_dense.py.orig.1").read_text() == conflict


def test_an_older_copy_is_never_overwritten(edited):
    for number in range(3):
        edited.text = edited.text.replace("self.scale = ", f"self.scale = {number} or ")
        edited.run(body(scale=2.0 + number), force={edited.path})
    names = {path.name for path in edited.file.parent.glob("*.orig*")}
    assert names == {f"scaled_dense.py.orig{end}" for end in ("", ".1", ".2")}
    assert HAND in edited.file.with_name("scaled_dense.py.orig").read_text()


@needs_ruff
def test_force_makes_no_copy_where_there_is_no_edit(project):
    project.run(body())
    project.format("--line-length=50")
    project.run(body(scale=2.0), force={project.path})
    assert not list(project.file.parent.glob("*.orig"))


# What a person sees


def test_a_difference_is_a_unified_diff(project):
    project.run(body())
    (change,) = project.survey(body(scale=2.0))
    lines = difference(change).split("\n")
    assert lines[:2] == ["--- a/src/scaled_dense.py", "+++ b/src/scaled_dense.py"]
    assert "-        self.scale = 1.0" in lines
    assert "+        self.scale = 2.0" in lines


def test_nothing_is_shown_where_nothing_changes(edited):
    for output in (body(), body()):
        assert [difference(change) for change in edited.survey(output)] == [""]


def test_a_missing_line_end_is_shown_as_git_shows_it(project):
    project.run(body())
    project.text = project.text.rstrip("\n")
    (change,) = project.survey(body(scale=2.0))
    assert "\n\\ No newline at end of file\n" in difference(change)


# Bad requests


def test_a_path_outside_of_the_project_is_an_error(project):
    for path in (project.root.parent / "x.py", project.path / "../../../x.py"):
        with pytest.raises(SyncError, match="outside"):
            survey([project.emitted(body(), path)], root=project.root)


def test_a_file_that_two_specs_want_is_an_error(project):
    other = project.emitted(body(), spec="specs/other.yaml")
    with pytest.raises(
        SyncError, match=r"specs/scaled_dense.yaml and specs/other.yaml"
    ):
        project.survey(body(), other)


def test_no_bases_are_kept_where_none_are_wanted(project):
    apply(project.survey(body()), project.root, keep_bases=False)
    assert project.files() == {project.spec, project.path.as_posix()}
    assert not (project.root / ".layersmith").exists()
