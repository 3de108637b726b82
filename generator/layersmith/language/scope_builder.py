"""Builds the scope of a spec: reads what each name means, and says what is wrong."""

from __future__ import annotations

import ast
import builtins
import keyword
import re

from layersmith.errors import Report, Span
from layersmith.language.builtin_names import BUILTINS
from layersmith.language.dims import Axis, Derived, Dim, Rest, Shape
from layersmith.language.parse import parse_body, parse_expression
from layersmith.language.parsed import Parsed
from layersmith.language.scope import RESERVED, Scope
from layersmith.language.shape_reading import ShapeReader
from layersmith.language.trees import stored_names
from layersmith.language.values import (
    Activation,
    Function,
    Items,
    Layer,
    Static,
    Tensor,
    Training,
    Value,
)
from layersmith.spec.model import Code, Spec, Sublayer
from layersmith.spec.model import Shape as SpecShape
from layersmith.suggest import suggest

_BUILTINS = frozenset(dir(builtins))
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


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
        self.sizes = ShapeReader(spec, self.scope, report)
        # Code of derived values, with the names that have a value before it.
        self._early: list[tuple[Parsed, set[str]]] = []

    def build(self) -> None:
        spec, scope = (self.spec, self.scope)
        for argument in spec.arguments:
            self._define(
                argument.name.text, argument.name.span, _argument_value(argument)
            )
        self._inherit()
        for derived in spec.derived:
            parsed = parse_expression(derived.expression, self.report)
            dim = None
            if parsed is not None:
                scope.derived[derived.name.text] = parsed
                self._early.append((parsed, set(scope.values)))
                dim = self.sizes.dim(parsed.tree)
            kind = "int" if dim is not None else "object"
            self._define(
                derived.name.text,
                derived.name.span,
                Static(
                    kind,
                    Dim.of(Derived(derived.name.text)) if dim is not None else None,
                ),
            )
        for layer_input in spec.inputs:
            name = layer_input.name.text
            shape = self._input_shape(name, layer_input.shape)
            dtype = self.floats if layer_input.dtype == "float" else layer_input.dtype
            value: Value = Tensor(shape, dtype, optional=layer_input.optional)
            if layer_input.many:
                value = Items(None, value)
            self._define(name, layer_input.name.span, value)
            scope.shapes[name] = shape
        for constant in spec.constants:
            self._constant(constant)
        for weight in spec.weights:
            if isinstance(weight.shape, Code):
                shape = None
                self._shape_code(weight.shape)
            else:
                shape = self.sizes.shape(
                    weight.shape, f"weight `{weight.name}`", static=True
                )
            dtype = self.floats if weight.dtype in (None, "float") else weight.dtype
            self._define(
                weight.name.text,
                weight.name.span,
                Tensor(shape, dtype, weight=weight.name.text),
            )
            if shape is not None:
                scope.shapes[weight.name.text] = shape
        for sublayer in spec.sublayers:
            made: Value = Layer(sublayer.name.text)
            if sublayer.repeat is not None:
                made = Items(None, made)
                parsed = parse_expression(sublayer.repeat, self.report)
                if parsed is not None:
                    scope.repeats[sublayer.name.text] = parsed
            self._define(sublayer.name.text, sublayer.name.span, made)
            self._sublayer_axes(sublayer)
        self._functions()
        for code, defined in self._early:
            self._check_init_names(code, defined)
        self._conversions()
        for argument in spec.call_arguments:
            scope.call_arguments.add(argument.name.text)
            self._define(
                argument.name.text, argument.name.span, _argument_value(argument)
            )
        if spec.extends is not None:
            scope.values["base"] = Layer("base")
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

    def _inherit(self) -> None:
        """Arguments of the layer that is extended, which it keeps as attributes."""
        if self.spec.extends is None:
            return
        from layersmith.language.tables import keras_layers

        layers = keras_layers()
        name = self.spec.extends.text
        if name not in layers:
            close = suggest(name, layers)
            self.report.error(
                self.spec.extends.span,
                f"Keras has no layer `{name}`",
                f"did you mean `{close}`?"
                if close
                else "see `keras.layers` for its name",
            )
            return
        own = {argument.name.text for argument in self.spec.arguments}
        for parameter in layers[name].parameters:
            if parameter.name not in own:
                self.scope.inherited.add(parameter.name)
                self.scope.values[parameter.name] = Static(
                    "object", Dim.of(parameter.name)
                )

    def _constant(self, constant) -> None:
        parsed = parse_expression(constant.value, self.report)
        shape = None
        if constant.shape is not None:
            shape = self.sizes.shape(
                constant.shape, f"constant `{constant.name}`", static=True
            )
        if parsed is not None:
            self.scope.constants[constant.name.text] = parsed
            self._check_code_names(parsed, {"np"})
        # NumPy values take the dtype of the tensor that they meet.
        self._define(
            constant.name.text, constant.name.span, Tensor(shape, "weak", weight="")
        )

    def _conversions(self) -> None:
        for argument in self.spec.arguments:
            if argument.convert is None:
                continue
            parsed = parse_expression(argument.convert, self.report)
            if parsed is not None:
                self._check_init_names(parsed, set(self.scope.values))
                self.scope.conversions[argument.name.text] = parsed

    def _check_init_names(self, parsed: Parsed, defined: set[str]) -> None:
        """Names in code that runs in `__init__`: arguments, functions, what it binds.

        Args:
            parsed: The code.
            defined: Names of the spec that have a value by then, but for functions.
        """
        known = {
            name
            for name, value in self.scope.values.items()
            if _early(value) and (name in defined or isinstance(value, Function))
        }
        known |= BUILTINS | stored_names(parsed.names)
        for node in parsed.nodes:
            if isinstance(node, ast.Name) and node.id not in known:
                close = suggest(node.id, known - BUILTINS)
                self.report.error(
                    parsed.span(node),
                    f"`{node.id}` is not known in `__init__`",
                    f"did you mean `{close}`?" if close else "use arguments",
                )

    def _shape_code(self, code: Code) -> None:
        parsed = parse_expression(code, self.report)
        if parsed is not None:
            inputs = {i.name.text for i in self.spec.inputs}
            self._check_code_names(
                parsed, {"input_shape", *(f"{name}_shape" for name in inputs)}
            )
            self.scope.shape_codes[code.text] = parsed

    def _check_code_names(self, parsed: Parsed, also: set[str]) -> None:
        """Names in code that runs in `build`: arguments, axes, and what it binds itself."""
        known = {
            *also,
            *stored_names(parsed.names),
            *self.scope.values,
            *self.scope.axes,
        }
        for node in parsed.nodes:
            if isinstance(node, ast.Name) and node.id not in known | BUILTINS:
                self.sizes.unknown(parsed, node, known)
            elif isinstance(node, ast.Name) and node.id in self.scope.axes:
                if self.scope.axes[node.id][1] == 0:
                    self.report.error(
                        parsed.span(node),
                        f"`{node.id}` is the size of the batch, which is not known in `build`",
                        "use another axis or an argument",
                    )
                elif node.id not in self.scope.values:
                    self.scope.static_axes.add(node.id)

    def _sublayer_axes(self, sublayer: Sublayer) -> None:
        """Axes whose size a sublayer is made with: it can be made once that is known."""
        words = set(_WORD.findall(sublayer.layer.text))
        if words.isdisjoint(self.scope.axes):
            return
        # What is wrong with the text is said where the layer is read.
        parsed = parse_expression(sublayer.layer, Report(self.report.file))
        for node in parsed.names if parsed is not None else ():
            if node.id in self.scope.axes and node.id not in self.scope.values:
                if self.scope.axes[node.id][1] != 0:
                    self.scope.static_axes.add(node.id)
                    self.scope.made_in_build.add(sublayer.name.text)

    def _functions(self) -> None:
        code = self.spec.functions
        parsed = parse_body(code, self.report) if code is not None else None
        if parsed is None:
            return
        self.scope.functions = parsed
        for node in parsed.tree.body:
            if not isinstance(node, ast.FunctionDef):
                self.report.error(
                    parsed.span(node),
                    "`functions` holds nothing but functions",
                    "write `def name(...):`",
                )
                continue
            self._define(node.name, parsed.span(node), Function(node, parsed))

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
                span,
                f"the name `{name}` is kept for {RESERVED[name]}",
                "choose another",
            )
            return
        if name in _BUILTINS and not isinstance(value, Tensor):
            self.report.error(
                span, f"`{name}` is a builtin of Python", "choose another name"
            )
            return
        if not (
            isinstance(value, (Function, Items))
            or (isinstance(value, Tensor) and value.weight is None)
        ):
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
        dots = next(
            (i for i, a in enumerate(shape.axes) if a.text.startswith("...")), None
        )
        for index, code in enumerate(shape.axes):
            if code.text.startswith("..."):
                axes.append(Rest(code.text))
                continue
            if code.text.isascii() and code.text.isdigit() and len(code.text) < 19:
                axes.append(Dim.of(int(code.text)))
                continue
            if not _names_an_axis(code.text):
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
                    code.span,
                    f"the name `{code.text}` is kept for {RESERVED[code.text]}",
                    "choose another",
                )
                continue
            after = dots is not None and index > dots
            self.scope.axes[code.text] = (
                name,
                index - len(shape.axes) if after else index,
            )
        return Shape(tuple(axes))


def _names_an_axis(text: str) -> bool:
    plain = text.isascii() and text.isidentifier() and not text.startswith("__")
    return plain and not keyword.iskeyword(text)


def _early(value: Value) -> bool:
    """Whether a value is there before the layer is built."""
    return isinstance(value, (Static, Activation, Function))


_HARMLESS = frozenset({"activity_regularizer"})


def _argument_value(argument) -> Value:
    if argument.type == "activation":
        return Activation(argument.name.text)
    if argument.type == "layer":
        return Layer(argument.name.text)
    if argument.type == "int":
        return Static("int", Dim.of(argument.name.text), nullable=argument.nullable)
    kinds = {
        "initializer": "object",
        "regularizer": "object",
        "constraint": "object",
        "data_format": "str",
        "partial_shape": "object",
        "any": "object",
    }
    return Static(kinds.get(argument.type, argument.type), nullable=argument.nullable)
