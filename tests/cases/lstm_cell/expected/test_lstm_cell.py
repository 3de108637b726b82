"""Tests of LSTMCell. Run: pytest test_lstm_cell.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from lstm_cell import LSTMCell

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {
    "units": 5,
    "activation": "sigmoid",
    "recurrent_activation": "tanh",
    "use_bias": True,
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_normal",
    "bias_initializer": "random_normal",
    "unit_forget_bias": True,
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_regularizer": "L1L2",
    "kernel_constraint": None,
    "recurrent_constraint": None,
    "bias_constraint": None,
    "dropout": 0.5,
    "recurrent_dropout": 0.25,
    "implementation": 2,
    "seed": 7,
}
CHANGES = [
    {},
    {"activation": "softplus"},
    {"recurrent_activation": "softplus"},
    {"use_bias": False},
    {"bias_initializer": "lecun_normal"},
    {"unit_forget_bias": False},
    {"dropout": 0.75},
    {"dropout": 0.0},
    {"dropout": 0.25},
    {"recurrent_dropout": 0.75},
    {"recurrent_dropout": 0.0},
    {"implementation": 1},
    {"unit_forget_bias": False, "implementation": 1},
    {"use_bias": False, "implementation": 1},
    {"use_bias": False, "unit_forget_bias": False},
    {"use_bias": False, "unit_forget_bias": False, "implementation": 1},
    {"seed": 8},
]
# Changes that need other inputs, or that no output shows: parts of the configuration.
CHANGES_KEPT = [
    {"units": 6},
    {"kernel_initializer": "lecun_normal"},
    {"recurrent_initializer": "lecun_normal"},
    {"kernel_regularizer": "l1"},
    {"recurrent_regularizer": "l2"},
    {"bias_regularizer": "l2"},
    {"kernel_constraint": "non_neg"},
    {"recurrent_constraint": "non_neg"},
    {"bias_constraint": "non_neg"},
]
DEFAULTS = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "kernel_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "bias_initializer": "zeros",
    "unit_forget_bias": True,
    "kernel_regularizer": None,
    "recurrent_regularizer": None,
    "bias_regularizer": None,
    "kernel_constraint": None,
    "recurrent_constraint": None,
    "bias_constraint": None,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
    "implementation": 2,
    "seed": None,
}
# Arguments that the configuration holds in serialized form.
OBJECTS = {
    "activation": keras.activations,
    "recurrent_activation": keras.activations,
    "kernel_initializer": keras.initializers,
    "recurrent_initializer": keras.initializers,
    "bias_initializer": keras.initializers,
    "kernel_regularizer": keras.regularizers,
    "recurrent_regularizer": keras.regularizers,
    "bias_regularizer": keras.regularizers,
    "kernel_constraint": keras.constraints,
    "recurrent_constraint": keras.constraints,
    "bias_constraint": keras.constraints,
}
# Values that are refused, and the outermost ones that are taken.
REFUSED = [
    ("units", 0),
    ("units", 2.5),
    ("units", "3"),
    ("units", True),
    ("units", None),
    ("dropout", -0.01),
    ("dropout", 1.01),
    ("dropout", np.nan),
    ("recurrent_dropout", -0.01),
    ("recurrent_dropout", 1.01),
    ("recurrent_dropout", np.nan),
    ("implementation", "no such choice"),
]
TAKEN = [
    ("units", 1),
    ("dropout", 0),
    ("dropout", 1),
    ("recurrent_dropout", 0),
    ("recurrent_dropout", 1),
]
# Shapes of the inputs; tests of one case take the first.
SHAPES = [{"inputs": (4, 3), "states": [(4, 5), (4, 5)]}]
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return LSTMCell(**{**ARGUMENTS, **changed})


def sample(shapes=SHAPES[0], batch=None, seed=0):
    rng = np.random.default_rng(seed)

    def values(shape):
        shape = (batch or shape[0], *shape[1:])
        return rng.normal(0.5, 2.0, shape).astype("float32")

    return {
        name: [values(each) for each in shape]
        if isinstance(shape, list)
        else values(shape)
        for name, shape in shapes.items()
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
    layer.build(x["inputs"].shape)
    fill(layer)
    return layer


def copy_of(layer):
    """A second layer with the same configuration and variables."""
    other = LSTMCell.from_config(layer.get_config())
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


def split(value, num_or_size_splits, axis=0):
    if np.ndim(num_or_size_splits) == 0:
        return np.split(value, num_or_size_splits, axis)
    sizes = np.array(num_or_size_splits)
    sizes[sizes < 0] = value.shape[axis] - sizes[sizes >= 0].sum()
    return np.split(value, np.cumsum(sizes)[:-1], axis)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def softplus(x):
    return np.logaddexp(0, x)


ACTIVATIONS = {"sigmoid": sigmoid, "softplus": softplus, "tanh": np.tanh}


class Draws:
    """Repeats the random draws of a layer with this seed, from its first call on."""

    def __init__(self, seed):
        self.generator = keras.random.SeedGenerator(seed)

    def dropout(self, shape, rate, **settings):
        ones = tf.ones(shape, "float64")
        kept = keras.random.dropout(ones, rate, seed=self.generator, **settings)
        return kept.numpy()


def oracle(a, w, inputs, states, training=False, draws=None):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    hidden, carry = states
    inputs = inputs.astype(float)
    hidden = hidden.astype(float)
    carry = carry.astype(float)
    inputs = np.asarray(inputs).astype(float)
    gates = 4 if a["implementation"] == 1 else 1
    if training and a["dropout"] > 0:
        parts = split(w["kernel"], gates, axis=1)
        parts = [
            inputs * draws.dropout(np.shape(inputs), a["dropout"]) @ part_
            for part_ in parts
        ]
        z = np.concatenate(parts, axis=1)
    else:
        z = inputs @ w["kernel"]
    if training and a["recurrent_dropout"] > 0:
        parts = split(w["recurrent_kernel"], 4, axis=1)
        parts = [
            hidden * draws.dropout(np.shape(hidden), a["recurrent_dropout"]) @ part_
            for part_ in parts
        ]
        z = z + np.concatenate(parts, axis=1)
    else:
        z = z + hidden @ w["recurrent_kernel"]
    if a["use_bias"]:
        z = z + w["bias"]
    i, f, c, o = split(z, 4, axis=1)
    i, f, o = (
        ACTIVATIONS[a["recurrent_activation"]](i),
        ACTIVATIONS[a["recurrent_activation"]](f),
        ACTIVATIONS[a["recurrent_activation"]](o),
    )
    carry = f * carry + i * ACTIVATIONS[a["activation"]](c)
    hidden = o * ACTIVATIONS[a["activation"]](carry)
    return hidden, [hidden, carry]


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape, training):
    a = {**ARGUMENTS, **changed}
    layer = built(sample(shape), dtype="float64", **changed)
    w = weights_of(layer)
    draws = Draws(a["seed"])
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), tf.nest.map_structure(np.round, sample(shape, seed=1))):
        want = oracle(a, w, **x, training=training, draws=draws)
        assert_close(layer(**x, training=training), want, 1e-6)
        for path, value in weights_of(layer).items():
            assert_close(value, w[path], 1e-6, path)
    np.testing.assert_array_equal(
        layer.seed_generator.state.numpy(), draws.generator.state.numpy()
    )


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_are_those_of_the_oracle(changed, training, shape):
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
    call = MODES[mode](lambda x: layer(**x, training=training))
    for _ in range(2):
        assert_close(call(x), twin(**x, training=training))


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


def test_seed_repeats_the_draws():
    x = sample(batch=64)
    first, second = built(x), built(x)
    for _ in range(2):
        want = first(**x, training=True)
        assert_close(second(**x, training=True), want)


def test_other_seed_draws_otherwise():
    x = sample(batch=64)
    first, second = built(x, seed=1), built(x, seed=2)
    first, second = (tf.nest.flatten(l(**x, training=True)) for l in (first, second))
    assert not np.allclose(first[0], second[0])


def test_no_seed_draws_differently_in_each_layer():
    x = sample(batch=64)
    first, second = built(x, seed=None), built(x, seed=None)
    first, second = (tf.nest.flatten(l(**x, training=True)) for l in (first, second))
    assert not np.allclose(first[0], second[0])


# Weights -------------------------------------------------------------------------


def expected_weights(a, features=3):
    """Shape of each of the layer's own weights, by name."""
    weights = {
        "kernel": (features, 4 * a["units"]),
        "recurrent_kernel": (a["units"], 4 * a["units"]),
    }
    if a["use_bias"]:
        weights["bias"] = (4 * a["units"],)
    return weights


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_weights(changed):
    layer = built(sample(), **changed)
    expected = expected_weights({**ARGUMENTS, **changed})
    own = {w.name: w for w in layer.weights if w.path.count("/") == 1}
    assert {name: tuple(w.shape) for name, w in own.items()} == expected
    for name in expected:
        assert getattr(layer, name) is own[name]
    assert (layer.bias is None) == ("bias" not in expected)
    fixed = {name for name, weight in own.items() if not weight.trainable}
    assert not fixed


