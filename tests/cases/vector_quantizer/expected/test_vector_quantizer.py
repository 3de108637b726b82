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

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {"codes": 4, "decay": 0.9, "commitment": 0.5, "epsilon": 0.01}
CHANGES = [
    {},
    {"codes": 5},
    {"decay": 0.25},
    {"commitment": 0.25},
    {"epsilon": 0.25},
]
DEFAULTS = {"decay": 0.99, "commitment": 0.25, "epsilon": 1e-5}
# Values that are refused, and the outermost ones that are taken.
REFUSED = [
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
TAKEN = [
    ("codes", 1),
    ("decay", 0),
    ("decay", 1),
    ("commitment", 0),
    ("epsilon", 1e-06),
]
# Shapes of the input; tests of one case take the first.
SHAPES = [(2, 5, 3)]
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return VectorQuantizer(**{**ARGUMENTS, **changed})


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
    other = VectorQuantizer.from_config(layer.get_config())
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


def gather(params, indices, axis=None, batch_dims=0):
    axis = batch_dims if axis is None else axis % params.ndim
    if batch_dims == 0:
        return np.take(params, indices, axis)
    pairs = zip(params, indices)
    return np.stack([gather(p, i, axis - 1, batch_dims - 1) for p, i in pairs])


def one_hot(indices, depth, on_value=1.0, off_value=0.0, axis=-1):
    hot = np.asarray(indices)[..., None] == np.arange(depth)
    return np.moveaxis(np.where(hot, on_value, off_value), -1, axis)


def oracle(a, w, inputs, training=False, losses=None, stop=np.asarray):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    inputs = inputs.astype(float)
    flat = np.reshape(inputs, (-1, inputs.shape[2]))
    distances = np.sum(np.square(flat[:, None] - w["codebook"]), axis=-1)
    indices = np.argmin(distances, axis=1)
    quantized = np.reshape(gather(w["codebook"], indices), np.shape(inputs))
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
    distance = np.mean(np.square(inputs - stop(quantized)))
    losses.append(a["commitment"] * distance)
    return inputs + stop(quantized - inputs)


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape, training):
    a = {**ARGUMENTS, **changed}
    layer = built(sample(shape), dtype="float64", **changed)
    w = weights_of(layer)
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), np.round(sample(shape, seed=1))):
        losses = []
        want = oracle(a, w, x, training=training, losses=losses)
        assert_close(layer(x, training=training), want, 1e-6)
        assert_close(layer.losses, losses, what="losses")
        for path, value in weights_of(layer).items():
            assert_close(value, w[path], 1e-6, path)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_are_those_of_the_oracle(changed, training, shape):
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
    call = MODES[mode](lambda x: layer(x, training=training))
    for _ in range(2):
        assert_close(call(x), twin(x, training=training))
        for weight, other in zip(layer.weights, twin.weights):
            assert_close(weight.numpy(), other.numpy(), what=weight.path)


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


def test_float16_keeps_small_updates():
    x = sample()
    layer, twin = built(x, dtype="mixed_float16"), built(x)
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


# Weights -------------------------------------------------------------------------


def expected_weights(a, features=3):
    """Shape of each of the layer's own weights, by name."""
    return {
        "codebook": (a["codes"], features),
        "counts": (a["codes"],),
        "sums": (a["codes"], features),
    }


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_weights(changed):
    layer = built(sample(), **changed)
    expected = expected_weights({**ARGUMENTS, **changed})
    own = {w.name: w for w in layer.weights if w.path.count("/") == 1}
    assert {name: tuple(w.shape) for name, w in own.items()} == expected
    for name in expected:
        assert getattr(layer, name) is own[name]
    for name in {"counts", "sums", "codebook"} & set(own):
        whole = "float" not in own[name].dtype
        aggregation = "only_first_replica" if whole else "mean"
        assert own[name].aggregation == aggregation, name
    fixed = {name for name, weight in own.items() if not weight.trainable}
    assert fixed == {"codebook", "counts", "sums"}


@pytest.mark.parametrize(
    ("weight", "initializer"),
    [
        ("counts", "zeros"),
        ("sums", "zeros"),
    ],
)
def test_initial_values(weight, initializer):
    x = sample()
    layer = make()
    layer.build(x.shape)
    got = getattr(layer, weight).numpy()
    assert_close(got, keras.initializers.get(initializer)(got.shape))


