"""Sublayers of a spec: the Keras layer each is, its arguments, and its output's shape."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

from layersmith.errors import Report
from layersmith.language.dims import Dim, Shape
from layersmith.language.parse import Parsed, parse_expression
from layersmith.language.scope import Scope, dim_of
from layersmith.language.values import Tensor, Value
from layersmith.spec.model import Sublayer
from layersmith.suggest import suggest


@dataclass(frozen=True)
class Maker:
    """The call that makes a sublayer.

    Attributes:
        layer: Name of the Keras layer.
        arguments: By parameter name, as the author wrote them.
        parsed: The call, for positions and for rewriting.
    """

    name: str
    layer: str
    arguments: dict[str, ast.expr]
    parsed: Parsed

    def number(self, parameter: str, default: int | None = None) -> Dim | None:
        """An argument as a size over named sizes."""
        node = self.arguments.get(parameter)
        if node is None:
            return None if default is None else Dim.of(default)
        return dim_of(node, Dim.of)


def read_maker(sublayer: Sublayer, scope: Scope, report: Report) -> Maker | None:
    """The maker of a sublayer; None when it is not one, which is reported."""
    from layersmith.language.tables import keras_layers

    parsed = parse_expression(sublayer.layer, report)
    if parsed is None:
        return None
    call = parsed.tree
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        report.error(
            sublayer.layer.span,
            f"sublayer `{sublayer.name}` is not a call of a layer",
            "write it as `Dense(units)`",
        )
        return None
    known = keras_layers()
    layer = known.get(call.func.id)
    if layer is None:
        close = suggest(call.func.id, known)
        report.error(
            parsed.span(call.func),
            f"Keras has no layer `{call.func.id}`",
            f"did you mean `{close}`?" if close else "see `keras.layers` for its name",
        )
        return None
    parameters = [parameter.name for parameter in layer.parameters]
    arguments: dict[str, ast.expr] = {}
    for index, node in enumerate(call.args):
        if isinstance(node, ast.Starred) or index >= len(parameters):
            report.error(
                parsed.span(node),
                f"`{layer.name}` takes no such argument",
                f"its parameters are {', '.join(parameters)}",
            )
            return None
        arguments[parameters[index]] = node
    for keyword in call.keywords:
        name = keyword.arg or "**"
        if name in ("dtype", "name"):
            report.error(
                parsed.span(keyword.value), f"`{name}` is given by itself", f"leave `{name}=` out"
            )
        elif name not in parameters and name not in ("trainable", "activity_regularizer"):
            close = suggest(name, parameters)
            report.error(
                parsed.span(keyword.value),
                f"`{layer.name}` has no parameter `{name}`",
                f"did you mean `{close}`?" if close else f"its parameters are {', '.join(parameters)}",
            )
        arguments[name] = keyword.value
    for parameter in layer.parameters:
        if parameter.required and parameter.name not in arguments:
            report.error(
                parsed.span(call),
                f"`{layer.name}` needs `{parameter.name}`",
                f"write `{layer.name}({parameter.name}=...)`",
            )
    _check_names(parsed, call, scope, report)
    return Maker(sublayer.name.text, layer.name, arguments, parsed)


def _check_names(parsed: Parsed, call: ast.Call, scope: Scope, report: Report) -> None:
    for node in ast.walk(call):
        if not isinstance(node, ast.Name) or node is call.func:
            continue
        value = scope.values.get(node.id)
        if value is None:
            close = suggest(node.id, scope.values)
            report.error(
                parsed.span(node),
                f"unknown name `{node.id}`",
                f"did you mean `{close}`?" if close else f'an argument, or text in quotes: "{node.id}"',
            )
        elif isinstance(value, Tensor) or node.id in scope.axes:
            report.error(
                parsed.span(node),
                f"`{node.id}` is not known when the sublayer is made",
                "use arguments and derived values",
            )


def output_of(maker: Maker | None, values: list[Value], interpreter) -> Value:
    """Shape and dtype of what a sublayer returns.

    Where the shape rule of a layer is not known here, the value has no shape:
    the emitted code asks the sublayer itself, or a line states the shape.
    """
    tensor = values[0] if values and isinstance(values[0], Tensor) else Tensor()
    if maker is None:
        return Tensor(None, interpreter.floats)
    if maker.layer in SAME_SHAPE:
        return Tensor(tensor.shape, tensor.dtype)
    rule = RULES.get(maker.layer)
    shape = None if rule is None or tensor.shape is None else rule(maker, tensor.shape)
    return Tensor(shape, "float")


def _last_axis(parameter: str) -> Callable[[Maker, Shape], Shape | None]:
    def rule(maker: Maker, shape: Shape) -> Shape | None:
        size = maker.number(parameter)
        return None if size is None else shape.replace(-1, size)

    return rule


def _embedding(maker: Maker, shape: Shape) -> Shape | None:
    size = maker.number("output_dim")
    return None if size is None else Shape((*shape.axes, size))


def _pooled(maker: Maker, shape: Shape) -> Shape | None:
    if shape.rank is None or "keepdims" in maker.arguments or "data_format" in maker.arguments:
        return None
    return Shape((shape.axes[0], shape.axes[-1]))


SAME_SHAPE = frozenset(
    "Activation ActivityRegularization AlphaDropout BatchNormalization Dropout ELU GaussianDropout "
    "GaussianNoise GroupNormalization LayerNormalization LeakyReLU MultiHeadAttention PReLU "
    "RMSNormalization ReLU Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D "
    "SpectralNormalization UnitNormalization Identity Add Subtract Multiply Average Maximum Minimum".split()
)
# Layers without weights: they take an axis of any size, known or not.
WEIGHTLESS = re.compile(
    r"Activation|ActivityRegularization|Add|Attention|AdditiveAttention|Average|Concatenate|Cropping.*|"
    r"Dot|ELU|Flatten|Gaussian(Dropout|Noise)|(Alpha|Spatial)?Dropout.*|Global.*Pooling.*|Identity|"
    r"Lambda|LeakyReLU|Masking|Max.*|(Average|Max)Pool.*|Minimum|Multiply|Permute|ReLU|RepeatVector|"
    r"Rescaling|Reshape|Resizing|Softmax|Subtract|UnitNormalization|UpSampling.*|ZeroPadding.*"
)
RULES: dict[str, Callable[[Maker, Shape], Shape | None]] = {
    "Dense": _last_axis("units"),
    "Embedding": _embedding,
    "GlobalAveragePooling1D": _pooled,
    "GlobalAveragePooling2D": _pooled,
    "GlobalMaxPooling1D": _pooled,
    "GlobalMaxPooling2D": _pooled,
}
