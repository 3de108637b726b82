"""PowerScale: scales its input after a power of its size."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class PowerScale(layers.Layer):
    """Scales its input after a power of its size.

    Args:
        exponent: Float of at least 0.
        scale: Float.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.
    """

    def __init__(self, exponent=0.5, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        if not exponent >= 0:
            raise ValueError(
                f"`exponent` must be non-negative. Received: exponent={exponent}"
            )
        self.exponent = exponent
        self.scale = scale
        self.supports_masking = True
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        return (
            self.scale * tf.sign(inputs) * tf.pow(tf.abs(inputs) + 1.0, self.exponent)
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"exponent": self.exponent, "scale": self.scale})
        return config
