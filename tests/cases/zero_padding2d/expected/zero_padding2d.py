"""ZeroPadding2D: adds rows and columns of zeros around an image."""

import keras
import tensorflow as tf
from keras import layers


def pairs(padding):
    sizes = (padding, padding) if isinstance(padding, int) else padding
    return tuple((n, n) if isinstance(n, int) else tuple(n) for n in sizes)


@keras.saving.register_keras_serializable()
class ZeroPadding2D(layers.Layer):
    """Adds rows and columns of zeros around an image.

    Args:
        padding: Number of rows above and below, and of columns left and right:
            `((1, 2), (3, 4))`. `(1, 3)` is short for `((1, 1), (3, 3))`, and 1
            for `((1, 1), (1, 1))`.
        data_format: `"channels_last"` or `"channels_first"`; `None` is the
            setting of Keras.

    Input shape: `(batch, first, second, third)`.
    Output shape: `(batch, ...)`.

    Reference: https://keras.io/api/layers/reshaping_layers/zero_padding2d/
    """

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(**kwargs)
        padding = pairs(padding)
        if data_format not in ("channels_last", "channels_first", None):
            raise ValueError(
                "`data_format` must be 'channels_last' or 'channels_first'. "
                f"Received: data_format={data_format}"
            )
        if len(padding) != 2 or not all(len(pair) == 2 for pair in padding):
            raise ValueError(
                "`padding` must be an integer, two integers or two pairs of "
                "integers. "
                f"Received: padding={padding}"
            )
        if not all(
            isinstance(size, int) and size >= 0 for pair in padding for size in pair
        ):
            raise ValueError(
                "`padding` must be made of non-negative integers. "
                f"Received: padding={padding}"
            )
        self.padding = padding
        self.data_format = data_format or keras.config.image_data_format()
        self.input_spec = layers.InputSpec(ndim=4)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        if self.data_format == "channels_first":
            return tf.pad(inputs, [(0, 0), (0, 0), *self.padding])
        return tf.pad(inputs, [(0, 0), *self.padding, (0, 0)])

    def compute_output_shape(self, input_shape):
        shape = list(input_shape)
        start = 2 if self.data_format == "channels_first" else 1
        for axis, pair in enumerate(self.padding, start):
            if shape[axis] is not None:
                shape[axis] += sum(pair)
        return tuple(shape)

    def get_config(self):
        config = super().get_config()
        config.update({"padding": self.padding, "data_format": self.data_format})
        return config
