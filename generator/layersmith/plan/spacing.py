"""Sets the spaces between the tokens of a line as ruff does."""

from __future__ import annotations

from collections.abc import Sequence

from layersmith.plan import literals
from layersmith.tokens import CLOSE, OPEN, Token

_KEYWORDS = frozenset(
    "and as assert async await class def del elif else except finally for from if"
    " import in is lambda not or pass raise return try while with yield".split()
)
_SIGNS = frozenset("+-~")


def spaced(tokens: Sequence[Token]) -> str:
    """The tokens with the spaces that belong between them."""
    closing = _signed_powers(tokens)
    pieces: list[str] = []
    opened = [_Bracket()]
    before: Token | None = None
    joined = True  # Nothing may stand between the last token and the next.
    for index, token in enumerate(tokens):
        bracket = opened[-1]
        operator = token.kind == "operator"
        if token.text == "," and bracket.asks_for_lines:
            if index + 1 < len(tokens) and tokens[index + 1].text in CLOSE:
                continue  # Its author has put the items on one line.
        sign = operator and _is_sign(tokens, index)
        tight = _tight(tokens, index, bracket) if operator and not sign else False
        if before is None or joined or tight or _clings(before, token):
            space = ""
        else:
            space = " "
        pieces.append(space + _word(token))
        joined = sign or tight
        if operator:
            joined = _follow(token, before, opened, bracket) or joined
        elif token.text == "lambda":
            bracket.lambdas += 1
        if index in closing:
            pieces.append(closing[index])
        before = token
    return "".join(pieces)


class _Bracket:
    """A bracket that is open, or the whole line.

    Attributes:
        sign: The bracket's; empty for the line.
        follows: Whether it belongs to what stands before it: a call, a subscript.
        commas: How many there have been.
        lambdas: How many `lambda` wait for their colon.
        annotated: Whether the parameter that is being read has an annotation.
    """

    def __init__(self, sign: str = "", follows: bool = False) -> None:
        self.sign = sign
        self.follows = follows
        self.commas = 0
        self.lambdas = 0
        self.annotated = False

    @property
    def asks_for_lines(self) -> bool:
        """Whether a comma behind the last item is one that asks for an item a line."""
        if self.sign == "(":
            return self.follows or self.commas > 0
        return self.sign == "{" or not self.follows

    @property
    def slices(self) -> bool:
        return self.sign == "[" and self.follows and not self.lambdas

    @property
    def tight(self) -> bool:
        """Whether `=` stands between a name and its value."""
        if self.lambdas:
            return True
        return self.sign == "(" and self.follows and not self.annotated


def _follow(
    token: Token, before: Token | None, opened: list[_Bracket], bracket: _Bracket
) -> bool:
    """Keeps the account of brackets; whether the next token stands close by."""
    text = token.text
    if text in OPEN:
        opened.append(_Bracket(text, before is not None and _ends_operand(before)))
        return True
    if text in CLOSE and len(opened) > 1:
        opened.pop()
    elif text == ",":
        bracket.commas += 1
        bracket.annotated = False
    elif text == ":":
        slices = bracket.slices
        if bracket.lambdas:
            bracket.lambdas -= 1
        else:
            bracket.annotated = True
        return slices
    return text == "."


def _ends_operand(token: Token) -> bool:
    if token.kind == "operator":
        return token.text in CLOSE
    return token.text not in _KEYWORDS


def _is_sign(tokens: Sequence[Token], index: int) -> bool:
    """Whether an operator stands before its operand alone: a sign, or a star."""
    token = tokens[index]
    if token.text == "@":
        return index == 0
    if token.text not in ("+", "-", "~", "*", "**"):
        return False
    return index == 0 or not _ends_operand(tokens[index - 1])


def _clings(before: Token, token: Token) -> bool:
    """Whether a token stands close to the one before it, whatever these are."""
    if _is_attribute(token) and token.text != "...":
        return _ends_operand(before)
    if token.kind != "operator":
        return before.kind == "number" and before.text == "."
    if token.text in CLOSE or token.text in (",", ";", "."):
        return True
    if token.text == ":":
        return before.text != ","
    return token.text in "([" and _ends_operand(before)


def _tight(tokens: Sequence[Token], index: int, bracket: _Bracket) -> bool:
    """Whether an operator between two operands has no spaces around it."""
    text = tokens[index].text
    if text == "=":
        return bracket.tight
    if text == "**":
        return _simple_before(tokens, index) and _simple_after(tokens, index)
    return False


def _simple_before(tokens: Sequence[Token], index: int) -> bool:
    """Whether the operand before an operator is a number, a name or `a.b`."""
    index -= 1
    while index > 0 and _is_attribute(tokens[index]):
        index -= 1
    return _is_simple(tokens[index])


def _simple_after(tokens: Sequence[Token], index: int) -> bool:
    index += 1
    while index < len(tokens) and tokens[index].text in _SIGNS:
        index += 1
    if index == len(tokens) or not _is_simple(tokens[index]):
        return False
    index += 1
    while index < len(tokens) and _is_attribute(tokens[index]):
        index += 1
    return index == len(tokens) or tokens[index].text not in ("(", "[")


def _is_attribute(token: Token) -> bool:
    """Whether what begins like a number is none: `.shape` (and `...`), unlike `.5`."""
    text = token.text
    return token.kind == "number" and text[0] == "." and not text[1:2].isdigit()


def _is_simple(token: Token) -> bool:
    if token.kind == "name":
        return token.text not in _KEYWORDS
    return token.kind == "number" and not _is_attribute(token)


def _signed_powers(tokens: Sequence[Token]) -> dict[int, str]:
    """Parentheses of `-(a**2)` by the token behind which they stand.

    Since its style of 2026 ruff writes them, and none takes them away.
    """
    found: dict[int, str] = {}
    for index, token in enumerate(tokens):
        if token.text in _SIGNS and _is_sign(tokens, index):
            base = _primary(tokens, index + 1)
            end = base
            while end < len(tokens) and tokens[end].text == "**":
                end += 1
                while end < len(tokens) and tokens[end].text in _SIGNS:
                    end += 1
                end = _primary(tokens, end)
            if base < end <= len(tokens):
                found[index] = "("
                found[end - 1] = found.get(end - 1, "") + ")"
    return found


def _primary(tokens: Sequence[Token], index: int) -> int:
    """Where an operand ends that begins at a token: behind its calls and attributes."""
    if index >= len(tokens):
        return index
    first = True
    while index < len(tokens):
        token = tokens[index]
        if token.text in OPEN and token.kind == "operator":
            depth = token.depth
            index += 1
            while index < len(tokens) and tokens[index].depth > depth:
                index += 1
            index += 1
        elif (first and token.kind != "operator") or _is_attribute(token):
            index += 1
        else:
            break
        first = False
    return index


def _word(token: Token) -> str:
    if token.kind == "string":
        return literals.string(token.text)
    if token.kind == "number" and not _is_attribute(token):
        return literals.number(token.text)
    return token.text
