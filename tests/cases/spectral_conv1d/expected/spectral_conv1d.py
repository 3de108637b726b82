"""SpectralConv1D: convolution by products of the lowest frequencies."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class SpectralConv1D(layers.Layer):
    """Convolution by products of the lowest frequencies.

    Args:
        units: Positive integer, size of the last output axis.
        modes: Positive integer, number of frequencies to keep.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, units)`.

    Reference: https://arxiv.org/abs/2010.08895
    """

    def __init__(self, units, modes, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("units", units), ("modes", modes)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        self.units = units
        self.modes = modes
        self.supports_masking = True
        # Inputs keep their dtype: the layer computes in the variable dtype.
        self.autocast = False
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.real_kernel = self.add_weight(
            name="real_kernel", shape=(features, self.units, self.modes), autocast=False
        )
        self.imaginary_kernel = self.add_weight(
            name="imaginary_kernel",
            shape=(features, self.units, self.modes),
            autocast=False,
        )
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: features})

    def call(self, inputs):
        inputs = tf.cast(inputs, self.variable_dtype)
        spectrum = tf.signal.rfft(tf.transpose(inputs, [0, 2, 1]))[..., : self.modes]
        kernel = tf.complex(self.real_kernel, self.imaginary_kernel)
        spectrum = tf.einsum("bfm,fum->bum", spectrum, kernel)
        # (batch, units, steps)
        outputs = tf.signal.irfft(spectrum, [tf.shape(inputs)[1]])
        return tf.cast(tf.transpose(outputs, [0, 2, 1]), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units, "modes": self.modes})
        return config
