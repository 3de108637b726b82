"""RMSNormalization: divides by the root mean square over an axis, then scales."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class RMSNormalization(layers.Layer):
    """Divides by the root mean square over an axis, then scales.

    Args:
        axis: Integer or list of integers, axis or axes that the mean is taken
            over.
        epsilon: Positive float, added to the mean square.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://arxiv.org/abs/1910.07467
    """

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        if type(axis) is not int and (
            not isinstance(axis, (list, tuple)) or not all(type(i) is int for i in axis)
        ):
            raise ValueError(
                "`axis` must be an integer or a list of integers. "
                f"Received: axis={axis}"
            )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.axis = axis if isinstance(axis, int) else tuple(axis)
        self.epsilon = epsilon
        self.axes = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        self.supports_masking = True
        # Inputs keep their dtype: the layer computes in the variable dtype.
        self.autocast = False

    def build(self, input_shape):
        self.scale = self.add_weight(
            name="scale",
            shape=[input_shape[i] for i in self.axes],
            initializer="ones",
            autocast=False,
        )

    def call(self, inputs):
        inputs = tf.cast(inputs, self.variable_dtype)
        rank = inputs.shape.rank
        mean_square = tf.reduce_mean(tf.square(inputs), axis=self.axes, keepdims=True)
        sizes = [
            inputs.shape[i] if i in self.axes or i - rank in self.axes else 1
            for i in range(rank)
        ]
        return tf.cast(
            inputs
            * tf.math.rsqrt(mean_square + self.epsilon)
            * tf.reshape(self.scale, sizes),
            self.compute_dtype,
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"axis": self.axis, "epsilon": self.epsilon})
        return config
