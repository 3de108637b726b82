"""YAML text to positioned nodes: places that hold, and input that is refused."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from layersmith import source
from layersmith.errors import Report
from layersmith.source import Mapping, Scalar, Sequence, read


def nodes(text):
    report = Report("spec.yaml")
    root = read(text, report)
    assert report.problems == []
    return root


def problems(text):
    report = Report("spec.yaml")
    read(text, report)
    return report.problems


def only_problem(text):
    (problem,) = problems(text)
    return problem


def part(text, span):
    """The text that a span points at."""
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = (
        lines[-1][: span.end_column - 1]
        if len(lines) > 1
        else lines[-1][span.column - 1 : span.end_column - 1]
    )
    if len(lines) > 1:
        lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def walk(node):
    yield node
    if isinstance(node, Sequence):
        for item in node.items:
            yield from walk(item)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            yield from walk(key)
            yield from walk(value)


def plain(node):
    """A node as Python data, every scalar as text."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


# Places.


def test_a_node_points_at_its_own_text():
    text = "layer: Foo\nweights:\n  down: {shape: [features, 3]}\n"
    spans = {
        n.text: part(text, n.span) for n in walk(nodes(text)) if isinstance(n, Scalar)
    }
    assert spans == {
        name: name
        for name in ("layer", "Foo", "weights", "down", "shape", "features", "3")
    }


def test_columns_count_characters_and_not_bytes():
    text = "summary: {é: ü, 日本: 語}\n"
    spans = {
        n.text: part(text, n.span) for n in walk(nodes(text)) if isinstance(n, Scalar)
    }
    assert spans == {name: name for name in ("summary", "é", "ü", "日本", "語")}


def test_windows_line_ends_do_not_move_anything():
    text = "a: 1\ncall: |\n  x = 1\n  y = 2\nb: 3\n"
    assert nodes(text) == nodes(text.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("call: |\n  a = 1\n  if b:\n      c = 2\n", "c = 2"),
        ("call: |2\n    a = 1\n    c = 2\n", "c = 2"),
        ("call: |  # comment\n  a = 1\n\n\n  c = 2\n", "c = 2"),
        ("call: |\n\n\n  c = 2\n", "c = 2"),
        ("call: |-\n  é = '日本'; c = 2", "c = 2"),
        ("- call: |\n    a = 1\n    c = 2\n- x\n", "c = 2"),
        ("call: >\n  a = 1;\n  b = 3; c = 2\n", "c = 2"),
        ("call: >\n  a = 1;\n\n    c = 2\n\n  d\n", "c = 2"),
        ("call: a + c(2)", "c(2)"),
        ("call: a +\n  b +\n\n  c(2)\n", "c(2)"),
        ("call: 'a + c(2)'", "c(2)"),
        ("call: 'it''s a'' + c(2)'", "c(2)"),
        ("call: 'a\n  b\n\n  d c(2)'", "c(2)"),
        ('call: "a + c(2)"', "c(2)"),
        ('call: "a\\n  b\\tc(2)"', "c(2)"),
        ('call: "\\x41\\u0042\\U00000043 c(2)"', "c(2)"),
        ('call: "a \\\n   \\"b\\" \\\n\n  c(2)"', "c(2)"),
        ('call: "a\n\n\n  b\n  c(2)"', "c(2)"),
        ('call: "\\\n\n  c(2)"', "c(2)"),
    ],
)
def test_a_place_within_a_text_leads_back_to_the_file(text, wanted):
    scalar = next(
        n for n in walk(nodes(text)) if isinstance(n, Scalar) and wanted in n.text
    )
    before = scalar.text[: scalar.text.index(wanted)]
    line, column = (before.count("\n"), len(before) - before.rfind("\n") - 1)
    span = scalar.origin.span(line, column, line, column + len(wanted))
    assert part(text, span) == wanted


WORD = st.text(st.sampled_from("ab é日\"'\\:#-{}[],&*!|>%@`?~\t"), max_size=12)


@given(
    st.lists(WORD, min_size=1, max_size=5),
    st.sampled_from(["|", ">", "'", '"', None]),
    st.integers(1, 30),
)
def test_every_character_of_a_text_is_found_where_it_stands(words, style, width):
    value = "\n".join(words)
    text = yaml.dump(
        {"k": [{"call": value}]}, default_style=style, width=width, allow_unicode=True
    )
    scalar = next(
        n for n in walk(nodes(text)) if isinstance(n, Scalar) and n.text == value
    )
    lines = text.split("\n")
    for number, line in enumerate(value.split("\n")):
        for column, character in enumerate(line):
            if character in " \t\"'\\":
                continue  # folded, or written as an escape
            span = scalar.origin.span(number, column, number, column + 1)
            assert part(text, span) == character
            assert span.line <= len(lines)


LEAF = st.one_of(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=8
    ),
    st.sampled_from(
        ["yes", "null", "1e-3", "0x10", "~", "...", "- a", "a: b", "#", "é"]
    ),
)
DATA = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(LEAF, inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(LEAF, DATA, min_size=1, max_size=3),
    st.sampled_from([None, True, False]),
)
def test_nodes_hold_what_yaml_holds(data, flow):
    text = yaml.dump(data, default_flow_style=flow, allow_unicode=True)
    assert plain(nodes(text)) == yaml.load(text, Loader=yaml.BaseLoader)


@given(
    st.dictionaries(LEAF, DATA, min_size=1, max_size=3),
    st.sampled_from([None, True, False]),
)
def test_every_span_lies_in_the_file_and_reads_as_its_scalar(data, flow):
    text = yaml.dump(data, default_flow_style=flow, allow_unicode=True)
    lines = text.split("\n")
    for node in walk(nodes(text)):
        span = node.span
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1
        if isinstance(node, Scalar) and node.text:
            shown = part(text, span)
            assert (
                yaml.load(shown.strip(" "), Loader=yaml.BaseLoader) == node.text
                or "\n" in shown
            )


