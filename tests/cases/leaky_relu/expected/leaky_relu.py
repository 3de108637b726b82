"""LeakyReLU: keeps positive inputs, and scales negative ones down."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class LeakyReLU(layers.Layer):
    """Keeps positive inputs, and scales negative ones down.

    Args:
        negative_slope: Float, factor of the negative inputs.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        super().__init__(**kwargs)
        if negative_slope is None or not negative_slope >= 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or "
                "negative. "
                f"Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope
        self.supports_masking = True
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        return tf.nn.leaky_relu(inputs, alpha=self.negative_slope)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"negative_slope": self.negative_slope})
        return config
