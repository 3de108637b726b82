"""Tests of MovingNorm. Run: pytest test_moving_norm.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from moving_norm import MovingNorm

try:  # two logical CPUs, so that tf.distribute can be tested anywhere
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
except RuntimeError:  # TensorFlow has started
    pass

# Cases -----------------------------------------------------------------------

# The arguments of the layer under test, and changes of them to test as well.
ARGUMENTS = {
    "momentum": 0.9,
    "epsilon": 0.01,
    "gamma_initializer": "random_normal",
    "beta_initializer": "ones",
}
VARIANTS = [
    {},
    {"momentum": 0.25},
    {"epsilon": 0.25},
    {"gamma_initializer": "he_normal"},
    {"beta_initializer": "he_normal"},
]
DEFAULTS = {
    "momentum": 0.99,
    "epsilon": 0.001,
    "gamma_initializer": "ones",
    "beta_initializer": "zeros",
}
# Arguments that the configuration holds in serialized form.
OBJECTS = {
    "gamma_initializer": keras.initializers,
    "beta_initializer": keras.initializers,
}
BAD_ARGUMENTS = [
    ("momentum", -0.01),
    ("momentum", 1.01),
    ("momentum", np.nan),
    ("epsilon", 0),
    ("epsilon", np.nan),
]
OUTERMOST_ARGUMENTS = [
    ("momentum", 0),
    ("momentum", 1),
    ("epsilon", 1e-06),
]
SHAPES = [(5, 3), (2, 5, 3)]
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return MovingNorm(**{**ARGUMENTS, **changed})


def sample(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, 2.0, size=shape).astype("float32")


def weights_of(layer):
    """Values by path within the layer, in float64."""
    return {w.path.split("/", 1)[1]: w.numpy().astype(float) for w in layer.weights}


def assert_close(got, want, tolerance=1e-4):
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


# Oracle ----------------------------------------------------------------------


def moments(x, axes, keepdims=False):
    return np.mean(x, axes, keepdims=keepdims), np.var(x, axes, keepdims=keepdims)


def oracle(a, w, inputs, training=False):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    if training:
        axes = list(range(inputs.ndim - 1))
        mean, variance = moments(inputs, tuple(axes))
        w["moving_mean"] = w["moving_mean"] * a["momentum"] + mean * (1 - a["momentum"])
        w["moving_variance"] = w["moving_variance"] * a["momentum"] + variance * (
            1 - a["momentum"]
        )
    else:
        mean, variance = w["moving_mean"], w["moving_variance"]
    scale = w["gamma"] * (1 / np.sqrt(variance + a["epsilon"]))
    return (inputs - mean) * scale + w["beta"]


# Forward pass ----------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [None, False, True])
@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_output_is_that_of_the_oracle(changed, training, shape):
    layer, x = make(**changed), sample(*shape)
    layer.build(shape)
    a, w = {**ARGUMENTS, **changed}, weights_of(layer)
    y = oracle(a, w, x.astype(float), training=training)
    got = layer(x, training=training)
    assert_close(got, y)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("mode", ["graph", "xla"])
def test_modes_agree(mode, training):
    layer, x = make(), sample(*SHAPES[0])
    layer.build(x.shape)
    call = MODES[mode](lambda x: layer(x, training=training))
    assert_close(call(x), make_like(layer)(x, training=training))


# State -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", SHAPES)
def test_state_follows_the_oracle(shape, mode):
    layer = make()
    layer.build(shape)
    train = MODES[mode](lambda x: layer(x, training=True))
    infer = MODES[mode](lambda x: layer(x, training=False))
    w = weights_of(layer)
    for step in range(3):
        x = sample(*shape, seed=step)
        y = oracle(ARGUMENTS, w, x.astype(float), training=True)
        assert_close(train(x), y)
        for path, value in weights_of(layer).items():
            assert_close(value, w[path])
        assert_close(infer(x), oracle(ARGUMENTS, w, x.astype(float)))


@pytest.mark.parametrize("call", [{}, {"training": None}, {"training": False}])
def test_inference_leaves_the_state(call):
    layer, x = make(), sample(*SHAPES[0])
    layer.build(x.shape)
    before = layer.get_weights()
    layer(x, **call)
    for got, want in zip(layer.get_weights(), before):
        np.testing.assert_array_equal(got, want)


def test_frozen_layer_is_in_inference():
    layer, x = make(), sample(*SHAPES[0])
    layer.trainable = False
    y = layer(x, training=False)
    before = layer.get_weights()
    assert_close(layer(x, training=True), y)
    for got, want in zip(layer.get_weights(), before):
        np.testing.assert_array_equal(got, want)


def test_float16_keeps_small_updates():
    layer = make(dtype="mixed_float16")
    x = sample(*SHAPES[0]).astype("float16")
    layer.build(x.shape)
    w = weights_of(layer)
    step = tf.function(lambda x: layer(x, training=True))
    for _ in range(200):
        step(x)
        oracle(ARGUMENTS, w, x.astype(float), training=True)
    for path, value in weights_of(layer).items():
        assert_close(value, w[path], 1e-3)


def test_replicas_share_the_state():
    devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        pytest.skip("TensorFlow started with one logical CPU")
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        layer = make()
        layer.build(SHAPES[0])
    halves = [sample(*SHAPES[0], seed=0), sample(*SHAPES[0], seed=1)]
    batch = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(halves[context.replica_id_in_sync_group])
    )
    w = [weights_of(layer), weights_of(layer)]
    for x, weights in zip(halves, w):
        oracle(ARGUMENTS, weights, x.astype(float), training=True)

    @tf.function
    def step(batch):
        strategy.run(lambda x: layer(x, training=True), args=(batch,))

    step(batch)
    for weight in layer.non_trainable_weights:
        mean = (w[0][weight.name] + w[1][weight.name]) / 2
        for value in strategy.experimental_local_results(weight.value):
            assert_close(value, mean)


# Weights ---------------------------------------------------------------------


def expected_weights(a, features=3):
    """Shape of each of the layer's own weights, by name."""
    weights = {}
    weights["gamma"] = (features,)
    weights["beta"] = (features,)
    weights["moving_mean"] = (features,)
    weights["moving_variance"] = (features,)
    return weights


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_weights(changed):
    layer = make(**changed)
    layer.build(SHAPES[0])
    own = [w for w in layer.weights if w.path.count("/") == 1]
    shapes = {w.name: tuple(w.shape) for w in own}
    assert shapes == expected_weights({**ARGUMENTS, **changed})
    untrained = [w.name for w in own if not w.trainable]
    assert untrained == ["moving_mean", "moving_variance"]


