"""The layer SpatialDropout3D."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class SpatialDropout3D(layers.Layer):
    """Sets a random fraction of the feature maps to zero while training.

    Args:
        rate: Float in `[0, 1]`, fraction of the feature maps to drop.
        data_format: `"channels_last"` or `"channels_first"`; `None` is the
            setting of Keras.
        seed: Integer seed of the random draws. `None` draws a new one each
            time.

    Input shape: `(batch, first, second, third, fourth)`.
    Output shape: `(batch, first, second, third, fourth)`.

    Reference: https://arxiv.org/abs/1411.4280
    """

    def __init__(self, rate, data_format=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1]. Received: rate={rate}"
            )
        if data_format not in ("channels_last", "channels_first", None):
            raise ValueError(
                "`data_format` must be 'channels_last' or 'channels_first'. "
                f"Received: data_format={data_format}"
            )
        self.rate = rate
        self.data_format = data_format or keras.config.image_data_format()
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=5)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs, training=None):
        if training and self.rate > 0:
            channels_first = self.data_format == "channels_first"
            noise_shape = (
                [None, None, 1, 1, 1] if channels_first else [None, 1, 1, 1, None]
            )
            return keras.random.dropout(
                inputs, self.rate, noise_shape=noise_shape, seed=self.seed_generator
            )
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {"rate": self.rate, "data_format": self.data_format, "seed": self.seed}
        )
        return config
