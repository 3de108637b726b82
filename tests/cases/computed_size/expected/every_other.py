"""EveryOther: projects every other step of a sequence of any length."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class EveryOther(layers.Layer):
    """Projects every other step of a sequence of any length.

    Args:
        units: Positive integer, size of the output.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, (steps + 1) // 2, units)`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        self.units = units
        self.project = layers.Dense(units, dtype=self.dtype_policy, name="project")
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        self.project.build((None, None, input_shape[-1]))
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})

    def call(self, inputs):
        return self.project(inputs[:, ::2])

    def compute_output_shape(self, input_shape):
        return (
            input_shape[0],
            None if input_shape[1] is None else (input_shape[1] + 1) // 2,
            self.units,
        )

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config
