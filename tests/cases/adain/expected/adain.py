"""AdaIN: gives the statistics of a style to the features of a content."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class AdaIN(layers.Layer):
    """Gives the statistics of a style to the features of a content.

    Args:
        epsilon: Positive float, added to the variances.

    Call arguments:
        content: Tensor of shape `(batch, height, width, channels)`.
        style: Tensor of shape `(batch, rows, columns, channels)`.

    Output shape: `(batch, height, width, channels)`.

    Reference: https://arxiv.org/abs/1703.06868
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.epsilon = epsilon
        self.supports_masking = True
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, content, style):
        mean, variance = tf.nn.moments(content, axes=[1, 2], keepdims=True)
        style_mean, style_variance = tf.nn.moments(style, axes=[1, 2], keepdims=True)
        normalized = (content - mean) * tf.math.rsqrt(variance + self.epsilon)
        return normalized * tf.sqrt(style_variance + self.epsilon) + style_mean

    def compute_output_shape(self, content_shape, style_shape):
        return content_shape

    def get_config(self):
        config = super().get_config()
        config.update({"epsilon": self.epsilon})
        return config
