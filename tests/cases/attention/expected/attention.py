"""Attention: means of values, weighted by how well their keys fit a query."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class Attention(layers.Layer):
    """Means of values, weighted by how well their keys fit a query.

    Args:
        use_scale: Whether to learn a factor of the scores.
        score_mode: One of `"dot"`, `"concat"`.
        dropout: Float in `[0, 1]`, fraction of the weights to drop.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Call arguments:
        inputs: List of tensors:
            query: Tensor of shape `(batch, ..., queries, dim)`.
            value: Tensor of shape `(batch, ..., steps, size)`.
            key: Optional tensor of shape `(batch, ..., steps, dim)`. The value
                by default.
        mask: List of masks, or `None` for an input without one:
            query_mask: Optional boolean tensor of shape `(batch, ...,
                queries)`.
            value_mask: Optional boolean tensor of shape `(batch, ..., steps)`.
        return_attention_scores: Whether to return the weights too.
        use_causal_mask: Whether later steps are left out.

    Output shape: `(batch, ..., queries, size)`.

    Reference: https://arxiv.org/abs/1508.04025
    """

    def __init__(
        self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                "`score_mode` must be 'dot' or 'concat'. "
                f"Received: score_mode={score_mode}"
            )
        if not 0 <= dropout <= 1:
            raise ValueError(
                f"`dropout` must be in the range [0, 1]. Received: dropout={dropout}"
            )
        self.use_scale = use_scale
        self.score_mode = score_mode
        self.dropout = dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape=None):
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        else:
            self.scale = None
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )
        else:
            self.concat_score_weight = None

    def call(
        self,
        inputs,
        mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else None
        query_mask = mask[0] if mask is not None else None
        value_mask = mask[1] if mask is not None else None
        if key is None:
            key = value
        if self.score_mode == "dot":
            scores = tf.matmul(query, key, transpose_b=True)
            if self.use_scale:
                scores = scores * self.scale
        else:
            pairs = query[..., tf.newaxis, :] + key[..., tf.newaxis, :, :]
            if self.use_scale:
                pairs = pairs * self.scale
            scores = self.concat_score_weight * tf.reduce_sum(tf.tanh(pairs), axis=-1)
        keep = None
        if value_mask is not None:
            keep = tf.cast(value_mask, tf.bool)[..., tf.newaxis, :]
        if use_causal_mask:
            causal = tf.range(tf.shape(query)[-2])[:, tf.newaxis] >= tf.range(
                tf.shape(value)[-2]
            )
            keep = causal if keep is None else tf.logical_and(keep, causal)
        if keep is not None:
            scores = tf.where(keep, scores, scores.dtype.min)
        weights = tf.nn.softmax(scores)
        if training and self.dropout > 0:
            weights = keras.random.dropout(
                weights, self.dropout, seed=self.seed_generator
            )
        outputs = tf.matmul(weights, value)
        if query_mask is not None:
            outputs = tf.where(
                tf.cast(query_mask, tf.bool)[..., tf.newaxis], outputs, 0
            )
        if return_attention_scores:
            return outputs, weights
        return outputs

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else mask[0]

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self,
        inputs,
        mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        input_shape = [x.shape for x in inputs]
        shape = self.compute_output_shape(input_shape)
        outputs = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if return_attention_scores:
            return outputs, keras.KerasTensor(
                (*input_shape[0][:-1], input_shape[1][-2]), dtype=self.compute_dtype
            )
        return outputs

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "use_scale": self.use_scale,
                "score_mode": self.score_mode,
                "dropout": self.dropout,
                "seed": self.seed,
            }
        )
        return config
