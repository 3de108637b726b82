"""Random operations: the layer draws them from its own seed generator."""

from __future__ import annotations

from layersmith.language.dims import Shape
from layersmith.language.operations.base import Bound, row, sizes
from layersmith.language.values import Tensor, Value


def _dropout(call: Bound) -> Value:
    tensor = call.tensor("x")
    if call.given("seed"):
        call.fail(
            "a seed is not given here",
            "the layer has an argument `seed` for all its draws",
            at="seed",
        )
    return Tensor(tensor.shape, tensor.dtype)


def _draw(call: Bound) -> Value:
    axes = sizes(call.value("shape"))
    # Without a dtype the draw takes the layer's, as keras.random would not.
    return Tensor(
        None if axes is None else Shape(axes), call.dtype(default=call.floats)
    )


TABLE = (
    row(
        "tf.nn.dropout(x, rate, noise_shape=None, seed=None)",
        _dropout,
        "{x} * draws.dropout(np.shape({x}), {rate}[, noise_shape={noise_shape}])",
        "random.dropout({x}, {rate}[, noise_shape={noise_shape}])",
        random=True,
        layer="keras.random.dropout({x}, {rate}[, noise_shape={noise_shape}], seed={seed})",
    ),
    row(
        "tf.random.normal(shape, mean=0.0, stddev=1.0, dtype=tf.float32, seed=None)",
        _draw,
        "draws.normal({shape:shape}[, mean={mean}][, stddev={stddev}])",
        "random.normal({shape}[, mean={mean}][, stddev={stddev}])",
        random=True,
        layer="keras.random.normal({shape}[, mean={mean}][, stddev={stddev}], dtype={dtype}, seed={seed})",
    ),
    row(
        "tf.random.uniform(shape, minval=0, maxval=None, dtype=tf.float32, seed=None)",
        _draw,
        "draws.uniform({shape:shape}[, minval={minval}][, maxval={maxval}])",
        "random.uniform({shape}[, minval={minval}][, maxval={maxval}])",
        random=True,
        layer="keras.random.uniform({shape}[, minval={minval}][, maxval={maxval}], dtype={dtype}, seed={seed})",
    ),
    row(
        "tf.random.truncated_normal(shape, mean=0.0, stddev=1.0, dtype=tf.float32, seed=None)",
        _draw,
        "draws.truncated_normal({shape:shape}[, mean={mean}][, stddev={stddev}])",
        "random.truncated_normal({shape}[, mean={mean}][, stddev={stddev}])",
        random=True,
        layer="keras.random.truncated_normal({shape}[, mean={mean}][, stddev={stddev}], dtype={dtype}, seed={seed})",
    ),
)
