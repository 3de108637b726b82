"""The known name that a mistyped one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The closest of the known names, or None when none is close.

    Case and underscores do not count: `truncatedNormal` finds `truncated_normal`.
    """
    import difflib

    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(_fold(candidate), candidate)
    if _fold(name) in folded:
        return folded[_fold(name)]
    close = difflib.get_close_matches(_fold(name), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def _fold(name: str) -> str:
    return name.replace("_", "").lower()
