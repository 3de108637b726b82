"""What `call` does with state that it changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from layersmith.language.analyse import Analysis
from layersmith.language.trees import children

# Branches that a statement stands in: of which `if`, and which of the two.
Branches = frozenset[tuple[int, bool]]


def reads_new_state(analysis: Analysis) -> bool:
    """Whether `call` reads state that it has assigned: no gradient passes through that."""
    updates = analysis.facts.updates
    if not updates:
        return False
    read, assigned = [], []
    for node, branches in _walk(analysis.call.tree, frozenset()):
        if isinstance(node, ast.Name) and node.id in updates:
            read.append((node.id, node.lineno, branches))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, end = node.func.value, node.end_lineno or node.lineno
            if node.func.attr.startswith("assign") and isinstance(owner, ast.Name):
                assigned.append((owner.id, end, branches))
    return any(
        name == other and line > end and not _exclude(branches, others)
        for other, end, others in assigned
        for name, line, branches in read
    )


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
