"""The data of a run: made up by a teacher, read from a file or from a function."""

import math
import re
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from . import files
from .files import DataError

SHUFFLE_BUFFER = 65536  # samples


@dataclass(frozen=True)
class Input:
    """What an input of the layer takes.

    Attributes:
        shape: Of a sample of the made-up data, without the batch axis.
        dtype: Of the tensor.
        upper: Integers are below it; None for floats.
    """

    shape: tuple
    dtype: str = "float32"
    upper: int | None = None


@dataclass(frozen=True)
class Data:
    """Samples `(x, y)` to train on, and held out ones.

    Attributes:
        train, held_out: Datasets of single samples.
        size, held_out_size: How many samples they have.
        shapes: Of x, without the batch axis; a dict where x is one.
        outputs: Size of the head of the model: classes, or values of a sample.
        classification: Whether y holds classes.
    """

    train: tf.data.Dataset
    held_out: tf.data.Dataset
    size: int
    held_out_size: int
    shapes: Any
    outputs: int
    classification: bool

    def batches(self, batch_size, seed, epoch=0, skip=0):
        """Endless batches, the same for the same seed and epoch.

        They are all full, and the batch axis of their spec is None: a function of
        them is traced once, whatever the batch size.
        """
        samples = self.train.shuffle(
            min(self.size, SHUFFLE_BUFFER), seed=1_000_003 * seed + epoch
        )
        return _tuned(samples.repeat().batch(batch_size).skip(skip))

    def held_out_batches(self, batch_size):
        return _tuned(self.held_out.batch(batch_size))

    def some(self, count):
        """The x of a few samples."""
        return next(iter(self.train.batch(count)))[0]


def _tuned(batches):
    options = tf.data.Options()
    # Workers share each batch, also of samples that come from several files.
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)


def each(function, x):
    """The function of x, or of each input where there are several."""
    if isinstance(x, dict):
        return {name: function(value) for name, value in x.items()}
    return function(x)


def made_up(make_model, inputs, validation, samples=4096):
    """Random inputs, and the answers of a teacher: the model with other weights.

    Raises:
        DataError: The layer has no finite answer to such inputs.
    """
    keras.utils.set_random_seed(1234)
    rng = np.random.default_rng(1234)
    x = each(lambda given: _random(rng, samples, given), inputs)
    teacher = make_model(each(lambda given: given.shape, inputs), 1)
    for weight in teacher.trainable_weights:
        weight.assign(weight + rng.uniform(0, 0.1, weight.shape))
    y = teacher.predict(x, verbose=0)
    if not np.isfinite(y).all():
        raise DataError("the layer's answers to made-up inputs are not finite")
    return from_arrays(x, (y - y.mean()) / (y.std() + 1e-6), validation, seed=0)


def _random(rng, samples, given):
    size = (samples, *given.shape)
    if given.upper is not None:
        return rng.integers(given.upper, size=size, dtype=given.dtype)
    if given.dtype == "bool":
        return rng.random(size) < 0.5
    return rng.normal(size=size).astype(given.dtype)


def load(args, make_model, inputs):
    """Reads what `args.data` names, and tries the model on it.

    That is a .npz, .csv or .tfrecord file, or `package.module:function` that returns
    a dataset of samples `(x, y)`. With the task "auto", integers in y are classes.

    Raises:
        DataError: The data do not suit the model; the message is one line.
    """
    if files.is_function(args.data):
        dataset = files.call(args.data)
        data = from_dataset(dataset, inputs, args.task, args.validation)
    else:
        arrays = files.read(args.data, inputs)
        x = _checked(arrays, inputs)
        y = _labels(arrays["y"], args.task)
        data = from_arrays(x, y, args.validation, args.seed)
    try:
        make_model(data.shapes, data.outputs)(data.some(1))
    except (ValueError, tf.errors.OpError) as error:
        # Keras puts what it was doing first, its arguments last, and colours the rest.
        text = re.sub(r"\x1b\[\d*m", "", str(error)).split("Arguments received")[0]
        raise DataError(f"the model refuses x: {text.split('.call().')[-1]}") from None
    return data


