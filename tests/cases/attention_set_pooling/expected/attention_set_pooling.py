"""AttentionSetPooling: pools a set into a few vectors by attention of learned seeds."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class AttentionSetPooling(layers.Layer):
    """Pools a set into a few vectors by attention of learned seeds.

    Args:
        seeds: Positive integer, number of vectors to pool into.
        heads: Positive integer.
        head_dim: Positive integer.

    Input shape: `(batch, items, features)`.
    Output shape: `(batch, seeds, features)`.

    Reference: https://arxiv.org/abs/1810.00825
    """

    def __init__(self, heads, head_dim, seeds=1, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("seeds", seeds), ("heads", heads), ("head_dim", head_dim)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        self.seeds = seeds
        self.heads = heads
        self.head_dim = head_dim
        self.attention = layers.MultiHeadAttention(
            heads, head_dim, dtype=self.dtype_policy, name="attention"
        )
        self.norm = layers.LayerNormalization(dtype=self.dtype_policy, name="norm")
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.attention.build((None, self.seeds, features), input_shape)
        self.norm.build((None, self.seeds, features))
        self.seed_vectors = self.add_weight(
            name="seed_vectors", shape=(1, self.seeds, features)
        )
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: features})

    def call(self, inputs, training=None):
        # (batch, seeds, features)
        queries = tf.repeat(self.seed_vectors, tf.shape(inputs)[0], axis=0)
        return self.norm(queries + self.attention(queries, inputs, training=training))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.seeds, input_shape[-1])

    def get_config(self):
        config = super().get_config()
        config.update(
            {"seeds": self.seeds, "heads": self.heads, "head_dim": self.head_dim}
        )
        return config
