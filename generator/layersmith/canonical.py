"""What a Python text says, whatever its layout: its syntax tree and its comments.

Two texts with the same canonical form differ by no more than a formatter's run: white
space, quotes, redundant parentheses, trailing commas, the indentation of docstrings.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from layersmith.record import record

_LAYOUT_FIELDS = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_STRING_OR_COMMENT = re.compile(
    r'''"""(?:[^"\\]+|\\.|"(?!""))*"""|"(?:[^"\\\n]+|\\.)*"|'''
    r"""'''(?:[^'\\]+|\\.|'(?!''))*'''|'(?:[^'\\\n]+|\\.)*'|(\#[^\n]*)""",
    re.DOTALL,
)
SUITES = ("body", "handlers", "orelse", "finalbody", "cases")


@record
class Parsed:
    """A Python text read once: its tree, and its comments with their lines."""

    lines: list[str]
    tree: ast.Module
    comments: list[tuple[int, str]]


@lru_cache(maxsize=8)
def parse(text: str) -> Parsed | None:
    """The text's tree and comments, or None where it is not Python (yet)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        comments = list(_comments(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    except tokenize.TokenError:
        return None
    return Parsed(text.split("\n"), tree, comments)


def same_meaning(text: str, other: str) -> bool:
    """Whether the two texts differ in layout alone; False where one is not Python."""
    if text == other:
        return True
    form = canonical(text)
    return form is not None and form == canonical(other)


# A text is compared with several others in turn: with what is wanted, with its base.
@lru_cache(maxsize=8)
def canonical(text: str) -> list[str] | None:
    """The text's canonical form; None where it is not Python, or nested too deeply."""
    parsed = parse(text)
    if parsed is None:
        return None
    form = statements_form(parsed.tree.body)
    if form is None or not parsed.comments:
        return form
    # A comment belongs to a place: a formatter never moves one past the beginning of
    # a statement, a person who moves one has edited the file.
    starts = sorted(_statement_lines(parsed.tree.body))
    form.extend(f"{bisect_right(starts, line)}{c}" for line, c in parsed.comments)
    return form


def statements_form(
    nodes: Iterable[ast.AST], skip: Sequence[str] = ()
) -> list[str] | None:
    """The canonical form of some nodes, without their comments.

    Args:
        nodes: The nodes, in order.
        skip: Fields of these nodes (not of the nodes below) that are left out.
    """
    form: list[str] = []
    try:
        for node in nodes:
            _walk(node, form, skip)
    except RecursionError:
        return None
    return form


def _statement_lines(nodes: Iterable[ast.AST]) -> Iterator[int]:
    """First line of every statement; expressions hold none and are not entered."""
    for node in nodes:
        if isinstance(node, ast.stmt):
            yield node.lineno
        for name in SUITES:
            yield from _statement_lines(getattr(node, name, ()))


def _walk(node: ast.AST, form: list[str], skip: Sequence[str] = ()) -> None:
    if isinstance(node, ast.Constant):
        form.append(repr(node.value))
        return
    if isinstance(node, ast.JoinedStr):
        _walk_joined(node, form)
        return
    form.append(type(node).__name__ + "(")
    if isinstance(node, ast.Delete):
        # `del (a, b)` and `del a, b` are one statement, and formatters know it.
        for target in node.targets:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                _walk(part, form)
    elif isinstance(node, ast.Expr) and (text := _string(node.value)) is not None:
        form.append(repr(_clean(text)))
    else:
        _walk_fields(node, form, skip)
    form.append(")")


def _walk_fields(node: ast.AST, form: list[str], skip: Sequence[str]) -> None:
    for name in node._fields:
        value = getattr(node, name, None)
        if value is None or value == [] or name in _LAYOUT_FIELDS or name in skip:
            continue
        form.append(name)
        if isinstance(value, ast.AST):
            _walk(value, form)
        elif isinstance(value, list):
            form.append("[")
            for item in value:
                if isinstance(item, ast.AST):
                    _walk(item, form)
                else:
                    form.append(repr(item))
            form.append("]")
        else:
            form.append(repr(value))


def _walk_joined(node: ast.JoinedStr, form: list[str]) -> None:
    """An f-string, its neighbouring pieces of plain text taken as one."""
    pieces: list[str | ast.AST] = []
    for value in node.values:
        text = _string(value)
        if text is not None and pieces and isinstance(pieces[-1], str):
            pieces[-1] += text
        else:
            pieces.append(value if text is None else text)
    form.append("f(")
    for piece in pieces:
        if isinstance(piece, str):
            form.append(repr(piece))
        else:
            _walk(piece, form)
    form.append(")")


def _string(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _clean(text: str) -> str:
    """A docstring without its margin, trailing spaces and outer blank lines."""
    first, *rest = (line.rstrip() for line in text.expandtabs().split("\n"))
    margin = min((len(r) - len(r.lstrip()) for r in rest if r), default=0)
    return "\n".join([first.lstrip(), *(line[margin:] for line in rest)]).strip()


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each comment of a valid text, without the space after its `#`."""
    if "#" not in text:
        return
    if sys.version_info >= (3, 12):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield (token.start[0], "#" + token.string[1:].strip())
        return
    # Before 3.12 no string can hold its own quotes, and the tokenizer, not yet written
    # in C, takes longer than all the rest.
    line, at = 1, 0
    for match in _STRING_OR_COMMENT.finditer(text):
        if match[1]:
            line += text.count("\n", at, match.start())
            at = match.start()
            yield (line, "#" + match[1][1:].strip())
