"""Plans `call`: the author's text, with names and operations in the layer's terms."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.parsed import Parsed
from layersmith.language.trees import children, walk
from layersmith.language.values import Tensor
from layersmith.plan import names
from layersmith.plan.model import Method
from layersmith.plan.returned import cast_back
from layersmith.plan.rewrite import Edit, apply, extent, last_argument
from layersmith.plan.template import fill
from layersmith.plan.tidy import tidied


def plan_call(analysis: Analysis) -> Method:
    """The method; its body keeps the comments and the layout of the spec."""
    rewriter = Rewriter(analysis, analysis.call)
    return Method("call", call_signature(analysis), tuple(rewriter.body()))


def call_signature(analysis: Analysis) -> tuple[str, ...]:
    """Parameters of `call`."""
    parameters = ["self", *names.call_parameters(analysis)]
    if takes_training(analysis):
        parameters.append("training=None")
    return (*parameters, *names.call_values(analysis))


def _listed(analysis: Analysis, given: tuple[str, ...]) -> list[str]:
    """Inputs of a list by their own names; the last of them may be missing."""
    optional = [name for name in given if names.input_of(analysis, name).optional]
    if not optional:
        return [f"{', '.join(given)} = inputs"]
    required = [name for name in given if name not in optional]
    count = len(required)
    lines = [f"{', '.join(required)} = inputs[:{count}]"]
    if count == 1:
        lines = [f"{required[0]} = inputs[0]"]
    for place, name in enumerate(optional, count):
        lines.append(f"{name} = inputs[{place}] if len(inputs) > {place} else None")
    return lines


def plan_functions(analysis: Analysis) -> tuple[str, ...]:
    """Helper functions beside the class, as the author wrote them."""
    parsed = analysis.scope.functions
    if parsed is None:
        return ()
    functions = []
    for node in parsed.tree.body:
        start, end = (node.lineno - 1, node.end_lineno)
        functions.append(tidied("\n".join(parsed.lines[start:end])))
    return tuple(functions)


def takes_training(analysis: Analysis) -> bool:
    """Whether `call` has the parameter `training`."""
    return analysis.trains


def is_told(analysis: Analysis, name: str) -> bool:
    """Whether a sublayer is called with `training`."""
    # A layer given as an argument may be anything.
    return name not in analysis.makers or analysis.makers[name].known.trains


def cast_inputs(analysis: Analysis) -> list[str]:
    """Names of the inputs that the layer casts to the dtype of its variables."""
    if analysis.floats != "variable":
        return []
    given = analysis.spec.inputs
    return [i.name.text for i in given if i.dtype == "float" and not i.many]


class Rewriter:
    """Turns the text of `call` into that of the layer's method."""

    def __init__(self, analysis: Analysis, parsed: Parsed):
        self.analysis = analysis
        self.parsed = parsed
        self.text = parsed.code.text
        self.facts = analysis.facts
        self.variable = analysis.floats == "variable"
        self.operations = {
            id(node): op for node, _, op in self.facts.calls if op is not None
        }
        self.sublayers = {id(call.node): call for call in self.facts.sublayer_calls}
        (self.prologue, self.axis_sources) = self._axes()

    def body(self) -> list[str]:
        edits = self.edits(self.parsed.tree)
        text = tidied(apply(self.text, edits).strip("\n"))
        lines = [line.rstrip() for line in text.split("\n")]
        return [*self._unpacked(), *self._casts(), *self.prologue, *lines]

    def _unpacked(self) -> list[str]:
        """Inputs that come as one value, and states, by their own names."""
        spec = self.analysis.spec
        lines = []
        given = names.tensors(self.analysis)
        if spec.packing == "list":
            lines.extend(_listed(self.analysis, given))
        elif spec.packing == "dict":
            lines.extend(f'{name} = inputs["{name}"]' for name in given)
        if spec.packing != "arguments":
            lines.extend(self._masks(given))
        states = [i.name.text for i in spec.inputs if i.state]
        if states:
            target = ", ".join(states) if len(states) > 1 else f"({states[0]},)"
            lines.append(f"{target} = states")
        return lines

    def _masks(self, given: tuple[str, ...]) -> list[str]:
        """Masks of packed inputs, which come packed alike."""
        lines = []
        for name in given:
            mask = f"{name}_mask"
            if names.is_mask(self.analysis, mask):
                place = given.index(name)
                if self.analysis.spec.packing == "dict":
                    place = f'"{name}"'
                lines.append(f"{mask} = mask[{place}] if mask is not None else None")
        return lines

    def _casts(self) -> list[str]:
        return [
            f"{name} = tf.cast({name}, self.variable_dtype)"
            for name in cast_inputs(self.analysis)
        ]

    def _axes(self) -> tuple[list[str], dict[str, str]]:
        """Sizes of axes that `call` uses: in place where once, else named first."""
        counts: dict[str, int] = {}
        for node in self.parsed.names:
            if node.id in self.analysis.scope.axes:
                counts[node.id] = counts.get(node.id, 0) + 1
        for node in self.parsed.nodes:
            if isinstance(node, ast.AnnAssign):
                for name in walk(node.annotation):
                    if isinstance(name, ast.Name) and name.id in counts:
                        counts[name.id] -= 1
        prologue, sources = [], {}
        shapes = self._shape_names(counts)
        prologue.extend(f"{local} = tf.shape({name})" for name, local in shapes.items())
        for axis, count in counts.items():
            name, position = self.analysis.scope.axes[axis]
            position = names._nearest(self.analysis, name, position)
            static = axis in self.analysis.scope.static_axes
            source = (
                f"{name}.shape[{position}]"
                if static
                else f"tf.shape({name})[{position}]"
            )
            if not static and name in shapes:
                sources[axis] = f"{shapes[name]}[{position}]"
            elif count > 1 or (count and name in self.facts.local):
                prologue.append(f"{axis} = {source}")
            elif count:
                sources[axis] = source
        return prologue, sources

    def _shape_names(self, counts: dict[str, int]) -> dict[str, str]:
        """Inputs of which several sizes are used, and the local name of their shape."""
        used: dict[str, int] = {}
        for axis, count in counts.items():
            if count and axis not in self.analysis.scope.static_axes:
                name = self.analysis.scope.axes[axis][0]
                used[name] = used.get(name, 0) + 1
        several = [name for name, number in used.items() if number > 1]
        taken = {*self.facts.local, *self.analysis.scope.values}
        local = "shape" if len(several) == 1 and "shape" not in taken else ""
        return {name: local or f"{name}_shape" for name in several}

    def render(self, node: ast.AST) -> str:
        """The text of a part, rewritten."""
        start, end = extent(self.parsed, node)
        edits = [
            Edit(e.start - start, e.end - start, e.text)
            for e in self.edits(node)
            if start <= e.start and e.end <= end
        ]
        return apply(self.text[start:end], edits)

    def edits(self, tree: ast.AST) -> list[Edit]:
        edits: list[Edit] = []
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            found = self.node_edits(node)
            edits.extend(found)
            if not self.is_replaced(node, found):
                waiting.extend(children(node))
        edits.extend(self.training_tests(tree))
        return edits

    def node_edits(self, node: ast.AST) -> list[Edit]:
        """Edits that one kind of node asks for."""
        if isinstance(node, ast.Name):
            return self.name(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Slice):
            return self.slice(node)
        if isinstance(node, ast.AnnAssign):
            return self.annotation(node)
        if isinstance(node, ast.Return) and self.variable:
            return self.returned(node)
        return []

    def is_replaced(self, node: ast.AST, edits: list[Edit]) -> bool:
        """Whether one edit makes the whole node anew, its parts rewritten already."""
        if not edits or isinstance(node, (ast.Name, ast.AnnAssign)):
            return False
        start, end = extent(self.parsed, getattr(node, "value", None) or node)
        return any(edit.start == start and edit.end == end for edit in edits)

    def name(self, node: ast.Name) -> list[Edit]:
        analysis = self.analysis
        new = names.attribute(analysis, node.id)
        if node.id in self.axis_sources:
            new = self.axis_sources[node.id]
        if node.id in self.facts.local and not (new and new.startswith("self.")):
            return []
        if new is None or node.id in {i.name.text for i in analysis.spec.inputs}:
            return []
        return [Edit(*extent(self.parsed, node), new)]

    def call(self, node: ast.Call) -> list[Edit]:
        if node in self.facts.losses:
            return self.loss(node)
        if node in self.facts.base_calls:
            start, end = extent(self.parsed, node.func)
            return [Edit(start, end, "super().call")]
        if id(node) in self.sublayers:
            call = self.sublayers[id(node)]
            if is_told(self.analysis, call.name):
                place = last_argument(self.parsed, node)
                return [Edit(place.start, place.end, f"{place.text}training=training")]
            return []
        operation = self.operations.get(id(node))
        if operation is None:
            return []
        if operation.layer is not None:
            return [Edit(*extent(self.parsed, node), self.random(node, operation))]
        if operation.name == "tf.matmul" and self._many_axes(node):
            bound = self.facts.bound[id(node)]
            a, b = (self.render(bound["a"]), self.render(bound["b"]))
            return [Edit(*extent(self.parsed, node), f"tf.tensordot({a}, {b}, axes=1)")]
        return []

    def loss(self, node: ast.Call) -> list[Edit]:
        """A loss in the variable dtype: Keras adds it to others of float32."""
        start, end = extent(self.parsed, node.func)
        edits = [Edit(start, end, "self.add_loss")]
        value = self.facts.value(node.args[0])
        if not isinstance(value, Tensor) or value.dtype != "variable":
            start, end = extent(self.parsed, node.args[0])
            inner = self.render(node.args[0])
            edits.append(Edit(start, end, f"tf.cast({inner}, self.variable_dtype)"))
        return edits

    def _many_axes(self, node: ast.Call) -> bool:
        """Whether a matrix is applied to the last of possibly more than two axes.

        tf.matmul broadcasts the matrix over the others by a batched product whose
        gradient takes three times as long as that of tf.tensordot.
        """
        bound = self.facts.bound[id(node)]
        if "transpose_a" in bound or "transpose_b" in bound:
            return False
        a, b = (self.facts.value(bound["a"]), self.facts.value(bound["b"]))
        if (
            not isinstance(a, Tensor)
            or not isinstance(b, Tensor)
            or a.shape is None
            or b.shape is None
        ):
            return False
        return b.shape.rank == 2 and a.shape.rank != 2

    def random(self, node: ast.Call, operation) -> str:
        arguments = {
            name: self.render(argument)
            for name, argument in self.facts.bound[id(node)].items()
            if isinstance(argument, ast.AST)
        }
        arguments.setdefault(
            "dtype", "self.variable_dtype" if self.variable else "self.compute_dtype"
        )
        arguments["seed"] = "self.seed_generator"
        return fill(operation.layer, arguments)

    def slice(self, node: ast.Slice) -> list[Edit]:
        """Spaces around the colon where a bound is no longer a plain name."""
        bounds = [b for b in (node.lower, node.upper) if b is not None]
        if node.step is not None or all(self._plain(bound) for bound in bounds):
            return []
        parts = [
            self.render(b) if b is not None else "" for b in (node.lower, node.upper)
        ]
        return [Edit(*extent(self.parsed, node), " : ".join(parts).strip())]

    def _plain(self, node: ast.expr) -> bool:
        if isinstance(node, ast.UnaryOp):
            node = node.operand
        return isinstance(node, ast.Constant) or (
            isinstance(node, ast.Name) and not self.name(node)
        )

    def annotation(self, node: ast.AnnAssign) -> list[Edit]:
        """A stated shape becomes a comment behind a line that has room for one."""
        target_end = extent(self.parsed, node.target)[1]
        annotation_end = extent(self.parsed, node.annotation)[1]
        edits = [Edit(target_end, annotation_end, "")]
        if node.lineno == node.end_lineno:
            line = self.parsed.lines[node.lineno - 1]
            end = extent(self.parsed, node)[1]
            rest = line[self.parsed.column(node.lineno, node.end_col_offset) :]
            start, stop = extent(self.parsed, node.annotation)
            stated = self.text[start:stop].strip("[]() ")
            if "#" not in rest and "\n" not in stated:
                edits.append(Edit(end, end, f"  # ({stated})"))
        return edits

    def returned(self, node: ast.Return) -> list[Edit]:
        return cast_back(node.value, self.facts, self.replaced)

    def replaced(self, node: ast.expr, text: str) -> Edit:
        """A part with its own text, rewritten, in place of `{}`."""
        return Edit(*extent(self.parsed, node), text.replace("{}", self.render(node)))

    def training_tests(self, tree: ast.AST) -> list[Edit]:
        """A frozen layer does not update its state, as Keras's own do not."""
        edits: list[Edit] = []
        if not any(updates for _, updates in self.facts.training_tests):
            return edits
        inside = {id(node) for node in walk(tree)}
        for node, updates in self.facts.training_tests:
            if not updates or id(node) not in inside:
                continue
            used = [n for n in walk(node.test) if isinstance(n, ast.Name)]
            if any(n.id == "trainable" for n in used):
                continue
            for name in used:
                if name.id == "training":
                    negated = any(
                        isinstance(n, ast.UnaryOp) and n.operand is name
                        for n in walk(node.test)
                    )
                    both = "training and self.trainable"
                    edits.append(
                        Edit(
                            *extent(self.parsed, name), f"({both})" if negated else both
                        )
                    )
        return edits
