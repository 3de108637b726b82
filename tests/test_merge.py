"""Merging loses no line of either side, with git and without it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layersmith.layout import relayout
from layersmith.markers import in_conflict, sides
from layersmith.merge import merge, merge_lines, merge_without_base
from sync_project import EXTRA, body

BEFORE = "        y = x @ self.kernel\n"
BASE = "one\ntwo\nthree\nfour\nfive\nsix\n"


@pytest.fixture(params=["with git", "without git"])
def merger(request, monkeypatch):
    if request.param == "without git":
        monkeypatch.setenv("PATH", "/nowhere")
    return merge


def test_changes_in_different_places_are_both_there(merger):
    ours = BASE.replace("two\n", "two by hand\n")
    theirs = BASE.replace("six\n", "six\nseven\n")
    merged = merger(BASE, ours, theirs)
    assert merged.text == "one\ntwo by hand\nthree\nfour\nfive\nsix\nseven\n"
    assert merged.conflicts == 0


def test_the_same_change_on_both_sides_is_one_change(merger):
    changed = BASE.replace("two\n", "two and a half\n")
    assert merger(BASE, changed, changed).text == changed
    assert merger(BASE, changed, changed).conflicts == 0


def test_overlapping_changes_leave_markers_that_say_whose_is_what(merger):
    ours, theirs = (BASE.replace("three", "mine"), BASE.replace("three", "new"))
    merged = merger(BASE, ours, theirs)
    assert merged.conflicts == 1
    assert merged.text == (
        "one\ntwo\n<<<<<<< yours\nmine\n||||||| base\nthree\n=======\nnew\n>>>>>>> regenerated\nfour\nfive\nsix\n"
    )
    assert in_conflict(merged.text)
    assert sides(merged.text) == (ours, theirs)


def test_a_line_deleted_by_hand_stays_deleted(merger):
    merged = merger(BASE, BASE.replace("two\n", ""), BASE.replace("six\n", "seven\n"))
    assert merged.text == "one\nthree\nfour\nfive\nseven\n"


def test_a_line_deleted_by_hand_and_changed_by_the_generator_is_a_conflict(merger):
    merged = merger(BASE, BASE.replace("two\n", ""), BASE.replace("two\n", "2\n"))
    assert merged.conflicts == 1


@pytest.mark.parametrize("ours", ["", "a", "a\n", "one\ntwo"])
def test_a_missing_line_end_or_text_does_no_harm(merger, ours):
    merged = merger("one\ntwo\n", ours, "one\ntwo\nthree\n")
    assert set(ours.split()) <= set(merged.text.split())


def test_bytes_that_are_no_text_survive(merger):
    ours = BASE.replace("two", "caf\udce9")
    merged = merger(BASE, ours, BASE.replace("six", "seven"))
    assert "caf\udce9\n" in merged.text


def test_a_nul_byte_survives(merger):
    merged = merger(BASE, BASE.replace("two", "t\0wo"), BASE.replace("six", "seven"))
    assert "t\0wo\n" in merged.text
    assert "seven\n" in merged.text


def test_without_a_base_every_difference_is_shown():
    ours = BASE.replace("two\n", "two by hand\n").replace("five\n", "")
    merged = merge_without_base(ours, BASE)
    assert merged.conflicts == 2
    assert sides(merged.text) == (ours, BASE)
    assert "||||||| base (not found)\n" in merged.text


def test_texts_without_a_difference_have_no_conflict():
    assert merge_without_base(BASE, BASE).text == BASE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Title\n=======\n", False),
        ("<<<<<<< yours\n", False),
        ("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> branch\n", True),
        (">>>>>>> b\n=======\n<<<<<<< a\n", False),
    ],
)
def test_only_whole_sets_of_markers_are_a_conflict(text, expected):
    assert in_conflict(text) is expected


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "    d"]), max_size=12)


def _text(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)


@st.composite
def _versions(draw):
    """A base, and two texts made from it by a few changes with unique new lines."""
    base = draw(LINES)
    texts = []
    for side in ("ours", "theirs"):
        lines = list(base)
        for number in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(lines)))
            new = [f"{side} {number}"] * draw(st.integers(0, 2))
            lines[at : at + draw(st.integers(0, 2))] = new
        texts.append(_text(lines))
    return (_text(base), *texts)


@given(_versions())
@settings(max_examples=300, deadline=None)
def test_the_merge_without_git_loses_no_new_line(versions):
    base, ours, theirs = versions
    merged = merge_lines(base, ours, theirs)
    found = set(merged.text.split("\n"))
    assert {line for line in ours.split("\n") if line.startswith("ours")} <= found
    assert {line for line in theirs.split("\n") if line.startswith("theirs")} <= found
    assert (merged.conflicts > 0) == in_conflict(merged.text)


@given(_versions())
@settings(max_examples=300, deadline=None)
def test_the_merge_without_git_keeps_its_laws(versions):
    base, ours, theirs = versions
    assert merge_lines(base, base, theirs).text == theirs
    assert merge_lines(base, ours, base).text == ours
    assert merge_lines(base, ours, ours).text == ours
    mirrored = merge_lines(base, theirs, ours)
    assert mirrored.conflicts == merge_lines(base, ours, theirs).conflicts
    if not mirrored.conflicts:
        assert mirrored.text == merge_lines(base, ours, theirs).text


@given(_versions())
@settings(max_examples=40, deadline=None)
def test_git_and_our_own_merge_agree_where_both_see_no_conflict(versions):
    base, ours, theirs = versions
    with_git, without = (merge(base, ours, theirs), merge_lines(base, ours, theirs))
    new = {line for line in (ours + theirs).split("\n") if " " in line.strip()}
    assert new <= set(with_git.text.split("\n")) | {"    d"}
    assert new <= set(without.text.split("\n")) | {"    d"}


def test_a_formatted_and_edited_text_gets_its_layout_back_but_for_the_edit():
    base = body(extra=EXTRA)
    narrow = (
        base.replace(
            "def __init__(self, units, use_bias=True, name=None):",
            "def __init__(\n        self,\n        units,\n        use_bias=True,\n        name=None,\n    ):",
        )
        .replace(
            "np.zeros((self.units,)) if self.use_bias else None",
            "(np.zeros((self.units,)) if self.use_bias else None)",
        )
        .replace(
            '"units": self.units, "use_bias": self.use_bias,',
            '"units": self.units,\n "use_bias": self.use_bias,',
        )
    )
    assert narrow != base
    edited = narrow.replace(
        "        y = x @ self.kernel\n",
        "        x = x + 1  # by hand\n        y = x @ self.kernel\n",
    )
    expected = base.replace(
        "        y = x @ self.kernel\n",
        "        x = x + 1  # by hand\n        y = x @ self.kernel\n",
    )
    assert relayout(edited, base) == expected
    assert relayout(narrow, base) == base


def test_a_text_that_is_not_python_keeps_its_layout():
    assert relayout("def broken(:\n", body()) == "def broken(:\n"
    assert relayout(body(), "def broken(:\n") == body()


def test_an_edit_in_a_block_leaves_the_lines_around_it_in_their_layout():
    base = "if a:\n    b = f(1,\n          2)\n    for c in b:\n        d = (c)\n        e\n"
    narrow = "if a:\n    b = f(\n        1, 2\n    )\n    for c in b:\n        d = c\n        by_hand\n"
    assert relayout(narrow, base) == base.replace("        e\n", "        by_hand\n")


@pytest.mark.parametrize("indent", ["\t", "  ", "      "])
def test_another_indentation_is_undone_too(indent):
    edited = body().replace(
        BEFORE, "        if x:  # by hand\n            x = 1\n" + BEFORE
    )
    assert edited != body()
    other = re.sub(
        r"^( {4})+", lambda m: indent * (len(m[0]) // 4), edited, flags=re.MULTILINE
    )
    other = other.replace(f"{indent * 2}units: Size", f"{indent}    units: Size")
    assert relayout(other, body()) == edited


def test_every_kind_of_block_is_indented_anew():
    text = """\
async def f(a):
    for b in a:
        if b:
            c = 1
        elif a:
            c = 2  # two
        else:
            # Three.
            c = [
                3,
            ]
    else:
        pass
    try:
        with a as b, c: pass
    except A:
        raise
    finally:
        while c:
            return (
                1 + 2
            )
    @a
    def g(): return 1
"""
    edited = text.replace("    @a", "    by_hand()\n    @a")
    narrow = re.sub(
        r"^ +", lambda m: m[0][: (len(m[0]) + 1) // 2], edited, flags=re.MULTILINE
    )
    assert relayout(narrow, text) == edited


def test_line_ends_that_only_python_knows_cost_no_line():
    text = "a = 1\rby_hand = 2\nc = (3)\n"
    assert "by_hand = 2" in relayout(text, "a = 1\nc = 3\n")


def test_a_text_that_another_indentation_would_change_keeps_it():
    text = "if a:\n  b = '''\n  c\n    d\n'''\n"
    assert relayout(text, body()) == text
