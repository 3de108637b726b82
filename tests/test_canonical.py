"""A formatter's run is no edit; every other change is one."""

import ast
import subprocess

import pytest

from layersmith.canonical import canonical, same_meaning
from sync_project import body, ruff

SOURCE = (
    body(scale='f"{units!r:>{width}} and " "more"')
    + '''

NAMES = ("one", "two",)  # two of them


@decorated  # with a comment
def trailing(a, *, b: int = 1, **rest) -> int:
    """A docstring.

        An indented part.

    The end.
    """
    try:
        return {"a": a, 'b': [b for b in rest if (b)], **rest}["a"]
    except (ValueError, TypeError) as error:  # both
        raise RuntimeError(f"{error = } {a['b']}") from error
    else:
        del (a, b)
    # the last word
'''
)

LAYOUTS = {
    "trailing comma": ('("one", "two",)', '("one", "two")'),
    "quotes": ("'b': [", '"b": ['),
    "parentheses": ("if (b)]", "if b]"),
    "deleted tuple": ("del (a, b)", "del a, b"),
    "broken line": ('return {"a"', 'return {\n"a"'),
    "space in a docstring": ('    The end.\n    """', '    The end.  \n\n    """'),
    "blank lines": ("NAMES", "\n\n\nNAMES"),
    "space before a comment": ("  # two of them", "         #two of them"),
    "joined strings": ('and " "more"', 'and more"'),
    "line end": ("from error\n", "from error;\n"),
}

EDITS = {
    "a number": ("b: int = 1", "b: int = 2"),
    "kind of number": ("b: int = 1", "b: int = 1.0"),
    "a bool for a number": ("b: int = 1", "b: int = True"),
    "a name": ("**rest}", "**a}"),
    "a string": ('"two"', '"tow"'),
    "bytes for a string": ('"two"', 'b"two"'),
    "a one-tuple": ('("one", "two",)', '("one",)'),
    "tuple or not": ('("one", "two",)', '("one")'),
    "an operator": ("x @ self.kernel", "x * self.kernel"),
    "grouping": ("y * self.scale", "(y * self.scale, )"),
    "conversion in an f-string": ("{units!r:", "{units!s:"),
    "format in an f-string": ("r:>{width}", "r:<{width}"),
    "text in an f-string": (' and "', ' und "'),
    "spaces in a debugging f-string": ("{error = }", "{error=}"),
    "an f-string or a string": ('f"{units', '"{units'),
    "keyword-only": ("(a, *, b", "(a, b"),
    "an annotation": ("-> int", "-> float"),
    "a decorator": ("@decorated", "@other"),
    "an exception": ("(ValueError, TypeError)", "(TypeError, ValueError)"),
    "cause of an error": (" from error", " from None"),
    "a statement's block": ("    # the last word", "    a = 1  # the last word"),
    "words of a docstring": ("A docstring.", "A doc string."),
    "shape of a docstring": ("        An indented part.", "An indented part."),
    "words of a comment": ("# two of them", "# three of them"),
    "spaces within a comment": ("# two of them", "# two  of them"),
    "a comment is gone": ("  # both", ""),
    "a new comment": ("from error", "from error  # why"),
    "a comment has moved": ('("one", "two",)  # two of them', '("one", "two",)'),
    "a comment at another statement": (
        "    # the last word",
        "    pass\n    # the last word",
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_is_no_edit(layout):
    old, new = LAYOUTS[layout]
    assert SOURCE.count(old) == 1
    assert same_meaning(SOURCE, SOURCE.replace(old, new))


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_noticed(edit):
    old, new = EDITS[edit]
    assert SOURCE.count(old) == 1
    changed = SOURCE.replace(old, new)
    assert canonical(changed) is not None
    assert not same_meaning(SOURCE, changed)


def test_a_comment_that_moved_past_a_statement_is_noticed():
    assert not same_meaning("a = 1  # why\nb = 2\n", "a = 1\nb = 2  # why\n")
    assert not same_meaning("# why\na = 1\nb = 2\n", "a = 1\n# why\nb = 2\n")


def test_two_blocks_are_not_one():
    assert not same_meaning("if a:\n    b\n    c\n", "if a:\n    b\nc\n")


def test_every_change_of_one_node_is_noticed():
    tree = ast.parse(SOURCE)
    noticed = 0
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if name in ("ctx", "kind", "type_comment") or isinstance(
                value, ast.AST | list
            ):
                continue
            # A value that no source has: a changed tree must never look the same.
            setattr(node, name, "changed" if value is None or value != "changed" else 1)
            if isinstance(node, ast.FormattedValue) and name == "conversion":
                setattr(node, name, 97)
            try:
                changed = ast.unparse(tree)
                same = ast.dump(ast.parse(changed)) == ast.dump(ast.parse(SOURCE))
            except (SyntaxError, AttributeError, TypeError, ValueError, AssertionError):
                same = True  # not a change that can be written down
            finally:
                setattr(node, name, value)
            if not same:
                noticed += 1
                plain = ast.unparse(ast.parse(SOURCE))
                assert not same_meaning(plain, changed), (type(node), name)
    assert noticed > 100


@pytest.mark.parametrize(
    "text",
    [
        "def broken(:\n",
        "x = '\n",
        "a\0b",
        "(" * 500 + ")" * 500,
        "x = " + "-" * 5000 + "1",
        "x = " + "+".join("a" * 5000),
        "if a:\n  b\n c\n",
    ],
)
def test_what_cannot_be_read_is_taken_for_an_edit(text):
    assert not same_meaning(text, body())
    assert same_meaning(text, text)


def test_a_hash_in_a_string_is_no_comment():
    text = "a = '# no'; b = \"\"\"\n# no\n'\"\"\"  # yes 'quoted'\nc = '\\'# no'\n"
    form = canonical(text)
    assert form is not None
    assert [part for part in form if "yes" in part] == ["2#yes 'quoted'"]
    assert not any(part.endswith("#no") for part in form)


@pytest.mark.skipif(not ruff(), reason="needs ruff, which is an extra of the tests")
@pytest.mark.parametrize(
    "options",
    [
        ["--line-length=40"],
        ["--line-length=120", "--config=format.skip-magic-trailing-comma=true"],
        ["--config=format.quote-style='single'"],
        ["--config=format.indent-style='tab'"],
        ["--preview"],
    ],
    ids=" ".join,
)
def test_a_run_of_ruff_is_no_edit(options):
    command = [ruff(), "format", "--isolated", "--quiet", *options, "-"]
    result = subprocess.run(
        command, input=SOURCE, capture_output=True, text=True, check=True
    )
    assert result.stdout != SOURCE
    assert same_meaning(result.stdout, SOURCE)


@pytest.mark.parametrize("width", [40, 120])
def test_a_run_of_black_is_no_edit(width):
    black = pytest.importorskip("black", reason="black is not installed here")
    formatted = black.format_str(SOURCE, mode=black.Mode(line_length=width))
    assert formatted != SOURCE
    assert same_meaning(formatted, SOURCE)
