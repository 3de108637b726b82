"""Which arguments serve the layer's own weights alone, so that no output shows them."""

from __future__ import annotations

from collections.abc import Iterator

from layersmith.language.analyse import Analysis
from layersmith.spec.model import Argument

_KINDS = frozenset({"initializer", "regularizer", "constraint"})


def starts_weights(analysis: Analysis, argument: Argument) -> bool:
    """Whether an argument is no more than the initializer, regularizer or constraint.

    Tests fill the weights with values of their own: another initializer changes no
    output then, nor does a constraint, which optimizers apply, or a regularizer. Each
    has tests of its own. What a sublayer is given as well changes that sublayer.
    """
    name = argument.name.text
    if argument.type not in _KINDS or analysis.spec.extends is not None:
        return False
    served = any(read.argument == name for read in analysis.objects.values())
    return served and name not in {*analysis.facts.used, *_read(analysis)}


def _read(analysis: Analysis) -> Iterator[str]:
    """Names that are read outside of `call`."""
    scope = analysis.scope
    for read in analysis.objects.values():
        if read.argument is None:
            yield from read.names
    for parsed in (
        *analysis.conditions.values(),
        *analysis.checks,
        *(maker.parsed for maker in analysis.makers.values()),
        *(body.parsed for body in analysis.bodies.values()),
        *scope.derived.values(),
        *scope.constants.values(),
        *scope.repeats.values(),
        *scope.shape_codes.values(),
    ):
        yield from (node.id for node in parsed.names)
