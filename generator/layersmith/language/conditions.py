"""Conditions in `call`: they must be known before the layer runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from layersmith.language.values import NONE, Static, Tensor, Training, Value


@dataclass
class Test:
    """What a condition says: about training, and about names that may be None."""

    training: bool | None = None
    narrowed: dict[str, Value] = field(default_factory=dict)
    otherwise: dict[str, Value] = field(default_factory=dict)


class Conditions:
    """Reads conditions; the part of the interpreter that knows `training` and None."""

    def condition(self, node: ast.expr) -> Test:
        """Reads a condition, which must be known before the layer runs."""
        if isinstance(node, ast.BoolOp):
            tests = [self.condition(value) for value in node.values]
            self.facts.values[id(node)] = Static("bool")
            return _all(tests) if isinstance(node.op, ast.And) else _any(tests)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.condition(node.operand)
            training = None if inner.training is None else not inner.training
            return Test(training, inner.otherwise, inner.narrowed)
        if (
            isinstance(node, ast.Compare)
            and len(node.ops) == 1
            and isinstance(node.left, ast.Name)
        ):
            if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and is_none(
                node.comparators[0]
            ):
                return self.none_test(node, isinstance(node.ops[0], ast.Is))
        value = self.expression(node)
        if isinstance(value, Training):
            return Test(training=True)
        if isinstance(value, Tensor):
            if value.weight is not None or (
                isinstance(node, ast.Name) and value.optional
            ):
                name = node.id if isinstance(node, ast.Name) else "it"
                self.problem(
                    node,
                    "`if` on a tensor works eagerly and nowhere else",
                    f"ask `{name} is not None`, or use `tf.where`",
                )
            else:
                self.problem(
                    node,
                    "`if` on a tensor works eagerly and nowhere else",
                    "use `tf.where`, or `tf.cond` with two functions",
                )
        return Test()

    def none_test(self, node: ast.Compare, is_none: bool) -> Test:
        value = self.expression(node.left)
        self.facts.values[id(node)] = Static("bool")
        name = node.left.id
        narrowed: dict[str, Value] = {}
        if isinstance(value, Tensor):
            narrowed[name] = replace(value, optional=False)
        if is_none:
            return Test(None, {name: NONE} if narrowed else {}, narrowed)
        return Test(None, narrowed, {name: NONE} if narrowed else {})


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _all(tests: list[Test]) -> Test:
    merged = Test()
    for test in tests:
        merged.narrowed.update(test.narrowed)
        if test.training:
            merged.training = True
    return merged


def _any(tests: list[Test]) -> Test:
    merged = Test()
    for test in tests:
        merged.otherwise.update(test.otherwise)
    return merged