def one_in_second_quarter(initializer):
    """The initializer of a bias whose part for the forget gate is one."""

    def initialize(shape, dtype=None):
        units = shape[0] // 4
        first, last = initializer([units], dtype), initializer([2 * units], dtype)
        return tf.concat([first, tf.ones([units], dtype), last], axis=0)

    return initialize


def computed_initializers(a):
    """The initializers that the spec computes, by weight."""
    return {
        "bias": one_in_second_quarter(a["bias_initializer"])
        if a["unit_forget_bias"]
        else a["bias_initializer"]
    }


@pytest.mark.parametrize("weight", ["bias"])
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_computed_initial_values(weight, changed):
    names = ["kernel_initializer", "recurrent_initializer", "bias_initializer"]
    numbers = np.linspace(0.25, 0.75, len(names))
    given = dict(zip(names, map(keras.initializers.Constant, numbers)))
    x = sample()
    given = {**changed, **given}
    layer = make(**given)
    layer.build(x["inputs"].shape)
    made = getattr(layer, weight)
    if made is None:
        return  # these arguments do without it
    initializer = computed_initializers({**ARGUMENTS, **given})[weight]
    assert_close(made, initializer(made.shape, "float32"))


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        ("kernel_initializer", {"kernel"}),
        ("recurrent_initializer", {"recurrent_kernel"}),
    ],
)
def test_initializer_serves_its_weights(argument, served):
    x = sample()
    layer = make(**{argument: keras.initializers.Constant(0.375)})
    layer.build(x["inputs"].shape)
    own = {path: w for path, w in weights_of(layer).items() if "/" not in path}
    assert {name for name, w in own.items() if np.all(w == 0.375)} == served


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        ("kernel_regularizer", {"kernel"}),
        ("recurrent_regularizer", {"recurrent_kernel"}),
        ("bias_regularizer", {"bias"}),
    ],
)
def test_regularizer_adds_a_loss(argument, served):
    x = sample()
    none = dict.fromkeys(
        ["kernel_regularizer", "recurrent_regularizer", "bias_regularizer"]
    )
    layer = built(x, **{**none, argument: keras.regularizers.L2(0.1)})
    layer(**x)
    regularized = [w for w in layer.weights if w.regularizer is not None]
    assert {w.name for w in regularized if w.path.count("/") == 1} == served
    want = sum(0.1 * np.sum(w.numpy() ** 2) for w in regularized)
    assert_close(sum(layer.losses), want)


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        ("kernel_constraint", {"kernel"}),
        ("recurrent_constraint", {"recurrent_kernel"}),
        ("bias_constraint", {"bias"}),
    ],
)
def test_constraint_is_on_its_weights(argument, served):
    layer = built(sample(), **{argument: keras.constraints.NonNeg()})
    own = [w for w in layer.weights if w.path.count("/") == 1]
    constrained = [w for w in own if isinstance(w.constraint, keras.constraints.NonNeg)]
    assert {w.name for w in constrained} == served