INITIALIZERS = {
    "moving_mean": "zeros",
    "moving_variance": "ones",
}


@pytest.mark.parametrize("weight", INITIALIZERS)
def test_initial_values(weight):
    values = []
    for _ in range(50):  # enough of them for small weights too
        layer = make()
        layer.build(SHAPES[0])
        values.append(np.ravel(weights_of(layer)[weight]))
    shape = getattr(layer, weight).shape
    initializer = INITIALIZERS[weight]
    wanted = [np.ravel(keras.initializers.get(initializer)(shape)) for _ in range(50)]
    scale = np.std(wanted)
    np.testing.assert_allclose(np.mean(values), np.mean(wanted), atol=scale / 2)
    np.testing.assert_allclose(np.std(values), scale, rtol=0.4)


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        ("gamma_initializer", {"gamma"}),
        ("beta_initializer", {"beta"}),
    ],
)
def test_initializer_serves_its_weights(argument, served):
    layer = make(**{argument: keras.initializers.Constant(0.375)})
    layer.build(SHAPES[0])
    constant = {path for path, w in weights_of(layer).items() if np.all(w == 0.375)}
    assert constant == served


@pytest.mark.parametrize("argument", ["gamma_initializer", "beta_initializer"])
def test_weights_start_independent(argument):
    layer = make(**{argument: keras.initializers.RandomNormal()})
    layer.build(SHAPES[0])
    firsts = [np.ravel(w)[0] for w in weights_of(layer).values() if np.std(w) > 0]
    assert len(set(firsts)) == len(firsts)


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
    parameters = inspect.signature(MovingNorm.__init__).parameters
    assert {p: parameters[p].default for p in DEFAULTS} == DEFAULTS


def test_config_has_every_argument():
    parameters = set(inspect.signature(MovingNorm.__init__).parameters)
    assert parameters - {"self", "kwargs"} == set(ARGUMENTS)
    assert set(ARGUMENTS) <= set(make().get_config())


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_config_keeps_every_value(changed):
    layer = make(**changed)
    config = json.loads(json.dumps(layer.get_config()))
    for argument, value in {**ARGUMENTS, **changed}.items():
        if argument in OBJECTS:
            kind = OBJECTS[argument]
            value = kind.serialize(kind.get(value))
            if isinstance(value, dict):  # a seed that was drawn is not compared
                assert config[argument]["class_name"] == value["class_name"]
                continue
        assert config[argument] == value
    revived = MovingNorm.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    revived = MovingNorm.from_config(config)
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
    other = MovingNorm.from_config(layer.get_config())
    other.build_from_config(layer.get_build_config())
    other.set_weights(layer.get_weights())
    return other


def make_model():
    inputs = keras.Input((None, 3))
    return keras.Model(inputs, make()(inputs))


def test_functional_model_with_unknown_axes():
    model = make_model()
    assert model.output_shape == (None, None, 3)
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
    model(x, training=True)  # the state must travel too
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x=x, y=model(x))
    code = (
        "import keras, numpy as np\n"
        "import moving_norm\n"
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
    with pytest.raises(ValueError, match="min_ndim=2"):
        make()(sample(3))


def test_wrong_width_is_refused():
    layer, x = make(), sample(*SHAPES[0])
    layer(x)
    with pytest.raises(ValueError, match="expected axis -1"):
        layer(np.concatenate([x, x], axis=-1))


def test_unknown_width_is_refused():
    with pytest.raises(ValueError, match="defined"):
        make().build((*SHAPES[0][:-1], None))


def test_training_script(tmp_path):
    from train_moving_norm import main

    losses = main(["--epochs", "2", "--steps", "20", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
