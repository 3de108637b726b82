"""The layer SpatialDropout1D."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class SpatialDropout1D(layers.Layer):
    """Sets a random fraction of the features to zero, over all steps, while
    training.

    Args:
        rate: Float in `[0, 1]`, fraction of the features to drop.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, features)`.

    Reference: https://arxiv.org/abs/1411.4280
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1]. Received: rate={rate}"
            )
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs, training=None):
        if training and self.rate > 0:
            return keras.random.dropout(
                inputs, self.rate, noise_shape=[None, 1, None], seed=self.seed_generator
            )
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"rate": self.rate, "seed": self.seed})
        return config
