"""Tests of VectorQuantizer. Run: pytest test_vector_quantizer.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from vector_quantizer import VectorQuantizer

try:  # two logical CPUs, so that tf.distribute can be tested anywhere
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
except RuntimeError:  # TensorFlow has started
    pass

# Cases -----------------------------------------------------------------------

# The arguments of the layer under test, and changes of them to test as well.
ARGUMENTS = {"codes": 4, "decay": 0.9, "commitment": 0.5, "epsilon": 0.01}
VARIANTS = [
    {},
    {"codes": 5},
    {"decay": 0.25},
    {"commitment": 0.25},
    {"epsilon": 0.25},
]
DEFAULTS = {"decay": 0.99, "commitment": 0.25, "epsilon": 1e-5}
BAD_ARGUMENTS = [
    ("codes", 0),
    ("codes", 2.5),
    ("codes", "3"),
    ("codes", True),
    ("codes", None),
    ("decay", -0.01),
    ("decay", 1.01),
    ("decay", np.nan),
    ("commitment", -0.01),
    ("commitment", np.nan),
    ("epsilon", 0),
    ("epsilon", np.nan),
]
OUTERMOST_ARGUMENTS = [
    ("codes", 1),
    ("decay", 0),
    ("decay", 1),
    ("commitment", 0),
    ("epsilon", 1e-06),
]
SHAPES = [(2, 5, 3)]
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return VectorQuantizer(**{**ARGUMENTS, **changed})


def sample(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, 2.0, size=shape).astype("float32")


def weights_of(layer):
    """Values by path within the layer, in float64."""
    return {w.path.split("/", 1)[1]: w.numpy().astype(float) for w in layer.weights}


def assert_close(got, want, tolerance=1e-4):
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


# Oracle ----------------------------------------------------------------------


def gather(params, indices, axis=None, batch_dims=0):
    axis = batch_dims if axis is None else axis % params.ndim
    if batch_dims == 0:
        return np.take(params, indices, axis)
    pairs = zip(params, indices)
    return np.stack([gather(p, i, axis - 1, batch_dims - 1) for p, i in pairs])


def one_hot(indices, depth, on_value=1.0, off_value=0.0, axis=-1):
    hot = np.asarray(indices)[..., None] == np.arange(depth)
    return np.moveaxis(np.where(hot, on_value, off_value), -1, axis)


def oracle(a, w, inputs, training=False):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    flat = np.reshape(inputs, (-1, inputs.shape[2]))
    distances = np.sum(np.square(flat[:, None] - w["codebook"]), axis=-1)
    indices = np.argmin(distances, axis=1)
    quantized = np.reshape(
        gather(w["codebook"], indices), tuple(np.array(np.shape(inputs)))
    )
    if training:
        chosen = one_hot(indices, a["codes"])
        new_counts = w["counts"] * a["decay"] + np.sum(chosen, axis=0) * (
            1 - a["decay"]
        )
        new_sums = w["sums"] * a["decay"] + np.swapaxes(chosen, -1, -2) @ flat * (
            1 - a["decay"]
        )
        w["counts"] = new_counts
        w["sums"] = new_sums
        w["codebook"] = new_sums / (new_counts[:, None] + a["epsilon"])
    distance = np.mean(np.square(inputs - quantized))
    add_loss(a["commitment"] * distance)
    return inputs + (quantized - inputs)


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
    weights["codebook"] = (a["codes"], features)
    weights["counts"] = (a["codes"],)
    weights["sums"] = (a["codes"], features)
    return weights


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_weights(changed):
    layer = make(**changed)
    layer.build(SHAPES[0])
    own = [w for w in layer.weights if w.path.count("/") == 1]
    shapes = {w.name: tuple(w.shape) for w in own}
    assert shapes == expected_weights({**ARGUMENTS, **changed})
    untrained = [w.name for w in own if not w.trainable]
    assert untrained == ["codebook", "counts", "sums"]


INITIALIZERS = {
    "codebook": "random_uniform",
    "counts": "zeros",
    "sums": "zeros",
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


def test_gradient_reaches_the_input():
    layer, x = make(), tf.constant(sample(*SHAPES[0]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    assert np.any(tape.gradient(y, x) != 0)


# Arguments -------------------------------------------------------------------


def test_defaults():
    parameters = inspect.signature(VectorQuantizer.__init__).parameters
    assert {p: parameters[p].default for p in DEFAULTS} == DEFAULTS


def test_config_has_every_argument():
    parameters = set(inspect.signature(VectorQuantizer.__init__).parameters)
    assert parameters - {"self", "kwargs"} == set(ARGUMENTS)
    assert set(ARGUMENTS) <= set(make().get_config())


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_config_keeps_every_value(changed):
    layer = make(**changed)
    config = json.loads(json.dumps(layer.get_config()))
    for argument, value in {**ARGUMENTS, **changed}.items():
        assert config[argument] == value
    revived = VectorQuantizer.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    revived = VectorQuantizer.from_config(config)
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
    other = VectorQuantizer.from_config(layer.get_config())
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
        "import vector_quantizer\n"
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
    from train_vector_quantizer import main

    losses = main(["--epochs", "2", "--steps", "20", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