def test_a_number_in_quotes_is_told_from_a_number():
    root = nodes("a: 1\nb: '1'\nc: |\n  1\n")
    assert [value.plain for _, value in root.entries] == [True, False, False]


def test_an_alias_stands_for_its_anchor():
    assert plain(nodes("a: &x [1, 2]\nb: *x\n")) == {"a": ["1", "2"], "b": ["1", "2"]}


# What is refused.


def test_an_empty_file_is_told_how_to_begin():
    for text in ("", "\n\n", "# nothing\n", "---\n", "---\n...\n"):
        assert only_problem(text).message == "the file is empty"


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['true']",
        "!!str x",
        "!x y",
        "!<tag:a> b",
        "!!set {a}",
    ],
)
def test_tags_are_refused(tag):
    problem = only_problem(f"a: 1\nlayer: {tag}\n")
    assert "takes no YAML tags" in problem.message
    assert (problem.span.line, problem.span.column) == (2, 8)


def test_a_key_that_stands_twice_is_refused():
    problem = only_problem("layer: A\nsummary: b\nlayer: C\n")
    assert problem.message == "`layer` stands here twice"
    assert (problem.span.line, "line 1" in problem.hint) == (3, True)


def test_all_keys_that_stand_twice_are_told_at_once():
    assert len(problems("a: 1\na: 2\na: 3\nb: {c: 1, c: 2}\n")) == 3


@pytest.mark.parametrize("key", ["[1, 2]", "{a: b}", "? [1]\n"])
def test_a_key_that_is_no_name_is_refused(key):
    assert only_problem(f"{key}: 1\n").message == "a key must be a name"


def test_a_second_document_is_refused():
    assert "second document" in only_problem("a: 1\n---\nb: 2\n").message


def test_an_alias_without_an_anchor_is_refused():
    assert "no anchor &x" in only_problem("a: *x\n").message


def test_an_alias_to_itself_is_refused():
    assert "no anchor &x" in only_problem("a: &x [1, *x]\n").message


def test_a_billion_laughs_are_stopped_at_once():
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for number in range(1, 12):
        inner = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} [{inner}]")
    start = time.perf_counter()
    problem = only_problem("\n".join(lines))
    assert "more than 20,000 values" in problem.message
    assert time.perf_counter() - start < 0.5


def test_many_values_are_refused():
    assert (
        "more than 20,000 values" in only_problem("a: [" + "1, " * 20_001 + "]").message
    )


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100_000,
        "a: " + "{a: " * 100_000,
        "".join(f"{' ' * n}a:\n" for n in range(400)),
        "- " * 50_000 + "a",
        "? " * 50_000 + "a",
    ],
    ids=["lists", "mappings", "blocks", "dashes", "questions"],
)
def test_deep_nesting_is_refused_at_once(text):
    start = time.perf_counter()
    (problem,) = problems(text)
    assert problem.message.startswith(("nested more than 24 deep", "not YAML"))
    assert time.perf_counter() - start < 1


def test_nesting_as_deep_as_allowed_is_read():
    depth = source.MAX_DEPTH - 1
    assert nodes("a: " + "[" * depth + "]" * depth)


def test_ten_megabytes_are_refused_at_once():
    start = time.perf_counter()
    assert (
        "more than 1,000,000 characters" in only_problem("a: b\n" * 2_000_000).message
    )
    assert time.perf_counter() - start < 0.5


HIDDEN = {
    "nul": "\x00",
    "escape": "\x1b",
    "delete": "\x7f",
    "next line": "\x85",
    "soft hyphen": "\xad",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "right-to-left override": "\u202e",
    "left-to-right isolate": "\u2066",
    "byte order mark": "\ufeff",
    "not a character": "\uffff",
    "surrogate": "\ud800",
    "tag": "\U000e0041",
}


@pytest.mark.parametrize("character", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_character_is_refused_where_it_stands(character):
    problem = only_problem(f"layer: A\nsummary: ab{character}c\n")
    assert f"U+{ord(character):04X} is not allowed" in problem.message
    assert (problem.span.line, problem.span.column) == (2, 12)


@pytest.mark.parametrize("character", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_character_cannot_be_written_as_an_escape(character):
    escape = f"\\U{ord(character):08X}"
    (problem, *_) = problems(f'layer: A\nsummary: "ab{escape}c"\n')
    assert problem.span.line == 2
    assert f"U+{ord(character):04X}" in problem.message or "not YAML" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "a: b: c",
        "a: [1",
        "a: 'x",
        "\ta: 1",
        "a: @x",
        "a: %x\n%",
        "{",
        "]",
        "- a\nb: 1",
        "a: |x",
        'a: "\\q"',
    ],
)
def test_text_that_is_not_yaml_is_told_in_a_line_of_the_file(text):
    problem = only_problem(text)
    assert problem.message.startswith("not YAML: ")
    assert problem.hint
    assert 1 <= problem.span.line <= text.count("\n") + 2


@given(st.text(max_size=60))
def test_any_text_gives_a_node_or_a_problem(text):
    report = Report("spec.yaml")
    root = read(text, report)
    assert (root is None) <= bool(report.problems)


@given(st.text(st.sampled_from("abc 1:-[]{}&*!|>'\"%@#,?\\\n\t~.<"), max_size=60))
def test_any_text_of_yaml_signs_gives_a_node_or_a_problem(text):
    report = Report("spec.yaml")
    root = read(text, report)
    assert (root is None) <= bool(report.problems)
    for problem in report.problems:
        assert problem.span.line <= text.count("\n") + 2
