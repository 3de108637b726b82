"""Tests of MultiHeadAttention. Run: pytest test_multi_head_attention.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from multi_head_attention import MultiHeadAttention

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {
    "num_heads": 2,
    "key_dim": 3,
    "value_dim": 4,
    "dropout": 0.5,
    "use_bias": True,
    "output_shape": None,
    "attention_axes": None,
    "sliding_window": 2,
    "kernel_initializer": "he_normal",
    "bias_initializer": "glorot_normal",
    "kernel_regularizer": "l2",
    "bias_regularizer": "l1",
    "kernel_constraint": None,
    "bias_constraint": None,
    "use_gate": False,
    "seed": 2,
}
CHANGES = [
    {},
    {"num_heads": 5},
    {"key_dim": 6},
    {"value_dim": 5},
    {"value_dim": None},
    {"dropout": 0.25},
    {"dropout": 0.0},
    {"use_bias": False},
    {"sliding_window": 5},
    {"sliding_window": None},
    {"use_gate": True},
    {"seed": 5},
    {"seed": None},
    {"use_bias": False, "use_gate": True},
]
# Changes that need other inputs, or that no output shows: parts of the configuration.
CHANGES_KEPT = [
    {"output_shape": (4, 2)},
    {"output_shape": 4},
    {"attention_axes": (2,)},
    {"attention_axes": 2},
    {"kernel_initializer": "lecun_normal"},
    {"bias_initializer": "lecun_normal"},
    {"kernel_regularizer": "L1L2"},
    {"bias_regularizer": "L1L2"},
    {"kernel_constraint": "non_neg"},
    {"bias_constraint": "non_neg"},
]
DEFAULTS = {
    "value_dim": None,
    "dropout": 0.0,
    "use_bias": True,
    "output_shape": None,
    "attention_axes": None,
    "sliding_window": None,
    "kernel_initializer": "glorot_uniform",
    "bias_initializer": "zeros",
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
    "use_gate": False,
    "seed": None,
}
# Arguments that the configuration holds in serialized form.
OBJECTS = {
    "kernel_initializer": keras.initializers,
    "bias_initializer": keras.initializers,
    "kernel_regularizer": keras.regularizers,
    "bias_regularizer": keras.regularizers,
    "kernel_constraint": keras.constraints,
    "bias_constraint": keras.constraints,
}
# Values that are refused, and the outermost ones that are taken.
REFUSED = [
    ("num_heads", 0),
    ("num_heads", 2.5),
    ("num_heads", "3"),
    ("num_heads", True),
    ("num_heads", None),
    ("key_dim", 0),
    ("key_dim", 2.5),
    ("key_dim", "3"),
    ("key_dim", True),
    ("key_dim", None),
    ("value_dim", 0),
    ("value_dim", 2.5),
    ("value_dim", "3"),
    ("value_dim", True),
    ("dropout", -0.01),
    ("dropout", 1.01),
    ("dropout", np.nan),
    ("output_shape", (2.5,)),
    ("output_shape", 2.5),
    ("attention_axes", (2.5,)),
    ("attention_axes", 2.5),
    ("sliding_window", 0),
    ("sliding_window", 2.5),
    ("sliding_window", "3"),
    ("sliding_window", True),
    ("seed", 2.5),
    ("seed", "3"),
    ("seed", True),
]
TAKEN = [
    ("num_heads", 1),
    ("key_dim", 1),
    ("value_dim", 1),
    ("dropout", 0),
    ("dropout", 1),
    ("sliding_window", 1),
]
# Arguments that are kept as tuples.
TUPLES = {"output_shape": (4, 2), "attention_axes": (2,)}
# Shapes of the inputs; tests of one case take the first.
SHAPES = [
    {
        "query": (2, 5, 6),
        "value": (2, 4, 7),
        "key": (2, 4, 3),
        "attention_mask": (2, 5, 4),
    },
    {"query": (2, 5, 6), "value": (2, 4, 3), "attention_mask": (2, 5, 4)},
    {"query": (2, 5, 6), "value": (2, 4, 7), "key": (2, 4, 3)},
    {"query": (2, 5, 6), "value": (2, 4, 3)},
    {"query": (2, 2, 5, 6), "value": (2, 2, 4, 7), "key": (2, 2, 4, 3)},
]
# Shapes that are refused, with the message that says so.
REFUSED_SHAPES = [
    (
        {
            "query": (2, 5, 6),
            "value": (2, 5, 7),
            "key": (2, 4, 3),
            "attention_mask": (2, 5, 4),
        },
        "All dimensions of `value` and `key`, except the last one, must be equal",
    ),
    (
        {
            "query": (2, 5, 6),
            "value": (2, 4, 7),
            "key": (2, 5, 3),
            "attention_mask": (2, 5, 4),
        },
        "All dimensions of `value` and `key`, except the last one, must be equal",
    ),
]
# No two keep the same.
MASKS = {
    "query_mask": np.arange(5) <= np.arange(2)[:, None],
    "value_mask": np.arange(4) != np.arange(2)[:, None],
    "key_mask": np.arange(4) >= np.arange(2)[:, None],
}
# Ways to call the layer besides the plain one.
CALLS = {
    "masked": MASKS,
    "nothing kept": {
        "query_mask": np.zeros((2, 5), bool),
        "value_mask": np.zeros((2, 4), bool),
        "key_mask": np.zeros((2, 4), bool),
    },
    "return_attention_scores=True": {"return_attention_scores": True},
    "use_causal_mask=True": {"use_causal_mask": True},
    "all of these": {**MASKS, "return_attention_scores": True, "use_causal_mask": True},
}
# Further examples of the spec.
EXAMPLES = [
    (
        {"num_heads": 2, "key_dim": 3, "output_shape": (4, 2), "attention_axes": (2,)},
        {"query": (2, 3, 5, 6), "value": (2, 3, 4, 7)},
    ),
]
# Changes of the arguments under which all weights are there.
ALL = {"use_gate": True}
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def pairs(cases):
    """Every case as it is, and two with each change: all of both would be many."""
    yield from (({}, case, training) for case in cases for training in (False, True))
    for index, changed in enumerate(CHANGES[1:]):
        for place, training in (index, False), (index + 1, True):
            yield changed, cases[place % len(cases)], training


def make(**changed):
    return MultiHeadAttention(**{**ARGUMENTS, **changed})


def settled(**changed):
    """The arguments as the layer keeps them."""
    a = {**ARGUMENTS, **changed}
    a["value_dim"] = a["key_dim"] if a["value_dim"] is None else a["value_dim"]
    a["output_shape"] = (
        (a["output_shape"],)
        if isinstance(a["output_shape"], int)
        else a["output_shape"]
    )
    a["attention_axes"] = (
        (a["attention_axes"],)
        if isinstance(a["attention_axes"], int)
        else a["attention_axes"]
    )
    return a


def sample(shapes=SHAPES[0], batch=None, seed=0):
    rng = np.random.default_rng(seed)

    def values(name, shape):
        shape = (batch or shape[0], *shape[1:])
        if name == "attention_mask":
            return rng.integers(0, 2, shape).astype(bool)
        return rng.normal(0.5, 2.0, shape).astype("float32")

    return {name: values(name, shape) for name, shape in shapes.items()}


def shapes_of(x):
    """Shapes of the inputs, as `build` takes them."""
    return {
        f"{name}_shape": each.shape
        for name, each in x.items()
        if name != "attention_mask"
    }


def fill(layer):
    """Gives the weights values of which no two are equal, the same in each run."""
    rng = np.random.default_rng(0)
    for weight in layer.weights:
        values, start = rng.normal(0.2, 1.0, weight.shape), weight.numpy()
        if start.size == 1 or (np.ptp(start) == 0 and start.min() > 0):
            values = 0.5 + np.abs(values)  # it may be a scale or a variance
        weight.assign(values)


def built(x, **changed):
    layer = make(**changed)
    layer.build(**shapes_of(x))
    fill(layer)
    return layer


def copy_of(layer):
    """A second layer with the same configuration and variables."""
    other = MultiHeadAttention.from_config(layer.get_config())
    other.build_from_config(layer.get_build_config())
    for mine, its in zip(other.variables, layer.variables, strict=True):
        mine.assign(its)
    return other


def weights_of(layer):
    """Values by path within the layer, in float64."""
    return {w.path.split("/", 1)[1]: w.numpy().astype(float) for w in layer.weights}


def assert_close(got, want, tolerance=1e-4, what=""):
    pairs = zip(tf.nest.flatten(got), tf.nest.flatten(want), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one, other, tolerance, tolerance, err_msg=what)


# Oracle --------------------------------------------------------------------------


def softmax(x, axis=-1):
    exp = np.exp(x - np.max(x, axis, keepdims=True))
    return exp / np.sum(exp, axis, keepdims=True)


def logsumexp(x, axis=None, keepdims=False):
    return np.logaddexp.reduce(x, axis, keepdims=keepdims)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def ask(w, sublayer, *inputs, **settings):
    """What a sublayer returns, asked itself; its weights after that go to `w`."""
    outputs = sublayer(*inputs, **settings)
    w.update(weights_of(sublayer))
    return tf.nest.map_structure(np.asarray, outputs)


def attended(axes, rank):
    return [i % rank for i in axes] if axes else list(range(1, rank - 1))


def equations(axes, rank):
    """Einsum equations of scores and of means, for projections with an axis of heads."""
    names = "abcdefghijklmnopqrstuvwxyz"
    query, key, heads, queries, steps = "", "", "", "", ""
    for i in range(rank + 1):
        query = query + names[i]
        key = key + (names[rank + 1 + i] if i in axes else names[i])
        if i in axes:
            queries = queries + query[i]
            steps = steps + key[i]
        elif i < rank:
            heads = heads + query[i]
    scores = heads + queries + steps
    return query + "," + key + "->" + scores, scores + "," + key + "->" + query


def distances(query, value, axes):
    """Places of queries less those of values, along the first axis attended over."""
    others = [1] * (len(axes) - 1)
    queries = np.arange(np.shape(query)[axes[0]])
    steps = np.arange(np.shape(value)[axes[0]])
    return np.reshape(queries, (1, -1, *others, 1, *others)) - np.reshape(
        steps, (1, 1, *others, -1, *others)
    )


def expanded(mask, axes, place):
    """A mask with an axis of its own for each that the other tensor is attended over."""
    mask = np.asarray(mask).astype(bool)
    for _ in axes:
        mask = np.expand_dims(mask, place)
    return mask


def combined(masks, scores, axes):
    """One mask that broadcasts to the scores, which have an axis of heads."""
    keep = masks[0]
    for mask in masks[1:]:
        keep = np.logical_and(keep, mask)
    for _ in range(scores.ndim - keep.ndim):
        keep = np.expand_dims(keep, -2 * len(axes) - 1)
    return keep


def oracle(
    a,
    w,
    query,
    value,
    key=None,
    attention_mask=None,
    query_mask=None,
    value_mask=None,
    key_mask=None,
    training=False,
    return_attention_scores=False,
    use_causal_mask=False,
    layer=None,
):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    # Sublayers that are asked themselves: attention_dropout.
    query = query.astype(float)
    value = value.astype(float)
    if key is not None:
        key = key.astype(float)
    axes = attended(a["attention_axes"], query.ndim)
    score_equation, mean_equation = equations(axes, query.ndim)
    masks = []
    if query_mask is not None:
        masks.append(expanded(query_mask, axes, -1))
    if value_mask is not None:
        masks.append(expanded(value_mask, axes, -1 - len(axes)))
    if key_mask is not None:
        masks.append(expanded(key_mask, axes, -1 - len(axes)))
    if attention_mask is not None:
        masks.append(np.asarray(attention_mask).astype(bool))
    if use_causal_mask:
        masks.append(distances(query, value, axes) >= 0)
    if a["sliding_window"] is not None:
        masks.append(np.abs(distances(query, value, axes)) < a["sliding_window"])
    queries = np.tensordot(query, w["query_kernel"], 1)
    keys = np.tensordot(value if key is None else key, w["key_kernel"], 1)
    values = np.tensordot(value, w["value_kernel"], 1)
    if a["use_bias"]:
        queries, keys, values = (
            queries + w["query_bias"],
            keys + w["key_bias"],
            values + w["value_bias"],
        )
    scores = np.einsum(score_equation, queries * a["key_dim"] ** (-0.5), keys)
    if masks:
        keep = combined(masks, scores, axes)
        scores = np.where(keep, scores, np.finfo(float).min)
    if len(axes) == 1:
        weights = softmax(scores)
    else:
        over = list(range(-len(axes), 0))
        weights = np.exp(scores - logsumexp(scores, axis=tuple(over), keepdims=True))
    if masks:
        weights = np.where(keep, weights, 0)
    dropped = weights
    if a["dropout"] > 0:
        dropped = ask(w, layer.attention_dropout, weights, training=training)
    outputs = np.einsum(mean_equation, dropped, values)
    if a["use_gate"]:
        gate = np.tensordot(query, w["gate_kernel"], 1)
        if a["use_bias"]:
            gate = gate + w["gate_bias"]
        outputs = outputs * sigmoid(gate)
    outputs = np.tensordot(outputs, w["output_kernel"], 2)
    if a["use_bias"]:
        outputs = outputs + w["output_bias"]
    if return_attention_scores:
        return outputs, weights
    return outputs


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape, training, call=None):
    call = call or {}
    a = settled(**changed)
    layer = built(sample(shape), dtype="float64", **changed)
    w = weights_of(layer)
    twin = copy_of(layer)
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), tf.nest.map_structure(np.round, sample(shape, seed=1))):
        want = oracle(a, w, **x, training=training, **call, layer=twin)
        assert_close(layer(**x, training=training, **call), want, 1e-6)
        for path, value in weights_of(layer).items():
            assert_close(value, w[path], 1e-6, path)


@pytest.mark.parametrize(("changed", "shape", "training"), pairs(SHAPES), ids=str)
def test_outputs_are_those_of_the_oracle(changed, training, shape):
    check_against_oracle(changed, shape, training)


@pytest.mark.parametrize(("changed", "call", "training"), pairs([*CALLS]), ids=str)
def test_outputs_of_each_call_are_those_of_the_oracle(changed, training, call):
    check_against_oracle(changed, SHAPES[0], training, CALLS[call])


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("changed", "shape"), EXAMPLES, ids=str)
def test_examples_are_those_of_the_oracle(changed, shape, training):
    check_against_oracle(changed, shape, training)


@pytest.mark.parametrize("call", [{}, {"training": None}])
def test_without_training_it_is_inference(call):
    x = sample()
    layer = built(x)
    want = layer(**x, training=False)
    assert_close(layer(**x, **call), want)


@pytest.mark.parametrize(
    ("mode", "training"),
    # XLA draws other random bits, so its training branch is not compared.
    [("graph", False), ("graph", True), ("xla", False)],
)
def test_compiled_it_does_the_same(mode, training):
    x = sample()
    # In float32 the sums of a compiled graph may differ, for their order does.
    layer = built(x, dtype="float64")
    twin = copy_of(layer)
    call = MODES[mode](lambda x: layer(**x, **MASKS, training=training))
    for _ in range(2):
        assert_close(call(x), twin(**x, **MASKS, training=training))


# Masks ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
def test_masks_may_be_of_any_dtype(dtype):
    x = sample()
    layer = built(x)
    masks = {name: mask.astype(dtype) for name, mask in MASKS.items()}
    assert_close(layer(**x, **masks), layer(**x, **MASKS))


def test_query_mask_comes_with_query():
    x = sample()
    layer = built(x)
    mask = MASKS["query_mask"]
    x["query"] = np.where(mask[..., None], x["query"], 0).astype("float32")
    want = layer(**x, query_mask=mask)
    x["query"] = keras.layers.Masking()(x["query"])
    assert_close(layer(**x), want)


def test_value_mask_comes_with_value():
    x = sample()
    layer = built(x)
    mask = MASKS["value_mask"]
    x["value"] = np.where(mask[..., None], x["value"], 0).astype("float32")
    want = layer(**x, value_mask=mask)
    x["value"] = keras.layers.Masking()(x["value"])
    assert_close(layer(**x), want)


def test_key_mask_comes_with_key():
    x = sample()
    layer = built(x)
    mask = MASKS["key_mask"]
    x["key"] = np.where(mask[..., None], x["key"], 0).astype("float32")
    want = layer(**x, key_mask=mask)
    x["key"] = keras.layers.Masking()(x["key"])
    assert_close(layer(**x), want)


def test_masks_are_supported():
    assert make().supports_masking


# Random draws --------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_each_call_draws_anew(mode):
    x = sample(batch=64)
    layer = built(x)
    call = MODES[mode](lambda x: layer(**x, training=True))
    first, second = tf.nest.flatten(call(x)), tf.nest.flatten(call(x))
    assert not np.allclose(first[0], second[0])


def test_inference_draws_nothing():
    x = sample()
    layer = built(x)
    assert_close(layer(**x, training=False), layer(**x, training=False), 0)


# Weights -------------------------------------------------------------------------


def expected_weights(
    a,
    query_size=6,
    value_size=7,
    query_shape=SHAPES[0]["query"],
    value_shape=SHAPES[0]["value"],
    key_shape=SHAPES[0]["key"],
):
    """Shape of each of the layer's own weights, by name."""
    weights = {
        "query_kernel": (query_size, a["num_heads"], a["key_dim"]),
        "key_kernel": ((key_shape or value_shape)[-1], a["num_heads"], a["key_dim"]),
        "value_kernel": (value_size, a["num_heads"], a["value_dim"]),
        "output_kernel": (
            a["num_heads"],
            a["value_dim"],
            *(a["output_shape"] or query_shape[-1:]),
        ),
    }
    if a["use_bias"]:
        weights["query_bias"] = (a["num_heads"], a["key_dim"])
        weights["key_bias"] = (a["num_heads"], a["key_dim"])
        weights["value_bias"] = (a["num_heads"], a["value_dim"])
        weights["output_bias"] = tuple(a["output_shape"] or query_shape[-1:])
    if a["use_gate"]:
        weights["gate_kernel"] = (query_size, a["num_heads"], a["value_dim"])
    if a["use_gate"] and a["use_bias"]:
        weights["gate_bias"] = (a["num_heads"], a["value_dim"])
    return weights


