"""KANLinear: sum of learned functions of each feature, made of radial bumps."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class KANLinear(layers.Layer):
    """Sum of learned functions of each feature, made of radial bumps.

    Args:
        units: Positive integer, size of the last output axis.
        grid_size: Integer of at least 2, number of bumps for each function.
        limit: Positive float, the bumps lie from -limit to limit.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., units)`.

    Reference: https://arxiv.org/abs/2404.19756
    """

    def __init__(self, units, grid_size=5, limit=2.0, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        if type(grid_size) is not int or grid_size < 2:
            raise ValueError(
                "`grid_size` must be an integer of at least 2. "
                f"Received: grid_size={grid_size}"
            )
        if not limit > 0:
            raise ValueError(f"`limit` must be positive. Received: limit={limit}")
        self.units = units
        self.grid_size = grid_size
        self.limit = limit
        self.supports_masking = True
        self.input_spec = layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.centers = np.linspace(-self.limit, self.limit, self.grid_size)
        self.base_kernel = self.add_weight(
            name="base_kernel", shape=(features, self.units)
        )
        self.bump_kernel = self.add_weight(
            name="bump_kernel", shape=(features * self.grid_size, self.units)
        )
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs):
        distances = (inputs[..., tf.newaxis] - self.centers) * (
            (self.grid_size - 1) / (2 * self.limit)
        )
        bumps = tf.exp(-tf.square(distances))
        flat = tf.reshape(
            bumps,
            tf.concat(
                [tf.shape(inputs)[:-1], [inputs.shape[-1] * self.grid_size]], axis=0
            ),
        )
        return tf.tensordot(
            tf.nn.silu(inputs), self.base_kernel, axes=1
        ) + tf.tensordot(flat, self.bump_kernel, axes=1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update(
            {"units": self.units, "grid_size": self.grid_size, "limit": self.limit}
        )
        return config
