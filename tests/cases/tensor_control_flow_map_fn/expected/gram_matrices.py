"""GramMatrices: inner products of the steps of each example."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class GramMatrices(layers.Layer):
    """Inner products of the steps of each example.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, steps)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        return tf.map_fn(lambda x: tf.matmul(x, x, transpose_b=True), inputs)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1], input_shape[1])
