"""Tests of GatedAttentionPooling. Run: pytest test_gated_attention_pooling.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gated_attention_pooling import GatedAttentionPooling

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {"units": 4, "kernel_initializer": "he_normal"}
CHANGES = [
    {},
    {"units": 5},
    {"kernel_initializer": "glorot_normal"},
]
DEFAULTS = {"kernel_initializer": "glorot_uniform"}
# Arguments that the configuration holds in serialized form.
OBJECTS = {"kernel_initializer": keras.initializers}
# Values that are refused, and the outermost ones that are taken.
REFUSED = [
    ("units", 0),
    ("units", 2.5),
    ("units", "3"),
    ("units", True),
    ("units", None),
]
TAKEN = [
    ("units", 1),
]
# Shapes of the input; tests of one case take the first.
SHAPES = [(2, 5, 3)]
# Each row of the batch keeps one more than the one before.
MASKS = {
    "mask": np.arange(5) <= np.arange(2)[:, None],
}
# Ways to call the layer besides the plain one.
CALLS = {"masked": MASKS, "nothing kept": {"mask": np.zeros((2, 5), bool)}}
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return GatedAttentionPooling(**{**ARGUMENTS, **changed})


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
    other = GatedAttentionPooling.from_config(layer.get_config())
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


def dense(x, kernel, bias=0.0):
    return x @ kernel + bias


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def softmax(x, axis=-1):
    exp = np.exp(x - np.max(x, axis, keepdims=True))
    return exp / np.sum(exp, axis, keepdims=True)


def part(w, name):
    """Weights of a sublayer, by their names."""
    paths = [path for path in w if path.startswith(f"{name}/")]
    return {path.rpartition("/")[2]: w[path] for path in paths}


def oracle(a, w, inputs, mask=None):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    inputs = inputs.astype(float)
    gates = np.tanh(dense(inputs, **part(w, "value_gate"))) * sigmoid(
        dense(inputs, **part(w, "open_gate"))
    )
    scores = gates @ w["score_kernel"]
    if mask is not None:
        keep = np.asarray(mask).astype(bool)[..., None]
        scores = np.where(keep, scores, np.finfo(float).min)
    weights = softmax(scores, axis=1)
    if mask is not None:
        weights = np.where(keep, weights, 0)
    return np.sum(weights * inputs, axis=1)


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape, call=None):
    call = call or {}
    a = {**ARGUMENTS, **changed}
    layer = built(sample(shape), dtype="float64", **changed)
    w = weights_of(layer)
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), np.round(sample(shape, seed=1))):
        want = oracle(a, w, x, **call)
        assert_close(layer(x, **call), want, 1e-6)
        for path, value in weights_of(layer).items():
            assert_close(value, w[path], 1e-6, path)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_are_those_of_the_oracle(changed, shape):
    check_against_oracle(changed, shape)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_of_each_call_are_those_of_the_oracle(changed, call):
    check_against_oracle(changed, SHAPES[0], CALLS[call])


@pytest.mark.parametrize("mode", ["graph", "xla"])
def test_compiled_it_does_the_same(mode):
    x = sample()
    # In float32 the sums of a compiled graph may differ, for their order does.
    layer = built(x, dtype="float64")
    twin = copy_of(layer)
    call = MODES[mode](lambda x: layer(x, **MASKS))
    for _ in range(2):
        assert_close(call(x), twin(x, **MASKS))


# Masks ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
def test_masks_may_be_of_any_dtype(dtype):
    x = sample()
    layer = built(x)
    masks = {name: mask.astype(dtype) for name, mask in MASKS.items()}
    assert_close(layer(x, **masks), layer(x, **MASKS))


def test_mask_comes_with_the_input():
    x = sample()
    layer = built(x)
    mask = MASKS["mask"]
    x = np.where(mask[..., None], x, 0).astype(x.dtype)
    want = layer(x, mask=mask)
    assert_close(layer(keras.layers.Masking()(x)), want)


def test_masks_are_supported():
    assert make().supports_masking


def test_mask_ends_here():
    x = sample()
    y = built(x)(x, mask=MASKS["mask"])
    assert getattr(y, "_keras_mask", None) is None
    assert make().compute_mask(x, MASKS["mask"]) is None


# Weights -------------------------------------------------------------------------


def expected_weights(a):
    """Shape of each of the layer's own weights, by name."""
    return {"score_kernel": (a["units"], 1)}


