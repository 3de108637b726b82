"""State that `call` changes, and what else no gradient passes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from layersmith.language.analyse import Analysis
from layersmith.language.trees import children

# Branches that a statement stands in: of which `if`, and which of the two.
Branches = frozenset[tuple[int, bool]]


# Operations of which a gradient is not that of the forward pass.
_UNSMOOTH = frozenset(
    {"tf.stop_gradient", "tf.custom_gradient", "tf.grad_pass_through"}
)


def passes_gradients(analysis: Analysis) -> bool:
    """Whether gradients are those of the forward pass."""
    named = {name for _, name, _ in analysis.facts.calls}
    return not named & _UNSMOOTH and not new_state_read(analysis)


def holds_gradients(analysis: Analysis) -> bool:
    """Whether they are where some values are held, each of which stands in `call`."""
    own = {id(node) for node in analysis.call.nodes}
    unsmooth = [
        (node, name) for node, name, _ in analysis.facts.calls if name in _UNSMOOTH
    ]
    return not passes_gradients(analysis) and all(
        name == "tf.stop_gradient" and id(node) in own for node, name in unsmooth
    )


def new_state_read(analysis: Analysis) -> set[str]:
    """State that `call` reads after it has assigned it: no gradient passes through that."""
    updates = analysis.facts.updates
    if not updates:
        return set()
    read, assigned = [], []
    for node, branches in _walk(analysis.call.tree, frozenset()):
        if isinstance(node, ast.Name) and node.id in updates:
            read.append((node.id, node.lineno, branches))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, end = node.func.value, node.end_lineno or node.lineno
            if node.func.attr.startswith("assign") and isinstance(owner, ast.Name):
                assigned.append((owner.id, end, branches))
    return {
        name
        for other, end, others in assigned
        for name, line, branches in read
        if name == other and line > end and not _exclude(branches, others)
    }


def _walk(node: ast.AST, branches: Branches) -> Iterator[tuple[ast.AST, Branches]]:
    yield node, branches
    if not isinstance(node, ast.If):
        for child in children(node):
            yield from _walk(child, branches)
        return
    yield from _walk(node.test, branches)
    for taken, body in ((True, node.body), (False, node.orelse)):
        for statement in body:
            yield from _walk(statement, branches | {(id(node), taken)})


def _exclude(one: Branches, other: Branches) -> bool:
    """Whether no run takes both."""
    return any((place, not taken) in other for place, taken in one)
