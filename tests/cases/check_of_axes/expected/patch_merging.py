"""The layer PatchMerging."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class PatchMerging(layers.Layer):
    """Merges neighbouring patches of a feature map, as in Swin transformers.

    Args:
        units: Positive integer, width of the output.
        size: Integer of at least 2, patches merged along each axis.

    Input shape: `(batch, height, width, channels)`.
    Output shape: `(batch, height // size, width // size, units)`.

    Reference: https://arxiv.org/abs/2103.14030
    """

    def __init__(self, units, size=2, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        if type(size) is not int or size < 2:
            raise ValueError(
                f"`size` must be an integer of at least 2. Received: size={size}"
            )
        self.units = units
        self.size = size
        self.input_spec = layers.InputSpec(ndim=4)

    def build(self, input_shape):
        if (input_shape[1] is not None and input_shape[1] % self.size) or (
            input_shape[2] is not None and input_shape[2] % self.size
        ):
            raise ValueError(
                "`size` must divide the height and the width. "
                f"Received: input_shape={input_shape}, size={self.size}"
            )
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.gamma = self.add_weight(
            name="gamma", shape=(self.size * self.size * channels,), initializer="ones"
        )
        self.kernel = self.add_weight(
            name="kernel", shape=(self.size * self.size * channels, self.units)
        )
        self.input_spec = layers.InputSpec(ndim=4, axes={-1: channels})

    def call(self, inputs):
        merged = tf.nn.space_to_depth(inputs, self.size)
        mean, variance = tf.nn.moments(merged, axes=[-1], keepdims=True)
        normed = (merged - mean) * tf.math.rsqrt(variance + 1e-5) * self.gamma
        return tf.tensordot(normed, self.kernel, axes=1)

    def compute_output_shape(self, input_shape):
        return (
            input_shape[0],
            None if input_shape[1] is None else input_shape[1] // self.size,
            None if input_shape[2] is None else input_shape[2] // self.size,
            self.units,
        )

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units, "size": self.size})
        return config
