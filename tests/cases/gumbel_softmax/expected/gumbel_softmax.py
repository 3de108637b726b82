"""GumbelSoftmax: draws from a softmax in a way that gradients pass."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class GumbelSoftmax(layers.Layer):
    """Draws from a softmax in a way that gradients pass.

    Args:
        temperature: Positive float, low values come near to one-hot vectors.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, ..., classes)`.
    Output shape: `(batch, ..., classes)`.

    Reference: https://arxiv.org/abs/1611.01144
    """

    def __init__(self, temperature=1.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not temperature > 0:
            raise ValueError(
                f"`temperature` must be positive. Received: temperature={temperature}"
            )
        self.temperature = temperature
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(min_ndim=2)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, logits, training=None):
        scores = logits
        if training:
            uniform = keras.random.uniform(
                tf.shape(logits),
                minval=1e-4,
                maxval=1.0,
                dtype=logits.dtype,
                seed=self.seed_generator,
            )
            scores = scores - tf.math.log(-tf.math.log(uniform))
        return tf.nn.softmax(scores / self.temperature)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"temperature": self.temperature, "seed": self.seed})
        return config
