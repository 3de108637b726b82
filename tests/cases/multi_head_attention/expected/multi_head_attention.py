"""MultiHeadAttention: attention of several heads, each on projections of its own."""

import keras
import tensorflow as tf
from keras import constraints, initializers, layers, regularizers


def attended(axes, rank):
    return [i % rank for i in axes] if axes else list(range(1, rank - 1))


def equations(axes, rank):
    """Einsum equations of scores and of means, for projections with an axis of heads."""
    names = "abcdefghijklmnopqrstuvwxyz"
    query, key, heads, queries, steps = "", "", "", "", ""
    for i in range(rank + 1):
        query += names[i]
        key += names[rank + 1 + i] if i in axes else names[i]
        if i in axes:
            queries += query[i]
            steps += key[i]
        elif i < rank:
            heads += query[i]
    scores = heads + queries + steps
    return query + "," + key + "->" + scores, scores + "," + key + "->" + query


def distances(query, value, axes):
    """Places of queries less those of values, along the first axis attended over."""
    others = [1] * (len(axes) - 1)
    queries = tf.range(tf.shape(query)[axes[0]])
    steps = tf.range(tf.shape(value)[axes[0]])
    return tf.reshape(queries, [1, -1, *others, 1, *others]) - tf.reshape(
        steps, [1, 1, *others, -1, *others]
    )


def expanded(mask, axes, place):
    """A mask with an axis of its own for each that the other tensor is attended over."""
    mask = tf.cast(mask, tf.bool)
    for _ in axes:
        mask = tf.expand_dims(mask, axis=place)
    return mask


def combined(masks, scores, axes):
    """One mask that broadcasts to the scores, which have an axis of heads."""
    keep = masks[0]
    for mask in masks[1:]:
        keep = tf.logical_and(keep, mask)
    for _ in range(scores.shape.rank - keep.shape.rank):
        keep = tf.expand_dims(keep, axis=-2 * len(axes) - 1)
    return keep


