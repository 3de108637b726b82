"""The shape and dtype that a sublayer returns, from what it is called on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from layersmith.language.dim_reading import dim_of
from layersmith.language.dims import Axis, Dim, Rest, Shape
from layersmith.language.sublayers import Maker
from layersmith.language.values import Items, Tensor, Value

Rule = Callable[[Maker, Shape], "Shape | None"]


def output_of(maker: Maker | None, values: Sequence[Value], floats: str) -> Value:
    """What a sublayer returns.

    Where the rule of a layer is not known here, the value has no shape: a line of
    the spec may state it.
    """
    tensor = _first(values)
    if maker is None:
        return Tensor(None, floats)
    if maker.parts:
        value: Value = tensor
        for part in maker.parts:
            value = output_of(part, [value], floats)
        return value
    if maker.known.analysis is not None:
        return _of_spec(maker, values, floats)
    if maker.layer in SAME_SHAPE:
        return Tensor(tensor.shape, floats)
    rule = RULES.get(maker.layer)
    shape = None if rule is None or tensor.shape is None else rule(maker, tensor.shape)
    return Tensor(shape, floats)


def _first(values: Sequence[Value]) -> Tensor:
    value = values[0] if values else None
    if isinstance(value, Items):
        value = value.values[0] if value.values else value.each
    return value if isinstance(value, Tensor) else Tensor()


# Layers of the project.


def _of_spec(maker: Maker, values: Sequence[Value], floats: str) -> Value:
    inner = maker.known.analysis
    sizes: dict[str, Axis] = {}
    middle: tuple[Axis, ...] | None = None
    for given, layer_input in zip(values, inner.spec.inputs):
        shape = given.shape if isinstance(given, Tensor) else None
        if shape is None:
            continue
        matched = _match(inner.scope.shapes[layer_input.name.text], shape)
        if matched is None:
            continue
        sizes.update({k: v for k, v in matched[0].items() if v is not None})
        middle = matched[1] if matched[1] is not None else middle
    outputs = [
        Tensor(_substituted(output, maker, sizes, middle), floats)
        for output in inner.outputs
    ]
    return (
        outputs[0] if inner.spec.output_packing == "single" else Items(tuple(outputs))
    )


def _match(
    pattern: Shape, shape: Shape
) -> tuple[dict[str, Axis], tuple[Axis, ...] | None] | None:
    """Sizes of the pattern's names, and the axes that stand for its `...`."""
    rest = pattern.rest
    front = len(pattern.axes) if rest is None else rest
    back = 0 if rest is None else len(pattern.axes) - rest - 1
    if len(shape.axes) < front + back or (rest is None and len(shape.axes) != front):
        return None
    sizes: dict[str, Axis] = {}
    pairs = list(zip(pattern.axes[:front], shape.axes[:front]))
    pairs += list(zip(reversed(pattern.axes), reversed(shape.axes)))[:back]
    for name, size in pairs:
        if isinstance(size, Rest):
            return None
        if isinstance(name, Dim):
            sizes[str(name)] = size
    middle = None if rest is None else shape.axes[front : len(shape.axes) - back]
    return sizes, middle


def _substituted(
    shape: Shape, maker: Maker, sizes: dict[str, Axis], middle: tuple[Axis, ...] | None
) -> Shape | None:
    inner = maker.known.analysis

    def of_name(name: str) -> Dim | None:
        if name in sizes:
            size = sizes[name]
            return size if isinstance(size, Dim) else None
        derived = inner.scope.derived.get(name)
        if derived is not None:
            return dim_of(derived.tree, of_name)
        argument = inner.spec.argument(name)
        if argument is None:
            return None
        default = argument.default.value if argument.default is not None else None
        return maker.number(name, default if isinstance(default, int) else None)

    axes: list[Axis] = []
    for axis in shape.axes:
        if isinstance(axis, Rest):
            if middle is None:
                return None
            axes.extend(middle)
        elif axis is None:
            axes.append(None)
        else:
            axes.append(dim_of(ast.parse(str(axis), mode="eval").body, of_name))
    return Shape(tuple(axes))


# Layers of Keras.


def _last_axis(parameter: str) -> Rule:
    def rule(maker: Maker, shape: Shape) -> Shape | None:
        size = maker.number(parameter)
        return None if size is None else shape.replace(-1, size)

    return rule