@pytest.mark.parametrize(
    ("weight", "initializer"),
    [
        ("codebook", "random_uniform"),
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


@pytest.mark.parametrize("training", [False, True])
def test_gradients_are_those_of_the_oracle(training):
    """By differences of the oracle, in which what no gradient passes is held."""
    x, rng, held = sample(), np.random.default_rng(0), []
    layer = built(x, dtype="float64")
    a, w = ARGUMENTS, weights_of(layer)

    def hold(value):
        held.append(value)
        return value

    def loss(values, known=None):
        stop = hold if known is None else lambda _: next(known)
        weights = {**w}
        losses = []
        outputs = oracle(
            a, weights, values[-1], training=training, losses=losses, stop=stop
        )
        return sum(np.sum(np.sin(y)) for y in tf.nest.flatten(outputs)) + sum(losses)

    inputs = tf.nest.map_structure(as_variable, x)
    start = [v.numpy() for v in tf.nest.flatten(inputs)]
    loss(start)
    with tf.GradientTape() as tape:
        outputs = layer(inputs, training=training)
        value = tf.add_n([tf.reduce_sum(tf.sin(y)) for y in tf.nest.flatten(outputs)])
        value += tf.add_n(layer.losses)
    sources = tf.nest.flatten(inputs)
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
    parameters = inspect.signature(VectorQuantizer.__init__).parameters
    assert {name: parameters[name].default for name in DEFAULTS} == DEFAULTS


def test_configuration_has_every_argument():
    class Child(VectorQuantizer):
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
    revived = VectorQuantizer.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert VectorQuantizer.from_config(config).get_config() == config


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
    inputs = keras.Input((None, 3))
    outputs = [layer(inputs) for layer in layers]
    return keras.Model(inputs, tf.nest.flatten(outputs))


def test_functional_model_with_unknown_axes():
    layer = make()
    model = make_model(layer)
    assert [y.shape for y in model.outputs] == [(None, None, 3)]
    for batch in (1, 4):
        x = sample(batch=batch)
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


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype, training):
    x = sample()
    layer = built(x, dtype=dtype)
    got = tf.nest.flatten(layer(x, training=training))
    assert all(w.dtype == layer.variable_dtype for w in layer.weights)
    assert all(y.dtype == layer.compute_dtype for y in got)
    want = tf.nest.flatten(built(x)(x, training=training))
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


def test_wrong_rank_is_refused():
    layer, x = make(), sample()[..., None]
    with pytest.raises(ValueError, match=f"{layer.name}.* expected ndim=3"):
        layer(x)
    assert not layer.built
    layer = built(sample())
    with pytest.raises(ValueError, match=f"{layer.name}.* expected ndim=3"):
        layer(x)


def test_wrong_width_is_refused():
    x = sample()
    layer = built(sample())
    with pytest.raises(ValueError, match=f"{layer.name}.* expected axis -1"):
        layer(np.concatenate([x, x], axis=-1))


@pytest.mark.parametrize("axis", [-1])
def test_unknown_axis_is_refused(axis):
    shape = list(sample().shape)
    shape[axis] = None
    with pytest.raises(ValueError, match="must be defined.*_shape="):
        make().build(tuple(shape))


def test_passes_the_checks_of_keras():
    testing = pytest.importorskip("keras.src.testing", reason="private to Keras")
    testing.TestCase().run_layer_test(
        VectorQuantizer,
        init_kwargs=ARGUMENTS,
        input_data=sample(),
        supports_masking=False,
        run_training_check=False,
    )


# Saving --------------------------------------------------------------------------


def test_loads_in_a_new_process(tmp_path):
    x = sample()
    model = make_model(*(make(**changed) for changed in CHANGES))
    for layer in model.layers:
        if isinstance(layer, VectorQuantizer):
            fill(layer)
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import vector_quantizer\n"
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
    name = keras.saving.get_registered_name(VectorQuantizer)
    assert name == "Custom>VectorQuantizer"


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


def test_training_script(tmp_path):
    from train_vector_quantizer import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
