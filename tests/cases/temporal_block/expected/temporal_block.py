"""TemporalBlock: residual block of two dilated causal convolutions."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class TemporalBlock(layers.Layer):
    """Residual block of two dilated causal convolutions.

    Args:
        filters: Positive integer.
        kernel_size: Positive integer.
        dilation: Positive integer.
        rate: Float in `[0, 1)`, fraction of the units to drop.

    Input shape: `(batch, steps, channels)`.
    Output shape: `(batch, steps, filters)`.

    Reference: https://arxiv.org/abs/1803.01271
    """

    def __init__(self, filters, kernel_size=3, dilation=1, rate=0.0, **kwargs):
        super().__init__(**kwargs)
        for name, value in (
            ("filters", filters),
            ("kernel_size", kernel_size),
            ("dilation", dilation),
        ):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        if not 0 <= rate < 1:
            raise ValueError(
                f"`rate` must be in the range [0, 1). Received: rate={rate}"
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.rate = rate
        self.first = layers.Conv1D(
            filters,
            kernel_size,
            padding="causal",
            dilation_rate=dilation,
            activation="relu",
            dtype=self.dtype_policy,
            name="first",
        )
        self.second = layers.Conv1D(
            filters,
            kernel_size,
            padding="causal",
            dilation_rate=dilation,
            activation="relu",
            dtype=self.dtype_policy,
            name="second",
        )
        self.dropout = layers.SpatialDropout1D(
            rate, dtype=self.dtype_policy, name="dropout"
        )
        self.shortcut = layers.Conv1D(
            filters, 1, dtype=self.dtype_policy, name="shortcut"
        )
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        self.first.build(input_shape)
        self.second.build((None, input_shape[1], self.filters))
        self.shortcut.build(input_shape)
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})

    def call(self, inputs, training=None):
        x = self.dropout(self.first(inputs), training=training)
        x = self.dropout(self.second(x), training=training)
        return tf.nn.relu(x + self.shortcut(inputs))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1], self.filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "kernel_size": self.kernel_size,
                "dilation": self.dilation,
                "rate": self.rate,
            }
        )
        return config
