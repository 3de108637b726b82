"""Whether sizes with quotients in them are surely unequal: found by trying numbers."""

from __future__ import annotations

import ast
from itertools import permutations
from math import prod

from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.trees import walk

Terms = tuple[tuple[tuple[str, ...], int], ...]


def never_zero(difference: Terms, atoms: list[str]) -> bool:
    """Whether a difference with quotients in it is never zero.

    The names are given powers of two, far enough apart not to meet by chance, in
    every order, so that in one of them all divisions are even.
    """
    trees = {atom: ast.parse(atom, mode="eval").body for atom in atoms}
    names = sorted(
        {n.id for tree in trees.values() for n in walk(tree) if isinstance(n, ast.Name)}
    )
    if len(names) > 4:
        return False
    for exponents in permutations((3, 7, 11, 16), len(names)):
        sizes = {name: 2**exponent for name, exponent in zip(names, exponents)}
        values: dict[str, int] = {}
        for atom, tree in trees.items():
            try:
                value = evaluate(tree, sizes)
            except Unknowable:
                return False
            if not isinstance(value, int):
                return False
            values[atom] = value
        if (
            sum(size * prod(values[a] for a in factors) for factors, size in difference)
            == 0
        ):
            return False
    return True