def expected_sublayers(a):
    """The sublayers, each made as the spec says."""
    sublayers = {}
    if a["dropout"] > 0:
        sublayers["attention_dropout"] = keras.layers.Dropout(
            a["dropout"], seed=a["seed"]
        )
    return sublayers


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_weights(changed):
    layer = built(sample(), **changed)
    expected = expected_weights(settled(**changed))
    own = {w.name: w for w in layer.weights if w.path.count("/") == 1}
    assert {name: tuple(w.shape) for name, w in own.items()} == expected
    for name in expected:
        assert getattr(layer, name) is own[name]
    assert (layer.query_bias is None) == ("query_bias" not in expected)
    assert (layer.key_bias is None) == ("key_bias" not in expected)
    assert (layer.gate_kernel is None) == ("gate_kernel" not in expected)
    assert (layer.gate_bias is None) == ("gate_bias" not in expected)
    assert (layer.value_bias is None) == ("value_bias" not in expected)
    assert (layer.output_bias is None) == ("output_bias" not in expected)
    fixed = {name for name, weight in own.items() if not weight.trainable}
    assert not fixed


def settings(config):
    """A configuration without what differs from layer to layer."""
    if isinstance(config, dict):
        skipped = ("name", "dtype", "seed", "build_config")
        return {k: settings(v) for k, v in config.items() if k not in skipped}
    if isinstance(config, (list, tuple)):
        return [settings(item) for item in config]
    return config


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_sublayers(changed):
    layer = make(dtype="mixed_bfloat16", **changed)
    expected = expected_sublayers(settled(**changed))
    for name, want in expected.items():
        got, want = tf.nest.flatten([getattr(layer, name)]), tf.nest.flatten([want])
        assert [one.name for one in got] == [name]
        for one, other in zip(got, want, strict=True):
            assert type(one) is type(other), name
            assert settings(one.get_config()) == settings(other.get_config()), name
            assert getattr(one, "seed", None) == getattr(other, "seed", None), name
            assert one.dtype_policy == layer.dtype_policy, name
    assert (layer.attention_dropout is None) == ("attention_dropout" not in expected)


