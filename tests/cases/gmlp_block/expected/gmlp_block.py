"""GMLPBlock: block of a gated MLP, which mixes the steps by a linear gate."""

import keras
import tensorflow as tf
from keras import initializers, layers


@keras.saving.register_keras_serializable()
class GMLPBlock(layers.Layer):
    """Block of a gated MLP, which mixes the steps by a linear gate.

    Args:
        hidden_units: Positive integer, size of each half of the hidden axis.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, features)`.

    Reference: https://arxiv.org/abs/2105.08050
    """

    def __init__(self, hidden_units, **kwargs):
        super().__init__(**kwargs)
        if type(hidden_units) is not int or hidden_units <= 0:
            raise ValueError(
                "`hidden_units` must be a positive integer. "
                f"Received: hidden_units={hidden_units}"
            )
        self.hidden_units = hidden_units
        self.norm = layers.LayerNormalization(dtype=self.dtype_policy, name="norm")
        self.up = layers.Dense(
            2 * hidden_units, activation="gelu", dtype=self.dtype_policy, name="up"
        )
        self.gate_norm = layers.LayerNormalization(
            dtype=self.dtype_policy, name="gate_norm"
        )
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        steps = input_shape[1]
        if steps is None:
            raise ValueError(
                "The axis `steps` of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.norm.build(input_shape)
        self.up.build(input_shape)
        self.gate_norm.build((None, steps, self.hidden_units))
        self.spatial_kernel = self.add_weight(
            name="spatial_kernel",
            shape=(steps, steps),
            initializer=initializers.RandomNormal(stddev=1e-3),
        )
        self.spatial_bias = self.add_weight(
            name="spatial_bias", shape=(steps, 1), initializer="ones"
        )
        self.down = self.add_weight(name="down", shape=(self.hidden_units, features))
        self.input_spec = layers.InputSpec(ndim=3, axes={1: steps, -1: features})

    def call(self, inputs):
        value, gate = tf.split(self.up(self.norm(inputs)), 2, axis=-1)
        gate = (
            tf.einsum("bsh,ts->bth", self.gate_norm(gate), self.spatial_kernel)
            + self.spatial_bias
        )
        return inputs + tf.tensordot(value * gate, self.down, axes=1)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"hidden_units": self.hidden_units})
        return config
