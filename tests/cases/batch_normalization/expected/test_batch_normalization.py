"""Tests of BatchNormalization. Run: pytest test_batch_normalization.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from batch_normalization import BatchNormalization

try:  # two logical CPUs, so that tf.distribute can be tested anywhere
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
except RuntimeError:  # TensorFlow has started
    pass

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {
    "axis": -1,
    "momentum": 0.9,
    "epsilon": 0.01,
    "center": True,
    "scale": True,
    "beta_initializer": "ones",
    "gamma_initializer": "random_normal",
    "moving_mean_initializer": "he_normal",
    "moving_variance_initializer": "ones",
    "beta_regularizer": "l2",
    "gamma_regularizer": "l1",
    "beta_constraint": None,
    "gamma_constraint": None,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.25,
    "synchronized": False,
}
CHANGES = [
    {},
    {"axis": 1},
    {"momentum": 0.75},
    {"epsilon": 0.75},
    {"center": False},
    {"scale": False},
    {"renorm": True},
    {"renorm_momentum": 0.75},
    {"synchronized": True},
    {"renorm": True, "synchronized": True},
    {"scale": False, "synchronized": True},
    {"scale": False, "renorm": True},
    {"scale": False, "renorm": True, "synchronized": True},
    {"center": False, "synchronized": True},
    {"center": False, "renorm": True},
    {"center": False, "renorm": True, "synchronized": True},
    {"center": False, "scale": False},
    {"center": False, "scale": False, "synchronized": True},
    {"center": False, "scale": False, "renorm": True},
    {"center": False, "scale": False, "renorm": True, "synchronized": True},
]
# Changes that need other inputs, or that no output shows: parts of the configuration.
CHANGES_KEPT = [
    {"beta_initializer": "glorot_normal"},
    {"gamma_initializer": "glorot_normal"},
    {"moving_mean_initializer": "glorot_normal"},
    {"moving_variance_initializer": "glorot_normal"},
    {"beta_regularizer": "L1L2"},
    {"gamma_regularizer": "L1L2"},
    {"beta_constraint": "non_neg"},
    {"gamma_constraint": "non_neg"},
    {"renorm_clipping": {"rmin": 1.25, "rmax": 2.0, "dmax": 0.75}},
]
DEFAULTS = {
    "axis": -1,
    "momentum": 0.99,
    "epsilon": 0.001,
    "center": True,
    "scale": True,
    "beta_initializer": "zeros",
    "gamma_initializer": "ones",
    "moving_mean_initializer": "zeros",
    "moving_variance_initializer": "ones",
    "beta_regularizer": None,
    "gamma_regularizer": None,
    "beta_constraint": None,
    "gamma_constraint": None,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "synchronized": False,
}
# Arguments that the configuration holds in serialized form.
OBJECTS = {
    "beta_initializer": keras.initializers,
    "gamma_initializer": keras.initializers,
    "moving_mean_initializer": keras.initializers,
    "moving_variance_initializer": keras.initializers,
    "beta_regularizer": keras.regularizers,
    "gamma_regularizer": keras.regularizers,
    "beta_constraint": keras.constraints,
    "gamma_constraint": keras.constraints,
}
# Values that are refused, and the outermost ones that are taken.
REFUSED = [
    ("axis", 2.5),
    ("axis", "3"),
    ("axis", True),
    ("axis", None),
    ("momentum", -0.01),
    ("momentum", 1.01),
    ("momentum", np.nan),
    ("epsilon", 0),
    ("epsilon", np.nan),
    ("renorm_momentum", -0.01),
    ("renorm_momentum", 1.01),
    ("renorm_momentum", np.nan),
]
TAKEN = [
    ("momentum", 0),
    ("momentum", 1),
    ("epsilon", 1e-06),
    ("renorm_momentum", 0),
    ("renorm_momentum", 1),
]
# Shapes of the input; tests of one case take the first.
SHAPES = [(5, 4, 3), (5, 2, 4, 3)]
# Each row of the batch keeps one more than the one before.
MASKS = {
    "mask": np.arange(4) <= np.arange(5)[:, None],
}
# Ways to call the layer besides the plain one.
CALLS = {"masked": MASKS, "nothing kept": {"mask": np.zeros((5, 4), bool)}}
# Further examples of the spec.
EXAMPLES = [
    (
        {
            "renorm": True,
            "renorm_clipping": {"rmin": 1.25, "rmax": 2.0, "dmax": 0.75},
            "epsilon": 0.75,
        },
        (5, 4, 3),
    ),
]
# Changes of the arguments under which all weights are there.
ALL = {"renorm": True}
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return BatchNormalization(**{**ARGUMENTS, **changed})


def sample(shape=SHAPES[0], batch=None, seed=0):
    rng = np.random.default_rng(seed)
    shape = (batch or shape[0], *shape[1:])
    return rng.normal(0.5, 2.0, shape).astype("float32")


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
    layer.build(x.shape)
    fill(layer)
    return layer


def copy_of(layer):
    """A second layer with the same configuration and variables."""
    other = BatchNormalization.from_config(layer.get_config())
    other.build_from_config(layer.get_build_config())
    for mine, its in zip(other.variables, layer.variables, strict=True):
        mine.assign(its)
    return other


def weights_of(layer):
    """Values by path within the layer, in float64."""
    return {w.path.split("/", 1)[1]: w.numpy().astype(float) for w in layer.weights}


def assert_close(got, want, tolerance=1e-4, what=""):
    np.testing.assert_allclose(got, want, tolerance, tolerance, err_msg=what)


# Oracle --------------------------------------------------------------------------


def moments(x, axes, keepdims=False):
    return np.mean(x, axes, keepdims=keepdims), np.var(x, axes, keepdims=keepdims)


def normalized(x, mean, variance, offset, scale, epsilon):
    y = (x - mean) / np.sqrt(variance + epsilon)
    y = y if scale is None else y * scale
    return y if offset is None else y + offset


def masked_moments(inputs, mask, axes):
    keep = np.asarray(mask).astype(bool)[..., None]
    keep = np.broadcast_to(keep, np.shape(inputs))
    count = np.sum(np.asarray(keep).astype(float), axis=tuple(axes), keepdims=True)
    count = count + 1e-07
    mean = np.sum(np.where(keep, inputs, 0), axis=tuple(axes), keepdims=True) / count
    squares = np.square(np.where(keep, inputs - mean, 0))
    variance = np.sum(squares, axis=tuple(axes), keepdims=True) / count
    return np.squeeze(mean, axis=tuple(axes)), np.squeeze(variance, axis=tuple(axes))


def moments_of_replicas(inputs, axes):
    mean = np.mean(inputs, axis=tuple(axes))
    square = np.mean(np.square(inputs), axis=tuple(axes))
    replicas = tf.distribute.get_replica_context()
    mean, square = replicas.all_reduce("mean", [mean, square])
    return mean, square - np.square(mean)


def oracle(a, w, inputs, mask=None, training=False, stop=np.asarray):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    # TensorFlow is asked itself for tf.distribute.get_replica_context.
    inputs = inputs.astype(float)
    limits = {
        "rmin": 0.0,
        "rmax": float("inf"),
        "dmax": float("inf"),
        **(a["renorm_clipping"] or {}),
    }
    rank = inputs.ndim
    axes = [i for i in range(rank) if i != a["axis"] % rank]
    r = None
    if training:
        if mask is not None:
            mean, variance = masked_moments(inputs, mask, axes)
        elif a["synchronized"]:
            mean, variance = moments_of_replicas(inputs, axes)
        else:
            mean, variance = moments(inputs, tuple(axes))
        if a["renorm"]:
            stddev = np.sqrt(variance + a["epsilon"])
            known = np.maximum(w["renorm_stddev"], a["epsilon"] ** 0.5)
            r = np.clip(stddev / known, limits["rmin"], limits["rmax"])
            d = (mean - w["renorm_mean"]) / known
            d = np.clip(d, -limits["dmax"], limits["dmax"])
            w["renorm_mean"] = w["renorm_mean"] * a["renorm_momentum"] + mean * (
                1 - a["renorm_momentum"]
            )
            w["renorm_stddev"] = w["renorm_stddev"] * a["renorm_momentum"] + stddev * (
                1 - a["renorm_momentum"]
            )
            w["moving_stddev"] = stop(
                w["moving_stddev"] * a["momentum"] + stddev * (1 - a["momentum"])
            )
            w["moving_variance"] = np.maximum(
                np.square(w["moving_stddev"]) - a["epsilon"], 0
            )
        else:
            w["moving_variance"] = w["moving_variance"] * a["momentum"] + variance * (
                1 - a["momentum"]
            )
        w["moving_mean"] = w["moving_mean"] * a["momentum"] + mean * (1 - a["momentum"])
    else:
        mean, variance = w["moving_mean"], w["moving_variance"]
    factor = w["gamma"] if a["scale"] else np.ones_like(mean)
    offset = w["beta"] if a["center"] else np.zeros_like(mean)
    if r is not None:
        factor, offset = factor * stop(r), factor * stop(d) + offset
    sizes = [-1 if i == a["axis"] % rank else 1 for i in range(rank)]
    mean, variance = np.reshape(mean, tuple(sizes)), np.reshape(variance, tuple(sizes))
    factor, offset = np.reshape(factor, tuple(sizes)), np.reshape(offset, tuple(sizes))
    return normalized(inputs, mean, variance, offset, factor, a["epsilon"])


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape, training, call=None):
    call = call or {}
    a = {**ARGUMENTS, **changed}
    layer = built(sample(shape), dtype="float64", **changed)
    w = weights_of(layer)
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), np.round(sample(shape, seed=1))):
        want = oracle(a, w, x, training=training, **call)
        assert_close(layer(x, training=training, **call), want, 1e-6)
        for path, value in weights_of(layer).items():
            assert_close(value, w[path], 1e-6, path)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_are_those_of_the_oracle(changed, training, shape):
    check_against_oracle(changed, shape, training)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("changed", CHANGES, ids=str)
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
    want = layer(x, training=False)
    assert_close(layer(x, **call), want)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("mode", ["graph", "xla"])
def test_compiled_it_does_the_same(mode, training):
    x = sample()
    # In float32 the sums of a compiled graph may differ, for their order does.
    layer = built(x, dtype="float64")
    twin = copy_of(layer)
    call = MODES[mode](lambda x: layer(x, **MASKS, training=training))
    for _ in range(2):
        assert_close(call(x), twin(x, **MASKS, training=training))
        for weight, other in zip(layer.weights, twin.weights):
            assert_close(weight.numpy(), other.numpy(), what=weight.path)


# Masks ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
def test_masks_may_be_of_any_dtype(dtype):
    x = sample()
    layer = built(x)
    masks = {name: mask.astype(dtype) for name, mask in MASKS.items()}
    assert_close(layer(x, **masks), layer(x, **MASKS))
    want = copy_of(layer)(x, **MASKS, training=True)
    assert_close(layer(x, **masks, training=True), want)


def test_mask_comes_with_the_input():
    x = sample()
    layer = built(x)
    mask = MASKS["mask"]
    x = np.where(mask[..., None], x, 0).astype(x.dtype)
    want = layer(x, mask=mask)
    assert_close(layer(keras.layers.Masking()(x)), want)


def test_mask_is_handed_on():
    x = sample(SHAPES[-1])
    x[:, 1:] = 0
    layer = built(x)
    assert layer.supports_masking
    y = layer(keras.layers.Masking()(x))
    np.testing.assert_array_equal(y._keras_mask, np.any(x != 0, axis=-1))


# State ---------------------------------------------------------------------------


@pytest.mark.parametrize("call", [{}, {"training": None}, {"training": False}])
def test_inference_leaves_the_state(call):
    x = sample()
    layer = built(x)
    before = layer.get_weights()
    layer(x, **call)
    for got, want in zip(layer.get_weights(), before):
        np.testing.assert_array_equal(got, want)


def test_frozen_layer_is_in_inference():
    x = sample()
    layer = built(x)
    layer.trainable = False
    y = layer(x, training=False)
    before = layer.get_weights()
    assert_close(layer(x, training=True), y)
    for got, want in zip(layer.get_weights(), before):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("changed", [{}, ALL], ids=str)
def test_float16_keeps_small_updates(changed):
    x = sample()
    layer, twin = built(x, dtype="mixed_float16", **changed), built(x, **changed)
    step = tf.function(lambda x: layer(x, training=True))
    other = tf.function(lambda x: twin(x, training=True))
    for _ in range(200):
        step(x), other(x)
    for weight, want in zip(layer.weights, twin.weights):
        assert_close(weight.numpy(), want.numpy(), 1e-2, weight.path)


# Replicas ------------------------------------------------------------------------


def step_on_replicas(halves, **changed):
    """Outputs, and values of the weights, of two replicas that get a half each."""
    devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        pytest.skip("TensorFlow started with one logical CPU")
    # Not by collective operations, whose keys a second strategy would use again.
    reduction = tf.distribute.ReductionToOneDevice()
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], reduction)
    with strategy.scope():
        layer = built(halves[0], **changed)

    def half(context):
        x = halves[context.replica_id_in_sync_group]
        return tf.nest.map_structure(tf.constant, x)

    @tf.function
    def step(batch):
        return strategy.run(lambda x: layer(x, training=True), args=(batch,))

    outputs = step(strategy.experimental_distribute_values_from_function(half))
    each = strategy.experimental_local_results
    outputs = [each(output) for output in tf.nest.flatten(outputs)]
    return outputs, [each(weight.value) for weight in layer.weights]


def test_replicas_share_the_state():
    halves = [sample(seed=0), sample(seed=1)]
    _, weights = step_on_replicas(halves)
    one, other = twins = [built(x) for x in halves]
    for x, twin in zip(halves, twins):
        twin(x, training=True)
    for values, mine, its in zip(weights, one.weights, other.weights):
        mean = (mine.numpy() + its.numpy()) / 2
        for value in values:
            assert_close(value, mean, what=mine.path)


def test_replicas_work_as_one():
    """Each does on a half what one layer does on the whole batch."""
    halves = [sample(seed=0), sample(seed=1)]
    whole = tf.nest.map_structure(lambda *parts: np.concatenate(parts), *halves)
    changed = {"synchronized": True}
    outputs, weights = step_on_replicas(halves, **changed)
    twin = built(whole, **changed)
    wanted = tf.nest.flatten(twin(whole, training=True))
    for parts, want in zip(outputs, wanted, strict=True):
        assert_close(np.concatenate(parts), want)
    for values, weight in zip(weights, twin.weights, strict=True):
        for value in values:
            assert_close(value, weight.numpy(), what=weight.path)


# Weights -------------------------------------------------------------------------


def expected_weights(a, input_shape=SHAPES[0]):
    """Shape of each of the layer's own weights, by name."""
    weights = {
        "moving_mean": (input_shape[a["axis"]],),
        "moving_variance": (input_shape[a["axis"]],),
    }
    if a["scale"]:
        weights["gamma"] = (input_shape[a["axis"]],)
    if a["center"]:
        weights["beta"] = (input_shape[a["axis"]],)
    if a["renorm"]:
        weights["moving_stddev"] = (input_shape[a["axis"]],)
        weights["renorm_mean"] = (input_shape[a["axis"]],)
        weights["renorm_stddev"] = (input_shape[a["axis"]],)
    return weights


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_weights(changed):
    layer = built(sample(), **changed)
    expected = expected_weights({**ARGUMENTS, **changed})
    own = {w.name: w for w in layer.weights if w.path.count("/") == 1}
    assert {name: tuple(w.shape) for name, w in own.items()} == expected
    for name in expected:
        assert getattr(layer, name) is own[name]
    assert (layer.gamma is None) == ("gamma" not in expected)
    assert (layer.beta is None) == ("beta" not in expected)
    assert (layer.moving_stddev is None) == ("moving_stddev" not in expected)
    assert (layer.renorm_mean is None) == ("renorm_mean" not in expected)
    assert (layer.renorm_stddev is None) == ("renorm_stddev" not in expected)
    for name in {
        "renorm_mean",
        "renorm_stddev",
        "moving_stddev",
        "moving_variance",
        "moving_mean",
    } & set(own):
        whole = "float" not in own[name].dtype
        aggregation = "only_first_replica" if whole else "mean"
        assert own[name].aggregation == aggregation, name
    fixed = {name for name, weight in own.items() if not weight.trainable}
    assert fixed == {
        "moving_mean",
        "moving_variance",
        "moving_stddev",
        "renorm_mean",
        "renorm_stddev",
    } & set(expected)


