"""SurpriseMeter: distance of the features from their moving mean, and which are far."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class SurpriseMeter(layers.Layer):
    """Distance of the features from their moving mean, and which are far.

    Args:
        bound: Positive float, distance from which it is far.
        scale_distances: Whether distances have learned factors.

    Input shape: `(batch, features)`.
    Output shapes: `distance` of `(batch, features)`,
    `far` of `(batch, features)` and `count` of `(batch,)`.
    """

    def __init__(self, bound=2.0, scale_distances=True, **kwargs):
        super().__init__(**kwargs)
        if not bound > 0:
            raise ValueError(f"`bound` must be positive. Received: bound={bound}")
        self.bound = bound
        self.scale_distances = scale_distances
        self.input_spec = layers.InputSpec(ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        if self.scale_distances:
            # autocast=False: the layer computes in the variable dtype (float32)
            # under a mixed policy, where float16 updates would round away.
            self.factor = self.add_weight(
                name="factor", shape=(features,), initializer="ones", autocast=False
            )
        else:
            self.factor = None
        # aggregation="mean": replicas agree under tf.distribute.
        self.mean = self.add_weight(
            name="mean",
            shape=(features,),
            trainable=False,
            autocast=False,
            aggregation="mean",
        )
        self.input_spec = layers.InputSpec(ndim=2, axes={-1: features})

    def call(self, inputs, training=None):
        inputs = tf.cast(inputs, self.variable_dtype)
        if training and self.trainable:
            self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(inputs, axis=0))
        distance = tf.square(inputs - self.mean)
        if self.factor is not None:
            distance = distance * self.factor
        outputs = {"distance": distance, "far": distance > self.bound}
        outputs["count"] = tf.reduce_sum(tf.cast(outputs["far"], tf.int32), axis=-1)
        return tf.nest.map_structure(
            lambda y: tf.cast(y, self.compute_dtype) if y.dtype.is_floating else y,
            outputs,
        )

    def compute_output_shape(self, input_shape):
        return {"distance": input_shape, "far": input_shape, "count": (input_shape[0],)}

    def compute_output_spec(self, inputs, training=None):
        shapes = self.compute_output_shape(inputs.shape)
        return {
            "distance": keras.KerasTensor(shapes["distance"], dtype=self.compute_dtype),
            "far": keras.KerasTensor(shapes["far"], dtype="bool"),
            "count": keras.KerasTensor(shapes["count"], dtype="int32"),
        }

    def get_config(self):
        config = super().get_config()
        config.update({"bound": self.bound, "scale_distances": self.scale_distances})
        return config
