"""Seeds one fault at a time in the source of a Keras layer.

The kinds are those of the measurements of Keras's own tests: operators and operands
swapped or dropped, matmul order and transposition, axis, keepdims, constants plus and
minus one, comparisons and their boundaries, branches forced or negated, the training
branch flipped, a mask or a seed ignored, momentum and 1 - momentum exchanged, reductions
swapped, a call replaced by its argument, casts and dtypes dropped, the input returned,
two weights swapped, initializers, `trainable`, shapes, any keyword dropped, an argument
replaced by its default, config entries dropped or wrong, output shapes wrong, any
statement dropped, any line deleted.
"""

from __future__ import annotations

from faults import calls, expressions, layers, statements
from faults.text import Mutant, Source, valid

__all__ = ["Mutant", "mutants"]


def mutants(text: str) -> list[Mutant]:
    """Every mutant of a layer's source, in the order of its lines."""
    source = Source(text)
    families = (expressions, calls, statements, layers)
    return valid(source, (m for family in families for m in family.mutants(source)))
