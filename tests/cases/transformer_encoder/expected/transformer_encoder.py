"""TransformerEncoder: stack of transformer encoder blocks that normalise first."""

import keras
from keras import layers

from swiglu import SwiGLU


@keras.saving.register_keras_serializable()
class TransformerEncoder(layers.Layer):
    """Stack of transformer encoder blocks that normalise first.

    Args:
        depth: Positive integer, number of blocks.
        heads: Positive integer, number of attention heads.
        head_dim: Positive integer, size of each head.
        hidden_units: Positive integer, size of the hidden axis of the
            feed-forward networks.
        rate: Float in `[0, 1)`, fraction of the attention weights to drop.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, features)`.

    Reference: https://arxiv.org/abs/2002.04745
    """

    def __init__(self, depth, heads, head_dim, hidden_units, rate=0.0, **kwargs):
        super().__init__(**kwargs)
        for name, value in (
            ("depth", depth),
            ("heads", heads),
            ("head_dim", head_dim),
            ("hidden_units", hidden_units),
        ):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        if not 0 <= rate < 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1). Received: rate={rate}"
            )
        self.depth = depth
        self.heads = heads
        self.head_dim = head_dim
        self.hidden_units = hidden_units
        self.rate = rate
        self.attention_norms = tuple(
            layers.LayerNormalization(
                epsilon=1e-6, dtype=self.dtype_policy, name=f"attention_norms_{index}"
            )
            for index in range(depth)
        )
        self.attentions = tuple(
            layers.MultiHeadAttention(
                heads,
                head_dim,
                dropout=rate,
                dtype=self.dtype_policy,
                name=f"attentions_{index}",
            )
            for index in range(depth)
        )
        self.feed_forward_norms = tuple(
            layers.LayerNormalization(
                epsilon=1e-6,
                dtype=self.dtype_policy,
                name=f"feed_forward_norms_{index}",
            )
            for index in range(depth)
        )
        self.feed_forwards = tuple(
            SwiGLU(hidden_units, dtype=self.dtype_policy, name=f"feed_forwards_{index}")
            for index in range(depth)
        )
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        for attention_norm in self.attention_norms:
            attention_norm.build(input_shape)
        for attention in self.attentions:
            attention.build(input_shape, input_shape)
        for feed_forward_norm in self.feed_forward_norms:
            feed_forward_norm.build(input_shape)
        for feed_forward in self.feed_forwards:
            feed_forward.build(input_shape)
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})

    def call(self, inputs, training=None):
        x = inputs
        for index in range(self.depth):
            y = self.attention_norms[index](x)
            x = x + self.attentions[index](y, y, training=training)
            x = x + self.feed_forwards[index](self.feed_forward_norms[index](x))
        return x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "depth": self.depth,
                "heads": self.heads,
                "head_dim": self.head_dim,
                "hidden_units": self.hidden_units,
                "rate": self.rate,
            }
        )
        return config
