"""GaussianNoise: adds normal noise to the inputs while training."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class GaussianNoise(layers.Layer):
    """Adds normal noise to the inputs while training.

    Args:
        stddev: Float in `[0, 1]`, standard deviation of the noise.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://keras.io/api/layers/regularization_layers/gaussian_noise/
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= stddev <= 1:
            raise ValueError(
                f"`stddev` must be in the range [0, 1]. Received: stddev={stddev}"
            )
        self.stddev = stddev
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs, training=None):
        if training and self.stddev > 0:
            return inputs + keras.random.normal(
                tf.shape(inputs),
                stddev=self.stddev,
                dtype=self.compute_dtype,
                seed=self.seed_generator,
            )
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"stddev": self.stddev, "seed": self.seed})
        return config
