"""The layer ReversibleInstanceNorm."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class ReversibleInstanceNorm(layers.Layer):
    """Normalises each series over time, and gives back its statistics.

    Args:
        epsilon: Positive float, added to the variance.

    Input shape: `(batch, steps, features)`.
    Output shapes: `(batch, steps, features)`, `(batch, 1, features)` and
    `(batch, 1, features)`.

    Reference: https://openreview.net/forum?id=cGDAkQo1C0p
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.epsilon = epsilon
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.gamma = self.add_weight(
            name="gamma", shape=(features,), initializer="ones"
        )
        self.beta = self.add_weight(name="beta", shape=(features,), initializer="zeros")
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: features})

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=[1], keepdims=True)
        deviation = tf.sqrt(variance + self.epsilon)
        return (inputs - mean) / deviation * self.gamma + self.beta, mean, deviation

    def compute_output_shape(self, input_shape):
        return (
            input_shape,
            (input_shape[0], 1, input_shape[-1]),
            (input_shape[0], 1, input_shape[-1]),
        )

    def get_config(self):
        config = super().get_config()
        config.update({"epsilon": self.epsilon})
        return config
