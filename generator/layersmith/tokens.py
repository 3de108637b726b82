"""Splits one line of Python into tokens, brackets and operators.

Not by `tokenize` and `ast`: a part of a line is split as often as a whole one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from layersmith.record import record

OPEN, CLOSE = "([{", ")]}"
_TOKEN = re.compile(
    r"""(?P<string>[rRbBfFuU]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
      |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)[eE][-+]?[0-9_]+[jJ]?|[0-9.][0-9A-Za-z_.]*)
      |(?P<operator>\*\*|//|<<|>>|->|:=|<=|>=|==|!=|[-+*/%@&|^<>=]=?|[()\[\]{},:.;~!])
      |(?P<space>\s+)
      |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
# Literals whose texts may simply stand one behind the other.
_JOINABLE = re.compile("""f?"(?!"")|f?'(?!'')""")
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
# A bound of a slice that leaves no space around the colon.
_SIMPLE = re.compile(r"|[-+~]?(?:[A-Za-z_][A-Za-z0-9_]*|[0-9.]+)")
# Words that an expression follows.
_WORDS = frozenset(
    [
        "and",
        "assert",
        "elif",
        "else",
        "for",
        "if",
        "in",
        "is",
        "not",
        "or",
        "raise",
        "return",
        "while",
        "with",
        "yield",
    ]
)


@record
class Token:
    """A token; `depth` is the number of brackets that it stands in."""

    kind: str
    text: str
    start: int
    depth: int


@lru_cache(maxsize=4096)
def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of a line, up to the sign of a comment."""
    tokens, depth = [], 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        value = match.group()
        if kind == "operator" and value in CLOSE:
            depth -= 1
        if kind != "space":
            tokens.append(Token(kind, value, match.start(), depth))
        if kind == "operator" and value in OPEN:
            depth += 1
        if value == "#" and kind == "other":
            break
    return tuple(tokens)


def brackets(text: str) -> list[tuple[int, int]]:
    """Start and end of each bracket pair that stands in no other."""
    pairs, start = [], None
    for token in tokens_of(text):
        if token.depth:
            continue
        if token.text in OPEN and token.kind == "operator":
            start = token.start
        elif token.text in CLOSE and token.kind == "operator" and start is not None:
            pairs.append((start, token.start))
            start = None
    return pairs


def loosest_operators(body: str) -> tuple[tuple[str, ...], list[Token]]:
    """The loosest operators at the top of an expression, and where they stand."""
    tokens = [token for token in tokens_of(body) if token.depth == 0]
    for group in _PRECEDENCE:
        found = []
        for previous, token in zip([None, *tokens], tokens):
            if token.text not in group or token.kind == "string":
                continue
            if previous is None or (
                previous.kind == "operator" and previous.text not in CLOSE
            ):
                continue  # A sign, not an operator.
            if previous.text in _WORDS:
                continue
            found.append(token)
        if found:
            return group, found
    return (), []


def follows_name(text: str, start: int) -> bool:
    """Whether a bracket is that of a call or a subscript, not of a literal."""
    before = re.search(r"(\w+|[)\]}]|\"|')$", text[:start])
    return before is not None and before.group() not in _WORDS


def at_commas(inner: str) -> list[str]:
    """The parts between the commas that stand in no bracket."""
    parts, start = [], 0
    for token in tokens_of(inner):
        if token.depth == 0 and token.text == "," and token.kind == "operator":
            parts.append(inner[start : token.start].strip())
            start = token.start + 1
    parts.append(inner[start:].strip())
    return [part for part in parts if part]


def adjacent(text: str) -> list[str]:
    """The string literals of an implicit concatenation that is all of the text."""
    tokens = tokens_of(text)
    if len(tokens) < 2 or any(token.kind != "string" for token in tokens):
        return []
    return [token.text for token in tokens]


def merge_strings(text: str) -> str:
    """Adjacent string literals as one, as ruff writes them where they fit."""
    if '" ' not in text and "' " not in text:
        return text
    tokens = tokens_of(text)
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
        if len(run) > 1 and all(_joinable(token.text) for token in run):
            pieces.append(text[last : run[0].start])
            pieces.append(_joined([token.text for token in run]))
            last = run[-1].start + len(run[-1].text)
        index += 1
    return "".join([*pieces, text[last:]])


def _joinable(literal: str) -> bool:
    """Whether a literal's text may stand beside another's: no bytes, raw or long ones."""
    within = literal.startswith("f") and re.search(r"\{[^{}]*['\"]", literal)
    return bool(_JOINABLE.match(literal)) and not within


def _joined(literals: list[str]) -> str:
    """The literals as one, in the quotes that need fewer escapes."""
    formatted = any(literal.startswith("f") for literal in literals)
    parts = []
    for literal in literals:
        plain = literal.lstrip("f")
        body = plain[1:-1].replace("\\" + plain[0], plain[0])
        if formatted and not literal.startswith("f"):
            body = body.replace("{", "{{").replace("}", "}}")
        parts.append(body)
    text = "".join(parts)
    quote = "'" if text.count('"') > text.count("'") else '"'
    return (
        ("f" if formatted else "") + quote + text.replace(quote, "\\" + quote) + quote
    )


def spaced_slices(text: str) -> str:
    """Slices with spaces around their colons where a bound is more than a name."""
    if ":" not in text or "[" not in text:
        return text
    pieces, last = [], 0
    for start, end in brackets(text):
        inner = spaced_slices(text[start + 1 : end])
        if text[start] == "[" and follows_name(text, start):
            inner = _spaced(inner)
        pieces += [text[last : start + 1], inner]
        last = end
    return "".join([*pieces, text[last:]])


def _spaced(inner: str) -> str:
    """What stands in a subscript, each of its slices spaced."""
    parts, start = [], 0
    for token in tokens_of(inner):
        if token.depth == 0 and token.text == "," and token.kind == "operator":
            parts.append(_spaced_slice(inner[start : token.start]))
            start = token.start + 1
    parts.append(_spaced_slice(inner[start:]))
    return ",".join(parts)


def _spaced_slice(text: str) -> str:
    tokens = tokens_of(text)
    colons = [t.start for t in tokens if t.depth == 0 and t.text == ":"]
    if not colons or any(token.text == "lambda" for token in tokens):
        return text
    before = " " * (len(text) - len(text.lstrip()))
    ends = [-1, *colons, len(text)]
    bounds = [text[a + 1 : b].strip() for a, b in pairwise(ends)]
    space = "" if all(_SIMPLE.fullmatch(bound) for bound in bounds) else " "
    made = bounds[0]
    for index, bound in enumerate(bounds[1:]):
        tight = not bounds[index] and (index == 0 or bound)
        made += ("" if tight else space) + ":" + (space + bound if bound else "")
    return before + made
