"""The table of operations: what each does to shapes and dtypes, and its NumPy meaning."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from layersmith.language.operations.base import Bound, Operation
from layersmith.language.operations.index import FAMILIES

__all__ = ["FAMILIES", "Bound", "Operation", "family", "find", "names", "rows"]

_FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}


def family(name: str) -> tuple[Operation, ...]:
    """The rows of one module."""
    table: tuple[Operation, ...] = import_module(f"{__name__}.{name}").TABLE
    return table


@lru_cache(maxsize=4096)
def _row(name: str) -> Operation | None:
    rows = family(_FAMILY_OF[name]) if name in _FAMILY_OF else ()
    return next((row for row in rows if row.name == name), None)


def find(name: str) -> Operation | None:
    """The row of an operation by any of its public names, such as `tf.math.reduce_sum`."""
    row = _row(name)
    if row is not None:
        return row
    from layersmith.language.tables import tensorflow_functions

    functions = tensorflow_functions()
    return _row(functions[name].canonical) if name in functions else None


def rows() -> tuple[Operation, ...]:
    """Every row, by family."""
    return tuple(row for name in FAMILIES for row in family(name))


def names() -> frozenset[str]:
    """The names that the rows go by."""
    return frozenset(_FAMILY_OF)
