"""Lays Python out over lines of 88 columns as ruff and black do, without either.

Works on one logical line at a time: what fits stays, else the last bracket is
opened, else the expression is put in parentheses and split at its operators.
"""

from __future__ import annotations

import re
from functools import lru_cache

from layersmith.tokens import (
    CLOSE,
    OPEN,
    adjacent,
    at_commas,
    brackets,
    follows_name,
    loosest_operators,
    merge_strings,
    spaced_slices,
    tokens_of,
)

__all__ = ["WIDTH", "code", "merge_strings", "statement"]

WIDTH = 88
# A line without these, if it fits, stays as it is: they may mean another line, a margin,
# a comment, strings to be merged, or a slice.
_UNSURE = re.compile(r"""\n|^ |^$|[#\\]|["'][ ]|\[.*:""")
# Where these are, a bracket may be none.
_TEXTS = re.compile(r"[\"'#]")
_HEADS = re.compile(
    r"(?P<head>(?:return|raise|assert|if|elif|while|yield|del|for [^()]+? in)\s+|"
    r"(?:[^=!<>]*?[^=!<>+\-*/%&|^@:]\s*(?:[-+*/%&|^@]|//|\*\*)?=(?!=)\s*))"
)


@lru_cache(maxsize=4096)
def code(text: str, indent: int = 0) -> str:
    """Logical lines laid out from `indent`; blank lines and nesting are kept.

    A statement that its author has put on several lines keeps them.
    """
    if _fits(text, indent) and not _UNSURE.search(text):
        return " " * indent + text
    lines = []
    depth = 0
    continued = False
    for line in text.split("\n"):
        stripped = line.lstrip(" ")
        if not stripped:
            lines.append("")
            continue
        margin = indent + len(line) - len(stripped)
        whole = depth == 0 and not continued
        depth += _opened(stripped)
        continued = stripped.endswith("\\") and "#" not in stripped
        if whole and depth == 0 and not continued:
            lines.extend(statement(stripped, margin))
        else:
            lines.append(" " * margin + stripped)
    return "\n".join(lines)


def _opened(text: str) -> int:
    """How many more brackets a line opens than it closes."""
    if not _TEXTS.search(text):
        return sum(map(text.count, OPEN)) - sum(map(text.count, CLOSE))
    signs = [token.text for token in tokens_of(text) if token.kind == "operator"]
    return sum(sign in OPEN for sign in signs) - sum(sign in CLOSE for sign in signs)


def statement(text: str, indent: int = 0) -> list[str]:
    """One logical line as the lines that it takes."""
    comment = ""
    if "#" in text:
        text, comment = _split_comment(text)
    if not text:
        return [" " * indent + comment]
    text = spaced_slices(text)
    merged = merge_strings(text)
    if _fits(merged + ("  " + comment if comment else ""), indent) or text.startswith(
        "#"
    ):
        return [" " * indent + merged + ("  " + comment if comment else "")]
    lines = [" " * indent + merged] if _fits(merged, indent) else _split(text, indent)
    if comment:
        lines.insert(0, " " * indent + comment)
    return lines


def _split_comment(text: str) -> tuple[str, str]:
    for token in tokens_of(text):
        if token.kind == "other" and token.text == "#":
            return text[: token.start].rstrip(), text[token.start :].rstrip()
    return text, ""


def _fits(text: str, indent: int) -> bool:
    return indent + len(text) <= WIDTH


def _split(text: str, indent: int) -> list[str]:
    if re.match(r"(async )?def |class |@", text):
        pairs = brackets(text)
        return _open(text, pairs[0], indent) if pairs else [" " * indent + text]
    match = _HEADS.match(text)
    if match is None or _inside_brackets(text, match.end("head")):
        return _expression("", text, "", indent)
    head, body = (match["head"], text[match.end("head") :])
    tail = ""
    if head.startswith(("if ", "elif ", "while ", "for ")) and body.endswith(":"):
        body, tail = body[:-1], ":"
    return _expression(head, body, tail, indent)


def _inside_brackets(text: str, end: int) -> bool:
    return any(start < end <= close for start, close in brackets(text))


def _expression(head: str, body: str, tail: str, indent: int) -> list[str]:
    if head and len(at_commas(body)) > 1:
        # A tuple; behind `return`, brackets within it are opened first.
        lines = _hung(head, body, tail, indent) if head == "return " else None
        if lines is not None:
            return lines
        text = f"{head}({body}){tail}"
        return _open(text, (len(head), len(head) + len(body) + 1), indent)
    pairs = brackets(body)
    group, operators = loosest_operators(body)
    if not operators and len(adjacent(body)) < 2:
        if not pairs:
            return [" " * indent + head + body + tail]
        return _open_last(head, body, tail, indent)
    if len(operators) == 1 and group[0] != "if" and _hangs(body):
        lines = _hung(head, body, tail, indent)
        if lines is not None:
            return lines
    if body.startswith("(") and pairs == [(0, len(body) - 1)]:
        return _open(head + body + tail, (len(head), len(head) + len(body) - 1), indent)
    lines = [" " * indent + head + "("]
    lines.extend(_content(body, indent + 4))
    lines.append(" " * indent + ")" + tail)
    return lines


def _hangs(body: str) -> bool:
    """Whether a bracket at one end can be opened, so that no parentheses are needed.

    A subscript is not opened for it: that reads badly.
    """
    first, last = (brackets(body)[:1], brackets(body)[-1:])
    if first and first[0][0] == 0 and first[0][1] > 1:
        return True
    if not last or last[0][1] != len(body) - 1 or last[0][1] == last[0][0] + 1:
        return False
    start = last[0][0]
    return body[start] != "[" or not follows_name(body, start)


