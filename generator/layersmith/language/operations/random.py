"""Random operations: the layer draws them from its own seed generator."""

from __future__ import annotations

from dataclasses import replace

from layersmith.language.dims import Dim, Shape
from layersmith.language.operations.base import Bound, Operation, row
from layersmith.language.operations.conversion import MISSING
from layersmith.language.operations.rules import INTEGER, floating, shaped
from layersmith.language.values import Tensor, Value


def _unseeded(call: Bound) -> None:
    if call.given("seed") and call.literal("seed") is not None:
        call.fail(
            "a seed is not given here",
            "the layer has an argument `seed` for all its draws",
            at="seed",
        )


def _dropout(call: Bound) -> Value:
    _unseeded(call)
    rate = call.literal("rate", MISSING)
    if isinstance(rate, (int, float)) and not 0 <= rate < 1:
        call.fail(
            f"a rate of {rate} is not a part of the whole",
            "it is from 0 up to 1",
            at="rate",
        )
    return Tensor(call.shape("x"), floating(call, "x"))


def _draw(call: Bound) -> Value:
    """Without a dtype the draw takes the layer's, as TensorFlow's own would not."""
    _unseeded(call)
    return Tensor(shaped(call, "shape"), call.dtype(default=call.floats))


def _uniform(call: Bound) -> Value:
    result = _draw(call)
    if call.dtype() in INTEGER and not call.given("maxval"):
        return call.fail(
            "integers are drawn below `maxval`, which is not given",
            "write `maxval=10`, say",
        )
    return result


def _of_integers(operation: Operation, call: Bound) -> Operation:
    if call.dtype() not in INTEGER:
        return operation
    return replace(
        operation,
        numpy="draws.randint({shape:shape}, minval={minval|0}, maxval={maxval})",
        keras="random.randint({shape}, {minval|0}, {maxval}[, dtype={dtype}])",
        layer="keras.random.randint({shape}, {minval|0}, {maxval}, dtype={dtype}, seed={seed})",
    )


def _gamma(call: Bound) -> Value:
    _unseeded(call)
    shape, alpha = shaped(call, "shape"), call.shape("alpha")
    if alpha is not None and alpha.rank != 0:
        return call.fail(
            "the layer draws from one gamma distribution at a time, and `alpha` is a tensor",
            "give a number; draw once more for another",
            at="alpha",
        )
    return Tensor(shape, call.dtype(default=call.floats))


def _categorical(call: Bound) -> Value:
    _unseeded(call)
    logits = call.shape("logits")
    floating(call, "logits")
    if logits is not None and logits.rank not in (None, 2):
        return call.fail(
            f"tf.random.categorical takes [batch, classes], not {logits}",
            "reshape the logits to two axes",
            at="logits",
        )
    batch = None if logits is None else logits.axis(0)
    return Tensor(Shape((batch, call.size("num_samples"))), call.dtype(default="int64"))


def _as_keras_counts(operation: Operation, call: Bound) -> Operation:
    """Keras takes the dtype as text, and has another by default."""
    dtype = call.dtype(default="int64")
    layer = f'keras.random.categorical({{logits}}, {{num_samples}}, dtype="{dtype}", seed={{seed}})'
    return replace(operation, layer=layer)


def _shuffle(call: Bound) -> Value:
    _unseeded(call)
    tensor = call.tensor("value")
    return Tensor(tensor.shape, tensor.dtype)


def _stateless(call: Bound) -> Value:
    seed = call.shape("seed")
    two = Shape((Dim.of(2),))
    if seed is not None and seed != two and None not in seed.axes:
        return call.fail(
            f"the seed of {call.operation.name} is two integers",
            "write `seed=[1, 2]`, say",
            at="seed",
        )
    return Tensor(shaped(call, "shape"), call.dtype(default="float32"))


def _stateless_categorical(call: Bound) -> Value:
    logits = call.shape("logits")
    batch = None if logits is None else logits.axis(0)
    return Tensor(Shape((batch, call.size("num_samples"))), call.dtype(default="int64"))


