"""Problems as people, editors and CI see them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from layersmith.errors import Problem, Report, Span, as_json, github, in_order, render
from layersmith.suggest import suggest


def problem(span, message="wrong", hint="right", file="a.yaml", level="error"):
    return Problem(file, span, message, hint, level)


def test_a_problem_is_shown_as_place_message_line_caret_and_hint():
    shown = render(problem(Span(2, 4, 2, 7)), "layer: A\na: bcd e\n")
    assert shown.split("\n") == [
        "a.yaml:2:4: error: wrong",
        "  | a: bcd e",
        "  |    ^^^",
        "  right",
    ]


def test_a_problem_over_several_lines_is_marked_to_the_end_of_its_first():
    shown = render(problem(Span(1, 3, 4, 2), hint=""), "a: {b:\n c}\n")
    assert shown.split("\n")[1:] == ["  | a: {b:", "  |   ^^^^"]


def test_a_problem_without_text_or_beyond_its_end_is_one_line():
    assert (
        render(problem(Span(9, 1, 9, 2), hint=""), "a\n") == "a.yaml:9:1: error: wrong"
    )
    assert render(problem(Span(1, 1, 1, 2), hint="")) == "a.yaml:1:1: error: wrong"


def test_a_place_behind_the_end_of_a_line_has_a_caret_too():
    assert render(problem(Span.point(1, 4), hint=""), "abc\n").split("\n")[1:] == [
        "  | abc",
        "  |    ^",
    ]


def test_a_long_line_is_cut_to_where_the_mistake_is():
    line = "a" * 500 + "WRONG" + "b" * 500
    _, shown, carets = render(problem(Span(1, 501, 1, 506), hint=""), line).split("\n")
    assert len(shown) <= 104
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "WRONG"


def test_a_long_mistake_keeps_its_beginning():
    line = "a" * 300 + "b" * 500
    _, shown, carets = render(problem(Span(1, 301, 1, 801), hint=""), line).split("\n")
    assert shown.strip(" |") == "b" * 100
    assert carets.strip(" |") == "^" * 100


def test_carets_stand_under_wide_characters():
    assert render(problem(Span(1, 3, 1, 5), hint=""), "日本語字!\n").split("\n")[
        1:
    ] == ["  | 日本語字!", "  |     ^^^^"]


def test_carets_count_an_accent_with_its_letter():
    line = "e\u0301 wrong"
    assert (
        render(problem(Span(1, 4, 1, 9), hint=""), line).split("\n")[2] == "  |   ^^^^^"
    )


def test_control_characters_never_reach_the_terminal():
    shown = render(problem(Span.point(1, 2)), "a\tb\x1b[31mc\n")
    assert "\x1b" not in shown
    assert "  | a b [31mc" in shown


@given(
    st.text(max_size=250),
    st.integers(1, 260),
    st.integers(1, 260),
    st.integers(1, 3),
    st.integers(0, 2),
)
def test_any_place_in_any_text_is_shown_in_few_columns(text, column, end, line, more):
    span = Span(line, column, line + more, max(end, column) if more == 0 else end)
    lines = render(problem(span), text).split("\n")
    assert len(lines) in (2, 4)
    assert all(len(shown) <= 104 for shown in lines[1:3])
    if len(lines) == 4:
        assert set(lines[2][4:]) <= {" ", "^"}
        assert "^" in lines[2]


def test_one_mistake_is_told_once():
    report = Report("a.yaml")
    for _ in range(3):
        report.error(Span.point(1, 1), "wrong")
    assert len(report.problems) == 1


def test_a_warning_is_no_failure():
    report = Report("a.yaml")
    report.warning(Span.point(1, 1), "odd")
    assert not report.failed
    report.error(Span.point(1, 1), "wrong")
    assert report.failed


def test_problems_come_in_the_order_of_the_files():
    first, second = (Span.point(1, 5), Span.point(2, 1))
    mixed = [problem(second), problem(first, file="b.yaml"), problem(first)]
    assert [(p.file, p.span.line) for p in in_order(mixed)] == [
        ("a.yaml", 1),
        ("a.yaml", 2),
        ("b.yaml", 1),
    ]


def test_github_gets_an_annotation_that_no_text_can_break():
    line = github(problem(Span(1, 2, 3, 4), "50 %: a\nb", "::x", file="a,b:c.yaml"))
    assert line == (
        "::error file=a%2Cb%3Ac.yaml,line=1,col=2,endLine=3,endColumn=4::50 %25: a%0Ab ::x"
    )


def test_json_holds_all_there_is_to_know():
    assert json.loads(json.dumps(as_json(problem(Span(1, 2, 3, 4))))) == {
        "file": "a.yaml",
        "line": 1,
        "column": 2,
        "end_line": 3,
        "end_column": 4,
        "level": "error",
        "message": "wrong",
        "hint": "right",
    }


def test_a_mistyped_name_finds_the_one_that_was_meant():
    known = ["weights", "sublayers", "truncated_normal", "GlorotUniform"]
    assert suggest("wieghts", known) == "weights"
    assert suggest("truncatedNormal", known) == "truncated_normal"
    assert suggest("glorot_uniform", known) == "GlorotUniform"
    assert suggest("nothing like it", known) is None
    assert suggest("x", []) is None
