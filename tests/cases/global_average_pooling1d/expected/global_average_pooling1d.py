"""GlobalAveragePooling1D: mean of each feature over the steps."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class GlobalAveragePooling1D(layers.Layer):
    """Mean of each feature over the steps.

    Args:
        data_format: `"channels_last"` or `"channels_first"`; `None` is the
            setting of Keras.
        keepdims: Whether to keep the axis of the steps.

    Call arguments:
        inputs: Tensor of shape `(batch, first, second)`.
        mask: Optional boolean tensor of shape `(batch, steps)`. True for the
            steps to keep.

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
        self.input_spec = layers.InputSpec(ndim=3)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs, mask=None):
        inputs = tf.cast(inputs, self.compute_dtype)  # Keras casts no whole numbers.
        axis = 1 if self.data_format == "channels_last" else 2
        if mask is None:
            return tf.reduce_mean(inputs, axis=axis, keepdims=self.keepdims)
        keep = tf.expand_dims(tf.cast(mask, tf.bool), 3 - axis)
        total = tf.reduce_sum(
            tf.where(keep, inputs, 0), axis=axis, keepdims=self.keepdims
        )
        count = tf.reduce_sum(
            tf.cast(keep, inputs.dtype), axis=axis, keepdims=self.keepdims
        )
        return tf.math.divide_no_nan(total, count)

    def compute_mask(self, inputs, mask=None):
        return None  # the masked axis is gone

    def compute_output_shape(self, input_shape):
        axis = 1 if self.data_format == "channels_last" else 2
        kept = [1] if self.keepdims else []
        return (*input_shape[:axis], *kept, *input_shape[axis + 1 :])

    def get_config(self):
        config = super().get_config()
        config.update({"data_format": self.data_format, "keepdims": self.keepdims})
        return config
