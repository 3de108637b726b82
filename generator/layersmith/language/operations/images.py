"""Operations of `tf.image` that a layer may hold."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import Axis, Dim, Rest, Shape, surely_differ
from layersmith.language.operations.base import Bound, Operation, Rule, row
from layersmith.language.operations.conversion import MISSING
from layersmith.language.operations.rules import of_unknown_axes, sizes
from layersmith.language.operations.windows import fitting
from layersmith.language.values import Items, Tensor, Value


def _images(call: Bound, name: str) -> Shape | None:
    """The shape of one image or a batch of them; None where unknown."""
    shape = call.shape(name)
    if shape is None or shape.rank is None:
        return None
    if shape.rank not in (3, 4):
        call.fail(
            f"{call.operation.name} takes [batch, height, width, channels] or one image, not {shape}",
            "reshape it, or add an axis with tf.newaxis",
            at=name,
        )
        return None
    return shape


def _resized(call: Bound) -> Value:
    shape, method = _images(call, "images"), call.literal("method", "bilinear")
    # Interpolated values are float32, whatever the image is.
    dtype: str | None = "float32"
    if method in ("nearest", "NEAREST_NEIGHBOR"):
        dtype = call.tensor("images").dtype
    elif method is MISSING:
        dtype = None
    if shape is None:
        return Tensor(None, dtype)
    new = sizes(call.value("size"))
    if (
        new is None
        or len(new) != 2
        or call.literal("preserve_aspect_ratio", False) is not False
    ):
        new = (None, None)
    return Tensor(Shape((*shape.axes[:-3], *new, shape.axes[-1])), dtype)


def _interpolation(operation: Operation, call: Bound) -> Operation:
    method = call.literal("method", "bilinear")
    plain = call.literal("antialias", False) is False
    if not plain or method not in ("bilinear", "nearest"):
        return replace(operation, numpy=None, keras=None, xla=False)
    return operation if method == "bilinear" else replace(operation, xla=False)


def _same_image(call: Bound) -> Value:
    name = call.operation.parameter_names[0]
    _images(call, name)
    tensor = call.tensor(name)
    return Tensor(tensor.shape, tensor.dtype)


def _turned(call: Bound) -> Value:
    """Height and width change places, once or not at all."""
    name = call.operation.parameter_names[0]
    shape, dtype = _images(call, name), call.tensor(name).dtype
    if shape is None:
        return Tensor(None, dtype)
    *batch, height, width, channels = shape.axes
    turns = call.literal("k", 1)
    if not isinstance(turns, int):
        return Tensor(of_unknown_axes(shape), dtype)
    sides = (width, height) if turns % 2 else (height, width)
    return Tensor(Shape((*batch, *sides, channels)), dtype)


def _recoloured(wanted: int, made: int) -> Rule:
    def rule(call: Bound) -> Value:
        tensor = call.tensor("images")
        shape = tensor.shape
        if shape is None or not shape.axes or isinstance(shape.axes[-1], Rest):
            return Tensor(None, tensor.dtype)
        if surely_differ(shape.axes[-1], Dim.of(wanted)):
            return call.fail(
                f"{call.operation.name} takes {wanted} channels, and here are `{shape.axes[-1]}`",
                "give it the channels that it takes: `images[..., :3]`, say",
                at="images",
            )
        return Tensor(shape.replace(-1, Dim.of(made)), tensor.dtype)

    return rule


def _standardized(call: Bound) -> Value:
    _images(call, "image")
    return Tensor(call.shape("image"), "float32")


def _total_variation(call: Bound) -> Value:
    tensor = call.tensor("images")
    shape = _images(call, "images")
    if shape is None:
        return Tensor(None, tensor.dtype)
    return Tensor(Shape(shape.axes[:-3]), tensor.dtype)


def _gradients(call: Bound) -> Value:
    tensor = call.tensor("image")
    if tensor.shape is not None and tensor.shape.rank not in (None, 4):
        return call.fail(
            "tf.image.image_gradients takes [batch, height, width, channels], not "
            f"{tensor.shape}",
            "add an axis with tf.newaxis",
            at="image",
        )
    return Items((Tensor(tensor.shape, tensor.dtype),) * 2)


def _boxed(call: Bound) -> Value:
    tensor = call.tensor("image")
    shape = _images(call, "image")
    if shape is None:
        return Tensor(None, tensor.dtype)
    sides = (call.size("target_height"), call.size("target_width"))
    return Tensor(Shape((*shape.axes[:-3], *sides, shape.axes[-1])), tensor.dtype)


def _patches(call: Bound) -> Value:
    tensor = call.tensor("images")
    shape = tensor.shape
    if shape is None or shape.rank is None:
        return Tensor(Shape((None,) * 4), tensor.dtype)
    if shape.rank != 4:
        return call.fail(
            f"tf.image.extract_patches takes [batch, height, width, channels], not {shape}",
            "add an axis with tf.newaxis",
            at="images",
        )
    window, steps, gaps = (_inner(call, name) for name in ("sizes", "strides", "rates"))
    padding = call.literal("padding")
    places: list[Axis] = []
    depth: Dim | None = shape.axes[-1] if isinstance(shape.axes[-1], Dim) else None
    for size, reach, step, gap in zip(shape.axes[1:-1], window, steps, gaps):
        depth = depth * reach if depth is not None and isinstance(reach, Dim) else None
        fits = fitting(size, reach, step, gap, (), padding == "SAME")
        places.append(fits if padding in ("SAME", "VALID") else None)
    return Tensor(Shape((shape.axes[0], *places, depth)), tensor.dtype)


def _inner(call: Bound, name: str) -> tuple[Axis, Axis]:
    known = sizes(call.value(name))
    if known is None:
        return None, None
    if len(known) != 4:
        call.fail(
            f"`{name}` has four numbers, the first and the last of them 1",
            "write [1, 3, 3, 1]",
            at=name,
        )
        return None, None
    return known[1], known[2]


TABLE = (
    row(
        "tf.image.resize(images, size, method='bilinear', preserve_aspect_ratio=False, antialias=False)",
        _resized,
        "resize({images}, {size}[, {method}])",
        helpers=("resize",),
        variant=_interpolation,
    ),
    row(
        "tf.image.flip_left_right(image)",
        _same_image,
        "np.flip({image}, -2)",
        "ops.flip({image}, -2)",
    ),
    row(
        "tf.image.flip_up_down(image)",
        _same_image,
        "np.flip({image}, -3)",
        "ops.flip({image}, -3)",
    ),
    row(
        "tf.image.transpose(image)",
        _turned,
        "np.swapaxes({image}, -2, -3)",
        "ops.swapaxes({image}, -2, -3)",
    ),
    row(
        "tf.image.rot90(image, k=1)",
        _turned,
        "np.rot90({image}, {k|1}, axes=(-3, -2))",
    ),
    row(
        "tf.image.rgb_to_grayscale(images)",
        _recoloured(3, 1),
        "{images} @ np.array([[0.2989], [0.587], [0.114]])",
    ),
    row(
        "tf.image.grayscale_to_rgb(images)",
        _recoloured(1, 3),
        "np.repeat({images}, 3, axis=-1)",
        "ops.repeat({images}, 3, axis=-1)",
    ),
    row(
        "tf.image.per_image_standardization(image)",
        _standardized,
        "per_image_standardization({image})",
        helpers=("per_image_standardization",),
    ),
    row(
        "tf.image.total_variation(images)",
        _total_variation,
        "total_variation({images})",
        helpers=("total_variation",),
    ),
    row(
        "tf.image.image_gradients(image)",
        _gradients,
        "image_gradients({image})",
        helpers=("image_gradients",),
    ),
    row(
        "tf.image.crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width)",
        _boxed,
        "crop({image}, {offset_height}, {offset_width}, {target_height}, {target_width})",
        helpers=("crop",),
    ),
    row(
        "tf.image.pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width)",
        _boxed,
        "pad_to_box({image}, {offset_height}, {offset_width}, {target_height}, {target_width})",
        helpers=("pad_to_box",),
    ),
    row(
        "tf.image.extract_patches(images, sizes, strides, rates, padding)",
        _patches,
        "extract_patches({images}, {sizes}, {strides}, {rates}, {padding})",
        helpers=("extract_patches",),
    ),
)
