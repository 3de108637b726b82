"""Regenerating: what each file is, what happens to it, and that no edit is lost."""

from pathlib import Path

import pytest

from layersmith.header import digest, read, stamp
from layersmith.merge import in_conflict, sides
from layersmith.sync import Action, Emitted, State, SyncError, apply, difference, survey
from sync_project import EXTRA, Project, actions, body, ruff

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


# Formatters


FORMATS = [
    ["--line-length=50"],
    ["--line-length=120", "--config=format.quote-style='single'"],
    ["--config=format.indent-style='tab'"],
    ["--config=indent-width=2"],
]


@needs_ruff
@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
def test_a_formatted_file_is_as_it_should_be(project, options):
    project.run(body(extra=EXTRA))
    project.format(*options)
    text = project.text
    change = project.run(body(extra=EXTRA))
    assert (change.state, change.action) == (State.PRISTINE, Action.UNCHANGED)
    assert change.settled
    assert project.text == text
    assert text != stamp(body(extra=EXTRA), project.spec, "layer: ScaledDense\n")


@needs_ruff
@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
def test_a_formatted_file_is_updated_when_the_output_differs(project, options):
    project.run(body())
    project.format(*options)
    change = project.run(body(scale=2.0))
    assert (change.state, change.action) == (State.PRISTINE, Action.UPDATE)
    assert project.text == stamp(body(scale=2.0), project.spec, "layer: ScaledDense\n")


@needs_ruff
@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
def test_an_edit_in_a_formatted_file_merges_without_a_conflict(project, options):
    project.run(body())
    project.edit(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)
    project.format(*options)
    change = project.run(body(scale=2.0, extra=EXTRA, factor=3))
    assert change.action is Action.MERGE
    expected = body(scale=2.0, extra=EXTRA, factor=3)
    expected = expected.replace(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)
    assert read(project.text).body == expected


@needs_ruff
def test_a_new_layout_of_the_output_makes_no_noise_in_formatted_files(project):
    project.run(body())
    project.format("--line-length=50")
    other_layout = body().replace(
        "np.zeros((self.units,)) if", "(np.zeros((self.units,))) if"
    )
    assert project.run(other_layout).action is Action.UNCHANGED
    assert project.run(body(scale=2.0)).action is Action.UPDATE


@needs_ruff
def test_a_formatted_file_follows_its_spec_without_losing_its_layout(project):
    project.run(body())
    project.format("--line-length=50")
    before = read(project.text).body
    wanted = Emitted(project.path, project.spec, "layer: ScaledDense  # hm\n", body())
    assert project.run(wanted).state is State.PRISTINE
    assert read(project.text).body == before


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
    bases.write_text(text.replace(" eJ", " eK"))
    assert edited.run(body(extra=EXTRA)).action is Action.CONFLICT
    assert HAND in edited.text


@pytest.mark.parametrize(
    "junk", ["", "junk\n", "[x]\n" * 5, "\x00\xff", "<<<<<<< a\n=======\n"]
)
def test_a_broken_base_file_is_mended(edited, junk):
    (edited.root / ".layersmith/bases").write_text(junk)
    assert edited.run(body()).action is Action.KEEP
    assert edited.run(body(extra=EXTRA)).action is Action.MERGE


def test_texts_of_files_that_a_person_removed_are_kept_no_longer(gone):
    gone.file.with_name("other.py").unlink()
    bases = gone.root / ".layersmith/bases"
    gone.run(body(scale=2.0))
    assert "[src/other.py]" not in bases.read_text()
    assert "[src/scaled_dense.py]" in bases.read_text()


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


# Stale files


@pytest.fixture
def gone(project):
    """A project with two layers, one of whose specs is then deleted."""
    other = project.emitted(
        body("Other"), project.path.with_name("other.py"), "specs/other.yaml"
    )
    project.write_spec("specs/other.yaml")
    project.generate(body(), other)
    (project.root / "specs/other.yaml").unlink()
    return project


def test_a_pristine_file_whose_spec_is_gone_is_removed(gone):
    change = gone.generate(body())[gone.path.with_name("other.py")]
    assert (change.state, change.action, change.after) == (
        State.STALE,
        Action.REMOVE,
        None,
    )
    assert gone.files() == {gone.spec, gone.path.as_posix()}
    assert "other.py" not in (gone.root / ".layersmith/bases").read_text()


