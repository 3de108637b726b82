# mypy: ignore-errors
"""Operations of TensorFlow on tensors and matrices that NumPy has in another form."""

import numpy as np

from layersmith.language.numpy_meanings.functions import scatter_nd

# Making and taking parts ---------------------------------------------------------


def eye(num_rows, num_columns=None, batch_shape=(), dtype=float):
    matrix = np.eye(num_rows, num_columns, dtype=dtype)
    return np.broadcast_to(matrix, (*batch_shape, *matrix.shape))


def part_of(x, begin, size):
    ends = [n if s == -1 else b + s for n, b, s in zip(np.shape(x), begin, size)]
    return x[tuple(map(slice, begin, ends))]


def space_to_depth(x, block_size):
    n, h, w, c = x.shape
    x = x.reshape(n, h // block_size, block_size, w // block_size, block_size, c)
    x = x.transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(*x.shape[:3], block_size**2 * c)


def depth_to_space(x, block_size):
    n, h, w, c = x.shape
    x = x.reshape(n, h, w, block_size, block_size, c // block_size**2)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(n, h * block_size, w * block_size, -1)


# Placing by index ----------------------------------------------------------------


def tensor_scatter_nd_sub(tensor, indices, updates):
    return tensor - scatter_nd(indices, updates, tensor.shape)


def tensor_scatter_nd_max(tensor, indices, updates):
    result = tensor.copy()
    np.maximum.at(result, tuple(np.moveaxis(indices, -1, 0)), updates)
    return result


def tensor_scatter_nd_min(tensor, indices, updates):
    result = tensor.copy()
    np.minimum.at(result, tuple(np.moveaxis(indices, -1, 0)), updates)
    return result


def reverse_sequence(x, lengths, seq_axis=0, batch_axis=0):
    x = np.moveaxis(x, (batch_axis, seq_axis), (0, 1))
    rows = [np.concatenate([row[:n][::-1], row[n:]]) for row, n in zip(x, lengths)]
    return np.moveaxis(np.stack(rows), (0, 1), (batch_axis, seq_axis))


# Order ---------------------------------------------------------------------------


def sort(values, axis=-1, direction="ASCENDING"):
    values = np.sort(values, axis)
    return np.flip(values, axis) if direction == "DESCENDING" else values


def argsort(values, axis=-1, direction="ASCENDING"):
    values = -values if direction == "DESCENDING" else values
    return np.argsort(values, axis, kind="stable")


def searchsorted(sorted_sequence, values, side="left"):
    rows = sorted_sequence.reshape(-1, sorted_sequence.shape[-1])
    pairs = zip(rows, values.reshape(len(rows), -1))
    found = [np.searchsorted(row, value, side) for row, value in pairs]
    return np.reshape(found, values.shape)


def in_top_k(targets, predictions, k):
    target = np.take_along_axis(predictions, targets[:, None], -1)
    return np.sum(predictions > target, -1) < k


# Norms and moments ---------------------------------------------------------------


def norm(x, ord="euclidean", axis=None, keepdims=False):
    if ord == np.inf:
        return np.max(np.abs(x), axis, keepdims=bool(keepdims))
    power = 2 if ord == "euclidean" else ord
    total = np.sum(np.abs(x) ** power, axis, keepdims=bool(keepdims))
    return total ** (1 / power)


def normalize(x, ord="euclidean", axis=None):
    size = norm(x, ord, axis, keepdims=True)
    return x / size, size


def weighted_moments(x, axes, weights, keepdims=False):
    weights = np.broadcast_to(weights, x.shape)
    total = np.sum(weights, axes, keepdims=True)
    mean = np.sum(weights * x, axes, keepdims=True) / total
    variance = np.sum(weights * (x - mean) ** 2, axes, keepdims=True) / total
    if keepdims:
        return mean, variance
    return np.squeeze(mean, axes), np.squeeze(variance, axes)


def normalized(x, mean, variance, offset, scale, epsilon):
    y = (x - mean) / np.sqrt(variance + epsilon)
    y = y if scale is None else y * scale
    return y if offset is None else y + offset


def lrn(x, depth_radius=5, bias=1, alpha=1, beta=0.5):
    places = np.arange(x.shape[-1])
    near = np.abs(places[:, None] - places) <= depth_radius
    return x / (bias + alpha * (x**2 @ near)) ** beta


def weighted_cross_entropy_with_logits(labels, logits, pos_weight):
    positive = pos_weight * labels * np.logaddexp(0, -logits)
    return positive + (1 - labels) * np.logaddexp(0, logits)


# Linear systems ------------------------------------------------------------------


def triangular_solve(matrix, rhs, lower=True):
    return np.linalg.solve(np.tril(matrix) if lower else np.triu(matrix), rhs)


def cholesky_solve(chol, rhs):
    return np.linalg.solve(chol @ np.swapaxes(chol, -1, -2), rhs)


# Diagonals -----------------------------------------------------------------------


def diag(diagonal):
    return diagonal[..., None] * np.eye(diagonal.shape[-1])


def set_diag(x, diagonal):
    result = np.array(x)
    places = np.arange(diagonal.shape[-1])
    result[..., places, places] = diagonal
    return result


def tensor_diag(diagonal):
    return np.diag(diagonal.ravel()).reshape(diagonal.shape * 2)


def tensor_diag_part(x):
    shape = x.shape[: x.ndim // 2]
    size = int(np.prod(shape))
    return np.diag(x.reshape(size, size)).reshape(shape)
