"""VectorQuantizer: nearest entry of a codebook that follows its inputs."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class VectorQuantizer(layers.Layer):
    """Nearest entry of a codebook that follows its inputs.

    The codebook is a moving average of the inputs that chose each entry. The
    gradient passes straight through; a commitment loss keeps the inputs near.

    Args:
        codes: Positive integer, number of entries of the codebook.
        decay: Float in `[0, 1]`, weight of the old moving average.
        commitment: Float of at least 0, weight of the commitment loss.
        epsilon: Positive float, added to the counts.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, features)`.

    Reference: https://arxiv.org/abs/1711.00937
    """

    def __init__(self, codes, decay=0.99, commitment=0.25, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if type(codes) is not int or codes <= 0:
            raise ValueError(
                f"`codes` must be a positive integer. Received: codes={codes}"
            )
        if not 0 <= decay <= 1:
            raise ValueError(
                f"`decay` must be in the range [0, 1]. Received: decay={decay}"
            )
        if not commitment >= 0:
            raise ValueError(
                f"`commitment` must be non-negative. Received: commitment={commitment}"
            )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.codes = codes
        self.decay = decay
        self.commitment = commitment
        self.epsilon = epsilon
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        # autocast=False: the layer computes in the variable dtype (float32)
        # under a mixed policy, where float16 updates would round away.
        # aggregation="mean": replicas agree under tf.distribute.
        self.codebook = self.add_weight(
            name="codebook",
            shape=(self.codes, features),
            initializer="random_uniform",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )
        self.counts = self.add_weight(
            name="counts",
            shape=(self.codes,),
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )
        self.sums = self.add_weight(
            name="sums",
            shape=(self.codes, features),
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: features})

    def call(self, inputs, training=None):
        inputs = tf.cast(inputs, self.variable_dtype)
        flat = tf.reshape(inputs, [-1, inputs.shape[-1]])  # (n, features)
        distances = tf.reduce_sum(
            tf.square(flat[:, tf.newaxis] - self.codebook), axis=-1
        )
        indices = tf.argmin(distances, axis=1)
        quantized = tf.reshape(tf.gather(self.codebook, indices), tf.shape(inputs))
        if training and self.trainable:
            chosen = tf.one_hot(indices, self.codes, dtype=inputs.dtype)
            new_counts = self.counts * self.decay + tf.reduce_sum(chosen, axis=0) * (
                1 - self.decay
            )
            new_sums = self.sums * self.decay + tf.matmul(
                chosen, flat, transpose_a=True
            ) * (1 - self.decay)
            self.counts.assign(new_counts)
            self.sums.assign(new_sums)
            self.codebook.assign(new_sums / (new_counts[:, tf.newaxis] + self.epsilon))
        distance = tf.reduce_mean(tf.square(inputs - tf.stop_gradient(quantized)))
        self.add_loss(self.commitment * distance)
        return tf.cast(
            inputs + tf.stop_gradient(quantized - inputs), self.compute_dtype
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "codes": self.codes,
                "decay": self.decay,
                "commitment": self.commitment,
                "epsilon": self.epsilon,
            }
        )
        return config
