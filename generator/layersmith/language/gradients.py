"""Weights that nothing can train: no gradient comes to them from what `call` returns."""

from __future__ import annotations

import ast

from layersmith.errors import Report
from layersmith.language.facts import Facts
from layersmith.language.parsed import Parsed
from layersmith.language.trees import children, walk
from layersmith.spec.model import Spec

# Where a value gets a name, or leaves.
_STATEMENTS = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.For,
    ast.comprehension,
    ast.FunctionDef,
    ast.Return,
    ast.Expr,
)


def check_gradients(spec: Spec, call: Parsed, facts: Facts, report: Report) -> None:
    """Says which trainable weights no gradient reaches.

    A regularizer trains a weight too, so that one with a regularizer is let pass; so is
    all that a function of the spec's own, a sublayer or an unknown operation is given.
    """
    trained = [
        weight
        for weight in spec.weights
        if weight.trainable and not weight.inherited and not weight.regularizer
    ]
    paths = _Paths(facts)
    if trained:
        paths.follow(call)
    for weight in trained:
        name = weight.name.text
        if name in facts.used and name not in paths.reached:
            report.error(
                weight.name.span,
                f"no gradient comes to weight `{name}`, so that nothing trains it",
                "write `trainable: false`, or let it reach the outputs by operations with a gradient",
            )


class _Paths:
    """Which names a gradient of the outputs comes to.

    Attributes:
        carried: By local name: the names that its value depends on smoothly.
        reached: All that something returned, or added as a loss, depends on so.
    """

    def __init__(self, facts: Facts):
        self.without = {
            id(node)
            for node, _, operation in facts.calls
            if operation is not None and not operation.gradient
        }
        self.carried: dict[str, set[str]] = {}
        self.read: dict[int, set[str]] = {}
        self.reached: set[str] = set()

    def follow(self, call: Parsed) -> None:
        """Follows the assignments until nothing more comes of it: loops go back."""
        statements = [node for node in call.nodes if isinstance(node, _STATEMENTS)]
        while True:
            before = sum(map(len, self.carried.values())) + len(self.reached)
            for node in statements:
                self.statement(node)
            if sum(map(len, self.carried.values())) + len(self.reached) == before:
                return

    def statement(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            value = node.iter if isinstance(node, ast.For) else node.value
            if value is not None:
                self.bind(targets, self.names(value))
        elif isinstance(node, ast.comprehension):
            self.bind([node.target], self.names(node.iter))
        elif isinstance(node, ast.FunctionDef):
            self.carried.setdefault(node.name, set()).update(self.names(node))
        elif (isinstance(node, ast.Return) and node.value is not None) or isinstance(
            node, ast.Expr
        ):
            self.reached |= self.names(node.value)

    def bind(self, targets: list[ast.expr], names: set[str]) -> None:
        for target in targets:
            for inner in walk(target):
                if isinstance(inner, ast.Name):
                    self.carried.setdefault(inner.id, set()).update(names)

    def names(self, node: ast.AST) -> set[str]:
        """Names that the value of an expression depends on smoothly."""
        read = self.read.get(id(node))
        if read is None:
            read = self.read[id(node)] = self.names_read(node)
        return read.union(*(self.carried.get(name, ()) for name in read))

    def names_read(self, node: ast.AST) -> set[str]:
        """Names that stand in the expression itself."""
        found, waiting = set(), [node]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif id(node) not in self.without and not isinstance(node, ast.Compare):
                waiting += children(node)
        return found
