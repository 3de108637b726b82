"""Reads `call` once without running it: shapes, dtypes, uses, and mistakes."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from layersmith.errors import Report
from layersmith.language.dims import Dim, Shape, surely_differ
from layersmith.language.expressions import Expressions, TooManySteps
from layersmith.language.facts import Facts
from layersmith.language.parsed import Parsed
from layersmith.language.scope import RESERVED, Scope
from layersmith.language.sublayers import Maker
from layersmith.language.trees import walk
from layersmith.language.values import (
    NONE,
    UNKNOWN,
    Entries,
    Function,
    Items,
    Tensor,
    Unknown,
    Value,
    join,
)


class Interpreter(Expressions):
    """Walks statements with an environment of what each name holds."""

    def __init__(
        self,
        parsed: Parsed,
        scope: Scope,
        floats: str,
        report: Report,
        makers: Mapping[str, Maker],
    ):
        super().__init__(parsed, scope, floats, report)
        self.makers = makers
        self.facts = Facts()
        self.environment: dict[str, Value] = {}
        # Updates before each `if` on `training` of which one way returns.
        self.left_early: dict[int, set[str]] = {}

    def run(self) -> None:
        body = self.parsed.tree.body
        try:
            ended = self.block(body)
        except TooManySteps as stop:
            self.report.error(
                stop.args[0],
                "reading this takes too long",
                "call fewer functions from within functions",
            )
            return
        self.facts.training_tests = [
            (node, updates or self.updated_since(node))
            for node, updates in self.facts.training_tests
        ]
        if not ended and not self.report.failed:
            self.problem(
                body[-1] if body else self.parsed.tree,
                "`call` can end without returning a value",
                "end it with `return ...`",
            )

    def updated_since(self, test: ast.AST) -> bool:
        """Whether a way through a test on `training` updates state in what follows."""
        before = self.left_early.get(id(test))
        return before is not None and set(self.facts.updates) != before

    def block(self, statements: list[ast.stmt]) -> bool:
        """Reads statements; True when none of them falls through."""
        outer = self.training
        for index, statement in enumerate(statements):
            if self.statement(statement):
                if index + 1 < len(statements):
                    self.problem(
                        statements[index + 1], "this line is never reached", "remove it"
                    )
                self.training = outer
                return True
        self.training = outer
        return False

    def statement(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Return):
            value = NONE if node.value is None else self.expression(node.value)
            if self.returned is not None:
                self.returned.append(value)
                return True
            if node.value is None or value == NONE:
                self.problem(node, "`call` returns nothing here", "return a tensor")
            self.facts.returns.append((node, value))
            return True
        if isinstance(node, ast.If):
            return self.branch(node)
        if isinstance(node, ast.Assign):
            value = self.expression(node.value)
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AnnAssign):
            self.annotated(node)
        elif isinstance(node, ast.AugAssign):
            self.augmented(node)
        elif isinstance(node, ast.For):
            self.loop(node)
        elif isinstance(node, ast.FunctionDef):
            self.bind(node, node.name, Function(node))
        elif isinstance(node, ast.Expr):
            self.effect(node)
        return False

    def effect(self, node: ast.Expr) -> None:
        if self.returned is not None and _is_text(node.value):
            return  # The docstring of a function.
        before = len(self.facts.updates)
        value = self.expression(node.value)
        call = node.value
        does = (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in ("assign", "assign_add", "assign_sub", "append")
        )
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "add_loss"
        ):
            return
        if (
            not does
            and len(self.facts.updates) == before
            and not isinstance(value, Unknown)
        ):
            self.problem(
                node,
                "the value of this line is not used",
                "assign it, return it, or remove the line",
            )

    def branch(self, node: ast.If) -> bool:
        test = self.condition(node.test)
        outer, before, updates = (
            self.training,
            dict(self.environment),
            set(self.facts.updates),
        )
        self.training = test.training if test.training is not None else outer
        narrowed = test.narrowed
        self.environment.update(narrowed)
        ends = self.block(node.body)
        after = {**self.environment}
        for name in narrowed:
            if after.get(name) == narrowed[name] and name in before:
                after[name] = before[name]
        self.environment = dict(before)
        self.environment.update(test.otherwise)
        self.training = (not test.training) if test.training is not None else outer
        other_ends = self.block(node.orelse)
        self.training = outer
        if test.training is not None:
            self.facts.training_tests.append((node, set(self.facts.updates) != updates))
            if ends != other_ends:
                # `if not training: return ...`: the rest of the block is the other way.
                self.training = test.training != ends
                self.left_early[id(node)] = updates
        if ends and other_ends:
            return True
        if ends:
            return False
        if other_ends:
            self.environment = after
            return False
        joined = {}
        for name in {**after, **self.environment}:
            here, there = (after.get(name), self.environment.get(name))
            if here is None or there is None:
                # Set in one branch alone: another `if` may ask for the same.
                joined[name] = here if here is not None else there
            else:
                joined[name] = join(here, there)
        self.environment = joined
        return False

    def loop(self, node: ast.For) -> None:
        iterated = self.expression(node.iter)
        each: Value = UNKNOWN
        if isinstance(iterated, Tensor):
            self.problem(
                node.iter,
                "a Python loop over a tensor works eagerly and nowhere else",
                "use an operation on the whole tensor, `tf.map_fn` or `tf.scan`",
            )
        elif isinstance(iterated, Items):
            if iterated.values:
                each = iterated.values[0]
                for item in iterated.values[1:]:
                    each = join(each, item)
            elif iterated.each is not None:
                each = iterated.each
        # Twice, so that names changed in the loop are joined with themselves.
        for _ in range(2):
            before = dict(self.environment)
            self.assign(node.target, each)
            self.block(node.body)
            for name, value in self.environment.items():
                if name in before and name not in _targets(node.target):
                    self.environment[name] = join(before[name], value)
        self.block(node.orelse)

    def assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.bind(target, target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, Items(None))
        elif isinstance(target, ast.Subscript):
            base = self.expression(target.value)
            if isinstance(base, Tensor):
                self.problem(
                    target,
                    "a tensor cannot be changed in place",
                    "make a new one: `tf.where`, `tf.concat`, `tf.tensor_scatter_nd_update`",
                )
            elif isinstance(base, Entries):
                self.entry(target, base, value)
        else:
            self.problem(target, "this cannot be assigned", "assign to a plain name")

    def entry(self, target: ast.Subscript, base: Entries, value: Value) -> None:
        """`outputs["name"] = value`: what is known of the dict from there on."""
        if isinstance(target.value, ast.Name):
            key, entries = target.slice, dict(base.values)
            known = isinstance(key, ast.Constant) and isinstance(key.value, str)
            if known:
                entries[key.value] = value
            after = Entries(tuple(entries.items())) if known else UNKNOWN
            self.environment[target.value.id] = after

    def unpack(self, target: ast.Tuple | ast.List, value: Value) -> None:
        names = target.elts
        starred = any(isinstance(name, ast.Starred) for name in names)
        items: tuple[Value, ...] | None = None
        if isinstance(value, Items) and value.values is not None and not starred:
            items = value.values
            if len(items) != len(names):
                self.problem(
                    target,
                    f"{len(names)} names for {len(items)} values",
                    "give each value a name, `_` for those that are not needed",
                )
                items = None
        elif isinstance(value, Tensor) and value.shape is not None:
            if value.shape.rank == 1:
                self.problem(
                    target,
                    "a tensor cannot be unpacked in a graph",
                    "use `tf.unstack`, or take elements by index",
                )
        each = (
            value.each
            if isinstance(value, Items) and value.each is not None
            else UNKNOWN
        )
        for index, name in enumerate(names):
            self.assign(name, items[index] if items is not None else each)

    def bind(self, node: ast.AST, name: str, value: Value) -> None:
        if name in RESERVED:
            self.problem(
                node,
                f"the name `{name}` is kept for {RESERVED[name]}",
                "choose another",
            )
            return
        if self.parsed is self.scope.functions:
            self.environment[name] = value  # names of a function are its own
            return
        given = self.scope.values.get(name)
        if name in self.scope.axes and self.returned is None:
            self.problem(
                node,
                f"`{name}` is the size of an axis, and cannot be assigned",
                "choose another name",
            )
            return
        if given is not None and not (
            isinstance(given, Tensor) and given.weight is None
        ):
            what = "a weight" if isinstance(given, Tensor) else "a name of the spec"
            hint = "choose another name"
            if isinstance(given, Tensor):
                hint = f"to change the weight write `{name}.assign(...)`; else choose another name"
            self.problem(node, f"`{name}` is {what}, and cannot be assigned", hint)
            return
        self.facts.local.add(name)
        self.environment[name] = value

    def annotated(self, node: ast.AnnAssign) -> None:
        """`scores: [batch, time] = ...` states a shape, which is checked."""
        if node.value is None:
            self.problem(
                node, "a shape is stated for nothing", "write `name: [axes] = value`"
            )
            return
        if not node.simple:
            self.problem(
                node.target,
                "a shape is stated for a plain name",
                "write `name: [axes] = value`, without parentheses",
            )
            return
        value = self.expression(node.value)
        stated = self.stated_shape(node.annotation)
        if stated is None:
            self.assign(node.target, value)
            return
        dtype = None
        if isinstance(value, Tensor):
            dtype = value.dtype
            stated = self.agreed(node, value.shape, stated)
        elif not isinstance(value, Unknown):
            self.problem(node.annotation, "only a tensor has a shape", "remove it")
        self.assign(node.target, Tensor(stated, dtype))

    def agreed(self, node: ast.AnnAssign, known: Shape | None, stated: Shape) -> Shape:
        """The stated shape, with what is known put in place of names that are new."""
        if known is None or known.rest is not None or stated.rest is not None:
            return stated
        new = {Dim.of(name) for name in self.scope.stated}
        pairs = list(zip(known.axes, stated.axes))
        if len(known.axes) != len(stated.axes) or any(
            surely_differ(a, b) for a, b in pairs if b not in new
        ):
            self.problem(
                node.annotation,
                f"the shape here is {known}, not {stated}",
                "correct the shape, or the line",
            )
            return stated
        return Shape(tuple(b if a is None or b not in new else a for a, b in pairs))

    def augmented(self, node: ast.AugAssign) -> None:
        if not isinstance(node.target, ast.Name):
            self.problem(
                node.target, "a tensor cannot be changed in place", "make a new one"
            )
            return
        read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        whole = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
        self.bind(node.target, node.target.id, self.expression(whole))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _targets(target: ast.expr) -> set[str]:
    return {node.id for node in walk(target) if isinstance(node, ast.Name)}
