"""ArcFace: cosine logits with an angular margin for the true class."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class ArcFace(layers.Layer):
    """Cosine logits with an angular margin for the true class.

    Args:
        classes: Integer of at least 2.
        margin: Float of at least 0, angle added for the true class, in
            radians.
        scale: Positive float, factor of the logits.

    Call arguments:
        embeddings: Tensor of shape `(batch, features)`.
        labels: Tensor of dtype int32 of shape `(batch,)`. Index of the true
            class.

    Output shape: `(batch, classes)`.

    Reference: https://arxiv.org/abs/1801.07698
    """

    def __init__(self, classes, margin=0.5, scale=64.0, **kwargs):
        super().__init__(**kwargs)
        if type(classes) is not int or classes < 2:
            raise ValueError(
                "`classes` must be an integer of at least 2. "
                f"Received: classes={classes}"
            )
        if not margin >= 0:
            raise ValueError(
                f"`margin` must be non-negative. Received: margin={margin}"
            )
        if not scale > 0:
            raise ValueError(f"`scale` must be positive. Received: scale={scale}")
        self.classes = classes
        self.margin = margin
        self.scale = scale

    def build(self, embeddings_shape, labels_shape):
        features = embeddings_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: embeddings_shape={embeddings_shape}"
            )
        self.kernel = self.add_weight(name="kernel", shape=(features, self.classes))

    def call(self, embeddings, labels, training=None):
        directions = tf.math.l2_normalize(embeddings, axis=-1)
        cosines = tf.matmul(directions, tf.math.l2_normalize(self.kernel, axis=0))
        if training:
            angles = tf.acos(tf.clip_by_value(cosines, -0.999, 0.999))
            true_class = tf.one_hot(labels, self.classes, dtype=cosines.dtype)
            cosines = tf.cos(angles + self.margin * true_class)
        return cosines * self.scale

    def compute_output_shape(self, embeddings_shape, labels_shape):
        return (embeddings_shape[0], self.classes)

    def get_config(self):
        config = super().get_config()
        config.update(
            {"classes": self.classes, "margin": self.margin, "scale": self.scale}
        )
        return config
