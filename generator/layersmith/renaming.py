"""Carries a layer's new name into a text that was written under its old one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_KINDS = ("test_", "train_")


def kind_and_stem(path: Path) -> tuple[str, str]:
    """`test_low_rank_dense.py` is the kind `test_` of `low_rank_dense`."""
    stem = path.stem
    for kind in _KINDS:
        if stem.startswith(kind):
            return (kind, stem.removeprefix(kind))
    return "", stem


def renamed_names(
    old_path: Path, old_body: str, path: Path, body: str
) -> dict[str, str]:
    """The layer's names in the old text, each with the one that takes its place.

    Without them every line that holds the layer's name, and every edit next to such a
    line, would be a conflict.
    """
    old_stem, stem = (kind_and_stem(old_path)[1], kind_and_stem(path)[1])
    names = {old_stem: stem}
    old_class, new_class = (_class_name(old_body, old_stem), _class_name(body, stem))
    if old_class and new_class:
        names[old_class] = new_class
    return {old: new for old, new in names.items() if old != new}


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The text with whole names replaced, also behind `test_` and `train_`."""
    if not names:
        return text
    known = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
    kinds = "|".join(_KINDS)
    pattern = re.compile(rf"(?<!\w)({kinds})?({known})(?!\w)")
    return pattern.sub(lambda m: (m[1] or "") + names[m[2]], text)


def _class_name(text: str, stem: str) -> str | None:
    """The capitalised name in the text that reads as this stem."""
    folded = stem.replace("_", "").lower()
    names: list[str] = re.findall(r"\b[A-Z]\w*", text)
    for name in names:
        if name.replace("_", "").lower() == folded:
            return name
    return None
