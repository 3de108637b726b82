"""Gives a text the layout of another one wherever the two say the same.

A merge compares lines. Where a formatter has gone over a file, every line that it broke
differently would look like an edit and clash with the new output. So the formatter's
work is undone first, statement by statement, and what is left are the edits.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from difflib import SequenceMatcher

from layersmith.canonical import SUITES, Parsed, parse, same_meaning, statements_form
from layersmith.record import record

_Definition = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_Block = (
    *_Definition,
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith),
)


@record
class _Segment:
    """Whole lines: what stands above some statements, and the statements.

    Attributes:
        first: First line, from 1.
        last: Last line, inclusive.
        nodes: The statements; none for what follows the last one.
        key: What the lines say, without their layout.
    """

    first: int
    last: int
    nodes: tuple[ast.stmt, ...]
    key: str


def relayout(text: str, like: str) -> str:
    """The text, laid out as `like` where both say the same; the text where that fails.

    Args:
        text: Python source.
        like: The text whose layout is wanted.
    """
    parsed, model = (parse(text), parse(like))
    if parsed is None or model is None:
        return text
    try:
        indented = _indented(parsed)
        if indented != text:
            return relayout(indented, like) if same_meaning(indented, text) else text
        lines = _align(_module(parsed), _module(model), parsed, model)
    except RecursionError:
        return text
    result = "\n".join(lines)
    return result if same_meaning(result, text) else text


def _indented(parsed: Parsed) -> str:
    """The text with the usual four spaces for each level, where it has tabs or two."""
    lines = list(parsed.lines)

    def indent(nodes: Sequence[ast.AST], first: int, level: int) -> None:
        for node in nodes:
            if isinstance(node, ast.stmt):
                last = node.end_lineno or node.lineno
                for number in range(first, last + 1):
                    line = parsed.lines[number - 1]
                    blank = line[: node.col_offset]
                    if blank.isspace():
                        lines[number - 1] = " " * (4 * level) + line[len(blank) :]
                first = last + 1
            for name in SUITES:
                below = getattr(node, name, ())
                if below and isinstance(below[0], ast.stmt):
                    top = _start(below[0])
                    while parsed.lines[top - 2].lstrip().startswith("#"):
                        top -= 1
                    # `elif` is an `if` in an `else`, yet stands as far left as its `if`.
                    deeper = below[0].col_offset > getattr(node, "col_offset", -1)
                    indent(below, top, level + deeper)
                else:
                    indent(below, 0, level)

    indent(parsed.tree.body, 1, 0)
    return "\n".join(lines)


def _align(
    segments: Sequence[_Segment],
    models: Sequence[_Segment],
    parsed: Parsed,
    model: Parsed,
) -> list[str]:
    lines: list[str] = []
    matcher = SequenceMatcher(
        None, [m.key for m in models], [s.key for s in segments], autojunk=False
    )
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            for segment in models[i:i_end]:
                lines += _lines(model, segment.first, segment.last)
            continue
        for segment in segments[j:j_end]:
            twin = next((m for m in models[i:i_end] if _twins(segment, m)), None)
            if twin is None:
                lines += _lines(parsed, segment.first, segment.last)
            else:
                lines += _align_block(segment, twin, parsed, model)
    return lines


def _align_block(
    segment: _Segment, twin: _Segment, parsed: Parsed, model: Parsed
) -> list[str]:
    """A block that was edited: its head and its body each on their own."""
    head, body = _block(segment, parsed)
    model_head, model_body = _block(twin, model)
    if head.key == model_head.key:
        lines = _lines(model, model_head.first, model_head.last)
    else:
        lines = _lines(parsed, head.first, head.last)
    return lines + _align(body, model_body, parsed, model)


def _twins(segment: _Segment, other: _Segment) -> bool:
    """Whether both are the same class, function or block, with other lines in it."""
    if len(segment.nodes) != 1 or len(other.nodes) != 1:
        return False
    node, twin = segment.nodes[0], other.nodes[0]
    if not (_has_lines_of_its_own(node) and _has_lines_of_its_own(twin)):
        return False
    if isinstance(node, _Definition) and isinstance(twin, _Definition):
        return node.name == twin.name
    return statements_form([node], ["body"]) == statements_form([twin], ["body"])


def _has_lines_of_its_own(node: ast.stmt) -> bool:
    """Whether the statement is a head and a body below it, and nothing after that."""
    return (
        isinstance(node, _Block)
        and not getattr(node, "orelse", ())
        and _start(node.body[0]) > node.lineno
    )


def _module(parsed: Parsed) -> list[_Segment]:
    segments = _suite(parsed, parsed.tree.body, 1)
    after = segments[-1].last + 1 if segments else 1
    if after <= len(parsed.lines):
        segments.append(_segment(parsed, after, len(parsed.lines), ()))
    return segments


def _block(segment: _Segment, parsed: Parsed) -> tuple[_Segment, list[_Segment]]:
    (node,) = segment.nodes
    assert isinstance(node, _Block)
    first_of_body = _start(node.body[0])
    head = _segment(parsed, segment.first, first_of_body - 1, (node,), skip=("body",))
    return head, _suite(parsed, node.body, first_of_body)


def _suite(
    parsed: Parsed, statements: Sequence[ast.stmt], first: int
) -> list[_Segment]:
    groups: list[list[ast.stmt]] = []
    for node in statements:
        if groups and _start(node) <= (groups[-1][-1].end_lineno or 0):
            groups[-1].append(node)
        else:
            groups.append([node])
    segments = []
    for group in groups:
        last = group[-1].end_lineno or first
        segments.append(_segment(parsed, first, last, tuple(group)))
        first = last + 1
    return segments


def _segment(
    parsed: Parsed,
    first: int,
    last: int,
    nodes: tuple[ast.stmt, ...],
    skip: Sequence[str] = (),
) -> _Segment:
    form = statements_form(nodes, skip)
    if form is None:
        raise RecursionError
    form += [text for line, text in parsed.comments if first <= line <= last]
    return _Segment(first, last, nodes, "\n".join(form))


def _start(node: ast.stmt) -> int:
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    return min([node.lineno, *(d.lineno for d in decorators)])


def _lines(parsed: Parsed, first: int, last: int) -> list[str]:
    return parsed.lines[first - 1 : last]
