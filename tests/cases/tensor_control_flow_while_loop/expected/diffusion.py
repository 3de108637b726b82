"""Diffusion: spreads each feature towards the mean of all, a number of times."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class Diffusion(layers.Layer):
    """Spreads each feature towards the mean of all, a number of times.

    Args:
        times: Non-negative integer.
        rate: Float in `[0, 1]`.

    Input shape: `(batch, features)`.
    Output shape: `(batch, features)`.
    """

    def __init__(self, times=3, rate=0.25, **kwargs):
        super().__init__(**kwargs)
        if type(times) is not int or times < 0:
            raise ValueError(
                f"`times` must be a non-negative integer. Received: times={times}"
            )
        if not 0 <= rate <= 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1]. Received: rate={rate}"
            )
        self.times = times
        self.rate = rate
        self.input_spec = layers.InputSpec(ndim=2)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        def keep(step, x):
            return step < self.times

        def spread(step, x):
            return step + 1, x + self.rate * (
                tf.reduce_mean(x, axis=-1, keepdims=True) - x
            )

        _, outputs = tf.while_loop(
            keep, spread, (0, inputs), maximum_iterations=self.times
        )
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"times": self.times, "rate": self.rate})
        return config
