"""Plans the oracle: the forward pass in NumPy, from the spec and not from the layer."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from layersmith.language.analyse import Analysis
from layersmith.language.subscripts import dotted_name
from layersmith.language.numpy_meanings import LAYERS
from layersmith.language.operations import Operation
from layersmith.language.values import Static, Tensor
from layersmith.plan.template import fill

_DTYPES = {
    "bool": "bool",
    "float": "float",
    "variable": "float",
    "float32": "float",
    "float16": "float",
}


@dataclass(frozen=True)
class OraclePlan:
    """The body of the oracle, and what it calls.

    Attributes:
        body: Lines, indented within their blocks.
        helpers: Functions of `numpy_meanings` that it calls.
        draws: Names of the random draws that it repeats.
        opaque: TensorFlow functions and sublayers that it calls itself, having no
            NumPy meaning of them.
        parts: Whether it takes weights of sublayers.
    """

    body: tuple[str, ...]
    helpers: tuple[str, ...]
    draws: tuple[str, ...]
    opaque: tuple[str, ...]
    parts: bool


def plan_oracle(analysis: Analysis) -> OraclePlan:
    translator = _Translator(analysis)
    lines: list[str] = []
    for statement in translator.tree.body:
        lines.extend(translator.statement(statement))
    return OraclePlan(
        tuple(lines),
        tuple(dict.fromkeys(translator.helpers)),
        tuple(dict.fromkeys(translator.draws)),
        tuple(dict.fromkeys(translator.opaque)),
        translator.parts,
    )


class _Translator(ast.NodeTransformer):
    def __init__(self, analysis: Analysis):
        self.analysis = analysis
        self.facts = analysis.facts
        # The tree is changed on the way; facts are known by the nodes of the first.
        self.tree = ast.parse(analysis.call.code.text)
        self.twins = {
            id(new): (new, old)
            for new, old in zip(ast.walk(self.tree), ast.walk(analysis.call.tree))
        }
        self.operations = {id(n): (name, op) for n, name, op in self.facts.calls}
        self.sublayers = {
            id(call.node): call.name for call in self.facts.sublayer_calls
        }
        spec = analysis.spec
        self.arguments = {a.name.text: a for a in spec.arguments}
        self.weights = {w.name.text for w in spec.weights}
        self.derived = {d.name.text for d in spec.derived}
        self.helpers: list[str] = []
        self.draws: list[str] = []
        self.opaque: list[str] = []
        self.parts = False
        self.state = bool(self.facts.updates)

    def known(self, node: ast.AST | None) -> ast.AST | None:
        """The node that facts speak of."""
        return self.twins[id(node)][1] if id(node) in self.twins else node

    def value(self, node: ast.AST | None) -> object:
        return None if node is None else self.facts.value(self.known(node))

    def statement(self, node: ast.stmt) -> list[str]:
        new = self.visit(node)
        text = ast.unparse(ast.fix_missing_locations(new))
        return [_bare_tuple(double_quoted(line)) for line in text.split("\n")]

    # Names.

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = node.id
        if (
            name in self.facts.local
            and name not in self.arguments
            and name not in self.weights
        ):
            return node
        if name in self.weights:
            return _parse(f'w["{name}"]')
        if name in self.arguments:
            if self.arguments[name].type == "activation":
                return _parse(f'ACTIVATIONS[a["{name}"]]')
            return _parse(f'a["{name}"]')
        if name in self.derived:
            return self.visit(self._derived(name))
        if name in self.analysis.scope.axes:
            owner, position = self.analysis.scope.axes[name]
            return _parse(f"{owner}.shape[{position}]")
        if name == "trainable":
            return ast.Constant(True)
        if name in ("compute_dtype", "variable_dtype"):
            return _parse("float")
        return node

    def _derived(self, name: str) -> ast.AST:
        text = self.analysis.scope.derived[name].code.text
        return ast.parse(text.strip(), mode="eval").body

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        dotted = dotted_name(node)
        if dotted == "tf.newaxis":
            return ast.Constant(None)
        if dotted is not None and dotted.startswith("tf."):
            return _parse(f"np.{dotted[3:]}")
        inner = self.value(node.value)
        if (
            isinstance(inner, Static)
            and inner.kind == "shape"
            and node.attr in ("rank", "ndims")
        ):
            tensor = (
                node.value.value
                if isinstance(node.value, ast.Attribute)
                else node.value
            )
            return ast.Attribute(self.visit(tensor), "ndim", ast.Load())
        if (
            isinstance(inner, Static)
            and inner.kind == "dtype"
            and node.attr in ("min", "max")
        ):
            return _parse(f"np.finfo(float).{node.attr}")
        if node.attr == "dtype" and isinstance(inner, Tensor):
            return _parse("float")
        return self.generic_visit(node)

    # Statements.

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.Assign([node.target], self.visit(node.value), lineno=node.lineno)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            target = call.func.value
            if isinstance(target, ast.Name) and target.id in self.facts.updates:
                value = self.visit(call.args[0])
                store = _parse(f'w["{target.id}"]')
                store.ctx = ast.Store()
                operator = {"assign_add": ast.Add(), "assign_sub": ast.Sub()}.get(
                    call.func.attr
                )
                if operator is not None:
                    return ast.AugAssign(store, operator, value)
                return ast.Assign([store], value, lineno=node.lineno)
        return self.generic_visit(node)

    # Calls.

    def visit_Call(self, node: ast.Call) -> ast.AST:
        known = id(self.known(node))
        if known in self.sublayers:
            return self._sublayer(node, self.sublayers[known])
        name, operation = self.operations.get(known, (None, None))
        if operation is not None and operation.numpy is not None:
            return self._operation(node, operation)
        if name is not None:
            self.opaque.append(name)
            inner = self.generic_visit(node)
            # Not one of NumPy: TensorFlow is asked itself.
            inner.func = _parse(name)
            return ast.Call(_parse("np.asarray"), [inner], [])
        return self.generic_visit(node)

    def _operation(self, node: ast.Call, operation: Operation) -> ast.AST:
        news = {id(old): new for new, old in self.twins.values()}
        bound = {
            name: tuple(news[id(item)] for item in argument)
            if isinstance(argument, tuple)
            else news[id(argument)]
            for name, argument in self.facts.bound[id(self.known(node))].items()
        }
        arguments = {}
        for name, argument in bound.items():
            if name == "*":
                arguments["inputs"] = ", ".join(
                    f"({self._text(item)})" for item in argument
                )
            elif not isinstance(argument, (ast.List, ast.Tuple)):
                arguments[name] = f"({self._text(argument)})"
            else:
                arguments[name] = self._text(argument)
        self.helpers.extend(operation.helpers)

        def convert(name: str, how: str, text: str) -> str:
            return self._converted(bound.get(name), name, how, text, arguments)

        text = fill(operation.numpy, arguments, convert)
        if operation.random:
            self.draws.append(operation.numpy.partition("draws.")[2].partition("(")[0])
        return _parse(text)

    def _text(self, node: ast.AST) -> str:
        return ast.unparse(ast.fix_missing_locations(self.visit(node)))

    def _converted(self, node, name: str, how: str, text: str, arguments: dict) -> str:
        if how in ("axes", "shape"):
            if isinstance(node, (ast.List, ast.Tuple)):
                return "(" + text[1:-1].rstrip(",") + ",)" if node.elts else "()"
            value = self.value(node)
            if isinstance(value, Static):
                return text
            return f"tuple({text})"
        if how == "dtype":
            value = self.value(node)
            literal = value.literal if isinstance(value, Static) else None
            if isinstance(literal, str):
                return _DTYPES.get(
                    literal, "float" if "float" in literal else f"np.{literal}"
                )
            return "float"
        if how in ("transpose_a", "transpose_b"):
            flag = arguments.get(how)
            if flag in (None, "(False)"):
                return text
            return (
                f"np.swapaxes({text}, -1, -2)"
                if flag == "(True)"
                else (f"(np.swapaxes({text}, -1, -2) if {flag} else {text})")
            )
        if how == "lower":
            return text.lower()
        return text

    def _sublayer(self, node: ast.Call, name: str) -> ast.AST:
        maker = self.analysis.makers[name]
        inputs = ", ".join(self._text(argument) for argument in node.args)
        function = LAYERS.get(maker.layer)
        if maker.layer == "Dropout":
            self.draws.append("dropout")
        if function is None or maker.layer in (
            "Dropout",
            "BatchNormalization",
            "MultiHeadAttention",
        ):
            self.opaque.append(name)
            return _parse(f"np.asarray(layer.{name}({inputs}))")
        self.helpers.append(function)
        self.parts = True
        settings = [
            f"{key}={self._text(value)}"
            for key, value in maker.arguments.items()
            if key in _parameters(function)
        ]
        call = (
            f'{function}({", ".join([inputs, f"""*part(w, "{name}")""", *settings])})'
        )
        activation = maker.arguments.get("activation")
        if activation is not None:
            call = self._activated(activation, call)
        return _parse(call)

    def _activated(self, activation: ast.expr, call: str) -> str:
        if isinstance(activation, ast.Constant):
            if activation.value in (None, "linear"):
                return call
            return f"{activation_source(activation.value, self.helpers)}({call})"
        return f"{self._text(activation)}({call})"


def activation_source(name: str | None, helpers: list[str]) -> str:
    """Source of the NumPy function of an activation; adds what it needs."""
    known = {
        None: "lambda x: x",
        "linear": "lambda x: x",
        "tanh": "np.tanh",
        "exponential": "np.exp",
    }
    if name in known:
        return known[name]
    helpers.append(name)
    return name


def _parameters(function: str) -> frozenset[str]:
    from layersmith.language.numpy_meanings import source

    tree = ast.parse(source(function)).body[0]
    return frozenset(a.arg for a in (*tree.args.args, *tree.args.kwonlyargs))


def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _bare_tuple(line: str) -> str:
    """`a, b = (x, y)` without the parentheses that nobody writes."""
    head, equals, value = line.partition(" = (")
    if not equals or not value.endswith(")") or not re.fullmatch(r"[\w ,]+", head):
        return line
    try:
        tuple_alone = isinstance(ast.parse("(" + value, mode="eval").body, ast.Tuple)
    except SyntaxError:
        return line
    return (
        f"{head} = {value[:-1]}" if tuple_alone and not value.endswith(",)") else line
    )


def double_quoted(line: str) -> str:
    """A line of `ast.unparse` with double quotes, as ruff writes strings."""
    import io
    import tokenize

    if "'" not in line:
        return line
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(line).readline))
    except (tokenize.TokenError, IndentationError):
        return line
    for token in reversed(tokens):
        text = token.string
        if token.type == tokenize.STRING and text.startswith("'") and '"' not in text:
            start, end = (token.start[1], token.end[1])
            line = line[:start] + '"' + text[1:-1] + '"' + line[end:]
    return line
