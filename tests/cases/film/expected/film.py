"""FiLM: scales and shifts each feature by functions of a condition."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class FiLM(layers.Layer):
    """Scales and shifts each feature by functions of a condition.

    Call arguments:
        inputs: Tensor of shape `(batch, steps, features)`.
        condition: Tensor of shape `(batch, size)`.

    Output shape: `(batch, steps, features)`.

    Reference: https://arxiv.org/abs/1709.07871
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape, condition_shape):
        features = inputs_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: inputs_shape={inputs_shape}"
            )
        size = condition_shape[-1]
        if size is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: condition_shape={condition_shape}"
            )
        self.kernel = self.add_weight(name="kernel", shape=(size, 2 * features))
        self.bias = self.add_weight(
            name="bias", shape=(2 * features,), initializer="zeros"
        )

    def call(self, inputs, condition):
        scale, shift = tf.split(
            tf.matmul(condition, self.kernel) + self.bias, 2, axis=-1
        )
        return inputs * (1 + scale[:, tf.newaxis]) + shift[:, tf.newaxis]

    def compute_output_shape(self, inputs_shape, condition_shape):
        return inputs_shape