@pytest.mark.parametrize("training", [False, True])
def test_sublayers_are_told_whether_it_is_training(training, monkeypatch):
    x, told = sample(), []
    layer = built(x)
    x = tf.nest.map_structure(tf.convert_to_tensor, x)
    parts = [layer.attention_dropout]
    for part in filter(None, tf.nest.flatten(parts)):

        def call(*inputs, training=None, own=part.call, **settings):
            told.append(training)
            return own(*inputs, training=training, **settings)

        monkeypatch.setattr(part, "call", call)
    layer.call(**x, training=training)
    assert set(told) <= {training}


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        (
            "kernel_initializer",
            {
                "query_kernel",
                "key_kernel",
                "gate_kernel",
                "value_kernel",
                "output_kernel",
            },
        ),
        (
            "bias_initializer",
            {"query_bias", "key_bias", "gate_bias", "value_bias", "output_bias"},
        ),
    ],
)
def test_initializer_serves_its_weights(argument, served):
    x = sample()
    layer = make(**ALL, **{argument: keras.initializers.Constant(0.375)})
    layer.build(**shapes_of(x))
    own = {path: w for path, w in weights_of(layer).items() if "/" not in path}
    assert {name for name, w in own.items() if np.all(w == 0.375)} == served


@pytest.mark.parametrize("argument", ["bias_initializer", "kernel_initializer"])
def test_weights_start_independent(argument):
    x, firsts = sample(), []
    initializer = keras.initializers.RandomUniform(0.5, 1.5)
    for _ in range(2):
        layer = make(**ALL, **{argument: initializer})
        layer.build(**shapes_of(x))
        firsts += [np.ravel(w)[0] for w in weights_of(layer).values() if np.std(w) > 0]
    assert len(set(firsts)) == len(firsts)


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        (
            "kernel_regularizer",
            {
                "query_kernel",
                "key_kernel",
                "gate_kernel",
                "value_kernel",
                "output_kernel",
            },
        ),
        (
            "bias_regularizer",
            {"query_bias", "key_bias", "gate_bias", "value_bias", "output_bias"},
        ),
    ],
)
def test_regularizer_adds_a_loss(argument, served):
    x = sample()
    none = dict.fromkeys(["kernel_regularizer", "bias_regularizer"])
    layer = built(x, **ALL, **{**none, argument: keras.regularizers.L2(0.1)})
    layer(**x)
    regularized = [w for w in layer.weights if w.regularizer is not None]
    assert {w.name for w in regularized if w.path.count("/") == 1} == served
    want = sum(0.1 * np.sum(w.numpy() ** 2) for w in regularized)
    assert_close(sum(layer.losses), want)


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        (
            "kernel_constraint",
            {
                "query_kernel",
                "key_kernel",
                "gate_kernel",
                "value_kernel",
                "output_kernel",
            },
        ),
        (
            "bias_constraint",
            {"query_bias", "key_bias", "gate_bias", "value_bias", "output_bias"},
        ),
    ],
)
def test_constraint_is_on_its_weights(argument, served):
    layer = built(sample(), **ALL, **{argument: keras.constraints.NonNeg()})
    own = [w for w in layer.weights if w.path.count("/") == 1]
    constrained = [w for w in own if isinstance(w.constraint, keras.constraints.NonNeg)]
    assert {w.name for w in constrained} == served


