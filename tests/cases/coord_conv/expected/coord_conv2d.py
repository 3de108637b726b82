"""CoordConv2D: convolution that sees the coordinates of each pixel."""

import keras
import tensorflow as tf
from keras import activations, layers


@keras.saving.register_keras_serializable()
class CoordConv2D(layers.Layer):
    """Convolution that sees the coordinates of each pixel.

    Args:
        filters: Positive integer.
        kernel_size: Positive integer.
        activation: Activation function, or its name. `None` is linear.

    Input shape: `(batch, height, width, channels)`.
    Output shape: `(batch, height, width, filters)`.

    Reference: https://arxiv.org/abs/1807.03247
    """

    def __init__(self, filters, kernel_size, activation=None, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("filters", filters), ("kernel_size", kernel_size)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = activations.get(activation)
        self.conv = layers.Conv2D(
            filters,
            kernel_size,
            padding="same",
            activation=self.activation,
            dtype=self.dtype_policy,
            name="conv",
        )
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=4)

    def build(self, input_shape):
        self.conv.build((*input_shape[:-1], input_shape[-1] + 2))
        self.input_spec = layers.InputSpec(ndim=4, axes={-1: input_shape[-1]})

    def call(self, inputs):
        shape = tf.shape(inputs)
        rows = tf.linspace(-1.0, 1.0, shape[1])
        columns = tf.linspace(-1.0, 1.0, shape[2])
        grid = tf.stack(tf.meshgrid(rows, columns, indexing="ij"), axis=-1)
        grid = tf.cast(grid, inputs.dtype)
        # (batch, height, width, 2)
        coordinates = tf.broadcast_to(grid, [shape[0], shape[1], shape[2], 2])
        return self.conv(tf.concat([inputs, coordinates], axis=-1))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "kernel_size": self.kernel_size,
                "activation": activations.serialize(self.activation),
            }
        )
        return config
