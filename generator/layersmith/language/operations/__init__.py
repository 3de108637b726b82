"""The table of operations: what each does to shapes and dtypes, and its NumPy meaning."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from layersmith.language.operations.base import Bound, Operation

__all__ = ["FAMILIES", "Bound", "Operation", "family", "find", "names", "rows"]

# Modules of this folder that hold rows, in the order of the documentation.
FAMILIES = (
    "elementwise",
    "special",
    "choosing",
    "creation",
    "arrays",
    "sizing",
    "joining",
    "picking",
    "reductions",
    "order",
    "segments",
    "linear",
    "matrices",
    "diagonals",
    "neural",
    "activations",
    "convolution",
    "pooling",
    "signal",
    "images",
    "random",
)


def family(name: str) -> tuple[Operation, ...]:
    """The rows of one module."""
    table: tuple[Operation, ...] = import_module(f"{__name__}.{name}").TABLE
    return table


@cache
def _table() -> dict[str, Operation]:
    return {
        operation.name: operation for name in FAMILIES for operation in family(name)
    }


def find(name: str) -> Operation | None:
    """The row of an operation by any of its public names, such as `tf.math.reduce_sum`."""
    row = _table().get(name)
    if row is not None:
        return row
    from layersmith.language.tables import tensorflow_functions

    functions = tensorflow_functions()
    return _table().get(functions[name].canonical) if name in functions else None


def rows() -> tuple[Operation, ...]:
    """Every row, by family."""
    return tuple(_table().values())


def names() -> frozenset[str]:
    """The names that the rows go by."""
    return frozenset(_table())
