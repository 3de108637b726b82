"""MovingNorm: normalises the last axis with batch statistics or moving averages."""

import keras
import tensorflow as tf
from keras import initializers, layers


@keras.saving.register_keras_serializable()
class MovingNorm(layers.Layer):
    """Normalises the last axis with batch statistics or moving averages.

    While training, the mean and variance of the batch are used, and `moving =
    moving * momentum + batch * (1 - momentum)` is updated. In inference, or
    when the layer is frozen, the moving averages are used.

    Args:
        momentum: Float in `[0, 1]`, weight of the old moving average.
        epsilon: Positive float, added to the variance.
        gamma_initializer: Initializer of `gamma`.
        beta_initializer: Initializer of `beta`.

    Input shape: `(batch, ..., features)`.
    Output shape: `(batch, ..., features)`.

    Reference: https://arxiv.org/abs/1502.03167
    """

    def __init__(
        self,
        momentum=0.99,
        epsilon=0.001,
        gamma_initializer="ones",
        beta_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(
                f"`momentum` must be in the range [0, 1]. Received: momentum={momentum}"
            )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.momentum = momentum
        self.epsilon = epsilon
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_initializer = initializers.get(beta_initializer)
        self.input_spec = layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        # autocast=False: the layer computes in the variable dtype (float32)
        # under a mixed policy, where float16 updates would round away.
        self.gamma = self.add_weight(
            name="gamma",
            shape=(features,),
            initializer=self.gamma_initializer,
            autocast=False,
        )
        self.beta = self.add_weight(
            name="beta",
            shape=(features,),
            initializer=self.beta_initializer,
            autocast=False,
        )
        # aggregation="mean": replicas agree under tf.distribute.
        self.moving_mean = self.add_weight(
            name="moving_mean",
            shape=(features,),
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )
        self.moving_variance = self.add_weight(
            name="moving_variance",
            shape=(features,),
            initializer="ones",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )
        self.input_spec = layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs, training=None):
        inputs = tf.cast(inputs, self.variable_dtype)
        if training and self.trainable:
            axes = list(range(inputs.shape.rank - 1))
            mean, variance = tf.nn.moments(inputs, axes=axes)
            self.moving_mean.assign(
                self.moving_mean * self.momentum + mean * (1 - self.momentum)
            )
            self.moving_variance.assign(
                self.moving_variance * self.momentum + variance * (1 - self.momentum)
            )
        else:
            mean, variance = self.moving_mean, self.moving_variance
        scale = self.gamma * tf.math.rsqrt(variance + self.epsilon)
        return tf.cast((inputs - mean) * scale + self.beta, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "momentum": self.momentum,
                "epsilon": self.epsilon,
                "gamma_initializer": initializers.serialize(self.gamma_initializer),
                "beta_initializer": initializers.serialize(self.beta_initializer),
            }
        )
        return config
