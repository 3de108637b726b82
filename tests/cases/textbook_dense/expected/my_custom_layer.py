"""MyCustomLayer: dense layer of the textbook, with dropout on request."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class MyCustomLayer(layers.Layer):
    """Dense layer of the textbook, with dropout on request.

    Args:
        output_dim: Positive integer, size of the last output axis.
        use_dropout: Whether to drop half of the outputs in training.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., output_dim)`.

    Reference: https://www.tensorflow.org/tutorials/customization/custom_layers
    """

    def __init__(self, output_dim, use_dropout=False, seed=None, **kwargs):
        super().__init__(**kwargs)
        if type(output_dim) is not int or output_dim <= 0:
            raise ValueError(
                "`output_dim` must be a positive integer. "
                f"Received: output_dim={output_dim}"
            )
        self.output_dim = output_dim
        self.use_dropout = use_dropout
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
        self.kernel = self.add_weight(
            name="kernel",
            shape=(features, self.output_dim),
            initializer="random_normal",
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.output_dim,), initializer="zeros"
        )
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs, training=None):
        outputs = tf.tensordot(inputs, self.kernel, axes=1) + self.bias
        if training and self.use_dropout:
            outputs = keras.random.dropout(outputs, 0.5, seed=self.seed_generator)
        return outputs

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.output_dim)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "output_dim": self.output_dim,
                "use_dropout": self.use_dropout,
                "seed": self.seed,
            }
        )
        return config
