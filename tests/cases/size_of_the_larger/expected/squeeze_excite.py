"""SqueezeExcite: rescales channels by a gate computed from their means."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class SqueezeExcite(layers.Layer):
    """Rescales channels by a gate computed from their means.

    Args:
        ratio: Positive integer, channels per hidden unit.

    Input shape: `(batch, height, width, channels)`.
    Output shape: `(batch, height, width, channels)`.

    Reference: https://arxiv.org/abs/1709.01507
    """

    def __init__(self, ratio=16, **kwargs):
        super().__init__(**kwargs)
        if type(ratio) is not int or ratio <= 0:
            raise ValueError(
                f"`ratio` must be a positive integer. Received: ratio={ratio}"
            )
        self.ratio = ratio
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=4)

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.squeeze_kernel = self.add_weight(
            name="squeeze_kernel", shape=(channels, max(channels // self.ratio, 1))
        )
        self.excite_kernel = self.add_weight(
            name="excite_kernel", shape=(max(channels // self.ratio, 1), channels)
        )
        self.input_spec = layers.InputSpec(ndim=4, axes={-1: channels})

    def call(self, inputs):
        means = tf.reduce_mean(inputs, axis=[1, 2])
        hidden = tf.nn.relu(tf.matmul(means, self.squeeze_kernel))
        gate = tf.sigmoid(tf.matmul(hidden, self.excite_kernel))
        return inputs * gate[:, tf.newaxis, tf.newaxis, :]

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"ratio": self.ratio})
        return config
