"""Files whose spec is gone or makes another file: removed, reported, or renamed."""

from pathlib import Path

import pytest

from layersmith.header import read, stamp
from layersmith.markers import in_conflict, sides
from layersmith.sync import Action, State, difference
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


def test_texts_of_files_that_a_person_removed_are_kept_no_longer(gone):
    gone.file.with_name("other.py").unlink()
    bases = gone.root / ".layersmith/bases"
    gone.run(body(scale=2.0))
    assert "[src/other.py]" not in bases.read_text()
    assert "[src/scaled_dense.py]" in bases.read_text()


def test_created_and_removed_files_are_shown_from_and_to_nothing(gone):
    (change,) = Project(gone.root / "new").survey(body())
    assert difference(change).startswith(
        "--- /dev/null\n+++ b/src/scaled_dense.py\n@@ -0,0 +1,"
    )
    removed = gone.survey(body())[-1]
    assert difference(removed).startswith("--- a/src/other.py\n+++ /dev/null\n@@ -1,")


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
