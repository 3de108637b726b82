"""ReLU: rectifies its inputs, with a leak, a ceiling and a threshold on request."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class ReLU(layers.Layer):
    """Rectifies its inputs, with a leak, a ceiling and a threshold on request.

    Args:
        max_value: Float, ceiling of the outputs.
        negative_slope: Float, slope below the threshold.
        threshold: Float, value that inputs must exceed to be kept.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://keras.io/api/layers/activation_layers/relu/
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        if max_value is not None and not max_value >= 0:
            raise ValueError(
                "max_value of a ReLU layer cannot be a negative value. "
                f"Received: max_value={max_value}"
            )
        if negative_slope is None or not negative_slope >= 0:
            raise ValueError(
                "negative_slope of a ReLU layer cannot be None or a negative value. "
                f"Received: negative_slope={negative_slope}"
            )
        if threshold is None or not threshold >= 0:
            raise ValueError(
                "threshold of a ReLU layer cannot be None or a negative value. "
                f"Received: threshold={threshold}"
            )
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold
        self.supports_masking = True
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        if self.threshold > 0:
            outputs = tf.where(inputs > self.threshold, inputs, 0)
        else:
            outputs = tf.nn.relu(inputs)
        if self.negative_slope > 0:
            outputs = outputs - self.negative_slope * tf.nn.relu(
                self.threshold - inputs
            )
        if self.max_value is not None:
            outputs = tf.minimum(outputs, self.max_value)
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "max_value": self.max_value,
                "negative_slope": self.negative_slope,
                "threshold": self.threshold,
            }
        )
        return config
