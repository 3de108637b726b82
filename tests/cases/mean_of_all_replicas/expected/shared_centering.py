"""The layer SharedCentering."""

import keras
import tensorflow as tf
from keras import layers


def center_of(x, shared):
    center = tf.reduce_mean(x, axis=0)
    if not shared:
        return center
    return tf.distribute.get_replica_context().all_reduce("mean", center)


@keras.saving.register_keras_serializable()
class SharedCentering(layers.Layer):
    """Takes the mean of the batch from two inputs, that of all replicas or its
    own.

    Args:
        shared: Whether the mean is that of all replicas.
        keep: Whether to remember the mean.

    Call arguments:
        left: Tensor of shape `(batch, features)`.
        right: Tensor of shape `(batch, features)`.

    Output shapes: `(batch, features)` and `(batch, features)`.
    """

    def __init__(self, shared=True, keep=False, **kwargs):
        super().__init__(**kwargs)
        self.shared = shared
        self.keep = keep

    def build(self, left_shape, right_shape):
        features = left_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: left_shape={left_shape}"
            )
        if self.keep:
            # autocast=False: the layer computes in the variable dtype (float32)
            # under a mixed policy, where float16 updates would round away.
            # aggregation="mean": replicas agree under tf.distribute.
            self.kept = self.add_weight(
                name="kept",
                shape=(features,),
                trainable=False,
                autocast=False,
                aggregation="mean",
            )
        else:
            self.kept = None

    def call(self, left, right, training=None):
        left = tf.cast(left, self.variable_dtype)
        right = tf.cast(right, self.variable_dtype)
        center = center_of(left + right, self.shared)
        if training and self.trainable and self.kept is not None:
            self.kept.assign(center)
        return tf.cast(left - center, self.compute_dtype), tf.cast(
            right - center, self.compute_dtype
        )

    def compute_output_shape(self, left_shape, right_shape):
        return (left_shape, left_shape)

    def get_config(self):
        config = super().get_config()
        config.update({"shared": self.shared, "keep": self.keep})
        return config