def refused(call: Bound) -> Value:
    """An operation whose draws do not come from the layer's own generator."""
    return call.fail(
        f"{call.operation.name} draws from TensorFlow's generator, not from the layer's own",
        "build it from `tf.random.uniform` or `tf.random.normal`, which are seeded with the layer",
    )


_SCALED = "[, mean={mean}][, stddev={stddev}]"

TABLE = (
    row(
        "tf.nn.dropout(x, rate, noise_shape=None, seed=None)",
        _dropout,
        "{x} * draws.dropout(np.shape({x}), {rate}[, noise_shape={noise_shape}])",
        "random.dropout({x}, {rate}[, noise_shape={noise_shape}])",
        random=True,
        layer="keras.random.dropout({x}, {rate}[, noise_shape={noise_shape}], seed={seed})",
    ),
    *(
        row(
            f"tf.random.{name}(shape, mean=0.0, stddev=1.0, dtype=tf.float32, seed=None)",
            _draw,
            f"draws.{name}({{shape:shape}}{_SCALED})",
            f"random.{name}({{shape}}{_SCALED}[, dtype={{dtype}}])",
            gradient=False,
            random=True,
            layer=f"keras.random.{name}({{shape}}{_SCALED}, dtype={{dtype}}, seed={{seed}})",
        )
        for name in ("normal", "truncated_normal")
    ),
    row(
        "tf.random.uniform(shape, minval=0, maxval=None, dtype=tf.float32, seed=None)",
        _uniform,
        "draws.uniform({shape:shape}[, minval={minval}][, maxval={maxval}])",
        "random.uniform({shape}[, minval={minval}][, maxval={maxval}][, dtype={dtype}])",
        gradient=False,
        random=True,
        layer="keras.random.uniform({shape}[, minval={minval}][, maxval={maxval}], dtype={dtype}, seed={seed})",
        variant=_of_integers,
    ),
    row(
        "tf.random.gamma(shape, alpha, !beta=None, dtype=tf.float32, seed=None)",
        _gamma,
        "draws.gamma({shape:shape}, alpha={alpha})",
        "random.gamma({shape}, {alpha}[, dtype={dtype}])",
        gradient=False,
        random=True,
        xla=False,
        layer="keras.random.gamma({shape}, {alpha}, dtype={dtype}, seed={seed})",
    ),
    row(
        "tf.random.categorical(logits, num_samples, dtype=None, seed=None)",
        _categorical,
        "draws.categorical({logits}, num_samples={num_samples})",
        "random.categorical({logits}, {num_samples})",
        gradient=False,
        random=True,
        layer='keras.random.categorical({logits}, {num_samples}, dtype="int64", seed={seed})',
        variant=_as_keras_counts,
    ),
    row(
        "tf.random.shuffle(value, seed=None)",
        _shuffle,
        "draws.shuffle({value})",
        "random.shuffle({value})",
        random=True,
        layer="keras.random.shuffle({value}, seed={seed})",
    ),
    *(
        row(
            f"tf.random.stateless_{name}(shape, seed, {rest}dtype=tf.float32, name=None, !alg='auto_select')",
            _stateless,
            gradient=False,
        )
        for name, rest in (
            ("normal", "mean=0.0, stddev=1.0, "),
            ("truncated_normal", "mean=0.0, stddev=1.0, "),
            ("uniform", "minval=0, maxval=None, "),
        )
    ),
    row(
        "tf.random.stateless_categorical(logits, num_samples, seed, dtype=tf.int64)",
        _stateless_categorical,
        gradient=False,
    ),
    row("tf.random.poisson(shape, lam, dtype=tf.float32, seed=None)", refused),
    row("tf.image.random_brightness(image, max_delta, seed=None, name=None)", refused),
    row("tf.image.random_contrast(image, lower, upper, seed=None, name=None)", refused),
    row("tf.image.random_crop(value, size, seed=None)", refused),
    row("tf.image.random_flip_left_right(image, seed=None, name=None)", refused),
    row("tf.image.random_flip_up_down(image, seed=None, name=None)", refused),
    row("tf.image.random_hue(image, max_delta, seed=None, name=None)", refused),
    row(
        "tf.image.random_saturation(image, lower, upper, seed=None, name=None)", refused
    ),
)
