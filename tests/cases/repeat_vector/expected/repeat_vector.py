"""RepeatVector: repeats its input as the steps of a sequence."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class RepeatVector(layers.Layer):
    """Repeats its input as the steps of a sequence.

    Args:
        n: Positive integer, number of steps.

    Input shape: `(batch, features)`.
    Output shape: `(batch, n, features)`.

    Reference: https://keras.io/api/layers/reshaping_layers/repeat_vector/
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        if type(n) is not int or n <= 0:
            raise ValueError(f"`n` must be a positive integer. Received: n={n}")
        self.n = n
        self.input_spec = layers.InputSpec(ndim=2)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        return tf.repeat(inputs[:, tf.newaxis], self.n, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.n, input_shape[-1])

    def get_config(self):
        config = super().get_config()
        config.update({"n": self.n})
        return config