def test_build_makes_every_weight():
    assert not make(**ALL).weights
    x = sample()
    layer = built(x)
    before = [w.path for w in layer.weights]
    layer(**x)
    assert [w.path for w in layer.weights] == before


# Gradients -----------------------------------------------------------------------


def as_variable(array):
    return tf.Variable(array, dtype="float64" if array.dtype.kind == "f" else None)


@pytest.mark.parametrize("training", [False, True])
def test_gradients_are_those_of_finite_differences(training):
    x, rng = sample(), np.random.default_rng(0)
    layer = built(x, dtype="float64")
    x = tf.nest.map_structure(as_variable, x)
    start = [variable.numpy() for variable in layer.variables]
    sources = [w.value for w in layer.trainable_weights]
    sources += [v for v in tf.nest.flatten(x) if v.dtype.is_floating]

    def loss():
        for variable, value in zip(layer.variables, start):
            if not variable.trainable:  # state, and that of random draws
                variable.assign(value)
        outputs = layer(**x, **MASKS, training=training)
        values = [tf.reduce_sum(tf.sin(y)) for y in tf.nest.flatten(outputs)]
        return tf.add_n(values)

    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, sources, unconnected_gradients="zero")
    for source, gradient in zip(sources, gradients):
        direction = rng.normal(size=source.shape)
        start_value = source.numpy()
        source.assign(start_value + 1e-6 * direction)
        above = loss()
        source.assign(start_value - 1e-6 * direction)
        slope = (above - loss()) / 2e-6
        source.assign(start_value)
        got = tf.reduce_sum(tf.convert_to_tensor(gradient) * direction)
        assert_close(got, slope, 1e-6, source.name)


