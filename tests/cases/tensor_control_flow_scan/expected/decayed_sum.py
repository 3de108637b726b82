"""DecayedSum: sum over the steps before, of which the older count less."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class DecayedSum(layers.Layer):
    """Sum over the steps before, of which the older count less.

    Args:
        decay: Float in `[0, 1]`.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, features)`.
    """

    def __init__(self, decay=0.5, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= decay <= 1:
            raise ValueError(
                f"`decay` must be in the range [0, 1]. Received: decay={decay}"
            )
        self.decay = decay
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        steps_first = tf.transpose(inputs, [1, 0, 2])
        sums = tf.scan(lambda total, x: self.decay * total + x, steps_first)
        return tf.transpose(sums, [1, 0, 2])

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"decay": self.decay})
        return config
