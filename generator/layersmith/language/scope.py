"""The names of a spec: what each means in `call` and in expressions on arguments."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field

from layersmith.errors import Report, Span
from layersmith.language.dims import Axis, Dim, Rest, Shape
from layersmith.language.parse import Parsed, parse_expression
from layersmith.language.values import Activation, Layer, Static, Tensor, Training, Value
from layersmith.spec.model import Code, Spec
from layersmith.spec.model import Shape as SpecShape

# Names with a meaning of their own, which a spec cannot give to something else.
RESERVED = {
    "tf": "TensorFlow",
    "training": "whether the layer trains",
    "trainable": "whether the layer is trainable",
    "compute_dtype": "the dtype of the computation",
    "variable_dtype": "the dtype of the weights",
    "self": "the layer",
    "keras": "Keras",
    "np": "NumPy",
    "name": "the name of the layer",
    "dtype": "the dtype policy",
    "kwargs": "the arguments that Keras takes",
    "config": "the configuration",
}
_BUILTINS = frozenset(dir(builtins))


@dataclass
class Scope:
    """What the names of a spec stand for.

    Attributes:
        values: By name, as `call` sees them.
        axes: Axes of the inputs, by name: the input and position to read it from.
        static_axes: Axes whose size is known in `build`: the shape of a weight or
            a sublayer needs them.
        shapes: Shape of each input, weight and output, over named sizes.
        spans: Where each name is given its meaning.
    """

    values: dict[str, Value] = field(default_factory=dict)
    axes: dict[str, tuple[str, int]] = field(default_factory=dict)
    static_axes: set[str] = field(default_factory=set)
    shapes: dict[str, Shape] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    derived: dict[str, Parsed] = field(default_factory=dict)


def build_scope(spec: Spec, floats: str, report: Report) -> Scope:
    """The scope of a spec.

    Args:
        spec: What the user wrote.
        floats: Dtype of floating-point inputs and weights in `call`: `float`, or
            `variable` where the layer computes in the variable dtype.
        report: Takes names used twice or kept for something else, and sizes that
            mean nothing.
    """
    builder = _Builder(spec, floats, report)
    builder.build()
    return builder.scope


class _Builder:
    def __init__(self, spec: Spec, floats: str, report: Report):
        self.spec = spec
        self.floats = floats
        self.report = report
        self.scope = Scope()

    def build(self) -> None:
        spec, scope = self.spec, self.scope
        for argument in spec.arguments:
            self._define(argument.name.text, argument.name.span, _argument_value(argument))
        for derived in spec.derived:
            parsed = parse_expression(derived.expression, self.report)
            dim = None
            if parsed is not None:
                scope.derived[derived.name.text] = parsed
                dim = self.dim(parsed.tree)
            kind = "int" if dim is not None else "object"
            self._define(
                derived.name.text,
                derived.name.span,
                Static(kind, Dim.of(derived.name.text) if dim is not None else None),
            )
        for layer_input in spec.inputs:
            name = layer_input.name.text
            shape = self._input_shape(name, layer_input.shape)
            dtype = self.floats if layer_input.dtype == "float" else layer_input.dtype
            value = Tensor(shape, dtype, optional=layer_input.optional)
            self._define(name, layer_input.name.span, value)
            scope.shapes[name] = shape
        for weight in spec.weights:
            shape = self.shape(weight.shape, f"weight `{weight.name}`", static=True)
            dtype = self.floats if weight.dtype in (None, "float") else weight.dtype
            self._define(
                weight.name.text,
                weight.name.span,
                Tensor(shape, dtype, weight=weight.name.text),
            )
            if shape is not None:
                scope.shapes[weight.name.text] = shape
        for sublayer in spec.sublayers:
            self._define(sublayer.name.text, sublayer.name.span, Layer(sublayer.name.text))
        for name in scope.axes:
            if name in scope.values:
                continue
            if name in scope.static_axes:
                scope.values[name] = Static("int", Dim.of(name))
            else:
                scope.values[name] = Tensor(Shape(()), "int32", value=Dim.of(name))
        scope.values["training"] = Training()
        scope.values["trainable"] = Static("bool")
        scope.values["compute_dtype"] = Static("dtype", literal="float")
        scope.values["variable_dtype"] = Static("dtype", literal="variable")

    def _define(self, name: str, span: Span, value: Value) -> None:
        first = self.scope.spans.get(name)
        if first is not None:
            self.report.error(
                span,
                f"the name `{name}` is used twice",
                f"it has a meaning in line {first.line} already; choose another",
            )
            return
        if name in RESERVED:
            self.report.error(
                span, f"the name `{name}` is kept for {RESERVED[name]}", "choose another"
            )
            return
        if name in _BUILTINS and not isinstance(value, Tensor):
            self.report.error(span, f"`{name}` is a builtin of Python", "choose another name")
            return
        if not (isinstance(value, Tensor) and value.weight is None):
            self._check_member(name, span)
        self.scope.spans[name] = span
        self.scope.values[name] = value

    def _check_member(self, name: str, span: Span) -> None:
        from layersmith.language.tables import layer_members

        if name in layer_members() and name not in _HARMLESS:
            self.report.error(
                span,
                f"`{name}` is an attribute of every Keras layer",
                f"choose another name, such as `{name}_value`",
            )

    def _input_shape(self, name: str, shape: SpecShape) -> Shape:
        axes: list[Axis] = []
        dots = next((i for i, a in enumerate(shape.axes) if a.text == "..."), None)
        for index, code in enumerate(shape.axes):
            if code.text == "...":
                axes.append(Rest())
                continue
            if code.text.isdigit():
                axes.append(Dim.of(int(code.text)))
                continue
            if not code.text.isidentifier() or not code.text.isascii():
                self.report.error(
                    code.span,
                    f"`{code.text}` is not the name of an axis",
                    "an axis of an input is a name, a number or `...`",
                )
                axes.append(None)
                continue
            axes.append(Dim.of(code.text))
            if code.text in self.scope.values or code.text in self.scope.axes:
                continue
            if code.text in RESERVED:
                self.report.error(
                    code.span, f"the name `{code.text}` is kept for {RESERVED[code.text]}", "choose another"
                )
                continue
            after = dots is not None and index > dots
            self.scope.axes[code.text] = (name, index - len(shape.axes) if after else index)
        return Shape(tuple(axes))

    def shape(self, shape: SpecShape, what: str, static: bool) -> Shape | None:
        """A shape over named sizes; with `static`, its axes become known in build."""
        axes: list[Axis] = []
        for code in shape.axes:
            if code.text == "...":
                if static:
                    self.report.error(code.span, f"{what} cannot have `...`", "name each axis")
                    return None
                axes.append(Rest())
                continue
            dim = self._size(code, static)
            if dim is None:
                return None
            axes.append(dim)
        return Shape(tuple(axes))

    def _size(self, code: Code, static: bool) -> Dim | None:
        parsed = parse_expression(code, self.report)
        if parsed is None:
            return None
        known = self.scope.axes.keys() | self.scope.values.keys()
        for node in ast.walk(parsed.tree):
            if not isinstance(node, ast.Name):
                continue
            if node.id not in known:
                self._unknown_size(parsed, node, known)
                return None
            value = self.scope.values.get(node.id)
            if node.id not in self.scope.axes and not (
                isinstance(value, Static) and value.kind in ("int", "shape", "object")
            ):
                self.report.error(
                    parsed.span(node), f"`{node.id}` is not a size", "use an int argument or an axis"
                )
                return None
            if static and node.id in self.scope.axes:
                if self.scope.axes[node.id][1] == 0:
                    self.report.error(
                        parsed.span(node),
                        f"a shape cannot depend on `{node.id}`, the size of the batch",
                        "it changes from call to call: use another axis or an argument",
                    )
                    return None
                self.scope.static_axes.add(node.id)
        dim = self.dim(parsed.tree)
        if dim is None:
            self.report.error(
                code.span, f"`{code.text}` is not a size", "use names, numbers and + - * // %"
            )
        return dim

    def _unknown_size(self, parsed: Parsed, node: ast.Name, known) -> None:
        from layersmith.suggest import suggest

        close = suggest(node.id, known)
        self.report.error(
            parsed.span(node),
            f"unknown name `{node.id}`",
            f"did you mean `{close}`?" if close else "name it as an axis of an input, or an argument",
        )

    def dim(self, node: ast.AST) -> Dim | None:
        return dim_of(node, lambda name: Dim.of(name))


_HARMLESS = frozenset({"activity_regularizer"})


def dim_of(node: ast.AST, of_name) -> Dim | None:
    """An integer expression as a polynomial over names; None where it is not one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return Dim.of(node.value)
    if isinstance(node, ast.Name):
        return of_name(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = dim_of(node.operand, of_name)
        return None if operand is None else operand * Dim.of(-1)
    if isinstance(node, ast.BinOp):
        left, right = dim_of(node.left, of_name), dim_of(node.right, of_name)
        if left is None or right is None:
            return None
        return _combine(node.op, left, right)
    if isinstance(node, (ast.Subscript, ast.Call)):
        return Dim.of(ast.unparse(node))
    return None


def _combine(operator: ast.operator, left: Dim, right: Dim) -> Dim | None:
    if isinstance(operator, ast.Add):
        return left + right
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.Mult):
        return left * right
    if isinstance(operator, ast.FloorDiv):
        return left // right
    if isinstance(operator, ast.Mod):
        return left % right
    if isinstance(operator, ast.Pow) and right.constant is not None and 0 <= right.constant <= 8:
        power = Dim.of(1)
        for _ in range(right.constant):
            power = power * left
        return power
    return None


def _argument_value(argument) -> Value:
    if argument.type == "activation":
        return Activation(argument.name.text)
    if argument.type == "int":
        return Static("int", Dim.of(argument.name.text), nullable=argument.nullable)
    kinds = {"initializer": "object", "regularizer": "object", "constraint": "object"}
    return Static(kinds.get(argument.type, argument.type), nullable=argument.nullable)
