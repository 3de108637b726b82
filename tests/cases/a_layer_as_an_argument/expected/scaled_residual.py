"""The layer ScaledResidual."""

import keras
from keras import layers


@keras.saving.register_keras_serializable()
class ScaledResidual(layers.Layer):
    """Adds what a layer makes of the inputs to them, with a learned weight.

    Args:
        layer: Layer whose outputs have the shape of its inputs.

    Input shape: `(batch, features)`.
    Output shape: `(batch, features)`.
    """

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(layer, layers.Layer):
            raise TypeError(f"`layer` must be a layer. Received: layer={layer}")
        self.layer = layer
        self.input_spec = layers.InputSpec(ndim=2)

    def build(self, input_shape):
        if not self.layer.built:
            self.layer.build(input_shape)
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")

    def call(self, inputs, training=None):
        made = self.layer(inputs, training=training)  # (batch, features)
        return inputs + self.gain * made

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update({"layer": keras.saving.serialize_keras_object(self.layer)})
        return config

    @classmethod
    def from_config(cls, config):
        config = {
            **config,
            "layer": keras.saving.deserialize_keras_object(config["layer"]),
        }
        return super().from_config(config)
