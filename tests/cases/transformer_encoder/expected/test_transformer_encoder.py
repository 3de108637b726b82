"""Tests of TransformerEncoder. Run: pytest test_transformer_encoder.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from transformer_encoder import TransformerEncoder

# Cases -----------------------------------------------------------------------

# The arguments of the layer under test, and changes of them to test as well.
ARGUMENTS = {"depth": 2, "heads": 2, "head_dim": 3, "hidden_units": 5, "rate": 0.5}
VARIANTS = [
    {},
    {"depth": 3},
    {"heads": 3},
    {"head_dim": 4},
    {"hidden_units": 6},
    {"rate": 0.25},
]
DEFAULTS = {"rate": 0.0}
BAD_ARGUMENTS = [
    ("depth", 0),
    ("depth", 2.5),
    ("depth", "3"),
    ("depth", True),
    ("depth", None),
    ("heads", 0),
    ("heads", 2.5),
    ("heads", "3"),
    ("heads", True),
    ("heads", None),
    ("head_dim", 0),
    ("head_dim", 2.5),
    ("head_dim", "3"),
    ("head_dim", True),
    ("head_dim", None),
    ("hidden_units", 0),
    ("hidden_units", 2.5),
    ("hidden_units", "3"),
    ("hidden_units", True),
    ("hidden_units", None),
    ("rate", -0.01),
    ("rate", 1),
    ("rate", np.nan),
]
OUTERMOST_ARGUMENTS = [
    ("depth", 1),
    ("heads", 1),
    ("head_dim", 1),
    ("hidden_units", 1),
    ("rate", 0),
    ("rate", 0.999999),
]
SHAPES = [(2, 5, 4)]
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return TransformerEncoder(**{**ARGUMENTS, **changed})


def sample(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, 2.0, size=shape).astype("float32")


def weights_of(layer):
    """Values by path within the layer, in float64."""
    return {w.path.split("/", 1)[1]: w.numpy().astype(float) for w in layer.weights}


def assert_close(got, want, tolerance=1e-4):
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


# Oracle ----------------------------------------------------------------------


def layer_normalization(x, gamma=1.0, beta=0.0, axis=-1, epsilon=1e-3):
    axis = np.atleast_1d(axis)
    last = tuple(range(-len(axis), 0))
    x = np.moveaxis(x, axis, last)
    mean, variance = (x.mean(last, keepdims=True), x.var(last, keepdims=True))
    y = (x - mean) / np.sqrt(variance + epsilon) * gamma + beta
    return np.moveaxis(y, last, axis)


def part(w, name):
    """Weights of a sublayer, in order."""
    return [value for path, value in w.items() if path.startswith(f"{name}/")]


def oracle(layer, a, w, inputs):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    x = inputs
    for index in range(a["depth"]):
        y = layer_normalization(x, *part(w, "attention_norms"), epsilon=1e-06)
        x = x + np.asarray(layer.attentions(y, y))
        x = x + np.asarray(
            layer.feed_forwards(
                layer_normalization(x, *part(w, "feed_forward_norms"), epsilon=1e-06)
            )
        )
    return x


# Forward pass ----------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [None, False, True])
@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_output_is_that_of_the_oracle(changed, training, shape):
    layer, x = make(**changed), sample(*shape)
    layer.build(shape)
    a, w = {**ARGUMENTS, **changed}, weights_of(layer)
    y = oracle(layer, a, w, x.astype(float))
    got = layer(x, training=training)
    assert_close(got, y)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("mode", ["graph", "xla"])
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


# Weights ---------------------------------------------------------------------


def expected_weights(a):
    """Shape of each of the layer's own weights, by name."""
    weights = {}

    return weights


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_weights(changed):
    layer = make(**changed)
    layer.build(SHAPES[0])
    own = [w for w in layer.weights if w.path.count("/") == 1]
    shapes = {w.name: tuple(w.shape) for w in own}
    assert shapes == expected_weights({**ARGUMENTS, **changed})
    untrained = [w.name for w in own if not w.trainable]
    assert untrained == []
    sublayers = {w.path.split("/")[1] for w in layer.weights if w.path.count("/") > 1}
    assert sublayers <= {
        "attention_norms",
        "attentions",
        "feed_forward_norms",
        "feed_forwards",
    }


