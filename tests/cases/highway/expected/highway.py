"""Highway: dense layer with a gate between its output and its input."""

import keras
import tensorflow as tf
from keras import activations, initializers, layers


@keras.saving.register_keras_serializable()
class Highway(layers.Layer):
    """Dense layer with a gate between its output and its input.

    Args:
        activation: Activation function, or its name. `None` is linear.
        transform_bias: Float, start of the gate's bias; negative carries the
            input.
        kernel_initializer: Initializer of `kernel` and `gate_kernel`.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., features)`.

    Reference: https://arxiv.org/abs/1505.00387
    """

    def __init__(
        self,
        activation="relu",
        transform_bias=-2.0,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.transform_bias = transform_bias
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
        self.kernel = self.add_weight(
            name="kernel",
            shape=(features, features),
            initializer=self.kernel_initializer.clone(),
        )
        self.bias = self.add_weight(name="bias", shape=(features,), initializer="zeros")
        self.gate_kernel = self.add_weight(
            name="gate_kernel",
            shape=(features, features),
            initializer=self.kernel_initializer.clone(),
        )
        self.gate_bias = self.add_weight(
            name="gate_bias",
            shape=(features,),
            initializer=initializers.Constant(self.transform_bias),
        )
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs):
        gate = tf.sigmoid(
            tf.tensordot(inputs, self.gate_kernel, axes=1) + self.gate_bias
        )
        transformed = self.activation(
            tf.tensordot(inputs, self.kernel, axes=1) + self.bias
        )
        return gate * transformed + (1 - gate) * inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "activation": activations.serialize(self.activation),
                "transform_bias": self.transform_bias,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
            }
        )
        return config