def root_of(initializer):
    return lambda shape, dtype=None: tf.sqrt(initializer(shape, dtype))


def computed_initializers(a):
    """The initializers that the spec computes, by weight."""
    return {
        "moving_stddev": root_of(a["moving_variance_initializer"]),
        "renorm_stddev": root_of(a["moving_variance_initializer"]),
    }


@pytest.mark.parametrize("weight", ["moving_stddev", "renorm_stddev"])
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_computed_initial_values(weight, changed):
    names = [
        "beta_initializer",
        "gamma_initializer",
        "moving_mean_initializer",
        "moving_variance_initializer",
    ]
    numbers = np.linspace(0.25, 0.75, len(names))
    given = dict(zip(names, map(keras.initializers.Constant, numbers)))
    x = sample()
    given = {**ALL, **changed, **given}
    layer = make(**given)
    layer.build(x.shape)
    made = getattr(layer, weight)
    if made is None:
        return  # these arguments do without it
    initializer = computed_initializers({**ARGUMENTS, **given})[weight]
    assert_close(made, initializer(made.shape, "float32"))


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        ("beta_initializer", {"beta"}),
        ("gamma_initializer", {"gamma"}),
        ("moving_mean_initializer", {"moving_mean", "renorm_mean"}),
        ("moving_variance_initializer", {"moving_variance"}),
    ],
)
def test_initializer_serves_its_weights(argument, served):
    x = sample()
    layer = make(**ALL, **{argument: keras.initializers.Constant(0.375)})
    layer.build(x.shape)
    own = {path: w for path, w in weights_of(layer).items() if "/" not in path}
    assert {name for name, w in own.items() if np.all(w == 0.375)} == served


