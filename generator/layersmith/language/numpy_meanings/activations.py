# mypy: ignore-errors
"""Keras's activations in NumPy, stable for large inputs."""

import numpy as np

from layersmith.language.numpy_meanings.functions import erf, log_softmax, softmax

__all__ = ["log_softmax", "softmax"]


def celu(x, alpha=1.0):
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def exponential(x):
    return np.exp(x)


def gelu(x, approximate=False):
    if approximate:
        return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x / 2 * (1 + erf(x / np.sqrt(2)))


def glu(x, axis=-1):
    value, gate = np.split(x, 2, axis)
    return value * sigmoid(gate)


def hard_shrink(x, threshold=0.5):
    return np.where(np.abs(x) > threshold, x, 0)


def hard_sigmoid(x):
    return np.clip(x / 6 + 0.5, 0, 1)


def hard_silu(x):
    return x * np.clip(x / 6 + 0.5, 0, 1)


def hard_tanh(x):
    return np.clip(x, -1, 1)


def leaky_relu(x, negative_slope=0.2):
    return np.where(x > 0, x, negative_slope * x)


def linear(x):
    return x


def log_sigmoid(x):
    return -np.logaddexp(0, -x)


def mish(x):
    return x * np.tanh(np.logaddexp(0, x))


def relu(x):
    return np.maximum(x, 0)


def relu6(x):
    return np.clip(x, 0, 6)


def selu(x):
    alpha, scale = (1.6732632423543772, 1.0507009873554805)
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def silu(x):
    return x * sigmoid(x)


def swish(x, beta=1.0):
    return x * sigmoid(beta * x)


def soft_shrink(x, threshold=0.5):
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0)


def softplus(x):
    return np.logaddexp(0, x)


def softsign(x):
    return x / (1 + np.abs(x))


def sparse_plus(x):
    return np.where(x < 1, np.maximum(x + 1, 0) ** 2 / 4, x)


def sparse_sigmoid(x):
    return np.clip((x + 1) / 2, 0, 1)


def sparsemax(x, axis=-1):
    ranked = np.flip(np.sort(np.moveaxis(x, axis, -1)), -1)
    rank = np.arange(1, x.shape[axis] + 1)
    excess = (np.cumsum(ranked, -1) - 1) / rank
    size = np.sum(ranked > excess, -1, keepdims=True)
    floor = np.take_along_axis(excess, size - 1, -1)
    return np.maximum(x - np.moveaxis(floor, -1, axis), 0)


def squareplus(x, b=4):
    return (x + np.sqrt(x**2 + b)) / 2


def tanh(x):
    return np.tanh(x)


def tanh_shrink(x):
    return x - np.tanh(x)


def threshold(x, threshold, default_value):
    return np.where(x > threshold, x, default_value)
