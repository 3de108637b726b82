"""ClippedEnergy: scales the inputs down where their mean square is above a limit."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class ClippedEnergy(layers.Layer):
    """Scales the inputs down where their mean square is above a limit.

    Args:
        limit: Positive float.

    Input shape: `(batch, features)`.
    Output shape: `(batch, features)`.
    """

    def __init__(self, limit=1.0, **kwargs):
        super().__init__(**kwargs)
        if not limit > 0:
            raise ValueError(f"`limit` must be positive. Received: limit={limit}")
        self.limit = limit
        self.input_spec = layers.InputSpec(ndim=2)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        energy = tf.reduce_mean(tf.square(inputs))
        return tf.cond(
            energy > self.limit,
            lambda: inputs * tf.sqrt(self.limit / energy),
            lambda: inputs,
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"limit": self.limit})
        return config