def expected_sublayers(a):
    """The sublayers, each made as the spec says."""
    return {
        "value_gate": keras.layers.Dense(
            a["units"], activation="tanh", kernel_initializer=a["kernel_initializer"]
        ),
        "open_gate": keras.layers.Dense(
            a["units"], activation="sigmoid", kernel_initializer=a["kernel_initializer"]
        ),
    }


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
    expected = expected_sublayers({**ARGUMENTS, **changed})
    for name, want in expected.items():
        got, want = tf.nest.flatten([getattr(layer, name)]), tf.nest.flatten([want])
        assert [one.name for one in got] == [name]
        for one, other in zip(got, want, strict=True):
            assert type(one) is type(other), name
            assert settings(one.get_config()) == settings(other.get_config()), name
            assert one.dtype_policy == layer.dtype_policy, name


@pytest.mark.parametrize(
    ("argument", "served"),
    [
        ("kernel_initializer", {"score_kernel"}),
    ],
)
def test_initializer_serves_its_weights(argument, served):
    x = sample()
    layer = make(**{argument: keras.initializers.Constant(0.375)})
    layer.build(x.shape)
    own = {path: w for path, w in weights_of(layer).items() if "/" not in path}
    assert {name for name, w in own.items() if np.all(w == 0.375)} == served


@pytest.mark.parametrize("argument", ["kernel_initializer"])
def test_weights_start_independent(argument):
    x, firsts = sample(), []
    initializer = keras.initializers.RandomUniform(0.5, 1.5)
    for _ in range(2):
        layer = make(**{argument: initializer})
        layer.build(x.shape)
        firsts += [np.ravel(w)[0] for w in weights_of(layer).values() if np.std(w) > 0]
    assert len(set(firsts)) == len(firsts)


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
        outputs = layer(x, **MASKS)
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
    parameters = inspect.signature(GatedAttentionPooling.__init__).parameters
    assert {name: parameters[name].default for name in DEFAULTS} == DEFAULTS


def test_configuration_has_every_argument():
    class Child(GatedAttentionPooling):
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
        if argument in OBJECTS:
            kind = OBJECTS[argument]
            value = kind.serialize(kind.get(value))
            if isinstance(value, dict):  # a seed that was drawn is not compared
                assert config[argument]["class_name"] == value["class_name"]
                continue
        assert config[argument] == value, argument
    revived = GatedAttentionPooling.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert GatedAttentionPooling.from_config(config).get_config() == config


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
    assert [y.shape for y in model.outputs] == [(None, 3)]
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


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype):
    x = sample()
    layer = built(x, dtype=dtype)
    got = tf.nest.flatten(layer(x, **MASKS))
    assert all(w.dtype == layer.variable_dtype for w in layer.weights)
    assert all(y.dtype == layer.compute_dtype for y in got)
    want = tf.nest.flatten(built(x)(x, **MASKS))
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


def test_whole_numbers_are_taken_or_refused():
    x = np.round(sample()).astype("int32")
    layer = built(x)
    twin = copy_of(layer)
    try:
        y = layer(x)
    except (TypeError, ValueError, tf.errors.OpError):
        return
    assert_close(y, twin(x.astype("float32")))


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


def test_passes_the_checks_of_keras():
    testing = pytest.importorskip("keras.src.testing", reason="private to Keras")
    testing.TestCase().run_layer_test(
        GatedAttentionPooling,
        init_kwargs=ARGUMENTS,
        input_data=sample(),
        supports_masking=True,
        run_training_check=False,
    )


# Saving --------------------------------------------------------------------------


def test_loads_in_a_new_process(tmp_path):
    x = sample()
    model = make_model(*(make(**changed) for changed in CHANGES))
    for layer in model.layers:
        if isinstance(layer, GatedAttentionPooling):
            fill(layer)
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import gated_attention_pooling\n"
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
    name = keras.saving.get_registered_name(GatedAttentionPooling)
    assert name == "Custom>GatedAttentionPooling"


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
    from train_gated_attention_pooling import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
