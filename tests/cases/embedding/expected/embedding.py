"""Embedding: turns whole numbers into vectors, by a table that is learned."""

import keras
import tensorflow as tf
from keras import constraints, initializers, layers, regularizers


@keras.saving.register_keras_serializable()
class Embedding(layers.Layer):
    """Turns whole numbers into vectors, by a table that is learned.

    Args:
        input_dim: Positive integer, number of different numbers.
        output_dim: Positive integer, size of a vector.
        embeddings_initializer: Initializer of `embeddings`.
        embeddings_regularizer: Regularizer of `embeddings`.
        embeddings_constraint: Constraint of `embeddings`.
        mask_zero: Whether 0 stands for a step to leave out.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ..., output_dim)`.

    Reference: https://keras.io/api/layers/core_layers/embedding/
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        # Inputs keep their dtype: the layer computes in the variable dtype.
        self.autocast = False

    def build(self, input_shape=None):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            autocast=False,
        )

    def call(self, inputs):
        return tf.cast(
            tf.gather(self.embeddings, tf.cast(inputs, tf.int32)), self.compute_dtype
        )

    def compute_mask(self, inputs, mask=None):
        return keras.ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "input_dim": self.input_dim,
                "output_dim": self.output_dim,
                "embeddings_initializer": initializers.serialize(
                    self.embeddings_initializer
                ),
                "embeddings_regularizer": regularizers.serialize(
                    self.embeddings_regularizer
                ),
                "embeddings_constraint": constraints.serialize(
                    self.embeddings_constraint
                ),
                "mask_zero": self.mask_zero,
            }
        )
        return config
