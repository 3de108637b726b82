"""ConvNeXtBlock: convolutional block with global response normalisation."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class ConvNeXtBlock(layers.Layer):
    """Convolutional block with global response normalisation.

    Args:
        expansion: Positive integer, hidden channels for each channel.
        kernel_size: Positive integer.
        epsilon: Positive float.

    Input shape: `(batch, height, width, channels)`.
    Output shape: `(batch, height, width, channels)`.

    Reference: https://arxiv.org/abs/2301.00808
    """

    def __init__(self, expansion=4, kernel_size=7, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("expansion", expansion), ("kernel_size", kernel_size)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.expansion = expansion
        self.kernel_size = kernel_size
        self.epsilon = epsilon
        self.depthwise = layers.DepthwiseConv2D(
            kernel_size, padding="same", dtype=self.dtype_policy, name="depthwise"
        )
        self.norm = layers.LayerNormalization(
            epsilon=epsilon, dtype=self.dtype_policy, name="norm"
        )
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=4)

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.depthwise.build(input_shape)
        self.norm.build(input_shape)
        self.up = self.add_weight(
            name="up", shape=(channels, self.expansion * channels)
        )
        self.gamma = self.add_weight(
            name="gamma", shape=(self.expansion * channels,), initializer="zeros"
        )
        self.beta = self.add_weight(
            name="beta", shape=(self.expansion * channels,), initializer="zeros"
        )
        self.down = self.add_weight(
            name="down", shape=(self.expansion * channels, channels)
        )
        self.input_spec = layers.InputSpec(ndim=4, axes={-1: channels})

    def call(self, inputs):
        x = tf.nn.gelu(tf.tensordot(self.norm(self.depthwise(inputs)), self.up, axes=1))
        # Global response normalisation: each channel against the mean of all.
        norms = tf.sqrt(
            tf.reduce_sum(tf.square(x), axis=[1, 2], keepdims=True) + self.epsilon
        )
        response = norms / (
            tf.reduce_mean(norms, axis=-1, keepdims=True) + self.epsilon
        )
        x = x + self.gamma * (x * response) + self.beta
        return inputs + tf.tensordot(x, self.down, axes=1)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "expansion": self.expansion,
                "kernel_size": self.kernel_size,
                "epsilon": self.epsilon,
            }
        )
        return config
