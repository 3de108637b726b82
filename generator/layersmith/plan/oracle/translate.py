"""Translates the syntax tree of `call` into NumPy."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.operations import Operation
from layersmith.language.parsed import Parsed
from layersmith.language.subscripts import dotted_name
from layersmith.language.trees import stored_names, walk
from layersmith.language.values import Static, Tensor
from layersmith.plan.oracle.names import (
    OracleNames,
    handed_on,
    is_argument,
    tree_in_arguments,
)
from layersmith.plan.oracle.sublayers import Sublayers
from layersmith.plan.oracle.text import expression, marked_slice, plain_slice, source
from layersmith.plan.state import holds_gradients, new_state_read
from layersmith.plan.template import fill

_FLOATS = frozenset({"float", "variable", "float16", "bfloat16", "float32", "float64"})


class Translator(ast.NodeTransformer):
    """Translates one text: that of `call`, or that of the spec's functions.

    Attributes:
        tree: A copy of the text's tree, which is changed on the way; facts are known
            by the nodes of the first.
    """

    def __init__(
        self,
        analysis: Analysis,
        parsed: Parsed,
        names: OracleNames,
        sublayers: Sublayers,
    ):
        self.analysis = analysis
        self.facts = analysis.facts
        self.names = names
        self.sublayers = sublayers
        self.tree = ast.parse(parsed.code.text)
        pairs = list(zip(walk(self.tree), parsed.nodes))
        self.firsts = {id(new): old for new, old in pairs}
        self.copies = {id(old): new for new, old in pairs}
        self.operations = {id(n): (name, op) for n, name, op in self.facts.calls}
        self.calls = {id(call.node): call for call in self.facts.sublayer_calls}
        spec = analysis.spec
        self.weights = {weight.name.text for weight in spec.weights}
        # Of a weight that may be absent: where None is handed on, not computed with.
        self.handed = handed_on(
            walk(self.tree), {w.name.text for w in spec.weights if w.when is not None}
        )
        self.constants = {constant.name.text for constant in spec.constants}
        self.kinds = {a.name.text: a.type for a in spec.arguments}
        self.single = {
            s.name.text
            for s in spec.sublayers
            if s.name.text not in analysis.scope.repeats
        }
        self.inputs = {i.name.text for i in spec.inputs}
        # Names that the functions bind which a node stands in.
        self.bound: list[set[str]] = []
        # The spec's functions know nothing of what the layer holds.
        self.apart = parsed is analysis.scope.functions
        self.helpers: list[str] = []
        self.draws: list[str] = []
        self.opaque: list[str] = []
        self.layer = False
        self.losses = False
        # Where values are held, so that differences show what gradients pass.
        self.held = new_state_read(analysis) if holds_gradients(analysis) else None

    def known(self, node: ast.AST) -> ast.AST:
        """The node that facts speak of."""
        return self.firsts.get(id(node), node)

    def value(self, node: ast.AST | None) -> object:
        return None if node is None else self.facts.value(self.known(node))

    def text(self, node: ast.AST) -> str:
        return source(self.visit(node))

    # Names.

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = node.id
        if name in self.names.local:
            return ast.Name(self.names.local[name], node.ctx)
        if self.apart or any(name in bound for bound in self.bound):
            return node
        if name in self.facts.local or name in self.inputs or name in self.constants:
            return node
        if name in self.weights:
            weights = ast.Name(self.names.weights, ast.Load())
            if id(node) in self.handed:
                return expression(f'{self.names.weights}.get("{name}")')
            return ast.Subscript(weights, ast.Constant(name), ast.Load())
        if self.kinds.get(name) == "activation":
            return expression(f'ACTIVATIONS[{self.names.arguments}["{name}"]]')
        if name in self.single or self.kinds.get(name) == "layer":
            self.layer = True
            return expression(f"layer.{name}")
        if name in self.analysis.scope.derived:
            return node  # a local name, which stands at the top of the oracle
        if is_argument(self.analysis, name):
            return tree_in_arguments(self.analysis, node, self.names.arguments)
        if name in self.analysis.scope.axes:
            owner, position = self.analysis.scope.axes[name]
            many = any(
                i.many and i.name.text == owner for i in self.analysis.spec.inputs
            )
            return expression(f"{owner}{'[0]' if many else ''}.shape[{position}]")
        if name == "trainable":
            return ast.Constant(True)
        if name in ("compute_dtype", "variable_dtype"):
            return expression("float")
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Whether there is a weight that a condition may switch off."""
        left, none = node.left, node.comparators[0]
        known = (
            isinstance(left, ast.Name) and left.id in self.weights and not self.apart
        )
        if known and isinstance(none, ast.Constant) and none.value is None:
            if isinstance(node.ops[0], (ast.Is, ast.IsNot)):
                word = "in" if isinstance(node.ops[0], ast.IsNot) else "not in"
                return expression(f'"{left.id}" {word} {self.names.weights}')
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self.names.local.get(node.arg, node.arg), None)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        dotted = dotted_name(node)
        if dotted == "tf.newaxis":
            return ast.Constant(None)
        if dotted is not None and dotted.startswith("tf."):
            return expression(dtype_source(dotted[3:]) or dotted)
        inner = self.value(node.value)
        if node.attr in ("rank", "ndims"):
            if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
                return ast.Attribute(self.visit(node.value.value), "ndim", ast.Load())
            if isinstance(inner, Static) and inner.kind == "shape":
                return expression(f"len({self.text(node.value)})")
        if (
            isinstance(inner, Static)
            and inner.kind == "dtype"
            and node.attr in ("min", "max")
        ):
            return expression(f"np.finfo(float).{node.attr}")
        if node.attr == "dtype" and isinstance(inner, Tensor):
            return expression(dtype_source(inner.dtype or "float") or "float")
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        new = self.generic_visit(node)
        if isinstance(node.slice, ast.Slice) or not isinstance(new.value, ast.Call):
            return new
        if dotted_name(new.value.func) == "np.array" and new.value.args:
            inner = new.value.args[0]
            # One size needs no array of them all.
            if isinstance(inner, ast.Call) and dotted_name(inner.func) == "np.shape":
                new.value = inner
        return new

    def visit_Slice(self, node: ast.Slice) -> ast.AST:
        new = self.generic_visit(node)
        return new if plain_slice(new) else marked_slice(new)

    # Statements.

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._within(_parameters(node.args), node)

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._within(stored_names(walk(node)), node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._within(stored_names(walk(node)), node)

    def _within(self, bound: set[str], node: ast.AST) -> ast.AST:
        self.bound.append(bound)
        new = self.generic_visit(node)
        self.bound.pop()
        return new

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        new = self._within(_parameters(node.args) | stored_names(walk(node)), node)
        new.name = self.names.local.get(new.name, new.name)
        new.returns = None
        return new

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        target, value = self.visit(node.target), self.visit(node.value)
        return ast.Assign([target], value, lineno=node.lineno)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        # `x += y` would change the array that another name has too.
        target = self.visit(node.target)
        again = ast.parse(ast.unparse(target), mode="eval").body
        value = ast.BinOp(again, node.op, self.visit(node.value))
        return ast.Assign([target], value, lineno=node.lineno)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if not isinstance(call, ast.Call):
            return self.generic_visit(node)
        if self.known(call) in self.facts.losses:
            self.losses = True
            return ast.Expr(expression(f"losses.append({self.text(call.args[0])})"))
        if isinstance(call.func, ast.Attribute) and call.func.attr.startswith("assign"):
            target = call.func.value
            if isinstance(target, ast.Name) and target.id in self.facts.updates:
                return self._updated(node, target.id, call)
        return self.generic_visit(node)

    def _updated(self, node: ast.Expr, name: str, call: ast.Call) -> ast.AST:
        store = expression(f'{self.names.weights}["{name}"]')
        old = ast.parse(ast.unparse(store), mode="eval").body
        store.ctx = ast.Store()
        value = self.visit(call.args[0])
        operators = {"assign_add": ast.Add(), "assign_sub": ast.Sub()}
        operator = operators.get(call.func.attr)
        if operator is not None:
            value = ast.BinOp(old, operator, value)
        if self.held is not None and name in self.held:
            value = ast.Call(expression("stop"), [value], [])
        return ast.Assign([store], value, lineno=node.lineno)

    # Calls.

    def visit_Call(self, node: ast.Call) -> ast.AST:
        known = self.known(node)
        if known in self.facts.base_calls:
            self.layer = True
            given = ", ".join(self.text(argument) for argument in node.args)
            base = f"keras.layers.{self.analysis.spec.extends}"
            return expression(f"np.asarray({base}.call(layer, {given}))")
        if id(known) in self.calls:
            return self._sublayer(node, self.calls[id(known)].name)
        name, operation = self.operations.get(id(known), (None, None))
        if name == "tf.stop_gradient" and self.held is not None:
            return ast.Call(expression("stop"), [self.visit(node.args[0])], [])
        if operation is not None and operation.numpy is not None:
            return self._operation(node, operation)
        dotted = name or dotted_name(node.func)
        if dotted is not None and dotted.startswith("tf."):
            return self._tensorflow(node, dotted)
        return self.generic_visit(node)

    def _tensorflow(self, node: ast.Call, name: str) -> ast.AST:
        """A function that is not one of NumPy: TensorFlow is asked itself."""
        self.opaque.append(name)
        result = self.value(node)
        nothing = not node.args and not node.keywords
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        node.func = expression(name)
        if nothing:
            return node
        if isinstance(result, Tensor) and result.shape is not None:
            return ast.Call(expression("np.asarray"), [node], [])
        return ast.Call(
            expression("tf.nest.map_structure"), [expression("np.asarray"), node], []
        )

    def _sublayer(self, node: ast.Call, name: str) -> ast.AST:
        inputs = ", ".join(self.text(argument) for argument in node.args)
        keywords = ", ".join(f"{k.arg}={self.text(k.value)}" for k in node.keywords)
        direct = isinstance(node.func, ast.Name) and node.func.id == name
        if direct and name not in self.analysis.scope.repeats:
            return expression(self.sublayers.call(name, inputs, keywords))
        # One of several: a function that stands at the top of the oracle.
        function = self.text(node.func)
        given = ", ".join(part for part in (inputs, keywords) if part)
        return expression(f"{function}({given})")

    def _operation(self, node: ast.Call, operation: Operation) -> ast.AST:
        bound = {
            name: tuple(self.copies[id(item)] for item in argument)
            if isinstance(argument, tuple)
            else self.copies[id(argument)]
            for name, argument in self.facts.bound[id(self.known(node))].items()
        }
        arguments = {}
        for name, argument in bound.items():
            if name == "*":
                arguments["inputs"] = ", ".join(
                    f"({self.text(item)})" for item in argument
                )
            elif isinstance(argument, (ast.List, ast.Tuple)):
                arguments[name] = self.text(argument)
            else:
                arguments[name] = f"({self.text(argument)})"
        self.helpers.extend(operation.helpers)

        def convert(name: str, how: str, text: str) -> str:
            return self._converted(bound.get(name), how, text, arguments)

        if operation.random:
            self.draws.append(operation.numpy.partition("draws.")[2].partition("(")[0])
        return expression(fill(operation.numpy, arguments, convert))

    def _converted(self, node: object, how: str, text: str, arguments: dict) -> str:
        """An argument in the form that NumPy takes it in."""
        if how in ("axes", "shape"):
            if isinstance(node, (ast.List, ast.Tuple)):
                return "(" + text[1:-1].rstrip(",") + ",)" if node.elts else "()"
            if text.startswith("(np.array(np.shape(") and text.endswith(")))"):
                return text.removeprefix("(np.array(").removesuffix("))")
            value = self.value(node) if isinstance(node, ast.AST) else None
            if isinstance(value, Static) and value.kind not in ("int", "none"):
                return f"tuple(np.atleast_1d({text}))"  # a number, or a list of them
            if isinstance(value, Static) or not text:
                return text
            if isinstance(node, ast.Call) and source(node.func) == "list" and node.args:
                text = self.text(node.args[0])
            return f"tuple({text})"
        if how == "dtype":
            value = self.value(node) if isinstance(node, ast.AST) else None
            literal = value.literal if isinstance(value, Static) else None
            if isinstance(literal, str):
                return dtype_source(literal) or "float"
            return "float"
        if how in ("transpose_a", "transpose_b"):
            flag = arguments.get(how)
            swapped = f"np.swapaxes({text}, -1, -2)"
            if flag in (None, "(False)"):
                return text
            return swapped if flag == "(True)" else f"({swapped} if {flag} else {text})"
        return text.lower() if how == "lower" else text


def _parameters(arguments: ast.arguments) -> set[str]:
    return {
        argument.arg for argument in walk(arguments) if isinstance(argument, ast.arg)
    }


def dtype_source(name: str) -> str | None:
    """Source of a NumPy dtype; every float is float64 here. None for what is none."""
    if name in _FLOATS:
        return "float"
    if name == "bool":
        return "bool"
    if name in ("complex64", "complex128"):
        return "complex"
    if name.startswith(("int", "uint")) and name.lstrip("uint").isdigit():
        return f"np.{name}"
    return None
