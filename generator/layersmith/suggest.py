"""The name of a function or class that a mistyped or half-remembered one stands for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

# A beginning shorter than this says too little.
SHORTEST_BEGINNING = 4
# Names that people bring from NumPy and PyTorch and that no spelling leads to.
ELSEWHERE = {
    "tf.arange": "tf.range",
    "tf.astype": "tf.cast",
    "tf.cat": "tf.concat",
    "tf.clip": "tf.clip_by_value",
    "tf.dot": "tf.tensordot",
    "tf.logsumexp": "tf.reduce_logsumexp",
    "tf.permute": "tf.transpose",
    "tf.power": "tf.pow",
    "tf.take": "tf.gather",
    "tf.unsqueeze": "tf.expand_dims",
    "tf.var": "tf.math.reduce_variance",
    "tf.view": "tf.reshape",
}


def suggest(name: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """The closest of the known names, or None when none is close.

    Case and underscores do not count. A dotted name is also looked for under other
    modules (`tf.nn.reduce_mean` finds `tf.reduce_mean`), and its last part as a word
    or a beginning of longer names (`tf.sum` finds `tf.reduce_sum`).

    Args:
        cutoff: How alike two spellings must be, from 0 to 1, as difflib counts it.
    """
    # Among equals the shortest is what people write; sorted for a steady answer.
    # `glorot_unifrm` means `glorot_uniform`, not `GlorotUniform`.
    names = sorted(
        known,
        key=lambda other: (
            other.count("."),
            other[:1].islower() != name[:1].islower(),
            len(other),
            other,
        ),
    )
    plain = [other for other in names if not _unusual(other)]
    unusual = [other for other in names if _unusual(other)]
    for group in (plain, unusual):
        for other in group:
            if _fold(other) == _fold(name):
                return other
    if ELSEWHERE.get(name) in names:
        return ELSEWHERE[name]
    return _closest(name, plain, cutoff) or _closest(name, unusual, cutoff)


def _unusual(name: str) -> bool:
    """Whether it has a plainer sister: `tf.reduce_sum` to `tf.keras.ops.sum`."""
    return name.startswith("tf.keras.") or ".experimental." in name


def _closest(name: str, names: list[str], cutoff: float) -> str | None:
    from difflib import get_close_matches

    by_last: dict[str, str] = {}
    for other in names:
        by_last.setdefault(_fold(_last(other)), other)
    wanted, words = (_fold(_last(name)), _words(_last(name)))
    if wanted in by_last:
        return by_last[wanted]
    long_enough = len(wanted) >= SHORTEST_BEGINNING
    for last, other in by_last.items():
        if long_enough and last.startswith(wanted):
            return other
        if _contains(_words(_last(other)), words):
            return other
    close = get_close_matches(wanted, by_last, n=1, cutoff=cutoff)
    if close:
        return by_last[close[0]]
    begun = [last for last in by_last if wanted.startswith(last)]
    longest = max(begun, key=len, default="")
    return by_last[longest] if len(longest) >= SHORTEST_BEGINNING else None


def _last(name: str) -> str:
    return name.rpartition(".")[2]


@lru_cache(maxsize=8192)
def _fold(name: str) -> str:
    return name.replace("_", "").lower()


@lru_cache(maxsize=8192)
def _words(name: str) -> tuple[str, ...]:
    """`reduce_mean` and `ReduceMean` as reduce, mean."""
    import re

    parted = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name)
    return tuple(word for word in parted.lower().split("_") if word)


def _contains(words: tuple[str, ...], part: tuple[str, ...]) -> bool:
    size = len(part)
    starts = range(len(words) - size + 1)
    return size > 0 and any(words[at : at + size] == part for at in starts)
