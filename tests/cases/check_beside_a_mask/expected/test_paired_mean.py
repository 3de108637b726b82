"""Tests of PairedMean. Run: pytest test_paired_mean.py"""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from paired_mean import PairedMean

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {}
CHANGES = [
    {},
]
# Shapes of the input; tests of one case take the first.
SHAPES = [(2, 4, 3)]
# Shapes that are refused, with the message that says so.
REFUSED_SHAPES = [
    ((2, 5, 3), "The number of steps must be even"),
]
# Each row of the batch keeps one more than the one before.
MASKS = {
    "mask": np.arange(4) <= np.arange(2)[:, None],
}
# Ways to call the layer besides the plain one.
CALLS = {"masked": MASKS, "nothing kept": {"mask": np.zeros((2, 4), bool)}}
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return PairedMean(**{**ARGUMENTS, **changed})


def sample(shape=SHAPES[0], batch=None, seed=0):
    rng = np.random.default_rng(seed)
    shape = (batch or shape[0], *shape[1:])
    return rng.normal(0.5, 2.0, shape).astype("float32")


def built(x, **changed):
    layer = make(**changed)
    layer.build(x.shape)
    return layer


def copy_of(layer):
    """A second layer with the same configuration and variables."""
    other = PairedMean.from_config(layer.get_config())
    other.build_from_config(layer.get_build_config())
    for mine, its in zip(other.variables, layer.variables, strict=True):
        mine.assign(its)
    return other


def assert_close(got, want, tolerance=1e-4, what=""):
    np.testing.assert_allclose(got, want, tolerance, tolerance, err_msg=what)


# Oracle --------------------------------------------------------------------------


def oracle(a, w, x, mask=None):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    x = x.astype(float)
    if mask is not None:
        x = np.where(np.asarray(mask).astype(bool)[..., None], x, 0)
    return (x[:, 0::2] + x[:, 1::2]) / 2


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape, call=None):
    call = call or {}
    a = {**ARGUMENTS, **changed}
    layer = built(sample(shape), dtype="float64", **changed)
    w = {}
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), np.round(sample(shape, seed=1))):
        want = oracle(a, w, x, **call)
        assert_close(layer(x, **call), want, 1e-6)


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


# Gradients -----------------------------------------------------------------------


def as_variable(array):
    return tf.Variable(array, dtype="float64" if array.dtype.kind == "f" else None)


def test_gradients_are_those_of_finite_differences():
    x, rng = sample(), np.random.default_rng(0)
    layer = built(x, dtype="float64")
    x = tf.nest.map_structure(as_variable, x)
    start = [variable.numpy() for variable in layer.variables]
    sources = [v for v in tf.nest.flatten(x) if v.dtype.is_floating]

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


def test_configuration_has_every_argument():
    class Child(PairedMean):
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
    revived = PairedMean.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert PairedMean.from_config(config).get_config() == config


# Keras contract ------------------------------------------------------------------


def make_model(*layers):
    """A model of layers side by side, for inputs with axes of unknown size."""
    inputs = keras.Input((None, None))
    outputs = [layer(inputs) for layer in layers]
    return keras.Model(inputs, tf.nest.flatten(outputs))


def test_functional_model_with_unknown_axes():
    layer = make()
    model = make_model(layer)
    assert [y.shape for y in model.outputs] == [(None, None, None)]
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
    assert all(y.dtype == layer.compute_dtype for y in got)
    want = tf.nest.flatten(built(x)(x, **MASKS))
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


def test_wrong_rank_is_refused():
    layer, x = make(), sample()[..., None]
    with pytest.raises(ValueError, match=f"{layer.name}.* expected ndim=3"):
        layer(x)
    assert not layer.built
    layer = built(sample())
    with pytest.raises(ValueError, match=f"{layer.name}.* expected ndim=3"):
        layer(x)


@pytest.mark.parametrize(("shapes", "message"), REFUSED_SHAPES, ids=str)
def test_refused_shapes_are_told_why(shapes, message):
    with pytest.raises(ValueError) as refusal:
        built(sample(shapes))
    assert f"{message.rstrip('.')}. Received: " in str(refusal.value)


def test_passes_the_checks_of_keras():
    testing = pytest.importorskip("keras.src.testing", reason="private to Keras")
    testing.TestCase().run_layer_test(
        PairedMean,
        init_kwargs=ARGUMENTS,
        input_data=sample(),
        supports_masking=True,
        run_training_check=False,
    )


# Saving --------------------------------------------------------------------------


def test_loads_in_a_new_process(tmp_path):
    x = sample()
    model = make_model(*(make(**changed) for changed in CHANGES))
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import paired_mean\n"
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
    name = keras.saving.get_registered_name(PairedMean)
    assert name == "Custom>PairedMean"


def test_clone_has_the_same_configuration():
    model = make_model(make())
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    x = sample()
    assert clone.layers[-1].get_config() == model.layers[-1].get_config()
    assert_close(clone(x), model(x))


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
    from train_paired_mean import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
