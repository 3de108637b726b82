"""The layer RandomFourierFeatures."""

import keras
import tensorflow as tf
from keras import initializers, layers


@keras.saving.register_keras_serializable()
class RandomFourierFeatures(layers.Layer):
    """Random features whose inner products approximate a Gaussian kernel.

    Args:
        units: Positive integer, number of random features.
        scale: Positive float, width of the Gaussian kernel.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., units)`.

    Reference: https://papers.nips.cc/paper/3182-random-features-for-large-scale-kernel-machines
    """

    def __init__(self, units, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        if not scale > 0:
            raise ValueError(f"`scale` must be positive. Received: scale={scale}")
        self.units = units
        self.scale = scale
        self.input_spec = layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.projection = self.add_weight(
            name="projection",
            shape=(features, self.units),
            initializer=initializers.RandomNormal(stddev=1.0),
            trainable=False,
        )
        self.phases = self.add_weight(
            name="phases",
            shape=(self.units,),
            initializer=initializers.RandomUniform(0.0, 6.2831853),
            trainable=False,
        )
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs):
        return (
            tf.cos(
                tf.tensordot(inputs, self.projection, axes=1) / self.scale + self.phases
            )
            * (2 / self.units) ** 0.5
        )

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units, "scale": self.scale})
        return config
