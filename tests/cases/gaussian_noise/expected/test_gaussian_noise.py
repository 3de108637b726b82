"""Tests of GaussianNoise. Run: pytest test_gaussian_noise.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gaussian_noise import GaussianNoise

# Cases -----------------------------------------------------------------------

# The arguments of the layer under test, and changes of them to test as well.
ARGUMENTS = {"stddev": 0.5, "seed": 7}
VARIANTS = [
    {},
    {"stddev": 0.25},
    {"seed": 8},
]
DEFAULTS = {"seed": None}
BAD_ARGUMENTS = [
    ("stddev", -0.01),
    ("stddev", 1.01),
    ("stddev", np.nan),
]
OUTERMOST_ARGUMENTS = [
    ("stddev", 0),
    ("stddev", 1),
]
SHAPES = [(5, 3), (2, 5, 3)]
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return GaussianNoise(**{**ARGUMENTS, **changed})


def sample(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, 2.0, size=shape).astype("float32")


def weights_of(layer):
    """Values by path within the layer, in float64."""
    return {w.path.split("/", 1)[1]: w.numpy().astype(float) for w in layer.weights}


def assert_close(got, want, tolerance=1e-4):
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


# Oracle ----------------------------------------------------------------------


class Draws:
    """Repeats the random draws of a layer with the same seed, from the start."""

    def __init__(self, seed):
        self.generator = keras.random.SeedGenerator(seed)

    def normal(self, shape, **settings):
        return keras.random.normal(shape, seed=self.generator, **settings).numpy()


def oracle(a, w, inputs, training=False, draws=None):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    if training and a["stddev"] > 0:
        return inputs + draws.normal(
            tuple(np.array(np.shape(inputs))), stddev=a["stddev"]
        )
    return inputs


# Forward pass ----------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [None, False, True])
@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_output_is_that_of_the_oracle(changed, training, shape):
    layer, x = make(**changed), sample(*shape)
    layer.build(shape)
    a, w = {**ARGUMENTS, **changed}, weights_of(layer)
    draws = Draws(a["seed"])
    y = oracle(a, w, x.astype(float), training=training, draws=draws)
    got = layer(x, training=training)
    assert_close(got, y)


@pytest.mark.parametrize(
    ("mode", "training"),
    # XLA draws other random bits, so its training branch is not compared.
    [("graph", False), ("graph", True), ("xla", False)],
)
def test_modes_agree(mode, training):
    layer, x = make(), sample(*SHAPES[0])
    layer.build(x.shape)
    call = MODES[mode](lambda x: layer(x, training=training))
    assert_close(call(x), make_like(layer)(x, training=training))


def test_mask_is_handed_on():
    x = sample(2, 5, *SHAPES[0][1:])
    x[:, 3:] = 0
    y = make()(keras.layers.Masking()(x))
    np.testing.assert_array_equal(y._keras_mask, np.any(x != 0, axis=-1))


@pytest.mark.parametrize("mode", MODES)
def test_each_call_draws_anew(mode):
    layer, x = make(), sample(64, *SHAPES[0][1:])
    layer.build(x.shape)
    call = MODES[mode](lambda x: layer(x, training=True))
    assert not np.allclose(call(x), call(x))


def test_seed_repeats_the_draws():
    x = sample(64, *SHAPES[0][1:])
    first, second = make(), make()
    first.build(x.shape), second.build(x.shape)
    second.set_weights(first.get_weights())
    assert_close(first(x, training=True), second(x, training=True))


def test_no_seed_draws_differently_in_each_layer():
    x = sample(64, *SHAPES[0][1:])
    first, second = make(seed=None), make(seed=None)
    first.build(x.shape), second.build(x.shape)
    second.set_weights(first.get_weights())
    assert not np.allclose(first(x, training=True), second(x, training=True))


def test_gradient_reaches_the_input():
    layer, x = make(), tf.constant(sample(*SHAPES[0]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    assert np.any(tape.gradient(y, x) != 0)


# Arguments -------------------------------------------------------------------


def test_defaults():
    parameters = inspect.signature(GaussianNoise.__init__).parameters
    assert {p: parameters[p].default for p in DEFAULTS} == DEFAULTS


def test_config_has_every_argument():
    parameters = set(inspect.signature(GaussianNoise.__init__).parameters)
    assert parameters - {"self", "kwargs"} == set(ARGUMENTS)
    assert set(ARGUMENTS) <= set(make().get_config())


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_config_keeps_every_value(changed):
    layer = make(**changed)
    config = json.loads(json.dumps(layer.get_config()))
    for argument, value in {**ARGUMENTS, **changed}.items():
        assert config[argument] == value
    revived = GaussianNoise.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    revived = GaussianNoise.from_config(config)
    assert revived.get_config() == config


@pytest.mark.parametrize(("argument", "value"), BAD_ARGUMENTS)
def test_bad_argument_is_named(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must be .*{argument}="):
        make(**{argument: value})


@pytest.mark.parametrize(("argument", "value"), OUTERMOST_ARGUMENTS)
def test_outermost_argument_is_taken(argument, value):
    assert getattr(make(**{argument: value}), argument) == value


# Keras contract --------------------------------------------------------------


def make_like(layer):
    """A second layer with the same configuration and weights."""
    other = GaussianNoise.from_config(layer.get_config())
    other.build_from_config(layer.get_build_config())
    other.set_weights(layer.get_weights())
    return other


def make_model():
    inputs = keras.Input((None, None))
    return keras.Model(inputs, make()(inputs))


def test_functional_model_with_unknown_axes():
    model = make_model()
    assert model.output_shape == (None, None, None)
    for batch in (1, 4):
        x = sample(batch, *SHAPES[-1][1:])
        y = model.predict(x, verbose=0)
        assert_close(y, make_like(model.layers[-1])(x))
        assert y.shape == model.layers[-1].compute_output_shape(x.shape)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype, training):
    layer, x = make(dtype=dtype), sample(*SHAPES[0])
    y = layer(x, training=training)
    assert y.dtype == layer.compute_dtype
    assert all(w.dtype == layer.variable_dtype for w in layer.weights)
    if training:
        return  # the random bits depend on the dtype
    single = make()
    single.build(x.shape)
    want = single(x, training=training)
    assert_close(tf.cast(y, "float32"), want, 0.1)


def test_loads_in_a_new_process(tmp_path):
    x = sample(*SHAPES[-1])
    model = keras.Sequential([keras.Input(x.shape[1:]), make()])
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x=x, y=model(x))
    code = (
        "import keras, numpy as np\n"
        "import gaussian_noise\n"
        "model = keras.models.load_model('model.keras')\n"
        "data = np.load('data.npz')\n"
        "np.testing.assert_allclose(model(data['x']), data['y'], atol=1e-5)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)


def test_clone_has_the_same_configuration():
    model = make_model()
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    x = sample(*SHAPES[-1])
    assert clone.layers[-1].get_config() == model.layers[-1].get_config()
    assert_close(clone(x), model(x))


def test_export_serves_any_batch_size(tmp_path):
    model = make_model()
    model.export(tmp_path / "model", verbose=False)
    served = tf.saved_model.load(tmp_path / "model")
    for batch in (1, 3):
        x = sample(batch, *SHAPES[-1][1:])
        assert_close(served.serve(x), model(x))


def test_one_trace_serves_any_batch_size():
    layer = make()
    layer.build(SHAPES[0])
    signature = tf.TensorSpec((None, *SHAPES[0][1:]), "float32")
    function = tf.function(lambda x: layer(x), input_signature=[signature])
    for batch in (1, 2, 5):
        x = sample(batch, *SHAPES[0][1:])
        assert_close(function(x), layer(x))
    assert function.experimental_get_tracing_count() == 1


def test_training_script(tmp_path):
    from train_gaussian_noise import main

    losses = main(["--epochs", "2", "--steps", "20", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
