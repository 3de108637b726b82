"""SplitMoments: mean and variance of the features, and what is left of them."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class SplitMoments(layers.Layer):
    """Mean and variance of the features, and what is left of them.

    Input shape: `(batch, steps, features)`.
    Output shapes: `(batch, steps)`, `(batch, steps)` and
    `(batch, steps, features)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        mean = tf.reduce_mean(inputs, axis=-1)
        variance = tf.math.reduce_variance(inputs, axis=-1)
        return mean, variance, inputs - mean[..., tf.newaxis]

    def compute_output_shape(self, input_shape):
        return (
            (input_shape[0], input_shape[1]),
            (input_shape[0], input_shape[1]),
            input_shape,
        )