# Arguments -----------------------------------------------------------------------


def test_defaults():
    parameters = inspect.signature(MultiHeadAttention.__init__).parameters
    assert {name: parameters[name].default for name in DEFAULTS} == DEFAULTS


def test_configuration_has_every_argument():
    class Child(MultiHeadAttention):
        def get_config(self):  # so that Keras makes up none
            return super().get_config()

    layer = Child(**ARGUMENTS)
    config = layer.get_config()
    assert set(ARGUMENTS) <= set(config)
    assert config["name"] == layer.name


@pytest.mark.parametrize("changed", [*CHANGES, *CHANGES_KEPT], ids=str)
def test_configuration_keeps_every_value(changed):
    layer = make(**changed)
    config = json.loads(json.dumps(layer.get_config()))
    for argument, value in settled(**changed).items():
        if argument in OBJECTS:
            kind = OBJECTS[argument]
            value = kind.serialize(kind.get(value))
            if isinstance(value, dict):  # a seed that was drawn is not compared
                assert config[argument]["class_name"] == value["class_name"]
                continue
        assert config[argument] == json.loads(json.dumps(value)), argument
    revived = MultiHeadAttention.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert MultiHeadAttention.from_config(config).get_config() == config


@pytest.mark.parametrize(("argument", "value"), REFUSED)
def test_refused_argument_is_named(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must be .*{argument}="):
        make(**{argument: value})


@pytest.mark.parametrize(("argument", "value"), TAKEN)
def test_outermost_argument_is_taken(argument, value):
    assert make(**{argument: value}).get_config()[argument] == value


@pytest.mark.parametrize(("argument", "value"), TUPLES.items())
def test_lists_do_as_well_as_tuples(argument, value):
    listed = json.loads(json.dumps(value))
    layers = [make(**{argument: form}) for form in (value, listed)]
    assert layers[0].get_config()[argument] == layers[1].get_config()[argument]


# Keras contract ------------------------------------------------------------------


def make_model(*layers):
    """A model of layers side by side, for inputs with axes of unknown size."""
    inputs = {
        "query": keras.Input((2, 5, 6), name="query"),
        "value": keras.Input((2, 4, 7), name="value"),
        "key": keras.Input((2, 4, 3), name="key"),
    }
    outputs = [layer(**inputs) for layer in layers]
    return keras.Model(inputs, tf.nest.flatten(outputs))


def test_functional_model_with_unknown_axes():
    layer = make()
    model = make_model(layer)
    assert [y.shape for y in model.outputs] == [(None, 2, 5, 6)]
    for batch in (1, 4):
        x = sample(SHAPES[-1], batch=batch)
        twin = copy_of(layer)
        got = tf.nest.flatten(model.predict(x, verbose=0))
        want = tf.nest.flatten(twin(**x))
        for one, other, announced in zip(got, want, model.outputs, strict=True):
            np.testing.assert_allclose(one, other, 1e-4, 1e-4)
            assert one.dtype == announced.dtype


@pytest.mark.parametrize(
    ("changed", "shape"),
    [*((changed, shape) for changed, shape, _ in pairs(SHAPES)), *EXAMPLES],
    ids=str,
)
def test_output_shape_is_computed(changed, shape):
    x = sample(shape)
    layer = built(x, **changed)
    shapes = tf.nest.map_structure(lambda y: tuple(y.shape), layer(**x))
    assert layer.compute_output_shape(**shapes_of(x)) == shapes


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("call", CALLS)
def test_symbolic_outputs_are_like_the_real_ones(call, shape):
    x = sample(shape, batch=7)
    layer = built(x, dtype="mixed_bfloat16")
    symbols = tf.nest.map_structure(lambda v: keras.KerasTensor(v.shape, v.dtype), x)
    given = {name: v for name, v in CALLS[call].items() if name not in MASKS}
    announced = layer.compute_output_spec(**symbols, training=True, **given)
    outputs = layer(**x, training=True, **given)
    for one, other in zip(
        tf.nest.flatten(announced), tf.nest.flatten(outputs), strict=True
    ):
        assert one.shape == other.shape
        assert one.dtype == other.dtype


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype, training):
    x = sample()
    layer = built(x, dtype=dtype)
    got = tf.nest.flatten(layer(**x, **MASKS, training=training))
    assert all(w.dtype == layer.variable_dtype for w in layer.weights)
    assert all(y.dtype == layer.compute_dtype for y in got)
    if training:
        return  # the random bits depend on the dtype
    want = tf.nest.flatten(built(x)(**x, **MASKS, training=training))
    for one, other in zip(got, want, strict=True):
        scale = 1 + np.nanmax(np.abs(other))
        np.testing.assert_allclose(tf.cast(one, other.dtype), other, 0, 0.1 * scale)


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_have_the_compute_dtype(changed):
    x = sample()
    outputs = built(x, dtype="mixed_bfloat16", **changed)(**x)
    assert {y.dtype.name for y in tf.nest.flatten(outputs)} == {"bfloat16"}