@pytest.mark.parametrize(
    "argument", ["moving_mean_initializer", "moving_variance_initializer"]
)
def test_weights_start_independent(argument):
    x, firsts = sample(), []
    initializer = keras.initializers.RandomUniform(0.5, 1.5)
    for _ in range(2):
        layer = make(**ALL, **{argument: initializer})
        layer.build(x.shape)
        firsts += [np.ravel(w)[0] for w in weights_of(layer).values() if np.std(w) > 0]
    assert len(set(firsts)) == len(firsts)


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        ("beta_regularizer", {"beta"}),
        ("gamma_regularizer", {"gamma"}),
    ],
)
def test_regularizer_adds_a_loss(argument, served):
    x = sample()
    none = dict.fromkeys(["beta_regularizer", "gamma_regularizer"])
    layer = built(x, **ALL, **{**none, argument: keras.regularizers.L2(0.1)})
    layer(x)
    regularized = [w for w in layer.weights if w.regularizer is not None]
    assert {w.name for w in regularized if w.path.count("/") == 1} == served
    want = sum(0.1 * np.sum(w.numpy() ** 2) for w in regularized)
    assert_close(sum(layer.losses), want)


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        ("beta_constraint", {"beta"}),
        ("gamma_constraint", {"gamma"}),
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
    layer(x)
    assert [w.path for w in layer.weights] == before


