"""GatedResidualNetwork: non-linear transformation that a gate may switch off."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class GatedResidualNetwork(layers.Layer):
    """Non-linear transformation that a gate may switch off.

    Args:
        units: Positive integer, size of the hidden axis.
        rate: Float in `[0, 1)`, fraction of the gated units to drop.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., features)`.

    Reference: https://arxiv.org/abs/1912.09363
    """

    def __init__(self, units, rate=0.0, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        if not 0 <= rate < 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1). Received: rate={rate}"
            )
        self.units = units
        self.rate = rate
        self.hidden = layers.Dense(
            units, activation="elu", dtype=self.dtype_policy, name="hidden"
        )
        self.dropout = layers.Dropout(rate, dtype=self.dtype_policy, name="dropout")
        self.norm = layers.LayerNormalization(dtype=self.dtype_policy, name="norm")
        self.supports_masking = True
        self.input_spec = layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.hidden.build(input_shape)
        self.norm.build(input_shape)
        self.output_kernel = self.add_weight(
            name="output_kernel", shape=(self.units, features)
        )
        self.output_bias = self.add_weight(
            name="output_bias", shape=(features,), initializer="zeros"
        )
        self.gate_kernel = self.add_weight(
            name="gate_kernel", shape=(features, 2 * features)
        )
        self.gate_bias = self.add_weight(
            name="gate_bias", shape=(2 * features,), initializer="zeros"
        )
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs, training=None):
        x = self.dropout(
            tf.tensordot(self.hidden(inputs), self.output_kernel, axes=1)
            + self.output_bias,
            training=training,
        )
        value, gate = tf.split(
            tf.tensordot(x, self.gate_kernel, axes=1) + self.gate_bias, 2, axis=-1
        )
        return self.norm(inputs + value * tf.sigmoid(gate))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units, "rate": self.rate})
        return config
