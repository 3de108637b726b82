"""LoRADense: dense layer with a low-rank update of its kernel."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class LoRADense(layers.Dense):
    """Dense layer with a low-rank update of its kernel.

    Args:
        lora_units: Positive integer, rank of the update.
        scale: Float, weight of the update.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., units)`.

    Reference: https://arxiv.org/abs/2106.09685
    """

    def __init__(self, units, lora_units=4, scale=1.0, **kwargs):
        super().__init__(units, **kwargs)
        if type(lora_units) is not int or lora_units <= 0:
            raise ValueError(
                "`lora_units` must be a positive integer. "
                f"Received: lora_units={lora_units}"
            )
        self.lora_units = lora_units
        self.scale = scale

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        super().build(input_shape)
        self.lora_down = self.add_weight(
            name="lora_down",
            shape=(features, self.lora_units),
            initializer="he_uniform",
        )
        self.lora_up = self.add_weight(
            name="lora_up", shape=(self.lora_units, self.units), initializer="zeros"
        )

    def call(self, inputs):
        update = tf.tensordot(
            tf.tensordot(inputs, self.lora_down, axes=1), self.lora_up, axes=1
        )
        return super().call(inputs) + self.scale * update

    def save_own_variables(self, store):
        # Dense would save its own weights alone.
        layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store):
        layers.Layer.load_own_variables(self, store)

    def get_config(self):
        config = super().get_config()
        config.update({"lora_units": self.lora_units, "scale": self.scale})
        return config
