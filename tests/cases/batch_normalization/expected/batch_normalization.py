"""BatchNormalization: normalises an axis by means and variances of the batch."""

import keras
import tensorflow as tf
from keras import constraints, initializers, layers, regularizers


def root_of(initializer):
    return lambda shape, dtype=None: tf.sqrt(initializer(shape, dtype))


def masked_moments(inputs, mask, axes):
    keep = tf.cast(mask, tf.bool)[..., tf.newaxis]
    keep = tf.broadcast_to(keep, tf.shape(inputs))
    count = tf.reduce_sum(tf.cast(keep, inputs.dtype), axis=axes, keepdims=True)
    count = count + 1e-7
    mean = tf.reduce_sum(tf.where(keep, inputs, 0), axis=axes, keepdims=True) / count
    squares = tf.square(tf.where(keep, inputs - mean, 0))
    variance = tf.reduce_sum(squares, axis=axes, keepdims=True) / count
    return tf.squeeze(mean, axes), tf.squeeze(variance, axes)


def moments_of_replicas(inputs, axes):
    mean = tf.reduce_mean(inputs, axis=axes)
    square = tf.reduce_mean(tf.square(inputs), axis=axes)
    replicas = tf.distribute.get_replica_context()
    mean, square = replicas.all_reduce("mean", [mean, square])
    return mean, square - tf.square(mean)