def test_one_trace_serves_any_batch_size():
    layer = built(sample())
    signature = tf.nest.map_structure(
        lambda v: tf.TensorSpec((None, *v.shape[1:]), v.dtype), sample()
    )
    function = tf.function(lambda x: layer(**x), input_signature=[signature])
    for batch in (1, 2, 5):
        x = sample(batch=batch)
        twin = copy_of(layer)
        assert_close(function(x), twin(**x))
    assert function.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(("shapes", "message"), REFUSED_SHAPES, ids=str)
def test_refused_shapes_are_told_why(shapes, message):
    with pytest.raises(ValueError) as refusal:
        built(sample(shapes))
    assert f"{message.rstrip('.')}. Received: " in str(refusal.value)


@pytest.mark.parametrize(
    ("which", "axis"),
    [
        ("query_shape", -1),
        ("value_shape", -1),
    ],
)
def test_unknown_axis_is_refused(which, axis):
    shapes = shapes_of(sample())
    shape = list(shapes[which])
    shape[axis] = None
    shapes[which] = tuple(shape)
    with pytest.raises(ValueError, match="must be defined.*_shape="):
        make().build(**shapes)


# Saving --------------------------------------------------------------------------


def test_loads_in_a_new_process(tmp_path):
    x = sample(SHAPES[-1])
    model = make_model(*(make(**changed) for changed in CHANGES))
    for layer in model.layers:
        if isinstance(layer, MultiHeadAttention):
            fill(layer)
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import multi_head_attention\n"
        "model = keras.models.load_model('model.keras')\n"
        "x, y = (list(np.load(name).values()) for name in ('x.npz', 'y.npz'))\n"
        "x = tf.nest.pack_sequence_as(model.input, x)\n"
        "for got, want in zip(tf.nest.flatten(model(x)), y, strict=True):\n"
        "    np.testing.assert_allclose(got, want, atol=1e-4)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)


