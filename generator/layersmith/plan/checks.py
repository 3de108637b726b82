"""Plans the checks that a spec writes out: statements that raise its messages."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from layersmith.language.analyse import Analysis
from layersmith.language.asked import shape_names
from layersmith.language.parsed import Parsed
from layersmith.plan import names
from layersmith.plan.arguments import literal, quoted

WIDTH = 68


def asks_shapes(analysis: Analysis, parsed: Parsed) -> bool:
    """Whether a check asks shapes of inputs, so that it stands in `build`."""
    return any(not analysis.spec.argument(name) for name in _asked(analysis, parsed))


def _asked(analysis: Analysis, parsed: Parsed) -> list[str]:
    """Arguments and shapes of inputs that a check asks, in order."""
    shapes = shape_names(analysis.spec)
    names_asked = [node.id for node in parsed.names]
    return [
        name
        for name in dict.fromkeys(names_asked)
        if analysis.spec.argument(name) or name in shapes
    ]


def check_statement(
    analysis: Analysis,
    message: str,
    parsed: Parsed,
    rename: Callable[[str], str | None],
) -> list[str]:
    """Statement that raises where a condition does not hold.

    Args:
        rename: What a name is called where the statement stands.
    """
    asked = _asked(analysis, parsed)
    received = ", ".join(f"{name}={{{rename(name) or name}}}" for name in asked)
    text = message.rstrip(".") + ". " if received else message
    pieces = [quoted(piece) for piece in _lines(text)]
    if received:
        pieces.append(f'f"Received: {received}"')
    return [
        f"if {_negated(parsed, rename)}:",
        f"    raise ValueError({' '.join(pieces)})",
    ]


def _lines(text: str) -> list[str]:
    """A message in pieces that fit on a line; the emitter joins what fits on one."""
    pieces = [""]
    for word in re.findall(r"\S+\s*|\s+", text):
        if pieces[-1] and len(pieces[-1] + word) > WIDTH:
            pieces.append("")
        pieces[-1] += word
    return pieces


_OPPOSITES = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}


def _negated(parsed: Parsed, rename: Callable[[str], str | None]) -> str:
    """The condition under which the check fails, as a person would write it."""
    return _opposite(parsed.tree, lambda node: names.part(parsed, node, rename))


def _opposite(tree: ast.AST, text: Callable[[ast.AST], str]) -> str:
    if isinstance(tree, ast.BoolOp):
        word = " and " if isinstance(tree.op, ast.Or) else " or "
        parts = [
            f"({_opposite(part, text)})"
            if isinstance(part, ast.BoolOp)
            else _opposite(part, text)
            for part in tree.values
        ]
        return word.join(parts)
    if (
        isinstance(tree, ast.Compare)
        and len(tree.ops) == 1
        and type(tree.ops[0]) in _OPPOSITES
    ):
        opposite = _OPPOSITES[type(tree.ops[0])]
        if (
            opposite == "!="
            and literal(getattr(tree.comparators[0], "value", None)) == "0"
        ):
            return (
                text(tree.left)
                if isinstance(tree.left, ast.BinOp)
                else f"{text(tree.left)} != 0"
            )
        return f"{text(tree.left)} {opposite} {text(tree.comparators[0])}"
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return text(tree.operand)
    if isinstance(tree, (ast.Compare, ast.Name, ast.Call)):
        return f"not {text(tree)}"
    return f"not ({text(tree)})"
