"""Concatenate: joins tensors along an axis."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class Concatenate(layers.Layer):
    """Joins tensors along an axis.

    Args:
        axis: Integer, axis along which the inputs are joined.

    Input shape: each `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://keras.io/api/layers/merging_layers/concatenate/
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        if type(axis) is not int:
            raise ValueError(f"`axis` must be an integer. Received: axis={axis}")
        self.axis = axis

    def build(self, input_shape):
        if not all(
            a == b or None in (a, b)
            for shape in input_shape
            for i, (a, b) in enumerate(zip(shape, input_shape[0]))
            if i not in (self.axis, self.axis + len(shape))
        ):
            raise ValueError(
                "Concatenate requires inputs with matching shapes except for the "
                "concatenation axis. "
                f"Received: input_shape={input_shape}, axis={self.axis}"
            )

    def call(self, inputs):
        return tf.concat(inputs, axis=self.axis)

    def compute_mask(self, inputs, mask=None):
        if mask is None or all(keep is None for keep in mask):
            return None
        masks = []
        for x, keep in zip(inputs, mask):
            everywhere = keras.ops.ones_like(x, dtype="bool")
            if keep is None:
                keep = everywhere
            elif len(keep.shape) < len(x.shape):
                keep = keras.ops.logical_and(
                    keras.ops.expand_dims(keep, -1), everywhere
                )
            masks.append(keep)
        return keras.ops.any(keras.ops.concatenate(masks, axis=self.axis), axis=-1)

    def compute_output_shape(self, input_shape):
        shape = list(input_shape[0])
        sizes = [one[self.axis] for one in input_shape]
        shape[self.axis] = None if None in sizes else sum(sizes)
        return tuple(shape)

    def get_config(self):
        config = super().get_config()
        config.update({"axis": self.axis})
        return config
