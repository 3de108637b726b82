"""Regenerating in a team: rebases, squashes, shallow clones, and two people at once."""

import shutil
import subprocess
from pathlib import Path

import pytest

from layersmith.header import read, stamp
from layersmith.markers import in_conflict
from layersmith.sync import Action, State
from sync_project import EXTRA, Project, body, git, kept_texts, ruff

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="needs git")
needs_ruff = pytest.mark.skipif(not ruff(), reason="needs ruff, an extra of the tests")

HAND = "        x = x - x.mean()  # by hand\n"
BEFORE_PRODUCT = "        y = x @ self.kernel\n"
BASES = ".layersmith/bases"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "work")


def _merged(project, output):
    """Whether the hand edit and the output are both in the file, and no more."""
    return read(project.text).body == output.replace(
        BEFORE_PRODUCT, HAND + BEFORE_PRODUCT
    )


def _edit(project):
    project.edit(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)


def _forget_bases(project):
    (project.root / BASES).unlink()


# Where the base is found


def test_git_history_has_the_base_where_nothing_else_has(project):
    project.run(body())
    project.commit()
    _edit(project)
    project.commit()
    project.edit('"""Multiplies', '"""By hand: multiplies')
    project.commit()
    _forget_bases(project)
    assert project.run(body(extra=EXTRA)).action is Action.MERGE
    assert HAND in project.text
    assert "By hand: multiplies" in project.text


def test_a_base_that_was_only_staged_is_found(project):
    project.run(body())
    project.git("init", "--quiet")
    project.git("add", "--all")
    _edit(project)
    _forget_bases(project)
    assert project.run(body(extra=EXTRA)).action is Action.MERGE


def test_a_project_in_a_subfolder_of_the_repository_finds_its_base(tmp_path):
    project = Project(tmp_path / "repository/layers")
    project.run(body())
    git(tmp_path / "repository", "init", "--quiet")
    git(tmp_path / "repository", "add", "--all")
    git(tmp_path / "repository", "commit", "--quiet", "--message=work")
    _edit(project)
    _forget_bases(project)
    assert project.run(body(extra=EXTRA)).action is Action.MERGE


def test_a_git_hook_finds_the_base_too(project, tmp_path, monkeypatch):
    project.run(body())
    project.commit()
    _edit(project)
    _forget_bases(project)
    # Git gives its hooks these, for the repository that is committed to.
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    assert project.run(body(extra=EXTRA)).action is Action.MERGE


def test_a_base_older_than_other_output_is_found(project):
    for scale in (1.0, 2.0, 3.0):
        project.run(body(scale=scale))
        project.commit()
    project.git("checkout", "--quiet", "HEAD~1", "--", "src")
    _edit(project)
    _forget_bases(project)
    assert project.run(body(scale=2.0, extra=EXTRA)).action is Action.MERGE
    assert _merged(project, body(scale=2.0, extra=EXTRA))


@needs_ruff
def test_a_hook_that_formats_on_commit_does_not_cost_the_base(project):
    project.run(body())
    project.format("--line-length=50")  # the pristine text is in no commit
    project.commit()
    _edit(project)
    project.format("--line-length=50")
    project.commit()
    assert project.run(body(extra=EXTRA)).action is Action.MERGE
    assert _merged(project, body(extra=EXTRA))


def test_a_squash_does_not_cost_the_base(project):
    project.commit("start")
    project.run(body())
    project.commit()
    _edit(project)
    project.commit()
    project.git("reset", "--soft", "HEAD~2")
    project.commit("squashed")
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "--quiet", "--prune=now")
    assert project.run(body(extra=EXTRA)).action is Action.MERGE
    assert _merged(project, body(extra=EXTRA))


def test_a_shallow_clone_merges_as_well(project, tmp_path):
    project.run(body())
    project.commit()
    _edit(project)
    project.commit()
    git(tmp_path, "clone", "--quiet", "--depth=1", project.root.as_uri(), "clone")
    clone = Project(tmp_path / "clone")
    assert clone.run(body(extra=EXTRA)).action is Action.MERGE
    assert _merged(clone, body(extra=EXTRA))
    assert clone.run(body(extra=EXTRA, factor=3)).action is Action.MERGE
    assert _merged(clone, body(extra=EXTRA, factor=3))


def test_a_rebase_onto_new_output_keeps_the_edit_and_its_base(project):
    project.run(body())
    project.commit()
    project.git("checkout", "--quiet", "-b", "edit")
    _edit(project)
    project.commit("an edit")
    project.git("checkout", "--quiet", "main")
    project.run(body(extra=EXTRA))
    project.commit("regenerated")
    project.git("checkout", "--quiet", "edit")
    project.git("rebase", "--quiet", "main")
    assert project.run(body(extra=EXTRA)).action is Action.KEEP
    assert project.run(body(extra=EXTRA, factor=3)).action is Action.MERGE
    assert _merged(project, body(extra=EXTRA, factor=3))


def test_a_checkout_with_other_line_ends_merges_as_well(project, tmp_path):
    project.run(body())
    _edit(project)
    project.commit()
    git(
        tmp_path,
        "-c",
        "core.autocrlf=true",
        "clone",
        "--quiet",
        str(project.root),
        "clone",
    )
    clone = Project(tmp_path / "clone")
    assert b"\r\n" in clone.file.read_bytes()
    assert clone.run(body()).action is Action.KEEP
    assert clone.run(body(extra=EXTRA)).action is Action.MERGE
    assert _merged(clone, body(extra=EXTRA))


# Two branches