@keras.saving.register_keras_serializable()
class MultiHeadAttention(layers.Layer):
    """Attention of several heads, each on projections of its own.

    Args:
        num_heads: Positive integer, number of heads.
        key_dim: Positive integer, size of a query and of a key in each head.
        value_dim: Positive integer, size of a value in each head; `key_dim` by
            default.
        dropout: Float in `[0, 1]`, fraction of the weights to drop.
        use_bias: Whether to add a bias.
        output_shape: Tuple of integers, sizes that take the place of the
            query's last axis, which is kept by default.
        attention_axes: Tuple of integers, axes to attend over; by default all
            but the first and the last.
        sliding_window: Positive integer, steps attend to no others as far
            away.
        kernel_initializer: Initializer of `query_kernel`, `key_kernel`,
            `gate_kernel`, `value_kernel` and `output_kernel`.
        bias_initializer: Initializer of `query_bias`, `key_bias`, `gate_bias`,
            `value_bias` and `output_bias`.
        kernel_regularizer: Regularizer of `query_kernel`, `key_kernel`,
            `gate_kernel`, `value_kernel` and `output_kernel`.
        bias_regularizer: Regularizer of `query_bias`, `key_bias`, `gate_bias`,
            `value_bias` and `output_bias`.
        kernel_constraint: Constraint of `query_kernel`, `key_kernel`,
            `gate_kernel`, `value_kernel` and `output_kernel`.
        bias_constraint: Constraint of `query_bias`, `key_bias`, `gate_bias`,
            `value_bias` and `output_bias`.
        use_gate: Whether a gate on the query scales the outputs.
        seed: Integer, seed of the dropout.

    Call arguments:
        query: Tensor of shape `(batch, ...queries, query_size)`.
        value: Tensor of shape `(batch, ...steps, value_size)`.
        key: Optional tensor of shape `(batch, ...steps, key_size)`. The value
            by default.
        attention_mask: Optional boolean tensor. True for pairs that count.
        query_mask: Optional boolean tensor of shape `(batch, ...queries)`.
        value_mask: Optional boolean tensor of shape `(batch, ...steps)`.
        key_mask: Optional boolean tensor of shape `(batch, ...steps)`.
        return_attention_scores: Whether to return the weights too.
        use_causal_mask: Whether later steps are left out.

    Reference: https://arxiv.org/abs/1706.03762
    """

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
        sliding_window=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        value_dim = key_dim if value_dim is None else value_dim
        output_shape = (
            (output_shape,) if isinstance(output_shape, int) else output_shape
        )
        attention_axes = (
            (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        )
        for name, value in (("num_heads", num_heads), ("key_dim", key_dim)):
            if type(value) is not int or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        for name, value in (
            ("value_dim", value_dim),
            ("sliding_window", sliding_window),
        ):
            if value is not None and (type(value) is not int or value <= 0):
                raise ValueError(
                    f"`{name}` must be a positive integer or None. "
                    f"Received: {name}={value}"
                )
        if not 0 <= dropout <= 1:
            raise ValueError(
                f"`dropout` must be in the range [0, 1]. Received: dropout={dropout}"
            )
        for name, value in (
            ("output_shape", output_shape),
            ("attention_axes", attention_axes),
        ):
            if value is not None and (
                not isinstance(value, (list, tuple))
                or not all(type(size) is int for size in value)
            ):
                raise ValueError(
                    f"`{name}` must be a list of integers or None. "
                    f"Received: {name}={value}"
                )
        if seed is not None and type(seed) is not int:
            raise ValueError(
                f"`seed` must be an integer or None. Received: seed={seed}"
            )
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim
        self.dropout = dropout
        self.use_bias = use_bias
        self._output_shape = tuple(output_shape) if output_shape is not None else None
        self.attention_axes = (
            tuple(attention_axes) if attention_axes is not None else None
        )
        self.sliding_window = sliding_window
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = use_gate
        self.seed = seed
        if dropout > 0:
            self.attention_dropout = layers.Dropout(
                dropout, seed=seed, dtype=self.dtype_policy, name="attention_dropout"
            )
        else:
            self.attention_dropout = None
        self.supports_masking = True

    def build(self, query_shape, value_shape, key_shape=None):
        if key_shape is not None and value_shape[1:-1] != key_shape[1:-1]:
            raise ValueError(
                "All dimensions of `value` and `key`, except the last one, must be "
                "equal. "
                f"Received: key_shape={key_shape}, value_shape={value_shape}"
            )
        query_size = query_shape[-1]
        if query_size is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: query_shape={query_shape}"
            )
        value_size = value_shape[-1]
        if value_size is None:
            raise ValueError(
                "The last axis of the input must be defined. "
                f"Received: value_shape={value_shape}"
            )
        # An initializer instance is stateless: called twice with one shape it
        # returns the same values, so each weight gets its own clone.
        self.query_kernel = self.add_weight(
            name="query_kernel",
            shape=(query_size, self.num_heads, self.key_dim),
            initializer=self.kernel_initializer.clone(),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.query_bias = self.add_weight(
                name="query_bias",
                shape=(self.num_heads, self.key_dim),
                initializer=self.bias_initializer.clone(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        else:
            self.query_bias = None
        self.key_kernel = self.add_weight(
            name="key_kernel",
            shape=((key_shape or value_shape)[-1], self.num_heads, self.key_dim),
            initializer=self.kernel_initializer.clone(),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.key_bias = self.add_weight(
                name="key_bias",
                shape=(self.num_heads, self.key_dim),
                initializer=self.bias_initializer.clone(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        else:
            self.key_bias = None
        if self.use_gate:
            self.gate_kernel = self.add_weight(
                name="gate_kernel",
                shape=(query_size, self.num_heads, self.value_dim),
                initializer=self.kernel_initializer.clone(),
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            )
        else:
            self.gate_kernel = None
        if self.use_gate and self.use_bias:
            self.gate_bias = self.add_weight(
                name="gate_bias",
                shape=(self.num_heads, self.value_dim),
                initializer=self.bias_initializer.clone(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        else:
            self.gate_bias = None
        self.value_kernel = self.add_weight(
            name="value_kernel",
            shape=(value_size, self.num_heads, self.value_dim),
            initializer=self.kernel_initializer.clone(),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.value_bias = self.add_weight(
                name="value_bias",
                shape=(self.num_heads, self.value_dim),
                initializer=self.bias_initializer.clone(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        else:
            self.value_bias = None
        self.output_kernel = self.add_weight(
            name="output_kernel",
            shape=(
                self.num_heads,
                self.value_dim,
                *(self._output_shape or query_shape[-1:]),
            ),
            initializer=self.kernel_initializer.clone(),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.output_bias = self.add_weight(
                name="output_bias",
                shape=self._output_shape or query_shape[-1:],
                initializer=self.bias_initializer.clone(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        else:
            self.output_bias = None

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        axes = attended(self.attention_axes, query.shape.rank)
        score_equation, mean_equation = equations(axes, query.shape.rank)
        masks = []
        if query_mask is not None:
            masks.append(expanded(query_mask, axes, -1))
        if value_mask is not None:
            masks.append(expanded(value_mask, axes, -1 - len(axes)))
        if key_mask is not None:
            masks.append(expanded(key_mask, axes, -1 - len(axes)))
        if attention_mask is not None:
            masks.append(tf.cast(attention_mask, tf.bool))
        if use_causal_mask:
            masks.append(distances(query, value, axes) >= 0)
        if self.sliding_window is not None:
            masks.append(tf.abs(distances(query, value, axes)) < self.sliding_window)
        queries = tf.tensordot(query, self.query_kernel, 1)
        keys = tf.tensordot(value if key is None else key, self.key_kernel, 1)
        values = tf.tensordot(value, self.value_kernel, 1)
        if self.use_bias:
            queries, keys, values = (
                queries + self.query_bias,
                keys + self.key_bias,
                values + self.value_bias,
            )
        scores = tf.einsum(score_equation, queries * self.key_dim**-0.5, keys)
        if masks:
            keep = combined(masks, scores, axes)
            scores = tf.where(keep, scores, scores.dtype.min)
        if len(axes) == 1:
            weights = tf.nn.softmax(scores)
        else:
            over = list(range(-len(axes), 0))
            weights = tf.exp(
                scores - tf.reduce_logsumexp(scores, axis=over, keepdims=True)
            )
        if masks:
            weights = tf.where(keep, weights, 0)
        dropped = weights
        if self.dropout > 0:
            dropped = self.attention_dropout(weights, training=training)
        outputs = tf.einsum(mean_equation, dropped, values)
        if self.use_gate:
            gate = tf.tensordot(query, self.gate_kernel, 1)
            if self.use_bias:
                gate = gate + self.gate_bias
            outputs = outputs * tf.sigmoid(gate)
        outputs = tf.tensordot(outputs, self.output_kernel, 2)
        if self.use_bias:
            outputs = outputs + self.output_bias
        if return_attention_scores:
            return outputs, weights
        return outputs

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return (*query_shape[:-1], *(self._output_shape or query_shape[-1:]))

    def compute_output_spec(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        query_shape = query.shape
        value_shape = value.shape
        key_shape = None if key is None else key.shape
        shape = self.compute_output_shape(query_shape, value_shape, key_shape)
        outputs = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if return_attention_scores:
            return outputs, keras.KerasTensor(
                (
                    *[
                        n
                        for i, n in enumerate(query_shape[:-1])
                        if i not in attended(self.attention_axes, len(query_shape))
                    ],
                    self.num_heads,
                    *[
                        query_shape[i]
                        for i in attended(self.attention_axes, len(query_shape))
                    ],
                    *[
                        value_shape[i]
                        for i in attended(self.attention_axes, len(query_shape))
                    ],
                ),
                dtype=self.compute_dtype,
            )
        return outputs

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "num_heads": self.num_heads,
                "key_dim": self.key_dim,
                "value_dim": self.value_dim,
                "dropout": self.dropout,
                "use_bias": self.use_bias,
                "output_shape": self._output_shape,
                "attention_axes": self.attention_axes,
                "sliding_window": self.sliding_window,
                "kernel_initializer": initializers.serialize(self.kernel_initializer),
                "bias_initializer": initializers.serialize(self.bias_initializer),
                "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
                "bias_regularizer": regularizers.serialize(self.bias_regularizer),
                "kernel_constraint": constraints.serialize(self.kernel_constraint),
                "bias_constraint": constraints.serialize(self.bias_constraint),
                "use_gate": self.use_gate,
                "seed": self.seed,
            }
        )
        return config