# Gradients -----------------------------------------------------------------------


def as_variable(array):
    return tf.Variable(array, dtype="float64" if array.dtype.kind == "f" else None)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "changed",
    [{}, {"center": False}, {"scale": False}, {"renorm": True}, {"synchronized": True}],
    ids=str,
)
def test_gradients_are_those_of_the_oracle(changed, training):
    """By differences of the oracle, in which what no gradient passes is held."""
    x, rng, held = sample(), np.random.default_rng(0), []
    layer = built(x, dtype="float64", **changed)
    a, w = {**ARGUMENTS, **changed}, weights_of(layer)
    trained = layer.trainable_weights
    paths = [weight.path.split("/", 1)[1] for weight in trained]

    def hold(value):
        held.append(value)
        return value

    def loss(values, known=None):
        stop = hold if known is None else lambda _: next(known)
        weights = {**w, **dict(zip(paths, values))}
        outputs = oracle(a, weights, values[-1], **MASKS, training=training, stop=stop)
        return sum(np.sum(np.sin(y)) for y in tf.nest.flatten(outputs))

    inputs = tf.nest.map_structure(as_variable, x)
    start = [w[path] for path in paths] + [v.numpy() for v in tf.nest.flatten(inputs)]
    loss(start)
    with tf.GradientTape() as tape:
        outputs = layer(inputs, **MASKS, training=training)
        value = tf.add_n([tf.reduce_sum(tf.sin(y)) for y in tf.nest.flatten(outputs)])
    sources = [weight.value for weight in trained] + tf.nest.flatten(inputs)
    gradients = tape.gradient(value, sources, unconnected_gradients="zero")
    for place, (source, gradient) in enumerate(zip(sources, gradients, strict=True)):
        direction, ends = rng.normal(size=source.shape), []
        for step in (1e-6, -1e-6):
            values = [*start]
            values[place] = values[place] + step * direction
            ends.append(loss(values, iter(held)))
        got = np.sum(gradient * direction)
        assert_close(got, (ends[0] - ends[1]) / 2e-6, 1e-6, source.name)


