"""SwiGLU: gated feed-forward network with a SiLU gate."""

import keras
import tensorflow as tf
from keras import initializers, layers


@keras.saving.register_keras_serializable()
class SwiGLU(layers.Layer):
    """Gated feed-forward network with a SiLU gate.

    Args:
        hidden_units: Positive integer, size of the hidden axis.
        kernel_initializer: Initializer of `gate`, `up` and `down`.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., features)`.

    Reference: https://arxiv.org/abs/2002.05202
    """

    def __init__(self, hidden_units, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if type(hidden_units) is not int or hidden_units <= 0:
            raise ValueError(
                "`hidden_units` must be a positive integer. "
                f"Received: hidden_units={hidden_units}"
            )
        self.hidden_units = hidden_units
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        # An initializer instance is stateless: called twice with one shape it
        # returns the same values, so each weight gets its own clone.
        self.gate = self.add_weight(
            name="gate",
            shape=(features, self.hidden_units),
            initializer=self.kernel_initializer.clone(),
        )
        self.up = self.add_weight(
            name="up",
            shape=(features, self.hidden_units),
            initializer=self.kernel_initializer.clone(),
        )
        self.down = self.add_weight(
            name="down",
            shape=(self.hidden_units, features),
            initializer=self.kernel_initializer.clone(),
        )
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs):
        gates = tf.nn.silu(tf.tensordot(inputs, self.gate, axes=1))
        return tf.tensordot(
            gates * tf.tensordot(inputs, self.up, axes=1), self.down, axes=1
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "hidden_units": self.hidden_units,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
            }
        )
        return config
