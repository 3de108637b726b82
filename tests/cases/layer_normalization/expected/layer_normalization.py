"""LayerNormalization: normalises examples over an axis, then scales and shifts them."""

import keras
import tensorflow as tf
from keras import constraints, initializers, layers, regularizers


@keras.saving.register_keras_serializable()
class LayerNormalization(layers.Layer):
    """Normalises examples over an axis, then scales and shifts them.

    Args:
        axis: Integer or list of integers, axis or axes to normalise over.
        epsilon: Positive float, added to the variance.
        center: Whether to add a learned offset.
        scale: Whether to multiply by a learned factor.
        rms_scaling: Whether to keep the mean.
        beta_initializer: Initializer of `beta`.
        gamma_initializer: Initializer of `gamma`.
        beta_regularizer: Regularizer of `beta`.
        gamma_regularizer: Regularizer of `gamma`.
        beta_constraint: Constraint of `beta`.
        gamma_constraint: Constraint of `gamma`.

    Input shape: `(batch, ...)`.
    Output shape: `(batch, ...)`.

    Reference: https://arxiv.org/abs/1607.06450
    """

    def __init__(
        self,
        axis=-1,
        epsilon=0.001,
        center=True,
        scale=True,
        rms_scaling=False,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if type(axis) is not int and (
            not isinstance(axis, (list, tuple)) or not all(type(i) is int for i in axis)
        ):
            raise ValueError(
                "`axis` must be an integer or a list of integers. "
                f"Received: axis={axis}"
            )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.axis = axis if isinstance(axis, int) else tuple(axis)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.rms_scaling = rms_scaling
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.axes = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        self.supports_masking = True
        # Inputs keep their dtype: the layer computes in the variable dtype.
        self.autocast = False

    def build(self, input_shape):
        if self.scale or self.rms_scaling:
            self.gamma = self.add_weight(
                name="gamma",
                shape=[input_shape[i] for i in self.axes],
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        else:
            self.gamma = None
        if self.center and not self.rms_scaling:
            self.beta = self.add_weight(
                name="beta",
                shape=[input_shape[i] for i in self.axes],
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )
        else:
            self.beta = None

    def call(self, inputs):
        inputs = tf.cast(inputs, self.variable_dtype)
        rank = inputs.shape.rank
        sizes = [
            inputs.shape[i] if i in self.axes or i - rank in self.axes else 1
            for i in range(rank)
        ]
        mean, variance = tf.nn.moments(inputs, axes=self.axes, keepdims=True)
        factor = tf.math.rsqrt(variance + self.epsilon)
        if self.rms_scaling:
            return tf.cast(
                inputs * factor * tf.reshape(self.gamma, sizes), self.compute_dtype
            )
        if self.scale:
            factor = factor * tf.reshape(self.gamma, sizes)
        offset = -mean * factor
        if self.center:
            offset = offset + tf.reshape(self.beta, sizes)
        return tf.cast(inputs * factor + offset, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "axis": self.axis,
                "epsilon": self.epsilon,
                "center": self.center,
                "scale": self.scale,
                "rms_scaling": self.rms_scaling,
                "beta_initializer": initializers.serialize(self.beta_initializer),
                "gamma_initializer": initializers.serialize(self.gamma_initializer),
                "beta_regularizer": regularizers.serialize(self.beta_regularizer),
                "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
                "beta_constraint": constraints.serialize(self.beta_constraint),
                "gamma_constraint": constraints.serialize(self.gamma_constraint),
            }
        )
        return config
