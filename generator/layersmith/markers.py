"""Conflict markers in a text: whether there are any, and what each side says."""

from __future__ import annotations


def in_conflict(text: str) -> bool:
    """Whether the text holds a whole set of conflict markers, ours or git's."""
    expected = 0
    for line in text.split("\n"):
        if line.startswith("<<<<<<< "):
            expected = 1
        elif line == "=======" and expected == 1:
            expected = 2
        elif line.startswith(">>>>>>> ") and expected == 2:
            return True
    return False


def sides(text: str) -> tuple[str, str]:
    """The text with each conflict solved for the upper, and for the lower side."""
    upper: list[str] = []
    lower: list[str] = []
    side = "both"
    for line in lines_of(text):
        if line.startswith("<<<<<<< "):
            side = "upper"
        elif line.startswith("|||||||") and side == "upper":
            side = "base"
        elif line.rstrip("\n") == "=======" and side in ("upper", "base"):
            side = "lower"
        elif line.startswith(">>>>>>> ") and side == "lower":
            side = "both"
        else:
            if side in ("both", "upper"):
                upper.append(line)
            if side in ("both", "lower"):
                lower.append(line)
    return "".join(upper), "".join(lower)


def lines_of(text: str) -> list[str]:
    """The lines with their ends; only `\\n` ends one, unlike for str.splitlines."""
    lines = text.split("\n")
    ended = [line + "\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended
