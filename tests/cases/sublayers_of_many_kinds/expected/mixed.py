"""Mixed: mixes steps and features."""

import keras
from keras import initializers, layers


@keras.saving.register_keras_serializable()
class Mixed(layers.Layer):
    """Mixes steps and features.

    Args:
        depth: Positive integer.
        heads: Positive integer.
        kernel_initializer: Initializer of `scale` and `blocks`.

    Input shape: `(batch, steps, features)`.
    Output shape: `(batch, steps, features)`.
    """

    def __init__(self, depth=2, heads=2, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        for name, value in (("depth", depth), ("heads", heads)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        self.depth = depth
        self.heads = heads
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.supports_masking = True
        self.input_spec = layers.InputSpec(ndim=3)

    def build(self, input_shape):
        if input_shape[2] is not None and input_shape[2] % self.heads:
            raise ValueError(
                "`heads` must divide the features. "
                f"Received: input_shape={input_shape}, heads={self.heads}"
            )
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: input_shape={input_shape}"
            )
        self.attention = layers.MultiHeadAttention(
            self.heads,
            features // self.heads,
            dtype=self.dtype_policy,
            name="attention",
        )
        self.attention.build(input_shape, input_shape)
        # An initializer instance is stateless: called twice with one shape it
        # returns the same values, so each weight gets its own clone.
        self.blocks = tuple(
            layers.Dense(
                features,
                activation="relu",
                kernel_initializer=self.kernel_initializer.clone(),
                dtype=self.dtype_policy,
                name=f"blocks_{index}",
            )
            for index in range(self.depth)
        )
        for block in self.blocks:
            block.build(input_shape)
        self.convolution = layers.Conv1D(
            features, 3, padding="same", dtype=self.dtype_policy, name="convolution"
        )
        self.convolution.build(input_shape)
        self.mix = keras.Sequential(
            [
                layers.Dense(2 * features, activation="relu", dtype=self.dtype_policy),
                layers.Dense(features, dtype=self.dtype_policy),
            ],
            name="mix",
        )
        self.mix.build(input_shape)
        self.scale = self.add_weight(
            name="scale", shape=(features,), initializer=self.kernel_initializer.clone()
        )
        self.input_spec = layers.InputSpec(ndim=3, axes={-1: features})

    def call(self, inputs, training=None):
        x = inputs + self.attention(inputs, inputs, training=training)
        for block in self.blocks:
            x = block(x)
        x = self.convolution(x)
        return self.mix(x) * self.scale

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "depth": self.depth,
                "heads": self.heads,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
            }
        )
        return config
