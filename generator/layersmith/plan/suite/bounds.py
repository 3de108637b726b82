"""How great whole numbers may be that the suite makes as inputs."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Dim
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.trees import tree_of, walk
from layersmith.language.values import Tensor
from layersmith.plan.suite.values import Values, with_derived
from layersmith.spec.model import Input


def upper_bound(
    analysis: Analysis, layer_input: Input, tried: list[Values]
) -> int | None:
    """One more than the greatest whole number that an input may hold."""
    if "int" not in layer_input.dtype:
        return None
    bounds = [
        bound
        for values in tried
        for bound in _bounds(analysis, layer_input.name.text, values)
    ]
    return max(1, min(bounds)) if bounds else 4


def _bounds(analysis: Analysis, name: str, values: Values) -> list[int]:
    """Sizes of what an input is an index into."""
    found: list[int] = []
    known = with_derived(analysis, values)
    facts = analysis.facts
    for call in facts.sublayer_calls:
        maker = analysis.makers.get(call.name)
        if maker is None or "input_dim" not in maker.arguments:
            continue
        if any(isinstance(n, ast.Name) and n.id == name for n in walk(call.node)):
            found += _number(maker.arguments["input_dim"], known)
    for node, called, _ in facts.calls:
        bound = facts.bound.get(id(node), {})
        indices = bound.get("indices", bound.get("ids", bound.get("segment_ids")))
        if not isinstance(indices, ast.Name) or indices.id != name:
            continue
        if "num_segments" in bound:
            found += _number(bound["num_segments"], known)
        if called.endswith("one_hot") and "depth" in bound:
            found += _number(bound["depth"], known)
        params = bound.get("params")
        value = facts.value(params) if isinstance(params, ast.AST) else None
        if isinstance(value, Tensor) and value.shape is not None:
            size = value.shape.axes[0]
            if isinstance(size, Dim):
                found += _number(tree_of(str(size)), known)
    return found


def _number(tree: ast.AST, known: dict[str, object]) -> list[int]:
    try:
        value = evaluate(tree, known)
    except Unknowable:
        return []
    return [value] if isinstance(value, int) else []
