# mypy: ignore-errors
"""Forward passes of Keras layers in NumPy: inputs, then weights, then settings.

The weights come in the order of `layer.weights` and under their names there, the
settings under Keras's names and with its defaults. A weight that a layer goes without
has a default here that changes nothing. An activation that a layer applies at its end
is left to the caller.
"""

import math

import numpy as np

from layersmith.language.numpy_meanings.activations import sigmoid
from layersmith.language.numpy_meanings.functions import softmax

# Linear ------------------------------------------------------------------------


def dense(x, kernel, bias=0.0):
    return x @ kernel + bias


def einsum_dense(x, kernel, bias=0.0, *, equation):
    return np.einsum(equation, x, kernel) + bias


def embedding(ids, embeddings):
    return embeddings[ids]


# Normalization -----------------------------------------------------------------


def batch_normalization(
    x, gamma=1.0, beta=0.0, moving_mean=0.0, moving_variance=1.0, axis=-1, epsilon=1e-3
):
    """BatchNormalization in inference."""
    x = np.moveaxis(x, axis, -1)
    x = (x - moving_mean) / np.sqrt(moving_variance + epsilon)
    return np.moveaxis(x * gamma + beta, -1, axis)


def batch_normalization_training(
    x,
    gamma=1.0,
    beta=0.0,
    moving_mean=0.0,
    moving_variance=1.0,
    axis=-1,
    momentum=0.99,
    epsilon=1e-3,
):
    """BatchNormalization in training: the output, the new moving mean and variance."""
    x = np.moveaxis(x, axis, -1)
    axes = tuple(range(x.ndim - 1))
    mean, variance = (x.mean(axes), x.var(axes))
    moving_mean = moving_mean * momentum + mean * (1 - momentum)
    moving_variance = moving_variance * momentum + variance * (1 - momentum)
    y = (x - mean) / np.sqrt(variance + epsilon) * gamma + beta
    return (np.moveaxis(y, -1, axis), moving_mean, moving_variance)


def layer_normalization(x, gamma=1.0, beta=0.0, axis=-1, epsilon=1e-3):
    axis = np.atleast_1d(axis)
    last = tuple(range(-len(axis), 0))
    x = np.moveaxis(x, axis, last)
    mean, variance = (x.mean(last, keepdims=True), x.var(last, keepdims=True))
    y = (x - mean) / np.sqrt(variance + epsilon) * gamma + beta
    return np.moveaxis(y, last, axis)


def rms_normalization(x, scale=1.0, axis=-1, epsilon=1e-6):
    return x / np.sqrt(np.mean(x**2, axis, keepdims=True) + epsilon) * scale


def group_normalization(x, gamma=1.0, beta=0.0, groups=32, epsilon=1e-3):
    """GroupNormalization over the last axis."""
    parts = x.reshape(len(x), -1, groups, x.shape[-1] // groups)
    mean = parts.mean((1, 3), keepdims=True)
    variance = parts.var((1, 3), keepdims=True)
    parts = (parts - mean) / np.sqrt(variance + epsilon)
    return parts.reshape(x.shape) * gamma + beta


def unit_normalization(x, axis=-1):
    return x / np.sqrt(np.maximum(np.sum(x**2, axis, keepdims=True), 1e-12))


# Attention ---------------------------------------------------------------------


def attention(inputs, scale=1.0, mask=None):
    """Attention with dot scores; True in the mask (batch, queries, values) is kept."""
    query, value, key = (*inputs, inputs[-1])[:3]
    scores = scale * query @ np.swapaxes(key, -1, -2)
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    return softmax(scores) @ value


def additive_attention(inputs, scale=1.0, mask=None):
    """AdditiveAttention; True in the mask (batch, queries, values) is kept."""
    query, value, key = (*inputs, inputs[-1])[:3]
    scores = np.sum(scale * np.tanh(query[..., None, :] + key[:, None]), -1)
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    return softmax(scores) @ value


def multi_head_attention(
    query, value, key=None, *, kernels, biases=(0.0, 0.0, 0.0, 0.0), mask=None
):
    """MultiHeadAttention over axis 1; weights of query, key, value and output.

    True in the mask (batch, queries, values) is kept.
    """
    key = value if key is None else key
    inputs = (query, key, value)
    query, key, value = (
        np.swapaxes(np.einsum("btd,dhk->bthk", x, kernel) + bias, 1, 2)
        for x, kernel, bias in zip(inputs, kernels[:3], biases[:3])
    )
    scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])
    if mask is not None:
        scores = np.where(mask[:, None], scores, -1e9)
    heads = softmax(scores) @ value
    return np.einsum("bhtv,hvo->bto", heads, kernels[3]) + biases[3]


