"""Add: adds tensors of one rank, which are broadcast."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class Add(layers.Layer):
    """Adds tensors of one rank, which are broadcast.

    Input shape: each `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://keras.io/api/layers/merging_layers/add/
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # Nothing to build, unless a subclass has.
        self.built = type(self).build is layers.Layer.build

    def call(self, inputs):
        outputs = inputs[0]
        for x in inputs[1:]:
            outputs = outputs + x
        return outputs

    def compute_mask(self, inputs, mask=None):
        if mask is None or any(one is None for one in mask):
            return None
        outputs, *others = mask
        for one in others:
            outputs = keras.ops.logical_or(outputs, one)
        return outputs

    def compute_output_shape(self, input_shape):
        sizes = [[size for size in axis if size != 1] for axis in zip(*input_shape)]
        return tuple(known[0] if known else 1 for known in sizes)
