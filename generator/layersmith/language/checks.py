"""Mistakes in the parts of a spec taken together: names that nothing uses."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from layersmith.errors import Report
from layersmith.language.dims import Dim
from layersmith.language.facts import Facts
from layersmith.language.parsed import Parsed
from layersmith.language.scope import Scope
from layersmith.language.trees import walk
from layersmith.spec.model import Code, Spec


def check_used(
    spec: Spec,
    scope: Scope,
    facts: Facts,
    read: Iterable[Parsed],
    names: set[str],
    report: Report,
) -> None:
    """Says of each name that nothing reads: it is a mistake, or should not be there.

    Args:
        read: Expressions outside of `call` that read names.
        names: Names that are read elsewhere.
    """
    used = {*facts.used, *facts.updates, *names}
    if facts.random:
        used.add("seed")
    codes = (
        *read,
        *scope.derived.values(),
        *scope.constants.values(),
        *scope.repeats.values(),
    )
    for parsed in (*codes, *scope.shape_codes.values()):
        used |= {node.id for node in parsed.names}
    for shape in scope.shapes.values():
        for axis in shape.axes:
            if isinstance(axis, Dim):
                used |= {name for atom in axis.atoms for name in _names(atom)}
    shapes = [part.shape for part in (*spec.outputs, *spec.weights)]
    for shape in shapes:
        for text in [shape.text] if isinstance(shape, Code) else shape.texts:
            used |= set(_names(text))
    for code in (spec.compute_output_shape, spec.compute_mask):
        if code is not None:
            used |= set(_names(code.text, "exec"))
    kinds: Mapping[str, tuple] = {
        "argument": spec.arguments,
        "derived value": spec.derived,
        "constant": spec.constants,
        "input": spec.inputs,
        "weight": spec.weights,
        "sublayer": spec.sublayers,
    }
    for kind, parts in kinds.items():
        for part in parts:
            name = part.name.text
            seen = (
                used
                if kind in ("argument", "derived value", "constant")
                else facts.used
            )
            if name not in seen and name not in facts.updates:
                where = "use it" if seen is used else "use it in `call`"
                report.error(
                    part.name.span,
                    f"{kind} `{name}` is never used",
                    f"{where}, or remove it",
                )


def _names(text: str, mode: str = "eval") -> list[str]:
    if text.isidentifier():
        return [text]
    try:
        return [
            n.id for n in walk(ast.parse(text, mode=mode)) if isinstance(n, ast.Name)
        ]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
