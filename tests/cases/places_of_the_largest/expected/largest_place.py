"""LargestPlace: place of the largest feature."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class LargestPlace(layers.Layer):
    """Place of the largest feature.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ...)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(min_ndim=2)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        return tf.argmax(inputs, axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape[:-1]

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape(inputs.shape)
        return keras.KerasTensor(shape, dtype="int64")
