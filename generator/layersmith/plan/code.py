"""Plans method bodies that the author wrote out: names in the layer's terms."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.plan import names
from layersmith.plan.rewrite import Edit, apply, extent, joined_lines
from layersmith.language.parse import Parsed
from layersmith.spec.model import Code


def code_body(analysis: Analysis, code: Code) -> tuple[str, ...]:
    """Lines of a body; names of the spec become attributes unless it binds them."""
    lines = tuple(code.text.split("\n"))
    parsed = Parsed(ast.parse(code.text), code, lines)
    bound = {
        node.id
        for node in ast.walk(parsed.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    edits = []
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Name) and node.id not in bound:
            new = names.attribute(analysis, node.id)
            if new is not None:
                edits.append(Edit(*extent(parsed, node), new))
    text = joined_lines(apply(code.text, edits).strip("\n"))
    return tuple(line.rstrip() for line in text.split("\n"))
