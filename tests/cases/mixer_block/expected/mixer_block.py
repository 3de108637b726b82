"""MixerBlock: block of an MLP-Mixer, which mixes the steps and then the channels."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable()
class MixerBlock(layers.Layer):
    """Block of an MLP-Mixer, which mixes the steps and then the channels.

    Args:
        step_units: Positive integer, hidden units of the network over the
            steps.
        channel_units: Positive integer, hidden units of the network over the
            channels.

    Input shape: `(batch, steps, channels)`.
    Output shape: `(batch, steps, channels)`.

    Reference: https://arxiv.org/abs/2105.01601
    """

    def __init__(self, step_units, channel_units, **kwargs):
        super().__init__(**kwargs)
        for name, value in (
            ("step_units", step_units),
            ("channel_units", channel_units),
        ):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        self.step_units = step_units
        self.channel_units = channel_units
        self.step_norm = layers.LayerNormalization(
            epsilon=1e-6, dtype=self.dtype_policy, name="step_norm"
        )
        self.step_up = layers.Dense(
            step_units, activation="gelu", dtype=self.dtype_policy, name="step_up"
        )
        self.channel_norm = layers.LayerNormalization(
            epsilon=1e-6, dtype=self.dtype_policy, name="channel_norm"
        )
        self.channel_up = layers.Dense(
            channel_units, activation="gelu", dtype=self.dtype_policy, name="channel_up"
        )
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        steps = input_shape[1]
        if steps is None:
            raise ValueError(
                "The axis `steps` of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.step_norm.build(input_shape)
        self.step_up.build((None, channels, steps))
        self.channel_norm.build(input_shape)
        self.channel_up.build(input_shape)
        self.step_down = self.add_weight(
            name="step_down", shape=(self.step_units, steps)
        )
        self.channel_down = self.add_weight(
            name="channel_down", shape=(self.channel_units, channels)
        )
        self.input_spec = layers.InputSpec(ndim=3, axes={1: steps, -1: channels})

    def call(self, inputs):
        y = tf.transpose(self.step_norm(inputs), [0, 2, 1])
        y = tf.tensordot(self.step_up(y), self.step_down, axes=1)
        x = inputs + tf.transpose(y, [0, 2, 1])
        return x + tf.tensordot(
            self.channel_up(self.channel_norm(x)), self.channel_down, axes=1
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {"step_units": self.step_units, "channel_units": self.channel_units}
        )
        return config
