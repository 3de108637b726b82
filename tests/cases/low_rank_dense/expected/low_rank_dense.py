"""LowRankDense: dense layer whose kernel is the product of two thin factors."""

import keras
import tensorflow as tf
from keras import activations, initializers, layers, regularizers


@keras.saving.register_keras_serializable()
class LowRankDense(layers.Layer):
    """Dense layer whose kernel is the product of two thin factors.

    Args:
        units: Positive integer, size of the last output axis.
        rank: Positive integer, inner size of the factorised kernel.
        use_bias: Whether to add a bias.
        activation: Activation function, or its name. `None` is linear.
        rate: Float in `[0, 1)`, fraction of the hidden units to drop.
        kernel_initializer: Initializer of `down` and `up`.
        bias_initializer: Initializer of `bias`.
        kernel_regularizer: Regularizer of `down` and `up`.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., units)`.

    Reference: https://arxiv.org/abs/1410.0510
    """

    def __init__(
        self,
        units,
        rank,
        use_bias=True,
        activation=None,
        rate=0.0,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, value in (("units", units), ("rank", rank)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        if not 0 <= rate < 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1). Received: rate={rate}"
            )
        self.units = units
        self.rank = rank
        self.use_bias = use_bias
        self.activation = activations.get(activation)
        self.rate = rate
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
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
        self.down = self.add_weight(
            name="down",
            shape=(features, self.rank),
            initializer=self.kernel_initializer.clone(),
            regularizer=self.kernel_regularizer,
        )
        self.up = self.add_weight(
            name="up",
            shape=(self.rank, self.units),
            initializer=self.kernel_initializer.clone(),
            regularizer=self.kernel_regularizer,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer=self.bias_initializer
            )
        else:
            self.bias = None
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs, training=None):
        hidden = tf.tensordot(inputs, self.down, axes=1)
        if training and self.rate > 0:
            hidden = keras.random.dropout(hidden, self.rate, seed=self.seed_generator)
        outputs = tf.tensordot(hidden, self.up, axes=1)
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "units": self.units,
                "rank": self.rank,
                "use_bias": self.use_bias,
                "activation": activations.serialize(self.activation),
                "rate": self.rate,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
                "bias_initializer": initializers.serialize(self.bias_initializer),
                "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
                "seed": self.seed,
            }
        )
        return config
