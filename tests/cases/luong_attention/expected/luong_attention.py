"""LuongAttention: multiplicative attention of a query over values."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class LuongAttention(layers.Layer):
    """Multiplicative attention of a query over values.

    Call arguments:
        query: Tensor of shape `(batch, queries, features)`.
        value: Tensor of shape `(batch, steps, size)`.
        value_mask: Optional boolean tensor of shape `(batch, steps)`. True for
            the steps to attend to.

    Output shape: `(batch, queries, size)`.

    Reference: https://arxiv.org/abs/1508.04025
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
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
        self.kernel = self.add_weight(name="kernel", shape=(features, size))

    def call(self, query, value, value_mask=None):
        scores = tf.matmul(
            tf.tensordot(query, self.kernel, axes=1), value, transpose_b=True
        )
        if value_mask is not None:
            keep = tf.cast(value_mask, tf.bool)[:, tf.newaxis]
            scores = tf.where(keep, scores, scores.dtype.min)
        return tf.matmul(tf.nn.softmax(scores), value)

    def compute_output_shape(self, query_shape, value_shape):
        return (query_shape[0], query_shape[1], value_shape[-1])
