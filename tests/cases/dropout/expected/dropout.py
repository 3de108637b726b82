"""Dropout: sets a random fraction of the inputs to zero while training."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class Dropout(layers.Layer):
    """Sets a random fraction of the inputs to zero while training.

    The others are scaled by `1 / (1 - rate)`, so that the expected sum is the
    same.

    Args:
        rate: Float in `[0, 1]`, fraction of the inputs to drop.
        noise_shape: Tuple of integers and `None`, shape of the mask: 1 for an
            axis that is dropped as a whole, None for others.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://jmlr.org/papers/v15/srivastava14a.html
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1]. Received: rate={rate}"
            )
        if noise_shape is not None and (
            not isinstance(noise_shape, (list, tuple))
            or not all(
                size is None or type(size) is int and size > 0 for size in noise_shape
            )
        ):
            raise ValueError(
                "`noise_shape` must be a list of sizes (positive integers or None) or None. "
                f"Received: noise_shape={noise_shape}"
            )
        self.rate = rate
        self.noise_shape = tuple(noise_shape) if noise_shape is not None else None
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs, training=None):
        if training and self.rate > 0:
            return keras.random.dropout(
                inputs,
                self.rate,
                noise_shape=self.noise_shape,
                seed=self.seed_generator,
            )
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {"rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}
        )
        return config
