"""LSTMCell: cell of a long short-term memory."""

import keras
import tensorflow as tf
from keras import activations, constraints, initializers, layers, regularizers


def one_in_second_quarter(initializer):
    """The initializer of a bias whose part for the forget gate is one."""

    def initialize(shape, dtype=None):
        units = shape[0] // 4
        first, last = initializer([units], dtype), initializer([2 * units], dtype)
        return tf.concat([first, tf.ones([units], dtype), last], axis=0)

    return initialize


@keras.saving.register_keras_serializable()
class LSTMCell(layers.Layer):
    """Cell of a long short-term memory.

    Args:
        units: Positive integer, size of the output and of each state.
        activation: Activation function, or its name. `None` is linear.
        recurrent_activation: Activation function, or its name.
        use_bias: Whether to add a bias.
        kernel_initializer: Initializer of `kernel`.
        recurrent_initializer: Initializer of `recurrent_kernel`.
        bias_initializer: Initializer of `bias`.
        unit_forget_bias: Whether the forget gate's bias starts at one.
        kernel_regularizer: Regularizer of `kernel`.
        recurrent_regularizer: Regularizer of `recurrent_kernel`.
        bias_regularizer: Regularizer of `bias`.
        kernel_constraint: Constraint of `kernel`.
        recurrent_constraint: Constraint of `recurrent_kernel`.
        bias_constraint: Constraint of `bias`.
        dropout: Float in `[0, 1]`, fraction of the inputs to drop.
        recurrent_dropout: Float in `[0, 1]`, the same for the hidden state.
        implementation: One of `1`, `2`, in 1, gates drop inputs apart.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`.
        states: List of tensors:
            hidden: Tensor of shape `(batch, units)`.
            carry: Tensor of shape `(batch, units)`.

    Output shape: `(batch, units)`.

    Reference: https://www.bioinf.jku.at/publications/older/2604.pdf
    """

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        implementation=2,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        for name, value in (
            ("dropout", dropout),
            ("recurrent_dropout", recurrent_dropout),
        ):
            if not 0 <= value <= 1:
                raise ValueError(
                    f"`{name}` must be in the range [0, 1]. Received: {name}={value}"
                )
        if implementation not in (1, 2):
            raise ValueError(
                "`implementation` must be 1 or 2. "
                f"Received: implementation={implementation}"
            )
        self.units = units
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.unit_forget_bias = unit_forget_bias
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.implementation = implementation
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.state_size = [self.units, self.units]
        self.output_size = self.units
        self.input_spec = layers.InputSpec(ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(features, 4 * self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, 4 * self.units),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(4 * self.units,),
                initializer=one_in_second_quarter(self.bias_initializer)
                if self.unit_forget_bias
                else self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        else:
            self.bias = None
        self.input_spec = layers.InputSpec(ndim=2, axes={-1: features})

    def call(self, inputs, states, training=None):
        hidden, carry = states
        # Whole numbers are not cast by Keras.
        inputs = tf.cast(inputs, self.compute_dtype)
        gates = 4 if self.implementation == 1 else 1
        if training and self.dropout > 0:
            parts = tf.split(self.kernel, gates, axis=1)
            parts = [
                tf.matmul(
                    keras.random.dropout(
                        inputs, self.dropout, seed=self.seed_generator
                    ),
                    part,
                )
                for part in parts
            ]
            z = tf.concat(parts, axis=1)  # (batch, 4 * units)
        else:
            z = tf.matmul(inputs, self.kernel)
        if training and self.recurrent_dropout > 0:
            parts = tf.split(self.recurrent_kernel, 4, axis=1)
            parts = [
                tf.matmul(
                    keras.random.dropout(
                        hidden, self.recurrent_dropout, seed=self.seed_generator
                    ),
                    part,
                )
                for part in parts
            ]
            z = z + tf.concat(parts, axis=1)
        else:
            z = z + tf.matmul(hidden, self.recurrent_kernel)
        if self.use_bias:
            z = z + self.bias
        i, f, c, o = tf.split(z, 4, axis=1)
        i, f, o = (
            self.recurrent_activation(i),
            self.recurrent_activation(f),
            self.recurrent_activation(o),
        )
        carry = f * carry + i * self.activation(c)
        hidden = o * self.activation(carry)
        return hidden, [hidden, carry]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units), [
            (input_shape[0], self.units),
            (input_shape[0], self.units),
        ]

    def get_initial_state(self, batch_size=None):
        return [
            tf.zeros((batch_size, size), self.compute_dtype) for size in self.state_size
        ]

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "units": self.units,
                "activation": activations.serialize(self.activation),
                "recurrent_activation": activations.serialize(
                    self.recurrent_activation
                ),
                "use_bias": self.use_bias,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
                "recurrent_initializer": initializers.serialize(
                    self.recurrent_initializer
                ),
                "bias_initializer": initializers.serialize(self.bias_initializer),
                "unit_forget_bias": self.unit_forget_bias,
                "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
                "recurrent_regularizer": regularizers.serialize(
                    self.recurrent_regularizer
                ),
                "bias_regularizer": regularizers.serialize(self.bias_regularizer),
                "kernel_constraint": constraints.serialize(self.kernel_constraint),
                "recurrent_constraint": constraints.serialize(
                    self.recurrent_constraint
                ),
                "bias_constraint": constraints.serialize(self.bias_constraint),
                "dropout": self.dropout,
                "recurrent_dropout": self.recurrent_dropout,
                "implementation": self.implementation,
                "seed": self.seed,
            }
        )
        return config
