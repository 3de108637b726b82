"""Bilinear: bilinear form of two inputs for each unit."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class Bilinear(layers.Layer):
    """Bilinear form of two inputs for each unit.

    Args:
        units: Positive integer.

    Call arguments:
        left: Tensor of shape `(batch, left_features)`.
        right: Tensor of shape `(batch, right_features)`.

    Output shape: `(batch, units)`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        self.units = units

    def build(self, left_shape, right_shape):
        left_features = left_shape[-1]
        if left_features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: left_shape={left_shape}"
            )
        right_features = right_shape[-1]
        if right_features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: right_shape={right_shape}"
            )
        self.kernel = self.add_weight(
            name="kernel", shape=(left_features * right_features, self.units)
        )

    def call(self, left, right):
        products = left[:, :, tf.newaxis] * right[:, tf.newaxis, :]
        return tf.matmul(
            tf.reshape(products, [-1, left.shape[-1] * right.shape[-1]]), self.kernel
        )

    def compute_output_shape(self, left_shape, right_shape):
        return (left_shape[0], self.units)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config
