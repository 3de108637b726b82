"""TwoTowersChecked: inner product of what two towers make of a user and an item."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class TwoTowersChecked(layers.Layer):
    """Inner product of what two towers make of a user and an item.

    Args:
        units: Positive integer.

    Call arguments:
        inputs: Dict of tensors:
            user: Tensor of shape `(batch, user_features)`.
            item: Tensor of shape `(batch, item_features)`.

    Output shape: `(batch,)`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        self.units = units
        self.user_tower = layers.Dense(
            units, dtype=self.dtype_policy, name="user_tower"
        )
        self.item_tower = layers.Dense(
            units, dtype=self.dtype_policy, name="item_tower"
        )

    def build(self, input_shape):
        if (
            input_shape["user"][1] is not None
            and input_shape["item"][1] is not None
            and not input_shape["user"][1] >= input_shape["item"][1]
        ):
            raise ValueError(
                "`user` must have as many features as `item`, or more. "
                f"Received: input_shape={input_shape}"
            )
        self.user_tower.build(input_shape["user"])
        self.item_tower.build(input_shape["item"])

    def call(self, inputs):
        user = inputs["user"]
        item = inputs["item"]
        return tf.reduce_sum(self.user_tower(user) * self.item_tower(item), axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape["user"][0],)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config