def _hung(head: str, body: str, tail: str, indent: int) -> list[str] | None:
    """Opens brackets from the left, each where what follows would not fit.

    None where a part between the brackets is too long by itself.
    """
    text = head + body + tail
    pairs = [(start + len(head), end + len(head)) for start, end in brackets(body)]
    pairs = [pair for pair in pairs if pair[1] > pair[0] + 1]
    lines: list[str] = []
    begin = 0
    for index, (start, end) in enumerate(pairs):
        stop = pairs[index + 1][0] + 1 if index + 1 < len(pairs) else len(text)
        if _fits(text[begin:stop], indent):
            continue
        if not _fits(text[begin : start + 1], indent):
            return None
        literal = "" if follows_name(text, start) else text[start]
        lines.append(" " * indent + text[begin : start + 1])
        lines.extend(_items(text[start + 1 : end].strip(), indent + 4, literal))
        begin = end
    if not _fits(text[begin:], indent):
        return None
    return [*lines, " " * indent + text[begin:]]


def _open_last(head: str, body: str, tail: str, indent: int) -> list[str]:
    """Opens the last bracket that leaves the rest short enough."""
    pairs = [pair for pair in brackets(body) if pair[1] > pair[0] + 1]
    if not pairs:
        return [" " * indent + head + body + tail]
    chosen = pairs[-1]
    for start, end in reversed(pairs):
        if _fits(head + body[: start + 1], indent):
            # An earlier bracket is opened only where the text after it is short.
            chosen = (start, end)
            break
    shift = len(head)
    return _open(head + body + tail, (chosen[0] + shift, chosen[1] + shift), indent)


def _open(text: str, pair: tuple[int, int], indent: int) -> list[str]:
    """The text with one bracket pair opened over lines."""
    start, end = pair
    inner = text[start + 1 : end].strip()
    literal = "" if follows_name(text, start) else text[start]
    lines = [" " * indent + text[: start + 1]]
    lines.extend(_items(inner, indent + 4, literal))
    rest = text[end:]
    if _fits(rest, indent):
        lines.append(" " * indent + rest)
    else:
        lines.extend(_expression(rest[0], rest[1:], "", indent))
    return lines


def _items(inner: str, indent: int, each: str) -> list[str]:
    """What stands between brackets: on one line where it fits, else one item a line."""
    parts = at_commas(inner)
    magic = inner.endswith(",")
    if (
        not magic
        and _fits(merge_strings(inner), indent)
        and not (each and len(parts) > 1)
    ):
        return [" " * indent + merge_strings(inner)]
    if re.search(r"\bfor\b", inner) and any(
        t.text == "for" and t.depth == 0 for t in tokens_of(inner)
    ):
        # Its targets may have commas: `for i, size in enumerate(shape)`.
        return _comprehension(inner, indent)
    if len(parts) == 1 and not magic:
        return _content(parts[0], indent)
    lines = []
    for part in parts:
        lines.extend(_item(part, indent))
        lines[-1] += ","
    return lines


def _item(part: str, indent: int) -> list[str]:
    """One item with room for its comma."""
    part = merge_strings(part)
    if _fits(part + ",", indent):
        return [" " * indent + part]
    key = re.match(r"(?:\*{1,2}|[A-Za-z_][A-Za-z0-9_]*=(?!=)|\"[^\"]*\": )", part)
    head = key.group() if key else ""
    body = part[len(head) :]
    strings = len(adjacent(body)) > 1
    if loosest_operators(body)[1] or (strings and (not head or head.startswith('"'))):
        # No parentheses around a bare item, nor around the value of a key.
        return _content(body, indent, head, ",")
    return _expression(head, body, "", indent)


def _comprehension(part: str, indent: int) -> list[str]:
    """The element, then each `for` and each of its `if`, on lines of their own."""
    starts = [0]
    for token in tokens_of(part):
        if token.depth == 0 and token.kind == "name" and token.start:
            if token.text == "for" or (token.text == "if" and len(starts) > 1):
                starts.append(token.start)
    lines = []
    for start, stop in zip(starts, [*starts[1:], len(part)]):
        text = part[start:stop].rstrip()
        head = re.match(r"for [^()\[\]{}]*? in |if |", text if start else "").group()
        lines.extend(_content(text[len(head) :], indent, head))
    return lines


def _content(body: str, indent: int, head: str = "", tail: str = "") -> list[str]:
    """An expression that stands in brackets of its own, split at its operators.

    Args:
        body: The expression.
        indent: Where its lines begin.
        head: What stands before it on its first line.
        tail: What will stand behind it on its last line, and is left out here.
    """
    merged = merge_strings(body)
    if _fits(head + merged + tail, indent):
        return [" " * indent + head + merged]
    strings = adjacent(body)
    if len(strings) > 1:
        return [" " * indent + string for string in (head + strings[0], *strings[1:])]
    _, operators = loosest_operators(body)
    if not operators:
        return _open_last(head, body, "", indent)
    lines, start = [], 0
    for token in operators:
        operand = head + body[start : token.start].strip()
        lines.extend(_operand(operand, indent, "", len(head)))
        start, head = token.start, ""
    lines.extend(_operand(body[start:].strip(), indent, tail))
    return lines


def _operand(text: str, indent: int, tail: str, key: int = 0) -> list[str]:
    """An operand, behind its operator: split at tighter operators where it must be."""
    if _fits(text + tail, indent):
        return [" " * indent + text]
    return _content(text[key:], indent, text[:key], tail)
