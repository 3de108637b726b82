"""Tests of Time2Vec. Run: pytest test_time2vec.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from time2vec import Time2Vec

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {"frequencies": 4}
CHANGES = [
    {},
    {"frequencies": 5},
]
# Values that are refused, and the outermost ones that are taken.
REFUSED = [
    ("frequencies", 0),
    ("frequencies", 2.5),
    ("frequencies", "3"),
    ("frequencies", True),
    ("frequencies", None),
]
TAKEN = [
    ("frequencies", 1),
]
# Shapes of the input; tests of one case take the first.
SHAPES = [(5, 1), (5, 2, 1)]
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return Time2Vec(**{**ARGUMENTS, **changed})


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
    other = Time2Vec.from_config(layer.get_config())
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


def oracle(a, w, inputs):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    inputs = inputs.astype(float)
    phases = inputs @ w["kernel"] + w["bias"]
    return np.concatenate([phases[..., :1], np.sin(phases[..., 1:])], axis=-1)


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape):
    a = {**ARGUMENTS, **changed}
    layer = built(sample(shape), dtype="float64", **changed)
    w = weights_of(layer)
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), np.round(sample(shape, seed=1))):
        want = oracle(a, w, x)
        assert_close(layer(x), want, 1e-6)
        for path, value in weights_of(layer).items():
            assert_close(value, w[path], 1e-6, path)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_are_those_of_the_oracle(changed, shape):
    check_against_oracle(changed, shape)


@pytest.mark.parametrize("mode", ["graph", "xla"])
def test_compiled_it_does_the_same(mode):
    x = sample()
    # In float32 the sums of a compiled graph may differ, for their order does.
    layer = built(x, dtype="float64")
    twin = copy_of(layer)
    call = MODES[mode](lambda x: layer(x))
    for _ in range(2):
        assert_close(call(x), twin(x))


# Masks ---------------------------------------------------------------------------


def test_mask_is_handed_on():
    x = sample(SHAPES[-1])
    x[:, 1:] = 0
    layer = built(x)
    assert layer.supports_masking
    y = layer(keras.layers.Masking()(x))
    np.testing.assert_array_equal(y._keras_mask, np.any(x != 0, axis=-1))


# Weights -------------------------------------------------------------------------


def expected_weights(a):
    """Shape of each of the layer's own weights, by name."""
    return {"kernel": (1, a["frequencies"] + 1), "bias": (a["frequencies"] + 1,)}


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_weights(changed):
    layer = built(sample(), **changed)
    expected = expected_weights({**ARGUMENTS, **changed})
    own = {w.name: w for w in layer.weights if w.path.count("/") == 1}
    assert {name: tuple(w.shape) for name, w in own.items()} == expected
    for name in expected:
        assert getattr(layer, name) is own[name]
    fixed = {name for name, weight in own.items() if not weight.trainable}
    assert not fixed


@pytest.mark.parametrize(
    ("weight", "initializer"),
    [
        ("kernel", "random_uniform"),
        ("bias", "random_uniform"),
    ],
)
def test_drawn_initial_values(weight, initializer, monkeypatch):
    add_weight, given = keras.layers.Layer.add_weight, {}

    def recorded(*args, **kwargs):
        bound = inspect.signature(add_weight).bind(*args, **kwargs)
        variable = add_weight(*args, **kwargs)
        given[id(variable)] = bound.arguments.get("initializer") or "glorot_uniform"
        return variable

    monkeypatch.setattr(keras.layers.Layer, "add_weight", recorded)
    x, made = sample(), []
    for _ in range(2):
        layer = make()
        layer.build(x.shape)
        made.append(getattr(layer, weight))
    assert not np.allclose(*made)
    got = keras.initializers.get(given[id(made[-1])])
    want = keras.initializers.get(initializer)
    assert type(got) is type(want)
    assert {**got.get_config(), "seed": None} == {**want.get_config(), "seed": None}


