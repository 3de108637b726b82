"""Lays Python out over lines of 88 columns as ruff and black do, without either.

Works on one logical line at a time: what fits stays, else the last bracket is
opened, else the expression is put in parentheses and split at its operators.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

WIDTH = 88
_OPEN, _CLOSE = "([{", ")]}"
_TOKEN = re.compile(
    r"""(?P<string>[rRbBfFuU]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
      |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<number>[0-9.][0-9A-Za-z_.]*)
      |(?P<operator>\*\*|//|<<|>>|->|:=|<=|>=|==|!=|[-+*/%@&|^<>=]=?|[()\[\]{},:.;~!])
      |(?P<space>\s+)
      |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
# Operators from the loosest to the tightest, as they are split.
_PRECEDENCE = (
    ("if", "else"),
    ("or", "and"),
    ("in", "not", "is", "<", ">", "==", "!=", "<=", ">="),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "//", "%", "@"),
)
_HEADS = re.compile(
    r"(?P<head>(?:return|raise|assert|if|elif|while|yield|del|for [^()]+? in)\s+|"
    r"(?:[^=!<>]*?[^=!<>+\-*/%&|^@:]\s*(?:[-+*/%&|^@]|//|\*\*)?=(?!=)\s*))"
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    depth: int


def code(text: str, indent: int = 0) -> str:
    """Logical lines laid out from `indent`; blank lines and nesting are kept."""
    lines = []
    for line in text.split("\n"):
        stripped = line.lstrip(" ")
        if not stripped:
            lines.append("")
            continue
        lines.extend(statement(stripped, indent + len(line) - len(stripped)))
    return "\n".join(lines)


def statement(text: str, indent: int = 0) -> list[str]:
    """One logical line as the lines that it takes."""
    comment = ""
    if "#" in text:
        text, comment = _split_comment(text)
    if not text:
        return [" " * indent + comment]
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
    for token in _tokens(text):
        if token.kind == "other" and token.text == "#":
            return text[: token.start].rstrip(), text[token.start :].rstrip()
    return text, ""


def _fits(text: str, indent: int) -> bool:
    return indent + len(text) <= WIDTH


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[_Token, ...]:
    tokens, depth = [], 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        value = match.group()
        if kind == "operator" and value in _CLOSE:
            depth -= 1
        if kind != "space":
            tokens.append(_Token(kind, value, match.start(), depth))
        if kind == "operator" and value in _OPEN:
            depth += 1
        if value == "#" and kind == "other":
            break
    return tuple(tokens)


def _pairs(text: str) -> list[tuple[int, int]]:
    """Start and end of each bracket pair that stands in no other."""
    pairs, start = [], None
    for token in _tokens(text):
        if token.depth:
            continue
        if token.text in _OPEN and token.kind == "operator":
            start = token.start
        elif token.text in _CLOSE and token.kind == "operator" and start is not None:
            pairs.append((start, token.start))
            start = None
    return pairs


def _split(text: str, indent: int) -> list[str]:
    if re.match(r"(async )?def |class |@", text):
        pairs = _pairs(text)
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
    return any(start < end <= close for start, close in _pairs(text))


def _operators(body: str) -> tuple[tuple[str, ...], list[_Token]]:
    """The loosest operators at the top of an expression, and where they stand."""
    tokens = [token for token in _tokens(body) if token.depth == 0]
    for group in _PRECEDENCE:
        found = []
        for previous, token in zip([None, *tokens], tokens):
            if token.text not in group or token.kind == "string":
                continue
            if previous is None or (
                previous.kind == "operator" and previous.text not in _CLOSE
            ):
                continue  # A sign, not an operator.
            if previous.text in (
                "not",
                "is",
                "in",
                "and",
                "or",
                "return",
                "if",
                "else",
            ):
                continue
            found.append(token)
        if found:
            return group, found
    return (), []


def _expression(head: str, body: str, tail: str, indent: int) -> list[str]:
    if head and len(_at_commas(body)) > 1:
        # A tuple; behind `return`, brackets within it are opened first.
        lines = _hung(head, body, tail, indent) if head == "return " else None
        if lines is not None:
            return lines
        text = f"{head}({body}){tail}"
        return _open(text, (len(head), len(head) + len(body) + 1), indent)
    pairs = _pairs(body)
    group, operators = _operators(body)
    if not operators and len(_adjacent(body)) < 2:
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
    first, last = (_pairs(body)[:1], _pairs(body)[-1:])
    if first and first[0][0] == 0 and first[0][1] > 1:
        return True
    if not last or last[0][1] != len(body) - 1 or last[0][1] == last[0][0] + 1:
        return False
    start = last[0][0]
    return body[start] != "[" or not _follows_name(body, start)


def _hung(head: str, body: str, tail: str, indent: int) -> list[str] | None:
    """Opens brackets from the left, each where what follows would not fit.

    None where a part between the brackets is too long by itself.
    """
    text = head + body + tail
    pairs = [(start + len(head), end + len(head)) for start, end in _pairs(body)]
    pairs = [pair for pair in pairs if pair[1] > pair[0] + 1]
    lines: list[str] = []
    begin = 0
    for index, (start, end) in enumerate(pairs):
        stop = pairs[index + 1][0] + 1 if index + 1 < len(pairs) else len(text)
        if _fits(text[begin:stop], indent):
            continue
        if not _fits(text[begin : start + 1], indent):
            return None
        literal = "" if _follows_name(text, start) else text[start]
        lines.append(" " * indent + text[begin : start + 1])
        lines.extend(_items(text[start + 1 : end].strip(), indent + 4, literal))
        begin = end
    if not _fits(text[begin:], indent):
        return None
    return [*lines, " " * indent + text[begin:]]


def _open_last(head: str, body: str, tail: str, indent: int) -> list[str]:
    """Opens the last bracket that leaves the rest short enough."""
    pairs = [pair for pair in _pairs(body) if pair[1] > pair[0] + 1]
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
    literal = "" if _follows_name(text, start) else text[start]
    lines = [" " * indent + text[: start + 1]]
    lines.extend(_items(inner, indent + 4, literal))
    rest = text[end:]
    if _fits(rest, indent):
        lines.append(" " * indent + rest)
    else:
        lines.extend(_expression(rest[0], rest[1:], "", indent))
    return lines


def _follows_name(text: str, start: int) -> bool:
    """Whether a bracket is that of a call or a subscript, not of a literal."""
    before = re.search(r"(\w+|[)\]}]|\"|')$", text[:start])
    return before is not None and before.group() not in (
        "return",
        "in",
        "if",
        "else",
        "assert",
    )


def _items(inner: str, indent: int, each: str) -> list[str]:
    """What stands between brackets: on one line where it fits, else one item a line."""
    parts = _at_commas(inner)
    magic = inner.endswith(",")
    if (
        not magic
        and _fits(merge_strings(inner), indent)
        and not (each and len(parts) > 1)
    ):
        return [" " * indent + merge_strings(inner)]
    if len(parts) == 1 and not magic:
        part = parts[0]
        if re.search(r"\bfor\b", part) and any(
            t.text == "for" and t.depth == 0 for t in _tokens(part)
        ):
            return _comprehension(part, indent)
        return _content(part, indent)
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
    strings = len(_adjacent(body)) > 1
    if _operators(body)[1] or (strings and (not head or head.startswith('"'))):
        # No parentheses around a bare item, nor around the value of a key.
        lines = _content(body, indent, head, ",")
        return lines
    return _expression(head, body, "", indent)


def _comprehension(part: str, indent: int) -> list[str]:
    """The element, then each `for` and each of its `if`, on lines of their own."""
    starts = [0]
    for token in _tokens(part):
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
    strings = _adjacent(body)
    if len(strings) > 1:
        return [" " * indent + string for string in (head + strings[0], *strings[1:])]
    _, operators = _operators(body)
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


def _at_commas(inner: str) -> list[str]:
    parts, start = [], 0
    for token in _tokens(inner):
        if token.depth == 0 and token.text == "," and token.kind == "operator":
            parts.append(inner[start : token.start].strip())
            start = token.start + 1
    parts.append(inner[start:].strip())
    return [part for part in parts if part]


def _adjacent(text: str) -> list[str]:
    """The string literals of an implicit concatenation that is all of the text."""
    tokens = _tokens(text)
    if len(tokens) < 2 or any(token.kind != "string" for token in tokens):
        return []
    return [token.text for token in tokens]


def merge_strings(text: str) -> str:
    """Adjacent string literals as one, as ruff writes them where they fit."""
    if '" ' not in text:
        return text
    tokens = _tokens(text)
    pieces, last = [], 0
    index = 0
    while index < len(tokens):
        run = [tokens[index]]
        while (
            tokens[index].kind == "string"
            and index + 1 < len(tokens)
            and tokens[index + 1].kind == "string"
        ):
            index += 1
            run.append(tokens[index])
        if len(run) > 1:
            pieces.append(text[last : run[0].start])
            pieces.append(_joined([token.text for token in run]))
            last = run[-1].start + len(run[-1].text)
        index += 1
    return "".join([*pieces, text[last:]])


def _joined(literals: list[str]) -> str:
    formatted = any(literal.startswith("f") for literal in literals)
    parts = []
    for literal in literals:
        body = literal.lstrip("f")[1:-1]
        if formatted and not literal.startswith("f"):
            body = body.replace("{", "{{").replace("}", "}}")
        parts.append(body)
    return ("f" if formatted else "") + '"' + "".join(parts) + '"'