def test_registered_under_its_name():
    name = keras.saving.get_registered_name(MultiHeadAttention)
    assert name == "Custom>MultiHeadAttention"


def test_clone_has_the_same_configuration():
    model = make_model(make())
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    x = sample(SHAPES[-1])
    assert clone.layers[-1].get_config() == model.layers[-1].get_config()
    assert_close(clone(x), model(x))


def test_checkpoint_restores_every_weight(tmp_path):
    x = sample()
    layer, other = built(x), built(x)
    for weight in layer.weights:
        weight.assign(weight + 0.5)
    path = tf.train.Checkpoint(layer=layer).save(tmp_path / "checkpoint")
    tf.train.Checkpoint(layer=other).restore(path)
    for got, want in zip(other.get_weights(), layer.get_weights()):
        np.testing.assert_array_equal(got, want)


def test_export_serves_any_batch_size(tmp_path):
    model = make_model(make())
    model.export(tmp_path / "model", verbose=False)
    served = tf.saved_model.load(tmp_path / "model")
    for batch in (1, 3):
        x = sample(SHAPES[-1], batch=batch)
        got, want = tf.nest.flatten(served.serve(x)), tf.nest.flatten(model(x))
        for one, other in zip(got, want, strict=True):
            assert_close(one, other)


# Training ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_training_changes_the_weights(dtype):
    x = sample(SHAPES[-1], batch=8)
    layer = make(dtype=dtype)
    model = make_model(layer)
    outputs = tf.nest.flatten(model(x))
    y = [v + 0.1 * np.cos(v) for v in outputs]  # near enough for float16
    # Eagerly is quicker for so few steps; the script below trains in a graph.
    model.compile(keras.optimizers.Adam(1e-3), ["mse"] * len(y), run_eagerly=True)
    before = layer.get_weights()
    for _ in range(8):
        model.train_on_batch(x, y)
    changed = set()
    for weight, old in zip(layer.weights, before):
        assert np.all(np.isfinite(weight.numpy())), weight.path
        if not np.array_equal(weight.numpy(), old):
            changed.add(weight.name)
    assert changed


def test_training_script(tmp_path):
    from train_multi_head_attention import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
