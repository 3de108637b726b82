"""Spells a line of Python as ruff does: spaces, quotes, numbers, needless parentheses.

What authors write goes into the layer, and people run `ruff format --check` on that.
"""

from __future__ import annotations

import re

from layersmith.plan.spacing import spaced
from layersmith.tokens import at_commas, brackets, tokens_of

__all__ = ["expression", "is_odd", "line"]

# Whether anything may have to change. It is wrong to say no, and slow to say yes. Each
# branch but the last begins with a sign, so that letters are passed over quickly.
_ODD = re.compile(
    r"""['\\;]                                   # quotes, escapes, a second statement
    |[([{][ ]|[ ][)\]},]|,[^ \n]|,[ ]?[)\]}]      # spaces within brackets, at commas
    |[ ][ ](?<=\S..)(?!\#)|\#[^ !:\n]             # two spaces, but before a comment
    |[ ][:.](?!\.)|\.[ ]|[ ][([](?<=[\w)\]}][ ].)(?<!\bin..)(?<!\breturn..)
    |[-+/%@&|^<>*!](?<=[\w)\]}"].)(?<!\de.)(?!\*[\w.]+(?![\w.([])) # no space before a sign
    |[*](?<=\*\*)(?:[ ]|(?<=[)\]}"]..)|(?<=\w..)\w+[([])|[-+~][\w.]+\*\*   # spaces of a power
    |[-+/%@&|^<>*=](?<=[\w)\]}"][ ].)[\w([{"~.+-]                 # none behind a sign
    |[ ](?:[-+*/%@&|^=!<>]=|//|<<|>>|\*\*=|//=)[^ =]
    |[-+~][ ](?:(?<=[([{:=]..)|(?<=[-+*/%@&|^<>=,:][ ]..))
    |[-+~][ ](?:(?<=\bin[ ]..)|(?<=\bnot[ ]..)|(?<=\b(?:or|if|is)[ ]..)|(?<=\band[ ]..)
        |(?<=\bel(?:se|if)[ ]..)|(?<=\b(?:return|assert)[ ]..)|(?<=\bwhile[ ]..))
    |=(?<=[\w)\]}"].)[ =]|\]=|^[ ]*[\w.]+(?:[,:][ ]?[\w.]+)*=(?!=)|\((?:.{0,200}?,)?[ ]?\w+[ ]=[ ]
    |[EJXOB](?<=\d.)|\.(?<=\d.)(?!\d)|\.(?<![\w)\]}".].)\d|\+(?<=\de.)|x(?<=\b0.)
    |:(?<=[\w)\]}"].)[^\s\])},:]                  # a key, an annotation, some slices
    |\b(?:[FuUBrR]{1,2}"|(?:and|assert|del|elif|else|if|in|is|lambda|not|or|raise|return|while)[(["{])""",
    re.VERBOSE,
)
# Where a line ends with a bracket: one that may be around all that goes before.
_AROUND = re.compile(r"(?:^|[= ])\(")
_HEAD = re.compile(r"(?:return|if|elif|while|assert|del)(?= )")
_ASSIGNMENTS = frozenset(
    ["=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "**=", "&=", "|=", "^="]
)


def is_odd(text: str) -> bool:
    """Whether anything in a line may have to be spelled otherwise."""
    around = text.endswith((")", "):")) and _AROUND.search(text)
    return bool(around or _ODD.search(text))


def line(text: str) -> str:
    """A logical line, spelled as ruff does; a comment behind it stays there."""
    if not is_odd(text):
        return text
    body, comment = _without_comment(text)
    body = _bare(spaced(tokens_of(body)))
    if not comment:
        return body
    if comment[1:2] not in ("", " ", "!", ":"):
        comment = "# " + comment[1:]
    return f"{body}  {comment}" if body else comment


def expression(text: str) -> str:
    """An expression, spelled as ruff does where it stands alone, on one line."""
    if not (is_odd(text) or "\n" in text) or _without_comment(text)[1]:
        return text
    return _unwrapped(spaced(tokens_of(text)))


def _without_comment(text: str) -> tuple[str, str]:
    for token in tokens_of(text):
        if token.kind == "other" and token.text == "#":
            return text[: token.start].rstrip(), text[token.start :].rstrip()
    return text, ""


def _bare(text: str) -> str:
    """A statement without parentheses around all that its keyword or sign is given."""
    tokens = tokens_of(text)
    if not tokens:
        return text
    start, end = 0, len(text)
    compound = tokens[0].text in ("if", "elif", "while", "for") and text[-1] == ":"
    end -= compound
    if tokens[0].text == "for":
        words = [t for t in tokens if t.depth == 0 and t.text == "in"]
        if not words:
            return text
        targets = _unwrapped(text[4 : words[0].start].strip(), tuples=True)
        start = words[0].start + 3
        return f"for {targets} in {_unwrapped(text[start:end])}{text[end:]}"
    head = _HEAD.match(text)
    if head is not None:
        start = head.end() + 1
    else:
        signs = [t for t in tokens if t.depth == 0 and t.text in _ASSIGNMENTS]
        lambdas = [t.start for t in tokens if t.text == "lambda"]
        signs = [t for t in signs if not lambdas or t.start < lambdas[0]]
        if not signs or text.startswith(("def ", "class ", "@")):
            return text
        start = signs[-1].start + len(signs[-1].text) + 1
    body = text[start:end]
    if tokens[0].text == "assert":
        parts = [_unwrapped(part) for part in at_commas(body)]
        return text[:start] + ", ".join(parts)
    return text[:start] + _unwrapped(body) + text[end:]


def _unwrapped(text: str, tuples: bool = False) -> str:
    """An expression without parentheses around the whole of it.

    Args:
        tuples: Whether those of a tuple go too.
    """
    while text.startswith("(") and brackets(text) == [(0, len(text) - 1)]:
        inner = text[1:-1]
        signs = {t.text for t in tokens_of(inner) if t.depth == 0}
        if not inner or signs & {"for", "yield", ":=", "await"} or inner[0] == "*":
            break
        if "," in signs and not tuples:
            break
        text = inner
    return text
