"""Time2Vec: represents time by a linear trend and learned frequencies."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class Time2Vec(layers.Layer):
    """Represents time by a linear trend and learned frequencies.

    Args:
        frequencies: Positive integer, number of periodic features.

    Input shape: `(batch, ..., 1)`.
    Output shape: `(batch, ..., frequencies + 1)`.

    Reference: https://arxiv.org/abs/1907.05321
    """

    def __init__(self, frequencies, **kwargs):
        super().__init__(**kwargs)
        if type(frequencies) is not int or frequencies <= 0:
            raise ValueError(
                "`frequencies` must be a positive integer. "
                f"Received: frequencies={frequencies}"
            )
        self.frequencies = frequencies
        self.supports_masking = True
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: 1})

    def build(self, input_shape=None):
        self.kernel = self.add_weight(
            name="kernel", shape=(1, self.frequencies + 1), initializer="random_uniform"
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.frequencies + 1,), initializer="random_uniform"
        )

    def call(self, inputs):
        phases = tf.tensordot(inputs, self.kernel, axes=1) + self.bias
        return tf.concat([phases[..., :1], tf.sin(phases[..., 1:])], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.frequencies + 1)

    def get_config(self):
        config = super().get_config()
        config.update({"frequencies": self.frequencies})
        return config
