"""GatedAttentionPooling: pools a sequence into one vector with gated attention."""

import keras
import tensorflow as tf
from keras import initializers, layers


@keras.saving.register_keras_serializable()
class GatedAttentionPooling(layers.Layer):
    """Pools a sequence into one vector with gated attention.

    `score = (tanh(x @ V + b) * sigmoid(x @ U + c)) @ w`; the output is the sum
    of the steps weighted by the softmax of the scores over the unmasked steps.
    A sequence with no unmasked step gives zeros.

    Args:
        units: Positive integer, size of the two gates.
        kernel_initializer: Initializer of `score_kernel`, `value_gate` and
            `open_gate`.

    Call arguments:
        inputs: Tensor of shape `(batch, steps, features)`.
        mask: Optional boolean tensor of shape `(batch, steps)`. True for the
            steps to keep.

    Output shape: `(batch, features)`.

    Reference: https://arxiv.org/abs/1802.04712
    """

    def __init__(self, units, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        self.units = units
        self.kernel_initializer = initializers.get(kernel_initializer)
        # An initializer instance is stateless: called twice with one shape it
        # returns the same values, so each weight gets its own clone.
        self.value_gate = layers.Dense(
            units,
            activation="tanh",
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name="value_gate",
        )
        self.open_gate = layers.Dense(
            units,
            activation="sigmoid",
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name="open_gate",
        )
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        self.value_gate.build(input_shape)
        self.open_gate.build(input_shape)
        self.score_kernel = self.add_weight(
            name="score_kernel",
            shape=(self.units, 1),
            initializer=self.kernel_initializer.clone(),
        )
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})

    def call(self, inputs, mask=None):
        gates = self.value_gate(inputs) * self.open_gate(inputs)
        scores = tf.tensordot(gates, self.score_kernel, axes=1)
        if mask is not None:
            keep = tf.cast(mask, tf.bool)[..., tf.newaxis]
            # dtype.min, not -inf or -1e9: finite in every float dtype.
            scores = tf.where(keep, scores, scores.dtype.min)
        weights = tf.nn.softmax(scores, axis=1)
        if mask is not None:
            weights = tf.where(keep, weights, 0)
        return tf.reduce_sum(weights * inputs, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None  # the masked axis is gone

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "units": self.units,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
            }
        )
        return config