def test_build_makes_every_weight():
    assert not make().weights
    x = sample()
    layer = built(x)
    before = [w.path for w in layer.weights]
    layer(x)
    assert [w.path for w in layer.weights] == before


# Gradients -----------------------------------------------------------------------


def as_variable(array):
    return tf.Variable(array, dtype="float64" if array.dtype.kind == "f" else None)


def test_gradients_are_those_of_finite_differences():
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
        outputs = layer(x)
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


def test_configuration_has_every_argument():
    class Child(Time2Vec):
        def get_config(self):  # so that Keras makes up none
            return super().get_config()

    layer = Child(**ARGUMENTS)
    config = layer.get_config()
    assert set(ARGUMENTS) <= set(config)
    assert config["name"] == layer.name


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_configuration_keeps_every_value(changed):
    layer = make(**changed)
    config = json.loads(json.dumps(layer.get_config()))
    for argument, value in {**ARGUMENTS, **changed}.items():
        assert config[argument] == value, argument
    revived = Time2Vec.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert Time2Vec.from_config(config).get_config() == config


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
    inputs = keras.Input((None, 1))
    outputs = [layer(inputs) for layer in layers]
    return keras.Model(inputs, tf.nest.flatten(outputs))


def test_functional_model_with_unknown_axes():
    layer = make()
    model = make_model(layer)
    assert [y.shape for y in model.outputs] == [(None, None, 5)]
    for batch in (1, 4):
        x = sample(SHAPES[-1], batch=batch)
        twin = copy_of(layer)
        got = tf.nest.flatten(model.predict(x, verbose=0))
        want = tf.nest.flatten(twin(x))
        for one, other, announced in zip(got, want, model.outputs, strict=True):
            np.testing.assert_allclose(one, other, 1e-4, 1e-4)
            assert one.dtype == announced.dtype


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_output_shape_is_computed(changed, shape):
    x = sample(shape)
    layer = built(x, **changed)
    shapes = tf.nest.map_structure(lambda y: tuple(y.shape), layer(x))
    assert layer.compute_output_shape(x.shape) == shapes


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype):
    x = sample()
    layer = built(x, dtype=dtype)
    got = tf.nest.flatten(layer(x))
    assert all(w.dtype == layer.variable_dtype for w in layer.weights)
    assert all(y.dtype == layer.compute_dtype for y in got)
    want = tf.nest.flatten(built(x)(x))
    for one, other in zip(got, want, strict=True):
        scale = 1 + np.nanmax(np.abs(other))
        np.testing.assert_allclose(tf.cast(one, other.dtype), other, 0, 0.1 * scale)


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


def test_whole_numbers_are_taken_or_refused():
    x = np.round(sample()).astype("int32")
    layer = built(x)
    twin = copy_of(layer)
    try:
        y = layer(x)
    except (TypeError, ValueError, tf.errors.OpError):
        return
    assert_close(y, twin(x.astype("float32")))


def test_too_low_a_rank_is_refused():
    layer, x = make(), np.zeros([3] * 1, "float32")
    with pytest.raises(ValueError, match=f"{layer.name}.* min_ndim=2"):
        layer(x)
    assert not layer.built
    layer = built(sample())
    with pytest.raises(ValueError, match=f"{layer.name}.* min_ndim=2"):
        layer(x)


def test_wrong_width_is_refused():
    x = sample()
    layer = built(sample())
    with pytest.raises(ValueError, match=f"{layer.name}.* expected axis -1"):
        layer(np.concatenate([x, x], axis=-1))


def test_passes_the_checks_of_keras():
    testing = pytest.importorskip("keras.src.testing", reason="private to Keras")
    testing.TestCase().run_layer_test(
        Time2Vec,
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
        if isinstance(layer, Time2Vec):
            fill(layer)
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import time2vec\n"
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
    name = keras.saving.get_registered_name(Time2Vec)
    assert name == "Custom>Time2Vec"


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
    from train_time2vec import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
