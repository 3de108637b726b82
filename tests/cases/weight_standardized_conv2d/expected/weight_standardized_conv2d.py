"""The layer WeightStandardizedConv2D."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class WeightStandardizedConv2D(layers.Layer):
    """Convolution whose kernel is standardised for each filter.

    Args:
        filters: Positive integer.
        kernel_size: Positive integer.
        epsilon: Positive float, added to the variances.

    Input shape: `(batch, height, width, channels)`.
    Output shape: `(batch, height, width, filters)`.

    Reference: https://arxiv.org/abs/1903.10520
    """

    def __init__(self, filters, kernel_size, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("filters", filters), ("kernel_size", kernel_size)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.filters = filters
        self.kernel_size = kernel_size
        self.epsilon = epsilon
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=4)

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, self.kernel_size, channels, self.filters),
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.filters,), initializer="zeros"
        )
        self.input_spec = layers.InputSpec(ndim=4, axes={-1: channels})

    def call(self, inputs):
        mean, variance = tf.nn.moments(self.kernel, axes=[0, 1, 2])
        standardized = (self.kernel - mean) * tf.math.rsqrt(variance + self.epsilon)
        x = tf.nn.conv2d(inputs, standardized, strides=1, padding="SAME")
        return tf.nn.bias_add(x, self.bias)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "kernel_size": self.kernel_size,
                "epsilon": self.epsilon,
            }
        )
        return config
