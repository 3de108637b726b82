"""BahdanauAttention: additive attention of a query over values."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class BahdanauAttention(layers.Layer):
    """Additive attention of a query over values.

    Args:
        units: Positive integer, size of the space in which both are compared.

    Call arguments:
        query: Tensor of shape `(batch, queries, features)`.
        value: Tensor of shape `(batch, steps, size)`.

    Output shape: `(batch, queries, size)`.

    Reference: https://arxiv.org/abs/1409.0473
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        self.units = units
        self.supports_masking = True

    def build(self, query_shape, value_shape):
        features = query_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: query_shape={query_shape}"
            )
        size = value_shape[-1]
        if size is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: value_shape={value_shape}"
            )
        self.query_kernel = self.add_weight(
            name="query_kernel", shape=(features, self.units)
        )
        self.value_kernel = self.add_weight(
            name="value_kernel", shape=(size, self.units)
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.units,), initializer="zeros"
        )
        self.scale = self.add_weight(name="scale", shape=(self.units,))

    def call(self, query, value):
        projected_query = tf.tensordot(query, self.query_kernel, axes=1)[
            :, :, tf.newaxis
        ]
        projected_value = tf.tensordot(value, self.value_kernel, axes=1)[:, tf.newaxis]
        hidden = tf.tanh(projected_query + projected_value + self.bias)
        scores = tf.reduce_sum(hidden * self.scale, axis=-1)
        return tf.matmul(tf.nn.softmax(scores), value)

    def compute_output_shape(self, query_shape, value_shape):
        return (query_shape[0], query_shape[1], value_shape[-1])

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config
