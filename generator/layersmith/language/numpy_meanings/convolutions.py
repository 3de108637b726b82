# mypy: ignore-errors
"""`tf.nn`'s convolutions and pooling, with TensorFlow's arguments; channels last."""

import numpy as np

from layersmith.language.numpy_meanings.windows import (
    average_pooling,
    conv,
    depthwise_conv,
    max_pooling,
    windows,
)


def spatial(numbers, n):
    """A number for each of n spatial axes, from one, n of them, or n + 2."""
    numbers = np.ravel(1 if numbers is None else numbers)
    return numbers[1:-1] if len(numbers) == n + 2 else np.broadcast_to(numbers, n)


def convolution(x, filters, strides=None, padding="VALID", dilations=None):
    n = filters.ndim - 2
    if not isinstance(padding, str):
        x, padding = np.pad(x, padding), "VALID"
    strides, dilations = spatial(strides, n), spatial(dilations, n)
    groups = x.shape[-1] // filters.shape[-2]
    return conv(x, filters, 0.0, strides, padding, dilations, groups)


def depthwise_convolution(x, filters, strides=1, padding="VALID", dilations=None):
    if not isinstance(padding, str):
        x, padding = np.pad(x, padding), "VALID"
    strides, dilations = spatial(strides, 2), spatial(dilations, 2)
    return depthwise_conv(x, filters, 0.0, strides, padding, dilations)


def transposed_convolution(x, filters, output_shape, strides=1, padding="SAME"):
    n = filters.ndim - 2
    places, size, steps = x.shape[1:-1], filters.shape[:n], spatial(strides, n)
    reach = [(m - 1) * step + k for m, step, k in zip(places, steps, size)]
    wanted = output_shape[1:-1]
    full = np.zeros((len(x), *np.maximum(reach, wanted), filters.shape[-2]))
    for offset in np.ndindex(*size):
        ends = [o + (m - 1) * s + 1 for o, m, s in zip(offset, places, steps)]
        where = tuple(map(slice, offset, ends, steps))
        full[(slice(None), *where)] += x @ filters[offset].T
    missing = np.maximum(np.subtract(reach, wanted), 0) * (padding == "SAME")
    starts = missing // 2
    inner = tuple(slice(s, s + w) for s, w in zip(starts, wanted))
    return full[(slice(None), *inner)]


def max_pool(x, ksize, strides=1, padding="VALID"):
    n = x.ndim - 2
    if not isinstance(padding, str):
        x, padding = np.pad(x, padding, constant_values=-np.inf), "VALID"
    return max_pooling(x, spatial(ksize, n), spatial(strides, n), padding)


def avg_pool(x, ksize, strides=1, padding="VALID"):
    n = x.ndim - 2
    return average_pooling(x, spatial(ksize, n), spatial(strides, n), padding)


def extract_patches(x, sizes, strides, rates, padding):
    x = windows(x, spatial(sizes, 2), spatial(strides, 2), padding, spatial(rates, 2))
    x = np.moveaxis(x, 3, -1)
    return x.reshape(*x.shape[:3], -1)