# Arguments -----------------------------------------------------------------------


def test_defaults():
    parameters = inspect.signature(BatchNormalization.__init__).parameters
    assert {name: parameters[name].default for name in DEFAULTS} == DEFAULTS


def test_configuration_has_every_argument():
    class Child(BatchNormalization):
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
    for argument, value in {**ARGUMENTS, **changed}.items():
        if argument in OBJECTS:
            kind = OBJECTS[argument]
            value = kind.serialize(kind.get(value))
            if isinstance(value, dict):  # a seed that was drawn is not compared
                assert config[argument]["class_name"] == value["class_name"]
                continue
        assert config[argument] == value, argument
    revived = BatchNormalization.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert BatchNormalization.from_config(config).get_config() == config


@pytest.mark.parametrize(("argument", "value"), REFUSED)
def test_refused_argument_is_named(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must be .*{argument}="):
        make(**{argument: value})


@pytest.mark.parametrize(("argument", "value"), TAKEN)
def test_outermost_argument_is_taken(argument, value):
    assert make(**{argument: value}).get_config()[argument] == value


# Keras contract ------------------------------------------------------------------


def make_model(*layers):
    """A model of layers side by side, for inputs with axes of unknown size."""
    inputs = keras.Input((2, 4, 3))
    outputs = [layer(inputs) for layer in layers]
    return keras.Model(inputs, tf.nest.flatten(outputs))


def test_functional_model_with_unknown_axes():
    layer = make()
    model = make_model(layer)
    assert [y.shape for y in model.outputs] == [(None, 2, 4, 3)]
    for batch in (1, 4):
        x = sample(SHAPES[-1], batch=batch)
        twin = copy_of(layer)
        got = tf.nest.flatten(model.predict(x, verbose=0))
        want = tf.nest.flatten(twin(x))
        for one, other, announced in zip(got, want, model.outputs, strict=True):
            np.testing.assert_allclose(one, other, 1e-4, 1e-4)
            assert one.dtype == announced.dtype


@pytest.mark.parametrize(
    ("changed", "shape"),
    [*((changed, shape) for changed in CHANGES for shape in SHAPES), *EXAMPLES],
    ids=str,
)
def test_output_shape_is_computed(changed, shape):
    x = sample(shape)
    layer = built(x, **changed)
    shapes = tf.nest.map_structure(lambda y: tuple(y.shape), layer(x))
    assert layer.compute_output_shape(x.shape) == shapes


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype, training):
    x = sample()
    layer = built(x, dtype=dtype)
    got = tf.nest.flatten(layer(x, **MASKS, training=training))
    assert all(w.dtype == layer.variable_dtype for w in layer.weights)
    assert all(y.dtype == layer.compute_dtype for y in got)
    want = tf.nest.flatten(built(x)(x, **MASKS, training=training))
    for one, other in zip(got, want, strict=True):
        scale = 1 + np.nanmax(np.abs(other))
        np.testing.assert_allclose(tf.cast(one, other.dtype), other, 0, 0.1 * scale)


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_have_the_compute_dtype(changed):
    x = sample()
    outputs = built(x, dtype="mixed_bfloat16", **changed)(x)
    assert {y.dtype.name for y in tf.nest.flatten(outputs)} == {"bfloat16"}


