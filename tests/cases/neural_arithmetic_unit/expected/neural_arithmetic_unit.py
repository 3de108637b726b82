"""The layer NeuralArithmeticUnit."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class NeuralArithmeticUnit(layers.Layer):
    """Linear layer whose kernel is drawn to -1, 0 and 1, so that it adds.

    Args:
        units: Positive integer, size of the last output axis.
        sparsity: Float of at least 0, weight of the loss that draws the
            kernel.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., units)`.

    Reference: https://arxiv.org/abs/2001.05016
    """

    def __init__(self, units, sparsity=0.0, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        if not sparsity >= 0:
            raise ValueError(
                f"`sparsity` must be non-negative. Received: sparsity={sparsity}"
            )
        self.units = units
        self.sparsity = sparsity
        self.supports_masking = True
        self.input_spec = layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.kernel = self.add_weight(name="kernel", shape=(features, self.units))
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs):
        clipped = tf.clip_by_value(self.kernel, -1.0, 1.0)
        if self.sparsity > 0:
            size = tf.abs(clipped)
            self.add_loss(
                tf.cast(
                    self.sparsity * tf.reduce_mean(tf.minimum(size, 1 - size)),
                    self.variable_dtype,
                )
            )
        return tf.tensordot(inputs, clipped, axes=1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units, "sparsity": self.sparsity})
        return config