@pytest.mark.parametrize("training", [False, True])
def test_gradients_match_finite_differences(training):
    layer = make(dtype="float64")
    x = sample(*SHAPES[0])
    layer.build(x.shape)
    start = layer.get_weights()

    def loss(*values):
        layer.set_weights(start)
        for weight, value in zip(layer.trainable_weights, values):
            weight.assign(value)
        y = layer(x, training=training)
        return tf.reduce_sum(tf.sin(y))

    values = [tf.constant(w.numpy()) for w in layer.trainable_weights]
    _, numeric = tf.test.compute_gradient(loss, values, delta=1e-4)
    with tf.GradientTape() as tape:
        value = loss(*values)
    gradients = tape.gradient(value, layer.trainable_weights)
    for weight, got, want in zip(layer.trainable_weights, gradients, numeric):
        assert got is not None, f"no gradient of {weight.path}"
        assert_close(np.ravel(got), np.ravel(want), 1e-6)


# Arguments -------------------------------------------------------------------


def test_defaults():
    parameters = inspect.signature(TransformerEncoder.__init__).parameters
    assert {p: parameters[p].default for p in DEFAULTS} == DEFAULTS


def test_config_has_every_argument():
    parameters = set(inspect.signature(TransformerEncoder.__init__).parameters)
    assert parameters - {"self", "kwargs"} == set(ARGUMENTS)
    assert set(ARGUMENTS) <= set(make().get_config())


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_config_keeps_every_value(changed):
    layer = make(**changed)
    config = json.loads(json.dumps(layer.get_config()))
    for argument, value in {**ARGUMENTS, **changed}.items():
        assert config[argument] == value
    revived = TransformerEncoder.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    revived = TransformerEncoder.from_config(config)
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
    other = TransformerEncoder.from_config(layer.get_config())
    other.build_from_config(layer.get_build_config())
    other.set_weights(layer.get_weights())
    return other


def make_model():
    inputs = keras.Input((None, 4))
    return keras.Model(inputs, make()(inputs))


def test_functional_model_with_unknown_axes():
    model = make_model()
    assert model.output_shape == (None, None, 4)
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
    single = make()
    single.build(x.shape)
    single.set_weights(layer.get_weights())
    want = single(x, training=training)
    assert_close(tf.cast(y, "float32"), want, 0.1)


def test_loads_in_a_new_process(tmp_path):
    x = sample(*SHAPES[-1])
    model = keras.Sequential([keras.Input(x.shape[1:]), make()])
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x=x, y=model(x))
    code = (
        "import keras, numpy as np\n"
        "import transformer_encoder\n"
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


def test_checkpoint_restores_every_weight(tmp_path):
    layer, other, x = make(), make(), sample(*SHAPES[0])
    layer.build(x.shape), other.build(x.shape)
    for weight in layer.weights:
        weight.assign(weight + 0.5)
    path = tf.train.Checkpoint(layer=layer).save(tmp_path / "checkpoint")
    tf.train.Checkpoint(layer=other).restore(path)
    for got, want in zip(other.get_weights(), layer.get_weights()):
        np.testing.assert_array_equal(got, want)


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


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_training_changes_every_weight(dtype):
    x = sample(8, *SHAPES[0][1:])
    layer = make(dtype=dtype)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    before = layer.get_weights()
    y = sample(*model.predict(x, verbose=0).shape, seed=1)
    model.fit(x, y, batch_size=4, epochs=3, verbose=0)
    for weight, old in zip(layer.weights, before):
        assert not np.array_equal(weight.numpy(), old), f"{weight.path} did not change"
        assert np.all(np.isfinite(weight.numpy()))


def test_wrong_rank_is_refused():
    with pytest.raises(ValueError, match="expected ndim=3"):
        make()(sample(*SHAPES[0], 1))


def test_wrong_width_is_refused():
    layer, x = make(), sample(*SHAPES[0])
    layer(x)
    with pytest.raises(ValueError, match="expected axis -1"):
        layer(np.concatenate([x, x], axis=-1))


def test_unknown_width_is_refused():
    with pytest.raises(ValueError, match="defined"):
        make().build((*SHAPES[0][:-1], None))


def test_training_script(tmp_path):
    from train_transformer_encoder import main

    losses = main(["--epochs", "2", "--steps", "20", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
