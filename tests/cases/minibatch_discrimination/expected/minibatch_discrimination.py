"""The layer MinibatchDiscrimination."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class MinibatchDiscrimination(layers.Layer):
    """Appends how close each sample is to the others of its batch.

    Args:
        kernels: Positive integer, number of features to append.
        kernel_dim: Positive integer, size of the space of each.

    Input shape: `(batch, features)`.
    Output shape: `(batch, features + kernels)`.

    Reference: https://arxiv.org/abs/1606.03498
    """

    def __init__(self, kernels, kernel_dim, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("kernels", kernels), ("kernel_dim", kernel_dim)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        self.kernels = kernels
        self.kernel_dim = kernel_dim
        self.input_spec = layers.InputSpec(ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.kernel = self.add_weight(
            name="kernel", shape=(features, self.kernels * self.kernel_dim)
        )
        self.input_spec = layers.InputSpec(ndim=2, axes={-1: features})

    def call(self, inputs):
        projected = tf.reshape(
            tf.matmul(inputs, self.kernel), [-1, self.kernels, self.kernel_dim]
        )
        differences = projected[:, tf.newaxis] - projected[tf.newaxis]
        closeness = tf.exp(-tf.reduce_sum(tf.abs(differences), axis=-1))
        # Each sample is as close as can be to itself.
        features_of_batch = tf.reduce_sum(closeness, axis=1) - 1  # (batch, kernels)
        return tf.concat([inputs, features_of_batch], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1] + self.kernels)

    def get_config(self):
        config = super().get_config()
        config.update({"kernels": self.kernels, "kernel_dim": self.kernel_dim})
        return config