@needs_ruff
def test_a_formatted_file_whose_spec_is_gone_is_removed(gone):
    gone.format("--line-length=50")
    gone.generate(body())
    assert gone.files() == {gone.spec, gone.path.as_posix()}


def test_an_edited_file_whose_spec_is_gone_is_reported_and_kept(gone):
    other = gone.file.with_name("other.py")
    other.write_text(other.read_text().replace("1.0", "0.5  # by hand"))
    for _ in range(2):
        change = gone.generate(body())[gone.path.with_name("other.py")]
        assert (change.state, change.action) == (State.STALE, Action.ORPHAN)
        assert not change.settled
        assert "specs/other.yaml" in change.note
    assert "by hand" in other.read_text()
    gone.generate(body(), force={gone.path.with_name("other.py")})
    assert not other.exists()
    assert "by hand" in other.with_name("other.py.orig").read_text()


def test_only_files_with_our_header_are_ever_stale(project):
    others = {
        "src/__init__.py": "",
        "src/mine.py": body("Mine"),
        "src/notes.txt": stamp("text\n", "specs/gone.yaml", ""),
        "src/below.py": "import os\n" + stamp(body(), "specs/gone.yaml", ""),
        "elsewhere/stale.py": stamp(body(), "specs/gone.yaml", ""),
        "src/.hidden/stale.py": stamp(body(), "specs/gone.yaml", ""),
        "src/nested/.layersmith/bases": "",
        "src/nested/stale.py": stamp(body(), "specs/gone.yaml", ""),
        "src/venv/pyvenv.cfg": "",
        "src/venv/stale.py": stamp(body(), "specs/gone.yaml", ""),
    }
    for name, text in others.items():
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_text(text)
    assert list(project.generate(body())) == [project.path]
    for name, text in others.items():
        assert (project.root / name).read_text() == text


def test_a_second_place_for_the_files_of_a_spec_is_left_alone(project):
    project.run(body())
    copy = project.root / "src/experiments/scaled_dense.py"
    copy.parent.mkdir()
    copy.write_text(project.text)
    assert list(project.generate(body())) == [project.path]
    assert copy.exists()


def test_files_of_a_spec_that_was_not_asked_for_are_left_alone(gone):
    gone.write_spec("specs/other.yaml")
    assert list(gone.generate(body())) == [gone.path]


def test_a_long_spec_path_is_not_taken_for_gone(project):
    spec = "specs/" + "folder/" * 20 + "other.yaml"
    project.write_spec(spec)
    other = project.emitted(body("Other"), project.path.with_name("other.py"), spec)
    project.generate(body(), other)
    assert list(project.generate(body())) == [project.path]
    (project.root / spec).unlink()
    assert project.generate(body())[other.path].action is Action.REMOVE


def test_links_are_neither_followed_nor_removed_as_stale(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "stale.py").write_text(stamp(body(), "specs/gone.yaml", ""))
    project.run(body())
    (project.root / "src/link").symlink_to(outside)
    (project.root / "src/link.py").symlink_to(outside / "stale.py")
    assert list(project.generate(body())) == [project.path]
    assert (outside / "stale.py").exists()


# Renamed layers


def _rename(project, output, **options):
    """Surveys and applies with the layer under its new name, as `rename` does it."""
    new = Path("src/mean_dense.py")
    (project.root / project.spec).rename(project.root / "specs/mean_dense.yaml")
    wanted = project.emitted(output, new, "specs/mean_dense.yaml")
    return project.generate(wanted, renamed={new: project.path}, **options), wanted


def test_a_renamed_layer_carries_its_edits_along(edited):
    changes, wanted = _rename(edited, body("MeanDense", extra=EXTRA))
    assert actions(changes) == {
        "src/mean_dense.py": Action.MERGE,
        "src/scaled_dense.py": Action.REMOVE,
    }
    text = (edited.root / "src/mean_dense.py").read_text()
    assert read(text).body == body("MeanDense", extra=EXTRA).replace(
        BEFORE_PRODUCT, HAND + BEFORE_PRODUCT
    )
    assert edited.files() == {"specs/mean_dense.yaml", "src/mean_dense.py"}
    change = edited.generate(
        edited.emitted(body("MeanDense", scale=2.0), wanted.path, wanted.spec)
    )
    assert change[wanted.path].action is Action.MERGE


