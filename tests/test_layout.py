"""The layout of emitted Python: what `ruff format` would make of the same line."""

import ast

import pytest

from layersmith.emit.layout import WIDTH, code, merge_strings
from statements import Statements, program, ruff


@pytest.mark.parametrize("seed", range(3))
def test_a_statement_is_laid_out_as_ruff_does(seed):
    made = Statements(seed)
    statements = [made.statement() for _ in range(700)]
    formatted = ruff([program(text, indent) for text, indent in statements])
    for (text, indent), wanted in zip(statements, formatted, strict=True):
        assert program(text, indent, code).strip() == wanted


SLICES = [
    "x[:self.units]",
    "x[self.units:]",
    'x[..., :a["units"]]',
    "x[x.shape[0]:units]",
    "x[::f(x)]",
    "x[f(x)::]",
    "x[f(x):]",
    "x[:f(x):f(y)]",
    "x[f(x)::f(y)]",
    "x[-units:~x:2]",
    "x[a[b:c.d]:e]",
    "x[1:2, self.x:3, :]",
    "x[:]",
    "x[::]",
    "x[-self.units:]",
    "x[self.a:self.b][:self.c]",
    "f(x[:f(1)], [y[0:self.a]])",
    "x[:, (a + b) // 2:]",
]


def test_colons_of_slices_have_the_spaces_that_ruff_gives_them():
    lines = [f"y = {text}" for text in SLICES]
    assert [code(line) for line in lines] == ruff(lines)


def test_colons_that_make_no_slice_are_left_alone():
    for line in (
        'x = {"a": [f(b)]}',
        "y = f(x)[lambda v: f(v)]",
        'z = x["a: b[:self.c]"]',
    ):
        assert code(line) == line


@pytest.mark.parametrize("seed", range(3))
def test_layout_never_changes_what_a_statement_says(seed):
    made = Statements(1000 + seed)
    for _ in range(300):
        text, indent = made.statement()
        before, after = program(text, indent), program(text, indent, code)
        assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(before))


def test_what_fits_stays_as_it_is():
    line = "x = " + "y" * (WIDTH - 4)
    assert code(line) == line
    assert code(line + "y") == line + "y"


def test_a_comment_goes_above_a_line_that_has_no_room_for_it():
    line = "hidden = tf.matmul(inputs, self.kernel)"
    assert code(f"{line}  # short") == f"{line}  # short"
    note = "# " + "long " * 14 + "."
    assert code(f"{line}  {note}", 8).split("\n") == [" " * 8 + note, " " * 8 + line]


def test_a_sign_within_quotes_is_no_comment():
    line = 'x = tf.strings.join([inputs, "#"], separator=" # ")'
    assert code(line) == line


def test_blank_lines_and_nesting_are_kept():
    text = "if x:\n    y = 1\n\n    # why\nz = 2"
    assert code(text, 4) == "    if x:\n        y = 1\n\n        # why\n    z = 2"


def test_neighbouring_texts_become_one_where_they_fit():
    assert merge_strings('f("a " "b")') == 'f("a b")'
    assert merge_strings('f("{} " f"{b}")') == 'f(f"{{}} {b}")'
    assert merge_strings('f("a", "b")') == 'f("a", "b")'


NEIGHBOURS = [
    """f('a"' "b")""",
    """f("a" 'b')""",
    """f('a"' f"{b}")""",
    """f("a'" 'b"' "c'")""",
    """f('it\\'s' "b")""",
    """f("a" '"b" "c"')""",
    """f("{}" f"{x!r} \\n")""",
]


def test_neighbouring_texts_are_joined_as_ruff_joins_them():
    assert [code(f"y = {text}") for text in NEIGHBOURS] == ruff(
        [f"y = {t}" for t in NEIGHBOURS]
    )


@pytest.mark.parametrize(
    "text",
    ['f(r"\\d" "b")', 'f("a" """b""")', 'f(b"a" b"c")', """f("a" f"{b['c']}")"""],
)
def test_neighbouring_texts_of_other_kinds_are_left_alone(text):
    assert merge_strings(text) == text


def test_a_statement_on_several_lines_keeps_them():
    text = (
        "x = tf.concat(\n"
        "    [\n"
        f"        inputs, {'hidden_units ' * 2}+ hidden_units, {'y' * 60},  # first\n"
        "        hidden,\n"
        "    ],\n"
        "    axis=-1,\n"
        ")\n"
        "y = x + \\\n"
        "    z"
    )
    assert code(text, 4) == "\n".join("    " + line for line in text.split("\n"))
