"""Under which arguments a layer works alone on each replica, and under which as one.

A layer that asks the other replicas, by `all_reduce`, does on a part of the batch each
what it does on the whole. Else the replicas agree on the mean of their states.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from layersmith.language.analyse import Analysis
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.trees import children, stored_names, walk
from layersmith.plan import names
from layersmith.plan.suite.model import Pairs, ReplicaPlan
from layersmith.plan.suite.values import Values, with_derived

_ASKS = "all_reduce"
# What is known of a value: that it is there, and is not None.
_GIVEN = object()
_UNKNOWN = object()


def plan_replicas(
    analysis: Analysis, cases: Sequence[tuple[Values, Pairs]]
) -> ReplicaPlan | None:
    """What two replicas are tested on.

    Args:
        cases: Values of all arguments, and source of what in them is changed.
    """
    parsed = (analysis.call, analysis.scope.functions)
    nodes = (node for one in parsed if one is not None for node in one.nodes)
    if not analysis.facts.updates and not any(map(_is_question, nodes)):
        return None
    alone, together = [], []
    for values, source in sorted(cases, key=lambda c: not _has_state(analysis, c[0])):
        asks = _asks(analysis, values)
        if asks and _splits(analysis):
            together.append(source)
        elif asks is False and _has_state(analysis, values):
            alone.append(source)
    if not alone and not together:
        return None
    return ReplicaPlan(
        alone=alone[0] if alone else None, together=together[0] if together else None
    )


def _has_state(analysis: Analysis, values: Values) -> bool:
    """Whether there is a weight that `call` changes."""
    known = with_derived(analysis, values)
    for name in analysis.facts.updates:
        condition = analysis.conditions.get(name)
        try:
            if condition is None or evaluate(condition.tree, known):
                return True
        except Unknowable:
            continue
    return False


def _splits(analysis: Analysis) -> bool:
    """Whether what comes of a batch is what comes of its parts, one behind the other."""
    spec = analysis.spec
    given = [i for i in spec.inputs if not names.is_mask(analysis, i.name.text)]
    shapes = [part.shape.axes for part in (*given, *spec.outputs)]
    axes = {axes[0].text if axes else "" for axes in shapes}
    return len(axes) == 1 and not analysis.facts.random


def _asks(analysis: Analysis, values: Values) -> bool | None:
    """Whether the plain call in training asks the other replicas; None if unsure."""
    known = with_derived(analysis, values)
    example = {name.text for name, _ in analysis.spec.examples[0].inputs}
    for layer_input in analysis.spec.inputs:
        name = layer_input.name.text
        absent = names.is_mask(analysis, name) or name not in example
        known[name] = None if absent and layer_input.optional else _GIVEN
    return _Run({**known, "training": True}).block(analysis.call.tree.body)


def _is_question(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == _ASKS
    )


class _Run:
    """One way through statements, as far as their conditions can be told.

    Attributes:
        known: Values of names; an `ast.FunctionDef` for a function.
        ended: Whether it has returned; None where that hangs on what is not known.
    """

    def __init__(self, known: Values):
        self.known = dict(known)
        self.ended: bool | None = False

    def block(self, statements: list[ast.stmt]) -> bool | None:
        """Whether these ask; None where that hangs on what is not known."""
        asked: bool | None = False
        for statement in statements:
            here = self.node(statement)
            asked = _either(asked, None if here and self.ended is None else here)
            if isinstance(statement, (ast.Return, ast.Raise)):
                self.ended = True
            if asked or self.ended:
                break
        return asked

    def node(self, node: ast.AST) -> bool | None:
        if _is_question(node):
            return True
        if isinstance(node, (ast.If, ast.IfExp)):
            return _either(self.node(node.test), self.branches(node))
        if isinstance(node, ast.FunctionDef):
            self.known[node.name] = node
            return False
        if isinstance(node, (ast.Name, ast.Lambda)):
            # Whether a function that is handed on is called, and on what, is open.
            named = isinstance(node, ast.Name)
            asks = self.called(node.id, {}) if named else self.node(node.body)
            return False if asks is False else None
        parts, asked = children(node), False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            asked = self.called(node.func.id, self.given(node))
            parts = [*node.args, *node.keywords]
        if isinstance(node, ast.For):
            self.forget(node)
        for part in parts:
            asked = _either(asked, self.node(part))
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self.bind(node)
        return asked

    def branches(self, node: ast.If | ast.IfExp) -> bool | None:
        test = self.value(node.test)
        if test is _UNKNOWN:
            runs = [_Run(self.known), _Run(self.known)]
            asked = {run.way(w) for run, w in zip(runs, (node.body, node.orelse))}
            self.forget(node)
            if any(run.ended is not False for run in runs):
                self.ended = None
            return asked.pop() if len(asked) == 1 else None
        return self.way(node.body if test else node.orelse)

    def way(self, way: list[ast.stmt] | ast.expr) -> bool | None:
        return self.block(way) if isinstance(way, list) else self.node(way)

    def value(self, node: ast.AST | None) -> object:
        try:
            return evaluate(node, self.known) if node is not None else _UNKNOWN
        except Unknowable:
            return _UNKNOWN

    def given(self, node: ast.Call) -> dict[int | str, object]:
        """Arguments of a call whose values are known, by place or name."""
        found: dict[int | str, object] = {}
        named = ((k.arg, k.value) for k in node.keywords if k.arg is not None)
        for place, value in (*enumerate(node.args), *named):
            found[place] = self.value(value)
        return found

    def called(self, name: str, given: dict[int | str, object]) -> bool | None:
        """Whether a function of the spec asks, for what it is given."""
        function = self.known.get(name)
        if not isinstance(function, ast.FunctionDef):
            return False
        inner = {n: v for n, v in self.known.items() if isinstance(v, ast.FunctionDef)}
        del inner[name]  # one that calls itself asks nothing new
        parameters, defaults = function.args.args, function.args.defaults
        for parameter, default in zip(parameters[::-1], defaults[::-1]):
            inner[parameter.arg] = self.value(default)
        for place, parameter in enumerate(parameters):
            for key in (place, parameter.arg):
                if key in given:
                    inner[parameter.arg] = given[key]
        inner = {name: value for name, value in inner.items() if value is not _UNKNOWN}
        return _Run(inner).block(function.body)

    def bind(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        value = self.value(node.value)
        self.forget(node)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if value is not _UNKNOWN:
                self.known[node.targets[0].id] = value

    def forget(self, node: ast.AST) -> None:
        """What a statement stores is not known any more."""
        for name in stored_names(walk(node)):
            self.known.pop(name, None)


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one or other:
        return True
    return None if one is None or other is None else False
