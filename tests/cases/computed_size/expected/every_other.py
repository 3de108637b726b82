"""EveryOther: every other step of a sequence, of any length."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class EveryOther(layers.Layer):
    """Every other step of a sequence, of any length.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, (steps + 1) // 2, features)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.input_spec = layers.InputSpec(ndim=3)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        return inputs[:, ::2]

    def compute_output_shape(self, input_shape):
        return (
            input_shape[0],
            None if input_shape[1] is None else (input_shape[1] + 1) // 2,
            input_shape[-1],
        )
