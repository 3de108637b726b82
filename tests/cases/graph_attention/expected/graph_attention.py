"""GraphAttention: attention of each node of a graph over its neighbours."""

import keras
import tensorflow as tf
from keras import initializers, layers


@keras.saving.register_keras_serializable()
class GraphAttention(layers.Layer):
    """Attention of each node of a graph over its neighbours.

    Args:
        units: Positive integer, size of the last output axis.
        kernel_initializer: Initializer of `kernel`, `query` and `key`.

    Call arguments:
        nodes: Tensor of shape `(batch, n, features)`.
        adjacency: Tensor of shape `(batch, n, n)`. Positive where the second
            node is a neighbour of the first.

    Output shape: `(batch, n, units)`.

    Reference: https://arxiv.org/abs/1710.10903
    """

    def __init__(self, units, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if type(units) is not int or units <= 0:
            raise ValueError(
                f"`units` must be a positive integer. Received: units={units}"
            )
        self.units = units
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, nodes_shape, adjacency_shape):
        features = nodes_shape[-1]
        if features is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: nodes_shape={nodes_shape}"
            )
        # An initializer instance is stateless: called twice with one shape it
        # returns the same values, so each weight gets its own clone.
        self.kernel = self.add_weight(
            name="kernel",
            shape=(features, self.units),
            initializer=self.kernel_initializer.clone(),
        )
        self.query = self.add_weight(
            name="query",
            shape=(self.units, 1),
            initializer=self.kernel_initializer.clone(),
        )
        self.key = self.add_weight(
            name="key",
            shape=(self.units, 1),
            initializer=self.kernel_initializer.clone(),
        )

    def call(self, nodes, adjacency):
        hidden = tf.tensordot(nodes, self.kernel, axes=1)
        queries, keys = (
            tf.tensordot(hidden, self.query, axes=1),
            tf.tensordot(hidden, self.key, axes=1),
        )
        scores = tf.nn.leaky_relu(queries + tf.linalg.matrix_transpose(keys))
        scores = tf.where(adjacency > 0, scores, scores.dtype.min)
        return tf.matmul(tf.nn.softmax(scores), hidden)

    def compute_output_shape(self, nodes_shape, adjacency_shape):
        return (nodes_shape[0], nodes_shape[1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "units": self.units,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
            }
        )
        return config
