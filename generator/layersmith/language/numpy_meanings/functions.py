# mypy: ignore-errors
"""Functions of TensorFlow that NumPy has under no name, with TensorFlow's arguments."""

import math

import numpy as np

# Normalising ----------------------------------------------------------------


def softmax(x, axis=-1):
    exp = np.exp(x - np.max(x, axis, keepdims=True))
    return exp / np.sum(exp, axis, keepdims=True)


def log_softmax(x, axis=-1):
    return x - logsumexp(x, axis, keepdims=True)


def logsumexp(x, axis=None, keepdims=False):
    return np.logaddexp.reduce(x, axis, keepdims=keepdims)


def crelu(x, axis=-1):
    return np.maximum(np.concatenate([x, -x], axis), 0)


def l2_normalize(x, axis=None, epsilon=1e-12):
    return x / np.sqrt(np.maximum(np.sum(x**2, axis, keepdims=True), epsilon))


def moments(x, axes, keepdims=False):
    return np.mean(x, axes, keepdims=keepdims), np.var(x, axes, keepdims=keepdims)


def clip_by_norm(x, clip_norm, axes=None):
    norm = np.sqrt(np.sum(x**2, axes, keepdims=True))
    return x * clip_norm / np.maximum(norm, clip_norm)


def divide_no_nan(x, y):
    return np.where(y == 0, 0, x / np.where(y == 0, 1, y))


def multiply_no_nan(x, y):
    return np.where(y == 0, 0, x * y)


def xlogy(x, y):
    return np.where(x == 0, 0, x * np.log(np.where(x == 0, 1, y)))


def xlog1py(x, y):
    return np.where(x == 0, 0, x * np.log1p(np.where(x == 0, 1, y)))


def xdivy(x, y):
    return np.where(x == 0, 0, x / np.where(x == 0, 1, y))


# Special functions -----------------------------------------------------------


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)


def bessel_i0e(x):
    return np.i0(x) * np.exp(-np.abs(x))


def lgamma(x):
    return np.vectorize(math.lgamma, otypes=[float])(x)


# Losses ------------------------------------------------------------------------


def sigmoid_cross_entropy_with_logits(labels, logits):
    return np.logaddexp(0, logits) - labels * logits


def softmax_cross_entropy_with_logits(labels, logits, axis=-1):
    return -np.sum(labels * log_softmax(logits, axis), axis)


def sparse_softmax_cross_entropy_with_logits(labels, logits):
    chosen = np.take_along_axis(log_softmax(logits), labels[..., None], -1)
    return -chosen[..., 0]


# Picking and placing -----------------------------------------------------------


def one_hot(indices, depth, on_value=1.0, off_value=0.0, axis=-1):
    hot = np.asarray(indices)[..., None] == np.arange(depth)
    return np.moveaxis(np.where(hot, on_value, off_value), -1, axis)


def split(value, num_or_size_splits, axis=0):
    if np.ndim(num_or_size_splits) == 0:
        return np.split(value, num_or_size_splits, axis)
    sizes = np.array(num_or_size_splits)
    sizes[sizes < 0] = value.shape[axis] - sizes[sizes >= 0].sum()
    return np.split(value, np.cumsum(sizes)[:-1], axis)


def top_k(x, k=1):
    indices = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, indices, -1), indices


def gather(params, indices, axis=None, batch_dims=0):
    axis = batch_dims if axis is None else axis % params.ndim
    if batch_dims == 0:
        return np.take(params, indices, axis)
    pairs = zip(params, indices)
    return np.stack([gather(p, i, axis - 1, batch_dims - 1) for p, i in pairs])


def gather_nd(params, indices, batch_dims=0):
    if batch_dims == 0:
        return params[tuple(np.moveaxis(indices, -1, 0))]
    pairs = zip(params, indices)
    return np.stack([gather_nd(p, i, batch_dims - 1) for p, i in pairs])


def scatter_nd(indices, updates, shape):
    result = np.zeros(shape, updates.dtype)
    np.add.at(result, tuple(np.moveaxis(indices, -1, 0)), updates)
    return result


def tensor_scatter_nd_update(tensor, indices, updates):
    result = tensor.copy()
    result[tuple(np.moveaxis(indices, -1, 0))] = updates
    return result


def tensor_scatter_nd_add(tensor, indices, updates):
    return tensor + scatter_nd(indices, updates, tensor.shape)


def sequence_mask(lengths, maxlen=None):
    maxlen = np.max(lengths) if maxlen is None else maxlen
    return np.arange(maxlen) < np.asarray(lengths)[..., None]


def band_part(x, num_lower, num_upper):
    below = np.arange(x.shape[-2])[:, None] - np.arange(x.shape[-1])
    keep_lower = num_lower < 0 or below <= num_lower
    return np.where(keep_lower & (num_upper < 0 or -below <= num_upper), x, 0)


# Running sums ------------------------------------------------------------------


def cumsum(x, axis=0, exclusive=False, reverse=False):
    x = np.flip(x, axis) if reverse else x
    if exclusive:
        x = np.insert(np.delete(x, -1, axis), 0, 0, axis)
    x = np.cumsum(x, axis)
    return np.flip(x, axis) if reverse else x


def cumprod(x, axis=0, exclusive=False, reverse=False):
    x = np.flip(x, axis) if reverse else x
    if exclusive:
        x = np.insert(np.delete(x, -1, axis), 0, 1, axis)
    x = np.cumprod(x, axis)
    return np.flip(x, axis) if reverse else x
