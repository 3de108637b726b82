"""The table of operations: what each does to shapes and dtypes, and its NumPy meaning."""

from __future__ import annotations

from functools import lru_cache

from layersmith.language.operations.base import Bound, Operation

__all__ = ["Bound", "Operation", "find"]


@lru_cache(maxsize=1)
def _table() -> dict[str, Operation]:
    from layersmith.language.operations import (
        arrays,
        elementwise,
        linear,
        neural,
        random,
        reductions,
    )

    families = (arrays, elementwise, linear, neural, random, reductions)
    return {
        name: operation
        for family in families
        for operation in family.TABLE
        for name in (operation.name, *operation.aliases)
    }


def find(name: str) -> Operation | None:
    """The row of an operation by a public TensorFlow name such as `tf.matmul`."""
    table = _table()
    if name in table:
        return table[name]
    for prefix in ("tf.math.", "tf.linalg.", "tf.nn.", "tf.signal."):
        # TensorFlow exports many functions at the top and in a module.
        if name.startswith(prefix) and "tf." + name[len(prefix) :] in table:
            return table["tf." + name[len(prefix) :]]
    if name.startswith("tf.") and name.count(".") == 1:
        for prefix in ("tf.math.", "tf.linalg."):
            if prefix + name[3:] in table:
                return table[prefix + name[3:]]
    return None


def names() -> frozenset[str]:
    return frozenset(_table())