def test_build_makes_every_weight():
    assert not make().weights
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
        outputs = layer(**x, training=training)
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
    parameters = inspect.signature(LSTMCell.__init__).parameters
    assert {name: parameters[name].default for name in DEFAULTS} == DEFAULTS


def test_configuration_has_every_argument():
    class Child(LSTMCell):
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
    revived = LSTMCell.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert LSTMCell.from_config(config).get_config() == config


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
    inputs = {
        "inputs": keras.Input((3,), name="inputs"),
        "states": [keras.Input((5,)), keras.Input((5,))],
    }
    outputs = [layer(**inputs) for layer in layers]
    return keras.Model(inputs, tf.nest.flatten(outputs))


def test_functional_model_with_unknown_axes():
    layer = make()
    model = make_model(layer)
    assert model.outputs[0].shape == (None, 5)
    for batch in (1, 4):
        x = sample(batch=batch)
        twin = copy_of(layer)
        got = tf.nest.flatten(model.predict(x, verbose=0))
        want = tf.nest.flatten(twin(**x))
        for one, other, announced in zip(got, want, model.outputs, strict=True):
            np.testing.assert_allclose(one, other, 1e-4, 1e-4)
            assert one.dtype == announced.dtype


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_output_shape_is_computed(changed, shape):
    x = sample(shape)
    layer = built(x, **changed)
    shapes = tf.nest.map_structure(lambda y: tuple(y.shape), layer(**x))
    assert layer.compute_output_shape(x["inputs"].shape) == shapes


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype, training):
    x = sample()
    layer = built(x, dtype=dtype)
    got = tf.nest.flatten(layer(**x, training=training))
    assert all(w.dtype == layer.variable_dtype for w in layer.weights)
    assert all(y.dtype == layer.compute_dtype for y in got)
    if training:
        return  # the random bits depend on the dtype
    want = tf.nest.flatten(built(x)(**x, training=training))
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


