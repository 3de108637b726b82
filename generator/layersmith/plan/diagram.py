"""Plans the diagram of a layer: what is computed from what, read off its `call`."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.trees import walk
from layersmith.plan import names
from layersmith.record import record

LONGEST = 72

Sources = tuple[str, ...]
_Names = dict[str, Sources]


@record
class Node:
    """A box: `kind` is input, weight, step or output."""

    id: str
    kind: str
    label: str


@record
class Group:
    """What stands inside of an `if` or a loop."""

    id: str
    label: str
    items: tuple[Node | Group, ...]


@record
class Diagram:
    """Boxes in the order of `call`, and arrows between them, by their ids."""

    items: tuple[Node | Group, ...]
    arrows: tuple[tuple[str, str], ...]


def plan_diagram(analysis: Analysis) -> Diagram:
    """The diagram of what `call` does: a box for each of its statements."""
    return _Drawer(analysis).draw()


class _Drawer:
    """Reads `call` once, with the boxes that each name comes from."""

    def __init__(self, analysis: Analysis):
        self.analysis = analysis
        self.weights = {weight.name.text for weight in analysis.spec.weights}
        self.ends: list[Node] = []  # inputs, and weights that are used
        self.arrows: list[tuple[str, str]] = []
        self.count = 0
        self.output = self._id()

    def draw(self) -> Diagram:
        spec = self.analysis.spec
        sources: _Names = {}
        for given in spec.inputs:
            label = f"{given.name}: {', '.join(given.shape.texts)}"
            sources[given.name.text] = (self._end("input", label),)
        body: list[Node | Group] = []
        tree = self.analysis.call.tree
        assert isinstance(tree, ast.Module)
        self._statements(tree.body, sources, body)
        shapes = "; ".join(", ".join(o.shape.texts) for o in spec.outputs)
        output = Node(self.output, "output", f"output: {shapes}")
        return Diagram((*self.ends, *body, output), tuple(dict.fromkeys(self.arrows)))

    def _statements(
        self, body: list[ast.stmt], sources: _Names, items: list[Node | Group]
    ) -> None:
        """Draws statements; `sources` says which boxes each name comes from."""
        for statement in body:
            if isinstance(statement, ast.If):
                condition = self._text(statement.test)
                branches = [(f"if {condition}", statement.body)]
                if statement.orelse:
                    branches.append((f"if not ({condition})", statement.orelse))
                self._branches(branches, sources, items)
            elif isinstance(statement, ast.For):
                loop = f"for {self._text(statement.target)} in "
                loop += self._text(statement.iter)
                origin = self._read(statement.iter, sources)
                if origin:
                    self._bind(statement.target, origin, sources)
                self._branches([(loop, statement.body)], sources, items)
            elif isinstance(statement, ast.Return):
                self._return(statement, sources, items)
            elif not isinstance(statement, ast.Pass):
                self._step(statement, sources, items)

    def _branches(
        self,
        branches: list[tuple[str, list[ast.stmt]]],
        sources: _Names,
        items: list[Node | Group],
    ) -> None:
        """What may or may not happen: behind it, a name comes from any branch."""
        after = [] if len(branches) > 1 else [dict(sources)]
        for label, body in branches:
            inside: list[Node | Group] = []
            own = dict(sources)
            self._statements(body, own, inside)
            after.append(own)
            if inside:
                items.append(Group(self._id(), label, tuple(inside)))
        for name in {name for own in after for name in own}:
            found = (box for own in after for box in own.get(name, ()))
            sources[name] = tuple(dict.fromkeys(found))

    def _return(
        self, statement: ast.Return, sources: _Names, items: list[Node | Group]
    ) -> None:
        value = statement.value
        if value is None:
            return
        origin = self._read(value, sources)
        if not _only_names(value):
            origin = (self._box(value, origin, items),)
        self.arrows += [(box, self.output) for box in origin]

    def _step(
        self, statement: ast.stmt, sources: _Names, items: list[Node | Group]
    ) -> None:
        if isinstance(statement, ast.FunctionDef):
            own = {a.arg for a in walk(statement) if isinstance(a, ast.arg)}
            outer = {k: v for k, v in sources.items() if k not in own}
            origin = self._read(statement, outer)
            parameters = ", ".join(a.arg for a in statement.args.args)
            label = f"{statement.name}({parameters})"
            sources[statement.name] = (self._box(label, origin, items),)
            return
        value = getattr(statement, "value", None)
        targets = getattr(statement, "targets", None) or [
            target for target in (getattr(statement, "target", None),) if target
        ]
        if (
            len(targets) == 1
            and isinstance(statement, (ast.Assign, ast.AnnAssign))
            and value is not None
            and _only_names(value)
            and self._rename(targets[0], value, sources)
        ):
            return
        origin = self._read(statement, sources)
        box = self._box(statement, origin, items)
        for target in targets:
            self._bind(target, (box,), sources)
        for weight in self._assigned(statement):
            self.arrows.append((box, self._weight(weight, sources)))

    def _rename(self, target: ast.expr, value: ast.expr, sources: _Names) -> bool:
        """`x = inputs` is another name, not a step; False where it is a step."""
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts))
        origins = [self._read(source, sources) for _, source in pairs]
        if not all(origins):
            return False
        for (name, _), origin in zip(pairs, origins):
            self._bind(name, origin, sources)
        return True

    def _bind(self, target: ast.expr, origin: Sources, sources: _Names) -> None:
        for node in walk(target):
            if isinstance(node, ast.Name):
                sources[node.id] = origin

    def _read(self, tree: ast.AST, sources: _Names) -> Sources:
        """The boxes that the names in a part of `call` come from."""
        added = isinstance(tree, ast.AugAssign)
        assigned = self._assigned(tree)
        read = [
            node.id
            for node in walk(tree)
            if isinstance(node, ast.Name)
            and (isinstance(node.ctx, ast.Load) or added)
            and assigned.get(node.id) is not node
        ]
        found: list[str] = []
        for name in read:
            if name in self.weights and name not in sources:
                self._weight(name, sources)
            found += sources.get(name, ())
        return tuple(dict.fromkeys(found))

    def _assigned(self, tree: ast.AST) -> dict[str, ast.Name]:
        """Weights that a part of `call` updates, and where they are named for it."""
        return {
            node.func.value.id: node.func.value
            for node in walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr.startswith("assign")
            and isinstance(node.func.value, ast.Name)
        }

    def _weight(self, name: str, sources: _Names) -> str:
        if name not in sources:
            same = [node.id for node in self.ends if node.label == name]
            sources[name] = (same[0] if same else self._end("weight", name),)
        return sources[name][0]

    def _box(
        self, what: ast.AST | str, origin: Sources, items: list[Node | Group]
    ) -> str:
        label = what if isinstance(what, str) else self._text(what)
        node = Node(self._id(), "step", label)
        items.append(node)
        self.arrows += [(box, node.id) for box in origin]
        return node.id

    def _end(self, kind: str, label: str) -> str:
        node = Node(self._id(), kind, label)
        self.ends.append(node)
        return node.id

    def _text(self, node: ast.AST) -> str:
        """The author's text on one line, its beginning alone where it is long."""
        text = names.part(self.analysis.call, node, lambda name: None)
        if "\n" in text:
            text = " ".join(ast.unparse(node).split()).replace("'", '"')
        return text if len(text) <= LONGEST else text[: LONGEST - 2].rstrip() + " …"

    def _id(self) -> str:
        self.count += 1
        return f"n{self.count}"


def _only_names(node: ast.expr) -> bool:
    elements = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(element, ast.Name) for element in elements)