def test_one_trace_serves_any_batch_size():
    layer = built(sample())
    signature = tf.nest.map_structure(
        lambda v: tf.TensorSpec((None, *v.shape[1:]), v.dtype), sample()
    )
    function = tf.function(lambda x: layer(x), input_signature=[signature])
    for batch in (1, 2, 5):
        x = sample(batch=batch)
        twin = copy_of(layer)
        assert_close(function(x), twin(x))
    assert function.experimental_get_tracing_count() == 1


def test_whole_numbers_are_taken():
    x = np.round(sample()).astype("int32")
    layer = built(x)
    assert_close(layer(x), copy_of(layer)(x.astype("float32")))


def test_once_built_its_shape_is_fixed():
    x = sample()
    layer = built(x)
    with pytest.raises(ValueError, match=f"{layer.name}.* expected ndim"):
        layer(x[..., None])
    with pytest.raises(ValueError, match=f"{layer.name}.* expected axis"):
        layer(np.concatenate([x, x], axis=layer.axis))


def test_passes_the_checks_of_keras():
    testing = pytest.importorskip("keras.src.testing", reason="private to Keras")
    testing.TestCase().run_layer_test(
        BatchNormalization,
        init_kwargs=ARGUMENTS,
        input_data=sample(),
        supports_masking=True,
        run_training_check=False,
    )


# Saving --------------------------------------------------------------------------


def test_loads_in_a_new_process(tmp_path):
    x = sample(SHAPES[-1])
    model = make_model(*(make(**changed) for changed in CHANGES))
    for layer in model.layers:
        if isinstance(layer, BatchNormalization):
            fill(layer)
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import batch_normalization\n"
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
    name = keras.saving.get_registered_name(BatchNormalization)
    assert name == "Custom>BatchNormalization"


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
    from train_batch_normalization import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