@keras.saving.register_keras_serializable()
class BatchNormalization(layers.Layer):
    """Normalises an axis by means and variances of the batch.

    While training, the mean and variance of the unmasked part of the batch are
    used, and `moving = moving * momentum + batch * (1 - momentum)` is updated.
    In inference, or when the layer is frozen, the moving averages are used.

    Args:
        axis: Integer, axis of the features.
        momentum: Float in `[0, 1]`, weight of the old average.
        epsilon: Positive float, added to the variance.
        center: Whether to add a learned offset.
        scale: Whether to multiply by a learned factor.
        beta_initializer: Initializer of `beta`.
        gamma_initializer: Initializer of `gamma`.
        moving_mean_initializer: Initializer of `moving_mean` and
            `renorm_mean`.
        moving_variance_initializer: Initializer of `moving_variance`,
            `moving_stddev` and `renorm_stddev`.
        beta_regularizer: Regularizer of `beta`.
        gamma_regularizer: Regularizer of `gamma`.
        beta_constraint: Constraint of `beta`.
        gamma_constraint: Constraint of `gamma`.
        renorm: Whether to correct for the moving averages in training.
        renorm_clipping: Limits of the correction: rmin, rmax, dmax.
        renorm_momentum: Float in `[0, 1]`.
        synchronized: Whether statistics are those of all replicas.

    Call arguments:
        inputs: Tensor of shape `(batch, ...)`.
        mask: Optional boolean tensor. True for what counts.

    Output shape: `(batch, ...)`.

    Reference: https://arxiv.org/abs/1502.03167
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        synchronized=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if type(axis) is not int:
            raise ValueError(f"`axis` must be an integer. Received: axis={axis}")
        for name, value in (
            ("momentum", momentum),
            ("renorm_momentum", renorm_momentum),
        ):
            if not 0 <= value <= 1:
                raise ValueError(
                    f"`{name}` must be in the range [0, 1]. Received: {name}={value}"
                )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.axis = axis
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.renorm = renorm
        self.renorm_clipping = renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.synchronized = synchronized
        self.limits = {
            "rmin": 0.0,
            "rmax": float("inf"),
            "dmax": float("inf"),
            **(renorm_clipping or {}),
        }
        self.supports_masking = True

    def build(self, input_shape):
        if self.scale:
            # autocast=False: the layer computes in the variable dtype (float32)
            # under a mixed policy, where float16 updates would round away.
            self.gamma = self.add_weight(
                name="gamma",
                shape=(input_shape[self.axis],),
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        else:
            self.gamma = None
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=(input_shape[self.axis],),
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )
        else:
            self.beta = None
        # An initializer instance is stateless: called twice with one shape it
        # returns the same values, so each weight gets its own clone.
        # aggregation="mean": replicas agree under tf.distribute.
        self.moving_mean = self.add_weight(
            name="moving_mean",
            shape=(input_shape[self.axis],),
            initializer=self.moving_mean_initializer.clone(),
            trainable=False,
            autocast=False,
            aggregation="mean",
        )
        self.moving_variance = self.add_weight(
            name="moving_variance",
            shape=(input_shape[self.axis],),
            initializer=self.moving_variance_initializer.clone(),
            trainable=False,
            autocast=False,
            aggregation="mean",
        )
        if self.renorm:
            self.moving_stddev = self.add_weight(
                name="moving_stddev",
                shape=(input_shape[self.axis],),
                initializer=root_of(self.moving_variance_initializer.clone()),
                trainable=False,
                autocast=False,
                aggregation="mean",
            )
            self.renorm_mean = self.add_weight(
                name="renorm_mean",
                shape=(input_shape[self.axis],),
                initializer=self.moving_mean_initializer.clone(),
                trainable=False,
                autocast=False,
                aggregation="mean",
            )
            self.renorm_stddev = self.add_weight(
                name="renorm_stddev",
                shape=(input_shape[self.axis],),
                initializer=root_of(self.moving_variance_initializer.clone()),
                trainable=False,
                autocast=False,
                aggregation="mean",
            )
        else:
            self.moving_stddev = None
            self.renorm_mean = None
            self.renorm_stddev = None
        self.input_spec = layers.InputSpec(
            ndim=len(input_shape), axes={self.axis: input_shape[self.axis]}
        )

    def call(self, inputs, mask=None, training=None):
        inputs = tf.cast(inputs, self.variable_dtype)
        rank = inputs.shape.rank
        axes = [i for i in range(rank) if i != self.axis % rank]
        r = None
        if training and self.trainable:
            if mask is not None:
                mean, variance = masked_moments(inputs, mask, axes)
            elif self.synchronized:
                mean, variance = moments_of_replicas(inputs, axes)
            else:
                mean, variance = tf.nn.moments(inputs, axes=axes)
            if self.renorm:
                stddev = tf.sqrt(variance + self.epsilon)
                known = tf.maximum(self.renorm_stddev, self.epsilon**0.5)
                r = tf.clip_by_value(
                    stddev / known, self.limits["rmin"], self.limits["rmax"]
                )
                d = (mean - self.renorm_mean) / known
                d = tf.clip_by_value(d, -self.limits["dmax"], self.limits["dmax"])
                self.renorm_mean.assign(
                    self.renorm_mean * self.renorm_momentum
                    + mean * (1 - self.renorm_momentum)
                )
                self.renorm_stddev.assign(
                    self.renorm_stddev * self.renorm_momentum
                    + stddev * (1 - self.renorm_momentum)
                )
                self.moving_stddev.assign(
                    self.moving_stddev * self.momentum + stddev * (1 - self.momentum)
                )
                self.moving_variance.assign(
                    tf.nn.relu(tf.square(self.moving_stddev) - self.epsilon)
                )
            else:
                self.moving_variance.assign(
                    self.moving_variance * self.momentum
                    + variance * (1 - self.momentum)
                )
            self.moving_mean.assign(
                self.moving_mean * self.momentum + mean * (1 - self.momentum)
            )
        else:
            mean, variance = self.moving_mean, self.moving_variance
        factor = self.gamma if self.scale else tf.ones_like(mean)
        offset = self.beta if self.center else tf.zeros_like(mean)
        if r is not None:
            factor, offset = (
                factor * tf.stop_gradient(r),
                factor * tf.stop_gradient(d) + offset,
            )
        sizes = [-1 if i == self.axis % rank else 1 for i in range(rank)]
        mean, variance = tf.reshape(mean, sizes), tf.reshape(variance, sizes)
        factor, offset = tf.reshape(factor, sizes), tf.reshape(offset, sizes)
        return tf.cast(
            tf.nn.batch_normalization(
                inputs, mean, variance, offset, factor, self.epsilon
            ),
            self.compute_dtype,
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "axis": self.axis,
                "momentum": self.momentum,
                "epsilon": self.epsilon,
                "center": self.center,
                "scale": self.scale,
                "beta_initializer": initializers.serialize(self.beta_initializer),
                "gamma_initializer": initializers.serialize(self.gamma_initializer),
                "moving_mean_initializer": initializers.serialize(
                    self.moving_mean_initializer
                ),
                "moving_variance_initializer": initializers.serialize(
                    self.moving_variance_initializer
                ),
                "beta_regularizer": regularizers.serialize(self.beta_regularizer),
                "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
                "beta_constraint": constraints.serialize(self.beta_constraint),
                "gamma_constraint": constraints.serialize(self.gamma_constraint),
                "renorm": self.renorm,
                "renorm_clipping": self.renorm_clipping,
                "renorm_momentum": self.renorm_momentum,
                "synchronized": self.synchronized,
            }
        )
        return config