def test_whole_numbers_are_taken():
    x = tf.nest.map_structure(np.round, sample())
    layer = built(x)
    twin = copy_of(layer)
    whole = tf.nest.map_structure(
        lambda v: v.astype("int32") if v.dtype == "float32" else v, x
    )
    whole["states"] = x["states"]
    assert_close(layer(**whole), twin(**x))


def test_wrong_rank_is_refused():
    layer, x = make(), sample()["inputs"][..., None]
    with pytest.raises(ValueError, match=f"{layer.name}.* expected ndim=2"):
        layer(x, sample()["states"])
    assert not layer.built
    layer = built(sample())
    with pytest.raises(ValueError, match=f"{layer.name}.* expected ndim=2"):
        layer(x, sample()["states"])


def test_wrong_width_is_refused():
    x = sample()["inputs"]
    layer = built(sample())
    with pytest.raises(ValueError, match=f"{layer.name}.* expected axis -1"):
        layer(np.concatenate([x, x], axis=-1), sample()["states"])


@pytest.mark.parametrize("axis", [-1])
def test_unknown_axis_is_refused(axis):
    shape = list(sample()["inputs"].shape)
    shape[axis] = None
    with pytest.raises(ValueError, match="must be defined.*_shape="):
        make().build(tuple(shape))


def test_states_start_with_zeros():
    layer = make(dtype="mixed_bfloat16")
    states = layer.get_initial_state(batch_size=3)
    for state, given, size in zip(
        states, sample()["states"], layer.state_size, strict=True
    ):
        assert state.shape == (3, size) == (3, given.shape[-1])
        assert state.dtype == layer.compute_dtype
        assert not np.any(state)


def test_cell_of_an_rnn():
    x = sample()
    cell = built(x)
    steps = np.stack([x["inputs"], 2 * x["inputs"]], axis=1)
    outputs, *last = keras.layers.RNN(cell, True, True)(steps)
    states = cell.get_initial_state(len(steps))
    for step in range(2):
        output, states = cell(steps[:, step], states)
        assert_close(outputs[:, step], output)
    assert_close(last, states)
    assert cell.output_size == outputs.shape[-1]


# Saving --------------------------------------------------------------------------


def test_loads_in_a_new_process(tmp_path):
    x = sample()
    model = make_model(*(make(**changed) for changed in CHANGES))
    for layer in model.layers:
        if isinstance(layer, LSTMCell):
            fill(layer)
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import lstm_cell\n"
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
    name = keras.saving.get_registered_name(LSTMCell)
    assert name == "Custom>LSTMCell"


def test_clone_has_the_same_configuration():
    model = make_model(make())
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    x = sample()
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
        x = sample(batch=batch)
        got, want = tf.nest.flatten(served.serve(x)), tf.nest.flatten(model(x))
        for one, other in zip(got, want, strict=True):
            assert_close(one, other)


# Training ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_training_changes_the_weights(dtype):
    x = sample(batch=8)
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
    from train_lstm_cell import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
