"""Softmax: exponentials of the inputs, scaled so that they add to one over an axis."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class Softmax(layers.Layer):
    """Exponentials of the inputs, scaled so that they add to one over an axis.

    Args:
        axis: Integer or list of integers, axis or axes over which the outputs
            add to one.

    Call arguments:
        inputs: Tensor of shape `(batch, ...)`.
        mask: Optional boolean tensor. False for an output of zero.

    Output shape: `(batch, ...)`.

    Reference: https://keras.io/api/layers/activation_layers/softmax/
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        if type(axis) is not int and (
            not isinstance(axis, (list, tuple)) or not all(type(i) is int for i in axis)
        ):
            raise ValueError(
                "`axis` must be an integer or a list of integers. "
                f"Received: axis={axis}"
            )
        self.axis = axis if isinstance(axis, int) else tuple(axis)
        self.supports_masking = True
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs, mask=None):
        if mask is not None:
            keep = tf.cast(mask, tf.bool)
            inputs = tf.where(keep, inputs, inputs.dtype.min)
        if isinstance(self.axis, int):
            outputs = tf.nn.softmax(inputs, axis=self.axis)
        else:
            outputs = tf.exp(
                inputs - tf.reduce_logsumexp(inputs, axis=self.axis, keepdims=True)
            )
        if mask is not None:
            outputs = tf.where(keep, outputs, 0)
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"axis": self.axis})
        return config
