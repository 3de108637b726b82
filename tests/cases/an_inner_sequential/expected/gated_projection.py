"""GatedProjection: product of the inputs and a small network's gate."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class GatedProjection(layers.Layer):
    """Product of the inputs and a small network's gate.

    Args:
        units: Positive integer.

    Input shape: `(batch, features)`.
    Output shape: `(batch, units)`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        self.units = units
        self.gate = keras.Sequential(
            [
                layers.Dense(units, activation="relu", dtype=self.dtype_policy),
                layers.Dense(units, activation="sigmoid", dtype=self.dtype_policy),
            ],
            name="gate",
        )
        self.projection = layers.Dense(
            units, use_bias=False, dtype=self.dtype_policy, name="projection"
        )
        self.input_spec = layers.InputSpec(ndim=2)

    def build(self, input_shape):
        self.projection.build(input_shape)
        self.gate.build(input_shape)
        self.input_spec = layers.InputSpec(ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs):
        return self.projection(inputs) * self.gate(inputs)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config