def _checked(arrays, inputs):
    """The inputs as the layer takes them."""
    rows = arrays["y"].shape[:1] or (0,)
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise DataError(f"`{name}` must hold finite numbers")
        if array.shape[:1] != rows or not array.size:
            raise DataError(
                f"`{name}` has shape {array.shape}, but y has {rows[0]} rows"
            )
    named = files.named(inputs).items()
    x = {name: _input(name, arrays[name], given) for name, given in named}
    return x if isinstance(inputs, dict) else x["x"]


def _input(name, array, given):
    if given.upper is not None and (
        array.dtype.kind == "f" or array.min() < 0 or array.max() >= given.upper
    ):
        raise DataError(f"`{name}` must hold integers from 0 to {given.upper - 1}")
    return array.astype(given.dtype)


def _labels(y, task):
    """Classes as int32 of shape (rows,), values as float32 of (rows, outputs)."""
    whole = y.dtype.kind in "biu"
    if task == "regression" or (task == "auto" and not whole):
        return y.reshape(len(y), -1).astype("float32")
    if y.size != len(y) or y.min() < 0 or (y != np.round(y)).any():
        raise DataError("classes in y are whole numbers from 0 up, one a sample")
    return y.reshape(-1).astype("int32")


def from_arrays(x, y, validation, seed):
    """Splits arrays in memory at random."""
    order = np.random.default_rng(seed).permutation(len(y))
    held_out, train = np.split(order, [int(len(y) * validation)])

    def samples(index):
        rows = each(lambda array: array[index], x)
        return tf.data.Dataset.from_tensor_slices((rows, y[index]))

    return Data(
        samples(train),
        samples(held_out),
        len(train),
        len(held_out),
        each(lambda array: array.shape[1:], x),
        *_head(y),
    )


def _head(y):
    """Size of the head that answers y, and whether y holds classes."""
    if y.dtype.kind == "i":
        return int(y.max()) + 1, True
    return y.shape[1], False


def from_dataset(dataset, inputs, task, validation):
    """Looks once at every sample, then streams them; holds out ones spread evenly."""
    if not isinstance(dataset, tf.data.Dataset):
        raise DataError(f"it returned {type(dataset).__name__}, not a dataset")
    if not isinstance(dataset.element_spec, tuple) or len(dataset.element_spec) != 2:
        raise DataError("a sample of the dataset must be a pair (x, y)")
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise DataError("the dataset has no end: give it one with `take`")
    labels = []
    for x, y in dataset.batch(1024).as_numpy_iterator():
        arrays = {**(x if isinstance(x, dict) else {"x": x}), "y": y}
        _checked(files.require(arrays, inputs), inputs)
        labels.append(y)
    if not labels:
        raise DataError("the dataset is empty")
    y = _labels(np.concatenate(labels), task)

    def cast(x, label):
        if isinstance(inputs, dict):
            x = {name: tf.cast(x[name], given.dtype) for name, given in inputs.items()}
        else:
            x = tf.cast(x, inputs.dtype)
        return x, tf.cast(tf.reshape(label, y.shape[1:]), y.dtype)

    def is_held_out(number, _):
        number = tf.cast(number, tf.float64)
        return tf.floor(number * validation) > tf.floor((number - 1) * validation)

    numbered = dataset.map(cast, num_parallel_calls=tf.data.AUTOTUNE).enumerate(1)
    held_out = numbered.filter(is_held_out)
    train = numbered.filter(lambda *sample: tf.logical_not(is_held_out(*sample)))
    held_out_size = math.floor(len(y) * validation)
    return Data(
        train.map(lambda _, sample: sample),
        # Else each epoch would stream all samples to measure a few.
        held_out.map(lambda _, sample: sample).cache(),
        len(y) - held_out_size,
        held_out_size,
        each(lambda tensor: tuple(tensor.shape), train.element_spec[1][0]),
        *_head(y),
    )