def test_edits_that_name_the_renamed_layer_follow_it(project):
    project.run(body())
    by_hand = "\n\ndef test_scaled_dense(scaled_dense, ScaledDenser):\n    return ScaledDense(4)\n"
    project.text += by_hand
    _rename(project, body("MeanDense"))
    text = (project.root / "src/mean_dense.py").read_text()
    assert (
        "def test_mean_dense(mean_dense, ScaledDenser):\n    return MeanDense(4)"
        in text
    )
    assert not in_conflict(text)


def test_a_pristine_layer_is_renamed_without_further_ado(project):
    project.run(body())
    changes, _ = _rename(project, body("MeanDense"))
    assert actions(changes) == {
        "src/mean_dense.py": Action.CREATE,
        "src/scaled_dense.py": Action.REMOVE,
    }
    text = (project.root / "src/mean_dense.py").read_text()
    assert text == stamp(
        body("MeanDense"), "specs/mean_dense.yaml", "layer: ScaledDense\n"
    )


def test_a_conflict_moves_with_the_renamed_layer_and_can_be_solved_there(project):
    project.run(body())
    project.edit("self.scale = 1.0", "self.scale = 0.5  # by hand")
    project.run(body(scale=2.0))
    changes, wanted = _rename(project, body("MeanDense", scale=2.0))
    assert actions(changes)["src/mean_dense.py"] is Action.CONFLICT
    moved = project.root / wanted.path
    assert not project.file.exists()
    moved.write_text(sides(moved.read_text())[0])
    assert project.generate(wanted)[wanted.path].state is State.EDITED
    assert "self.scale = 0.5  # by hand" in moved.read_text()


def test_a_layer_renamed_in_its_spec_alone_carries_its_edits_along(edited):
    wanted = edited.emitted(body("MeanDense"), edited.path.with_name("mean_dense.py"))
    changes = edited.generate(wanted)
    assert actions(changes) == {
        "src/mean_dense.py": Action.MERGE,
        "src/scaled_dense.py": Action.REMOVE,
    }
    assert HAND in (edited.root / wanted.path).read_text()


def test_three_files_renamed_in_one_folder_find_their_own_edits(project):
    kinds = ("", "test_", "train_")

    def wanted(name, layer):
        return [
            project.emitted(
                body(layer, extra=f"# {kind}\n"),
                project.path.with_name(f"{kind}{name}.py"),
            )
            for kind in kinds
        ]

    project.generate(*wanted("scaled_dense", "ScaledDense"))
    for kind in kinds:
        file = project.file.with_name(f"{kind}scaled_dense.py")
        file.write_text(file.read_text() + f"# by hand in {kind}\n")
    project.generate(*wanted("mean_dense", "MeanDense"))
    for kind in kinds:
        text = project.file.with_name(f"{kind}mean_dense.py").read_text()
        assert text.endswith(f"# {kind}\n# by hand in {kind}\n")


@pytest.mark.parametrize("forced", ["src/scaled_dense.py", "src/mean_dense.py"])
def test_force_on_a_renamed_layer_keeps_a_copy_too(edited, forced):
    text = edited.text
    _rename(edited, body("MeanDense"), force={Path(forced)})
    new = (edited.root / "src/mean_dense.py").read_text()
    assert read(new).body == body("MeanDense")
    assert (edited.root / "src/scaled_dense.py.orig").read_text() == text
    assert not edited.file.exists()


def test_a_file_that_is_in_the_way_of_a_renamed_one_loses_nothing(edited):
    (edited.root / "src/mean_dense.py").write_text("mine = True\n")
    changes, _ = _rename(edited, body("MeanDense"))
    assert actions(changes) == {
        "src/mean_dense.py": Action.REFUSE,
        "src/scaled_dense.py": Action.ORPHAN,
    }
    assert HAND in edited.text


# What a person sees


def test_a_difference_is_a_unified_diff(project):
    project.run(body())
    (change,) = project.survey(body(scale=2.0))
    lines = difference(change).split("\n")
    assert lines[:2] == ["--- a/src/scaled_dense.py", "+++ b/src/scaled_dense.py"]
    assert "-        self.scale = 1.0" in lines
    assert "+        self.scale = 2.0" in lines


def test_created_and_removed_files_are_shown_from_and_to_nothing(gone):
    (change,) = Project(gone.root / "new").survey(body())
    assert difference(change).startswith(
        "--- /dev/null\n+++ b/src/scaled_dense.py\n@@ -0,0 +1,"
    )
    removed = gone.survey(body())[-1]
    assert difference(removed).startswith("--- a/src/other.py\n+++ /dev/null\n@@ -1,")


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
