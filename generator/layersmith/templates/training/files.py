"""Reads data files into named NumPy arrays, and calls functions that make data."""

import csv
import importlib
import math
import sys
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError


class DataError(ValueError):
    """The data do not suit the model; the message is one line."""


def is_function(source):
    """Whether the source is `package.module:function`."""
    module, colon, function = source.partition(":")
    dotted = all(part.isidentifier() for part in module.split("."))
    return bool(colon) and dotted and function.isidentifier()


def call(source):
    """Returns what the function returns.

    Raises:
        DataError: There is no such function.
    """
    module, _, function = source.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise DataError(str(error)) from None
    finally:
        sys.path.pop(0)
    return found()


def read(source, inputs):
    """Returns the arrays of the file: one an input, or `x`; and `y`.

    Raises:
        DataError: The file is not what its name says, or lacks an array.
        OSError: It cannot be read.
    """
    name = source.lower()
    try:
        if name.endswith(".npz"):
            return require(_read_npz(source), inputs)
        if name.endswith(".csv"):
            return _read_csv(source, inputs)
        if name.endswith((".tfrecord", ".tfrecords", ".tfrecord.gz")):
            return _read_tfrecord(source, inputs)
    except ValueError as error:
        raise DataError(str(error)) from None
    raise DataError("not a .npz, .csv or .tfrecord file, nor package.module:function")


def named(inputs):
    """The inputs by the names of their arrays; the only one is called x."""
    return inputs if isinstance(inputs, dict) else {"x": inputs}


def require(arrays, inputs):
    """Returns the arrays that are needed, and no others."""
    names = [*named(inputs), "y"]
    for name in names:
        if name not in arrays:
            raise DataError(f"no `{name}`, only {', '.join(arrays) or 'nothing'}")
    return {name: arrays[name] for name in names}


def _read_npz(path):
    if not zipfile.is_zipfile(path):
        raise DataError("not a .npz file" if Path(path).exists() else "no such file")
    with np.load(path) as file:
        return dict(file)


def _read_csv(path, inputs):
    """Columns of numbers; the label is column `y`, or the last one."""
    if isinstance(inputs, dict):
        raise DataError("a .csv file feeds one input; this layer has several")
    names, rows = [], []
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        for row in filter(None, reader):
            wrong = [cell for cell in row if not _is_number(cell)]
            if wrong and not rows and not names:
                names = [cell.strip() for cell in row]
                continue
            if wrong:
                raise DataError(f"line {reader.line_num}: {wrong[0]!r} is no number")
            if rows and len(row) != len(rows[0]):
                raise DataError(f"line {reader.line_num} has {len(row)} columns")
            rows.append(row)
    if not rows:
        raise DataError("no rows of numbers")
    label = names.index("y") if "y" in names else len(rows[0]) - 1
    y = [row.pop(label).strip() for row in rows]
    whole = all(text.lstrip("+-").isdigit() for text in y)
    x = np.array(rows, dtype="int64" if inputs.upper is not None else "float64")
    if x.shape[1] == math.prod(inputs.shape):
        x = x.reshape(len(x), *inputs.shape)
    return {"x": x, "y": np.array(y, dtype="int64" if whole else "float64")}


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_tfrecord(pattern, inputs):
    """Records of `tf.train.Example`; the pattern may name several files."""
    paths = sorted(tf.io.gfile.glob(str(pattern)))
    if not paths:
        raise DataError("no such file")
    compression = "GZIP" if paths[0].endswith(".gz") else ""
    records = tf.data.TFRecordDataset(paths, compression)
    first = next(records.take(1).as_numpy_iterator(), None)
    if first is None:
        raise DataError("no records")
    spec = _record_spec(first, inputs)
    batches = records.batch(1024).map(
        lambda batch: tf.io.parse_example(batch, spec),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    parsed = list(batches.as_numpy_iterator())
    return {name: np.concatenate([part[name] for part in parsed]) for name in spec}


def _record_spec(record, inputs):
    """How records are parsed that have as many numbers as this one."""
    try:
        features = tf.train.Example.FromString(record).features.feature
    except DecodeError:
        raise DataError("its records are not of `tf.train.Example`") from None
    dtypes = {"float_list": tf.float32, "int64_list": tf.int64}
    spec = {}
    for name, feature in require(features, inputs).items():
        kind = feature.WhichOneof("kind")
        if kind not in dtypes:
            raise DataError(f"`{name}` must hold numbers")
        shape = (len(getattr(feature, kind).value),)
        given = named(inputs).get(name)
        if given and math.prod(given.shape) == shape[0]:
            shape = given.shape
        spec[name] = tf.io.FixedLenFeature(shape, dtypes[kind])
    return spec