def _embedding(maker: Maker, shape: Shape) -> Shape | None:
    size = maker.number("output_dim")
    return None if size is None else Shape((*shape.axes, size))


def _pooled(maker: Maker, shape: Shape) -> Shape | None:
    if (
        shape.rank is None
        or "keepdims" in maker.arguments
        or "data_format" in maker.arguments
    ):
        return None
    return Shape((shape.axes[0], shape.axes[-1]))


def _convolved(rank: int, channels: Callable[[Maker, Axis], Axis]) -> Rule:
    def rule(maker: Maker, shape: Shape) -> Shape | None:
        if shape.rank != rank + 2 or "data_format" in maker.arguments:
            return None
        padding = maker.literal("padding", "valid")
        strides, sizes = (
            _each(maker, "strides", rank, 1),
            _each(maker, "kernel_size", rank, None),
        )
        dilations = _each(maker, "dilation_rate", rank, 1)
        spatial: list[Axis] = []
        for axis, stride, size, dilation in zip(
            shape.axes[1:-1], strides, sizes, dilations
        ):
            spatial.append(_window(axis, padding, stride, size, dilation))
        return Shape((shape.axes[0], *spatial, channels(maker, shape.axes[-1])))

    return rule


def _window(
    axis: Axis,
    padding: object,
    stride: Dim | None,
    size: Dim | None,
    dilation: Dim | None,
) -> Axis:
    one = Dim.of(1)
    if not isinstance(axis, Dim) or stride is None:
        return None
    if padding in ("same", "causal"):
        return axis if stride == one else (axis + stride - one) // stride
    if padding != "valid" or size is None or dilation is None:
        return None
    left = axis - (size - one) * dilation
    return left if stride == one else (left - one) // stride + one


def _each(
    maker: Maker, parameter: str, rank: int, default: int | None
) -> list[Dim | None]:
    node = maker.arguments.get(parameter)
    if node is None:
        return [None if default is None else Dim.of(default)] * rank
    if isinstance(node, (ast.Tuple, ast.List)):
        return [dim_of(item, Dim.of) for item in node.elts]
    return [dim_of(node, Dim.of)] * rank


def _filters(maker: Maker, _: Axis) -> Axis:
    return maker.number("filters")


def _multiplied(maker: Maker, channels: Axis) -> Axis:
    times = maker.number("depth_multiplier", 1)
    return channels * times if isinstance(channels, Dim) and times is not None else None


def _flattened(maker: Maker, shape: Shape) -> Shape | None:
    size: Dim | None = Dim.of(1)
    for axis in shape.axes[1:]:
        size = size * axis if isinstance(axis, Dim) and size is not None else None
    return Shape((shape.axes[0], size))


def _repeated(maker: Maker, shape: Shape) -> Shape | None:
    return Shape((shape.axes[0], maker.number("n"), *shape.axes[1:]))


def _recurrent(maker: Maker, shape: Shape) -> Shape | None:
    units = maker.number("units")
    if shape.rank != 3 or maker.literal("return_state", False):
        return None
    sequences = maker.literal("return_sequences", False)
    if sequences is None:
        return None
    return Shape(
        (shape.axes[0], shape.axes[1], units) if sequences else (shape.axes[0], units)
    )


SAME_SHAPE = frozenset(
    "Activation ActivityRegularization AlphaDropout BatchNormalization Dropout ELU GaussianDropout "
    "GaussianNoise GroupNormalization LayerNormalization LeakyReLU MultiHeadAttention PReLU "
    "RMSNormalization ReLU Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D "
    "SpectralNormalization UnitNormalization Identity Add Subtract Multiply Average Maximum Minimum "
    "Masking Attention AdditiveAttention GroupQueryAttention Rescaling".split()
)
RULES: dict[str, Rule] = {
    "Dense": _last_axis("units"),
    "Embedding": _embedding,
    "Flatten": _flattened,
    "RepeatVector": _repeated,
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), _recurrent),
    **{
        f"Global{kind}Pooling{rank}D": _pooled
        for kind in ("Average", "Max")
        for rank in (1, 2, 3)
    },
    **{f"Conv{rank}D": _convolved(rank, _filters) for rank in (1, 2, 3)},
    **{f"SeparableConv{rank}D": _convolved(rank, _filters) for rank in (1, 2)},
    **{f"DepthwiseConv{rank}D": _convolved(rank, _multiplied) for rank in (1, 2)},
}
