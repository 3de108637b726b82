"""Outputs in the compute dtype, of a layer that computes in that of its variables."""

from __future__ import annotations

import ast
from collections.abc import Callable

from layersmith.language.facts import Facts
from layersmith.language.values import Entries, Items, Tensor, Value
from layersmith.plan.rewrite import Edit

_CAST = "tf.cast({}, self.compute_dtype)"
_EACH = "tf.nest.map_structure(lambda y: tf.cast(y, self.compute_dtype), {})"
_FLOATS = (
    "tf.nest.map_structure("
    "lambda y: tf.cast(y, self.compute_dtype) if y.dtype.is_floating else y, {})"
)


def cast_back(
    node: ast.expr | None, facts: Facts, replaced: Callable[[ast.expr, str], Edit]
) -> list[Edit]:
    """Edits that cast what is returned, one by one where it is written out.

    Args:
        node: What is returned.
        facts: Of `call`.
        replaced: Puts a text in place of a node, with the node's own where it has `{}`.
    """
    value = None if node is None else facts.value(node)
    parts: list[ast.expr] = []
    if isinstance(node, ast.IfExp) and not isinstance(value, Tensor):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.Dict):
        parts = node.values
    elif isinstance(node, (ast.Tuple, ast.List)):
        parts = node.elts
    if node is None or parts:
        return [edit for part in parts for edit in cast_back(part, facts, replaced)]
    if _is_variable(value):
        return [replaced(node, _CAST)]
    packed = _packed(value)
    if not any(map(_is_variable, packed)):
        return []
    return [replaced(node, _EACH if all(map(_is_variable, packed)) else _FLOATS)]


def _packed(value: Value | None) -> list[Value | None]:
    """The values that stand in one for a list or a dict."""
    if isinstance(value, Entries):
        return [entry for _, entry in value.values]
    if isinstance(value, Items):
        return list(value.values or [value.each])
    return []


def _is_variable(value: Value | None) -> bool:
    """Whether it may be a float of the dtype of the variables."""
    return isinstance(value, Tensor) and value.dtype in (None, "variable")