# Recurrent cells ---------------------------------------------------------------


def simple_rnn_cell(x, state, kernel, recurrent_kernel, bias=0.0):
    """SimpleRNNCell with tanh: the new state, which is the output."""
    return np.tanh(x @ kernel + bias + state @ recurrent_kernel)


def lstm_cell(x, state, carry, kernel, recurrent_kernel, bias=0.0):
    """LSTMCell with its usual activations: the new state and the new carry."""
    gates = x @ kernel + state @ recurrent_kernel + bias
    i, f, c, o = np.split(gates, 4, -1)
    carry = sigmoid(f) * carry + sigmoid(i) * np.tanh(c)
    return sigmoid(o) * np.tanh(carry), carry


def gru_cell(x, state, kernel, recurrent_kernel, bias=(0.0, 0.0)):
    """GRUCell with its usual activations and reset_after: the new state."""
    xz, xr, xh = np.split(x @ kernel + bias[0], 3, -1)
    hz, hr, hh = np.split(state @ recurrent_kernel + bias[1], 3, -1)
    update = sigmoid(xz + hz)
    candidate = np.tanh(xh + sigmoid(xr + hr) * hh)
    return update * state + (1 - update) * candidate


# Activation layers -------------------------------------------------------------


def leaky_relu_layer(x, negative_slope=0.3):
    """LeakyReLU, whose slope is not that of the activation."""
    return np.where(x > 0, x, negative_slope * x)


def thresholded_relu(x, max_value=None, negative_slope=0.0, threshold=0.0):
    """ReLU with its arguments."""
    y = np.where(x > threshold, x, negative_slope * (x - threshold))
    return y if max_value is None else np.minimum(y, max_value)


def prelu(x, alpha):
    return np.where(x > 0, x, alpha * x)


def masked_softmax(x, mask, axis=-1):
    """Softmax with a mask: what is masked gets no weight."""
    return np.where(mask, softmax(np.where(mask, x, -1e9), axis), 0)


# Merging and shaping ------------------------------------------------------------


def add(inputs):
    return sum(inputs)


def average(inputs):
    return sum(inputs) / len(inputs)


def concatenate(inputs, axis=-1):
    return np.concatenate(inputs, axis)


def dot(inputs, axes, normalize=False):
    """Dot over one axis of each of two inputs."""
    x, y = (np.moveaxis(z, a, -1) for z, a in zip(inputs, np.broadcast_to(axes, 2)))
    if normalize:
        x, y = (unit_normalization(x), unit_normalization(y))
    result = np.stack([np.tensordot(a, b, (-1, -1)) for a, b in zip(x, y)])
    return result[:, None] if result.ndim == 1 else result


def maximum(inputs):
    return np.maximum.reduce(np.broadcast_arrays(*inputs))


def minimum(inputs):
    return np.minimum.reduce(np.broadcast_arrays(*inputs))


def multiply(inputs):
    return math.prod(inputs)


def subtract(inputs):
    x, y = inputs
    return x - y


def flatten(x):
    return x.reshape(len(x), -1)


def repeat_vector(x, n):
    return np.repeat(x[:, None], n, axis=1)
