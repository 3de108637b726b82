"""FeedForward: two dense layers with a residual connection."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class FeedForward(layers.Layer):
    """Two dense layers with a residual connection.

    Args:
        ratio: Positive integer.
        rate: Float in `[0, 1)`.
        gate: Boolean.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., features)`.
    """

    def __init__(self, ratio=4, rate=0.1, gate=False, **kwargs):
        super().__init__(**kwargs)
        if type(ratio) is not int or ratio <= 0:
            raise ValueError(
                f"`ratio` must be a positive integer. Received: ratio={ratio}"
            )
        if not 0 <= rate < 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1). Received: rate={rate}"
            )
        self.ratio = ratio
        self.rate = rate
        self.gate = gate
        self.norm = layers.LayerNormalization(
            epsilon=1e-6, dtype=self.dtype_policy, name="norm"
        )
        self.dropout = layers.Dropout(rate, dtype=self.dtype_policy, name="dropout")
        self.supports_masking = True
        self.input_spec = layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.norm.build(input_shape)
        self.expand = layers.Dense(
            self.ratio * features,
            activation="gelu",
            dtype=self.dtype_policy,
            name="expand",
        )
        self.expand.build(input_shape)
        self.project = layers.Dense(features, dtype=self.dtype_policy, name="project")
        self.project.build((*input_shape[:-1], features * self.ratio))
        if self.gate:
            self.gating = layers.Dense(
                features, activation="sigmoid", dtype=self.dtype_policy, name="gating"
            )
            self.gating.build(input_shape)
        else:
            self.gating = None
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs, training=None):
        x = self.expand(self.norm(inputs))
        x = self.project(self.dropout(x, training=training))
        if self.gate:
            x = x * self.gating(inputs)
        return inputs + x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"ratio": self.ratio, "rate": self.rate, "gate": self.gate})
        return config