def _branches(project, *outputs):
    """One branch for each list of outputs, all from the same start; on the first one."""
    for number, output in enumerate(outputs):
        project.git("checkout", "--quiet", "main")
        project.git("checkout", "--quiet", "-b", f"branch{number}")
        project.generate(*output)
        project.commit(f"branch {number}")
    project.git("checkout", "--quiet", "branch0")


def _git_merge(project, branch):
    """Merges the branch; the files that git found in conflict."""
    try:
        project.git("merge", "--quiet", "--no-edit", branch)
    except subprocess.CalledProcessError:
        return project.git("diff", "--name-only", "--diff-filter=U").split()
    return []


def _layers(project, **scales):
    return [
        project.emitted(body(name.title(), scale=scale), Path(f"src/{name}.py"))
        for name, scale in scales.items()
    ]


@pytest.mark.parametrize("attributes", [True, False])
def test_branches_that_generate_different_layers_merge_without_a_conflict(
    project, attributes
):
    project.generate(*_layers(project, a=1, b=1, c=1, d=1))
    if not attributes:  # as on a server that does not know merge=union
        (project.root / ".layersmith/.gitattributes").write_text("")
    project.commit()
    one, two = (
        _layers(project, a=2, b=1, c=1, d=2),
        _layers(project, a=1, b=2, c=2, d=1, e=2),
    )
    _branches(project, one, two)
    assert _git_merge(project, "branch1") == []
    both = _layers(project, a=2, b=2, c=2, d=2, e=2)
    assert {c.action for c in project.survey(*both)} == {Action.UNCHANGED}
    text = (project.root / BASES).read_text()
    project.generate(*both)
    assert (project.root / BASES).read_text() == text


@pytest.mark.parametrize("attributes", [True, False])
def test_a_layer_regenerated_on_both_branches_is_solved_by_generating(
    project, attributes
):
    project.run(body())
    if not attributes:
        (project.root / ".layersmith/.gitattributes").write_text("")
    project.commit()
    _branches(project, [body(scale=2.0)], [body(factor=3)])
    expected = {"src/scaled_dense.py"} if attributes else {BASES, "src/scaled_dense.py"}
    assert set(_git_merge(project, "branch1")) == expected
    assert in_conflict(project.text)
    both = body(scale=2.0, factor=3)
    change = project.run(both)
    assert (change.state, change.action) == (State.CONFLICTED, Action.UPDATE)
    assert "both sides were as generated" in change.note
    assert project.text == stamp(both, project.spec, "layer: ScaledDense\n")
    assert kept_texts(project.root) == 1
    project.commit("merged")
    assert project.run(both).action is Action.UNCHANGED


@needs_ruff
def test_that_holds_in_a_project_with_a_formatter_too(project):
    project.run(body())
    project.format("--line-length=50")
    project.commit()
    for number, output in enumerate([body(scale=2.0), body(factor=3)]):
        project.git("checkout", "--quiet", "main")
        project.git("checkout", "--quiet", "-b", f"branch{number}")
        project.run(output)
        project.format("--line-length=50")
        project.commit()
    assert _git_merge(project, "branch0") == ["src/scaled_dense.py"]
    both = body(scale=2.0, factor=3)
    assert project.run(both).action is Action.UPDATE
    assert project.text == stamp(both, project.spec, "layer: ScaledDense\n")


@pytest.mark.parametrize("edited", [0, 1])
def test_hand_edits_on_one_branch_and_new_output_on_both_are_merged(project, edited):
    project.run(body())
    project.commit()
    _branches(project, [body(scale=2.0)], [body(factor=3)])
    project.git("checkout", "--quiet", f"branch{edited}")
    _edit(project)
    project.commit("by hand")
    _git_merge(project, f"branch{1 - edited}")
    both = body(scale=2.0, factor=3)
    change = project.run(both)
    assert (change.state, change.action) == (State.CONFLICTED, Action.MERGE)
    assert _merged(project, both)
    project.commit("merged")
    assert project.run(body(scale=2.0, factor=4)).action is Action.MERGE
    assert _merged(project, body(scale=2.0, factor=4))


def test_hand_edits_on_both_branches_are_left_to_a_person(project):
    project.run(body())
    project.commit()
    _branches(project, [body(scale=2.0)], [body(factor=3)])
    for number in (0, 1):
        project.git("checkout", "--quiet", f"branch{number}")
        project.edit("# The scale", f"# By hand on {number}: the scale")
        project.commit("by hand")
    _git_merge(project, "branch0")
    text = project.text
    change = project.run(body(scale=2.0, factor=3))
    assert (change.state, change.action) == (State.CONFLICTED, Action.CONFLICT)
    assert project.text == text


def test_a_half_solved_conflict_of_git_is_left_to_a_person(project):
    project.run(body())
    project.commit()
    _branches(project, [body(scale=2.0)], [body(scale=3.0, factor=3)])
    _git_merge(project, "branch1")
    project.text = project.text.replace(
        "        # The scale", "        # By hand: the scale"
    )
    change = project.run(body(scale=2.0, factor=3))
    assert change.action is Action.CONFLICT
    assert "By hand" in project.text


def test_after_a_merge_of_branches_either_side_is_a_base(project):
    project.run(body())
    project.commit()
    _branches(project, [body(scale=2.0)], [body(factor=3)])
    _git_merge(project, "branch1")
    for side in ("--ours", "--theirs"):
        project.git("checkout", side, "src/scaled_dense.py")
        _edit(project)
        (change,) = project.survey(body(scale=2.0, factor=3, extra=EXTRA))
        assert change.action is Action.MERGE


def test_git_does_not_show_the_kept_texts_in_a_diff(project):
    project.run(body())
    project.commit()
    project.run(body(scale=2.0))
    assert "Binary files a/.layersmith/bases" in project.git("diff")
    assert project.git("diff", "--stat").count(BASES) == 1
