"""PReLU: keeps positive inputs, and scales negative ones by learned slopes."""

import keras
import tensorflow as tf
from keras import constraints, initializers, layers, regularizers


@keras.saving.register_keras_serializable()
class PReLU(layers.Layer):
    """Keeps positive inputs, and scales negative ones by learned slopes.

    Args:
        alpha_initializer: Initializer of `alpha`.
        alpha_regularizer: Regularizer of `alpha`.
        alpha_constraint: Constraint of `alpha`.
        shared_axes: Tuple of integers, axes whose inputs share a slope, such
            as the rows and columns of an image.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://arxiv.org/abs/1502.01852
    """

    def __init__(
        self,
        alpha_initializer="zeros",
        alpha_regularizer=None,
        alpha_constraint=None,
        shared_axes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes
        if shared_axes is not None and (
            not isinstance(shared_axes, (list, tuple))
            or not all(type(size) is int for size in shared_axes)
        ):
            raise ValueError(
                "`shared_axes` must be a list of integers or None. "
                f"Received: shared_axes={shared_axes}"
            )
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = tuple(shared_axes) if shared_axes is not None else None
        self.supports_masking = True

    def build(self, input_shape):
        self.alpha = self.add_weight(
            name="alpha",
            shape=[
                1 if i in (self.shared_axes or ()) else input_shape[i]
                for i in range(1, len(input_shape))
            ],
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )

    def call(self, inputs):
        return tf.nn.relu(inputs) - self.alpha * tf.nn.relu(-inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "alpha_initializer": initializers.serialize(self.alpha_initializer),
                "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
                "alpha_constraint": constraints.serialize(self.alpha_constraint),
                "shared_axes": self.shared_axes,
            }
        )
        return config
