"""ALiBiAttention: causal self-attention with a penalty that grows with the distance."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class ALiBiAttention(layers.Layer):
    """Causal self-attention with a penalty that grows with the distance.

    Args:
        heads: Positive integer.
        head_dim: Positive integer.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, features)`.

    Reference: https://arxiv.org/abs/2108.12409
    """

    def __init__(self, heads, head_dim, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("heads", heads), ("head_dim", head_dim)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        self.heads = heads
        self.head_dim = head_dim
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.slopes = 2.0 ** (-8.0 * np.arange(1, self.heads + 1) / self.heads)
        self.query_kernel = self.add_weight(
            name="query_kernel", shape=(features, self.heads, self.head_dim)
        )
        self.key_kernel = self.add_weight(
            name="key_kernel", shape=(features, self.heads, self.head_dim)
        )
        self.value_kernel = self.add_weight(
            name="value_kernel", shape=(features, self.heads, self.head_dim)
        )
        self.output_kernel = self.add_weight(
            name="output_kernel", shape=(self.heads, self.head_dim, features)
        )
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: features})

    def call(self, inputs):
        query = tf.einsum("bsf,fhd->bhsd", inputs, self.query_kernel)
        key = tf.einsum("bsf,fhd->bhsd", inputs, self.key_kernel)
        value = tf.einsum("bsf,fhd->bhsd", inputs, self.value_kernel)
        scores = tf.matmul(query, key, transpose_b=True) / self.head_dim**0.5
        positions = tf.range(tf.shape(inputs)[1])
        distances = tf.cast(positions - positions[:, tf.newaxis], inputs.dtype)
        scores = scores + self.slopes[:, tf.newaxis, tf.newaxis] * distances
        scores = tf.where(distances <= 0, scores, scores.dtype.min)
        context = tf.matmul(tf.nn.softmax(scores), value)
        return tf.einsum("bhsd,hdf->bsf", context, self.output_kernel)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"heads": self.heads, "head_dim": self.head_dim})
        return config
