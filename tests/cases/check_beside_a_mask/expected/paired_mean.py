"""PairedMean: mean of each pair of steps."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class PairedMean(layers.Layer):
    """Mean of each pair of steps.

    Call arguments:
        x: Tensor of shape `(batch, steps, features)`.
        mask: Optional boolean tensor of shape `(batch, steps)`.

    Output shape: `(batch, steps // 2, features)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        if input_shape[1] is not None and input_shape[1] % 2:
            raise ValueError(
                f"The number of steps must be even. Received: input_shape={input_shape}"
            )

    def call(self, x, mask=None):
        if mask is not None:
            x = tf.where(tf.cast(mask, tf.bool)[..., tf.newaxis], x, 0)
        return (x[:, 0::2] + x[:, 1::2]) / 2

    def compute_mask(self, x, mask=None):
        return None  # the masked axis is gone

    def compute_output_shape(self, input_shape):
        return (
            input_shape[0],
            None if input_shape[1] is None else input_shape[1] // 2,
            input_shape[-1],
        )
