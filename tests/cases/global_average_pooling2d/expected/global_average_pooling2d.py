"""GlobalAveragePooling2D: mean of each feature over rows and columns."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class GlobalAveragePooling2D(layers.Layer):
    """Mean of each feature over rows and columns.

    Args:
        data_format: `"channels_last"` or `"channels_first"`; `None` is the
            setting of Keras.
        keepdims: Whether to keep the axes of rows and columns.

    Input shape: `(batch, first, second, third)`.
    Output shape: `(batch, ...)`.

    Reference: https://arxiv.org/abs/1312.4400
    """

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        if data_format not in ("channels_last", "channels_first", None):
            raise ValueError(
                "`data_format` must be 'channels_last' or 'channels_first'. "
                f"Received: data_format={data_format}"
            )
        self.data_format = data_format or keras.config.image_data_format()
        self.keepdims = keepdims
        self.input_spec = layers.InputSpec(ndim=4)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        inputs = tf.cast(inputs, self.compute_dtype)  # Keras casts no whole numbers.
        axes = [1, 2] if self.data_format == "channels_last" else [2, 3]
        return tf.reduce_mean(inputs, axis=axes, keepdims=self.keepdims)

    def compute_output_shape(self, input_shape):
        kept = [1, 1] if self.keepdims else []
        if self.data_format == "channels_last":
            return (input_shape[0], *kept, input_shape[-1])
        return (*input_shape[:2], *kept)

    def get_config(self):
        config = super().get_config()
        config.update({"data_format": self.data_format, "keepdims": self.keepdims})
        return config
