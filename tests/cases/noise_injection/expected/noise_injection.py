"""The layer NoiseInjection."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class NoiseInjection(layers.Layer):
    """Adds noise that all channels share, each by its own learned strength.

    Args:
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, height, width, channels)`.
    Output shape: `(batch, height, width, channels)`.

    Reference: https://arxiv.org/abs/1812.04948
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=4)

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.strength = self.add_weight(
            name="strength", shape=(channels,), initializer="zeros"
        )
        self.input_spec = layers.InputSpec(ndim=4, axes={-1: channels})

    def call(self, inputs):
        shape = tf.shape(inputs)
        noise = keras.random.normal(
            [shape[0], shape[1], shape[2], 1],
            dtype=inputs.dtype,
            seed=self.seed_generator,
        )
        return inputs + self.strength * noise

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"seed": self.seed})
        return config
