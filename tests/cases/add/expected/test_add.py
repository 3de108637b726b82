"""Tests of Add. Run: pytest test_add.py"""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from add import Add

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {}
CHANGES = [
    {},
]
# Shapes of the inputs; tests of one case take the first.
SHAPES = [[(5, 3), (5, 3), (5, 3)], [(5, 3), (5, 3)], [(5, 2, 3), (5, 2, 3), (5, 2, 3)]]
# Further examples of the spec.
EXAMPLES = [
    ({}, [(5, 1), (5, 3), (1, 1)]),
    ({}, [(5, 1, 4), (5, 3, 1)]),
    ({}, [(5, 1), (5, 1)]),
]
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return Add(**{**ARGUMENTS, **changed})


def sample(shapes=SHAPES[0], batch=None, seed=0):
    rng = np.random.default_rng(seed)

    def values(shape):
        shape = (batch or shape[0], *shape[1:])
        return rng.normal(0.5, 2.0, shape).astype("float32")

    return [values(shape) for shape in shapes]


def shapes_of(x):
    """Shapes of the inputs, as `build` takes them."""
    return [each.shape for each in x]


def built(x, **changed):
    layer = make(**changed)
    return layer


def copy_of(layer):
    """A second layer with the same configuration and variables."""
    other = Add.from_config(layer.get_config())
    for mine, its in zip(other.variables, layer.variables, strict=True):
        mine.assign(its)
    return other


def assert_close(got, want, tolerance=1e-4, what=""):
    np.testing.assert_allclose(got, want, tolerance, tolerance, err_msg=what)


# Oracle --------------------------------------------------------------------------


def oracle(a, w, inputs):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    inputs = [each.astype(float) for each in inputs]
    outputs = inputs[0]
    for x in inputs[1:]:
        outputs = outputs + x
    return outputs


def mask_oracle(a, inputs, mask):
    """The mask of the outputs, in NumPy."""
    if mask is None or any(one is None for one in mask):
        return None
    outputs, *others = mask
    for one in others:
        outputs = np.logical_or(outputs, one)
    return outputs


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape):
    a = {**ARGUMENTS, **changed}
    layer = built(sample(shape), dtype="float64", **changed)
    w = {}
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), tf.nest.map_structure(np.round, sample(shape, seed=1))):
        want = oracle(a, w, x)
        assert_close(layer(x), want, 1e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_are_those_of_the_oracle(changed, shape):
    check_against_oracle(changed, shape)


@pytest.mark.parametrize(("changed", "shape"), EXAMPLES, ids=str)
def test_examples_are_those_of_the_oracle(changed, shape):
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


def test_masks_are_supported():
    assert make().supports_masking


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_mask_of_the_outputs_is_that_of_the_oracle(changed):
    x = sample()
    layer = built(x, **changed)
    # Each mask has places where it alone is true, or alone is false.
    places = [np.indices(v.shape[:2]).sum(axis=0) % (len(x) + 1) for v in x]
    masks = [place == n for n, place in enumerate(places)]
    others = [place != n for n, place in enumerate(places)]
    x[-1] = np.zeros_like(x[-1])  # values are no mask
    nothing = [None] * len(x)
    for given in (None, masks, others, nothing, [masks[0], *nothing[1:]]):
        got = layer.compute_mask(x, given)
        want = mask_oracle({**ARGUMENTS, **changed}, x, given)
        assert (got is None) == (want is None)
        if want is not None:
            np.testing.assert_array_equal(got, want)


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
    class Child(Add):
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
    revived = Add.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert Add.from_config(config).get_config() == config


# Keras contract ------------------------------------------------------------------


def make_model(*layers):
    """A model of layers side by side, for inputs with axes of unknown size."""
    inputs = [keras.Input((None, None)) for _ in SHAPES[0]]
    outputs = [layer(inputs) for layer in layers]
    return keras.Model(inputs, tf.nest.flatten(outputs))


def test_there_is_nothing_to_build_unless_a_subclass_has():
    class Child(Add):
        def build(self, input_shape):
            self.built = True

    assert make().built
    assert not Child(**ARGUMENTS).built


def test_functional_model_with_unknown_axes():
    layer = make()
    model = make_model(layer)
    for batch in (1, 4):
        x = sample(SHAPES[-1], batch=batch)
        twin = copy_of(layer)
        got = tf.nest.flatten(model.predict(x, verbose=0))
        want = tf.nest.flatten(twin(x))
        for one, other, announced in zip(got, want, model.outputs, strict=True):
            np.testing.assert_allclose(one, other, 1e-4, 1e-4)
            assert one.dtype == announced.dtype
            for size, known in zip(one.shape, announced.shape, strict=True):
                assert known in (None, size)


@pytest.mark.parametrize(
    ("changed", "shape"),
    [*((changed, shape) for changed in CHANGES for shape in SHAPES), *EXAMPLES],
    ids=str,
)
def test_output_shape_is_computed(changed, shape):
    x = sample(shape)
    layer = built(x, **changed)
    shapes = tf.nest.map_structure(lambda y: tuple(y.shape), layer(x))
    assert layer.compute_output_shape(shapes_of(x)) == shapes


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype):
    x = sample()
    layer = built(x, dtype=dtype)
    got = tf.nest.flatten(layer(x))
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


# Saving --------------------------------------------------------------------------


def test_loads_in_a_new_process(tmp_path):
    x = sample(SHAPES[-1])
    model = make_model(*(make(**changed) for changed in CHANGES))
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import add\n"
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
    name = keras.saving.get_registered_name(Add)
    assert name == "Custom>Add"


def test_clone_has_the_same_configuration():
    model = make_model(make())
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    x = sample(SHAPES[-1])
    assert clone.layers[-1].get_config() == model.layers[-1].get_config()
    assert_close(clone(x), model(x))


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


def test_training_script(tmp_path):
    from train_add import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
