"""The layer MonteCarloDropout."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class MonteCarloDropout(layers.Layer):
    """Dropout in training and in inference, to sample a model's uncertainty.

    Args:
        rate: Float in `[0, 1)`, fraction of the inputs to drop.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://arxiv.org/abs/1506.02142
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1). Received: rate={rate}"
            )
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        if self.rate > 0:
            return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"rate": self.rate, "seed": self.seed})
        return config
