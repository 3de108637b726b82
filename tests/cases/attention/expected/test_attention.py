"""Tests of Attention. Run: pytest test_attention.py"""

import inspect
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from attention import Attention

# Cases: add to these tables what you want tested as well. -------------------------

# The arguments of the layer under test, and changes of them.
ARGUMENTS = {"use_scale": True, "score_mode": "concat", "dropout": 0.5, "seed": 7}
CHANGES = [
    {},
    {"use_scale": False},
    {"score_mode": "dot"},
    {"dropout": 0.25},
    {"dropout": 0.0},
    {"use_scale": False, "score_mode": "dot"},
    {"seed": 8},
]
DEFAULTS = {"use_scale": False, "score_mode": "dot", "dropout": 0.0, "seed": None}
# Values that are refused, and the outermost ones that are taken.
REFUSED = [
    ("score_mode", "no such choice"),
    ("dropout", -0.01),
    ("dropout", 1.01),
    ("dropout", np.nan),
]
TAKEN = [
    ("dropout", 0),
    ("dropout", 1),
]
# Shapes of the inputs; tests of one case take the first.
SHAPES = [
    [(2, 5, 3), (2, 4, 6), (2, 4, 3)],
    [(2, 5, 3), (2, 4, 3)],
    [(2, 2, 5, 3), (2, 2, 4, 6), (2, 2, 4, 3)],
]
# No two keep the same.
MASKS = {
    "mask": [
        np.arange(5) <= np.arange(2)[:, None],
        np.arange(4) != np.arange(2)[:, None],
        None,
    ],
}
# Ways to call the layer besides the plain one.
CALLS = {
    "masked": MASKS,
    "nothing kept": {"mask": [np.zeros((2, 5), bool), np.zeros((2, 4), bool), None]},
    "return_attention_scores=True": {"return_attention_scores": True},
    "use_causal_mask=True": {"use_causal_mask": True},
    "all of these": {**MASKS, "return_attention_scores": True, "use_causal_mask": True},
}
MODES = {
    "eager": lambda fn: fn,
    "graph": tf.function,
    "xla": lambda fn: tf.function(fn, jit_compile=True),
}


def make(**changed):
    return Attention(**{**ARGUMENTS, **changed})


def sample(shapes=SHAPES[0], batch=None, seed=0):
    rng = np.random.default_rng(seed)

    def values(shape):
        shape = (batch or shape[0], *shape[1:])
        return rng.normal(0.5, 2.0, shape).astype("float32")

    return [values(shape) for shape in shapes]


def shapes_of(x):
    """Shapes of the inputs, as `build` takes them."""
    return [each.shape for each in x]


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
    layer.build(shapes_of(x))
    fill(layer)
    return layer


def copy_of(layer):
    """A second layer with the same configuration and variables."""
    other = Attention.from_config(layer.get_config())
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


def softmax(x, axis=-1):
    exp = np.exp(x - np.max(x, axis, keepdims=True))
    return exp / np.sum(exp, axis, keepdims=True)


class Draws:
    """Repeats the random draws of a layer with this seed, from its first call on."""

    def __init__(self, seed):
        self.generator = keras.random.SeedGenerator(seed)

    def dropout(self, shape, rate, **settings):
        ones = tf.ones(shape, "float64")
        kept = keras.random.dropout(ones, rate, seed=self.generator, **settings)
        return kept.numpy()


def oracle(
    a,
    w,
    inputs,
    mask=None,
    training=False,
    return_attention_scores=False,
    use_causal_mask=False,
    draws=None,
):
    """The forward pass in NumPy, from the arguments `a` and the weights `w`."""
    query, value, key = [*inputs, None][:3]
    query_mask = None if mask is None else mask[0]
    value_mask = None if mask is None else mask[1]
    query = query.astype(float)
    value = value.astype(float)
    if key is not None:
        key = key.astype(float)
    if key is None:
        key = value
    if a["score_mode"] == "dot":
        scores = query @ np.swapaxes(key, -1, -2)
        if a["use_scale"]:
            scores = scores * w["scale"]
    else:
        pairs = query[..., None, :] + key[..., None, :, :]
        if a["use_scale"]:
            pairs = pairs * w["scale"]
        scores = w["concat_score_weight"] * np.sum(np.tanh(pairs), axis=-1)
    keep = None
    if value_mask is not None:
        keep = np.asarray(value_mask).astype(bool)[..., None, :]
    if use_causal_mask:
        causal = np.arange(query.shape[-2])[:, None] >= np.arange(value.shape[-2])
        keep = causal if keep is None else np.logical_and(keep, causal)
    if keep is not None:
        scores = np.where(keep, scores, np.finfo(float).min)
    weights = softmax(scores)
    if training and a["dropout"] > 0:
        weights = weights * draws.dropout(np.shape(weights), a["dropout"])
    outputs = weights @ value
    if query_mask is not None:
        outputs = np.where(np.asarray(query_mask).astype(bool)[..., None], outputs, 0)
    if return_attention_scores:
        return outputs, weights
    return outputs


def mask_oracle(a, inputs, mask):
    """The mask of the outputs, in NumPy."""
    return None if mask is None else mask[0]


# Forward pass --------------------------------------------------------------------


def check_against_oracle(changed, shape, training, call=None):
    call = call or {}
    a = {**ARGUMENTS, **changed}
    layer = built(sample(shape), dtype="float64", **changed)
    w = weights_of(layer)
    draws = Draws(a["seed"])
    # Whole numbers lie on the bounds that others miss.
    for x in (sample(shape), tf.nest.map_structure(np.round, sample(shape, seed=1))):
        want = oracle(a, w, x, training=training, **call, draws=draws)
        assert_close(layer(x, training=training, **call), want, 1e-6)
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


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_outputs_of_each_call_are_those_of_the_oracle(changed, training, call):
    check_against_oracle(changed, SHAPES[0], training, CALLS[call])


@pytest.mark.parametrize("call", [{}, {"training": None}])
def test_without_training_it_is_inference(call):
    x = sample()
    layer = built(x)
    want = layer(x, training=False)
    assert_close(layer(x, **call), want)


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
    call = MODES[mode](lambda x: layer(x, **MASKS, training=training))
    for _ in range(2):
        assert_close(call(x), twin(x, **MASKS, training=training))


# Masks ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
def test_masks_may_be_of_any_dtype(dtype):
    x = sample()
    layer = built(x)
    masks = tf.nest.map_structure(
        lambda m: None if m is None else m.astype(dtype), MASKS
    )
    assert_close(layer(x, **masks), layer(x, **MASKS))


def test_without_masks_all_is_kept():
    x = sample()
    layer = built(x)
    assert_close(layer.call(x), layer(x))


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
    for given in (None, masks, others, [masks[0], *[None] * (len(x) - 1)]):
        got = layer.compute_mask(x, given)
        want = mask_oracle({**ARGUMENTS, **changed}, x, given)
        assert (got is None) == (want is None)
        if want is not None:
            np.testing.assert_array_equal(got, want)


# Random draws --------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_each_call_draws_anew(mode):
    x = sample(batch=64)
    layer = built(x)
    call = MODES[mode](lambda x: layer(x, training=True))
    first, second = tf.nest.flatten(call(x)), tf.nest.flatten(call(x))
    assert not np.allclose(first[0], second[0])


def test_inference_draws_nothing():
    x = sample()
    layer = built(x)
    assert_close(layer(x, training=False), layer(x, training=False), 0)


def test_seed_repeats_the_draws():
    x = sample(batch=64)
    first, second = built(x), built(x)
    for _ in range(2):
        want = first(x, training=True)
        assert_close(second(x, training=True), want)


def test_other_seed_draws_otherwise():
    x = sample(batch=64)
    first, second = built(x, seed=1), built(x, seed=2)
    first, second = (tf.nest.flatten(l(x, training=True)) for l in (first, second))
    assert not np.allclose(first[0], second[0])


def test_no_seed_draws_differently_in_each_layer():
    x = sample(batch=64)
    first, second = built(x, seed=None), built(x, seed=None)
    first, second = (tf.nest.flatten(l(x, training=True)) for l in (first, second))
    assert not np.allclose(first[0], second[0])


# Weights -------------------------------------------------------------------------


def expected_weights(a):
    """Shape of each of the layer's own weights, by name."""
    weights = {}
    if a["use_scale"]:
        weights["scale"] = ()
    if a["score_mode"] == "concat":
        weights["concat_score_weight"] = ()
    return weights


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_weights(changed):
    layer = built(sample(), **changed)
    expected = expected_weights({**ARGUMENTS, **changed})
    own = {w.name: w for w in layer.weights if w.path.count("/") == 1}
    assert {name: tuple(w.shape) for name, w in own.items()} == expected
    for name in expected:
        assert getattr(layer, name) is own[name]
    assert (layer.scale is None) == ("scale" not in expected)
    assert (layer.concat_score_weight is None) == (
        "concat_score_weight" not in expected
    )
    fixed = {name for name, weight in own.items() if not weight.trainable}
    assert not fixed


@pytest.mark.parametrize(
    ("weight", "initializer"),
    [
        ("scale", "ones"),
        ("concat_score_weight", "ones"),
    ],
)
def test_initial_values(weight, initializer):
    x = sample()
    layer = make()
    layer.build(shapes_of(x))
    got = getattr(layer, weight).numpy()
    assert_close(got, keras.initializers.get(initializer)(got.shape))


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
        outputs = layer(x, **MASKS, training=training)
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
    parameters = inspect.signature(Attention.__init__).parameters
    assert {name: parameters[name].default for name in DEFAULTS} == DEFAULTS


def test_configuration_has_every_argument():
    class Child(Attention):
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
    revived = Attention.from_config(layer.get_config())
    assert revived.get_config() == layer.get_config()


def test_arguments_of_every_layer():
    layer = make(name="mine", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    assert (config["name"], config["trainable"]) == ("mine", False)
    assert layer.compute_dtype == "bfloat16"
    assert Attention.from_config(config).get_config() == config


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
    inputs = [
        keras.Input((None, None, None)),
        keras.Input((None, None, None)),
        keras.Input((None, None, None)),
    ]
    outputs = [layer(inputs) for layer in layers]
    return keras.Model(inputs, tf.nest.flatten(outputs))


def test_functional_model_with_unknown_axes():
    layer = make()
    model = make_model(layer)
    assert [y.shape for y in model.outputs] == [(None, None, None, None)]
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
    assert layer.compute_output_shape(shapes_of(x)) == shapes


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("call", CALLS)
def test_symbolic_outputs_are_like_the_real_ones(call, shape):
    x = sample(shape, batch=7)
    layer = built(x, dtype="mixed_bfloat16")
    symbols = tf.nest.map_structure(lambda v: keras.KerasTensor(v.shape, v.dtype), x)
    given = {name: v for name, v in CALLS[call].items() if name not in MASKS}
    announced = layer.compute_output_spec(symbols, training=True, **given)
    outputs = layer(x, training=True, **given)
    for one, other in zip(
        tf.nest.flatten(announced), tf.nest.flatten(outputs), strict=True
    ):
        assert one.shape == other.shape
        assert one.dtype == other.dtype


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(dtype, training):
    x = sample()
    layer = built(x, dtype=dtype)
    got = tf.nest.flatten(layer(x, **MASKS, training=training))
    assert all(w.dtype == layer.variable_dtype for w in layer.weights)
    assert all(y.dtype == layer.compute_dtype for y in got)
    if training:
        return  # the random bits depend on the dtype
    want = tf.nest.flatten(built(x)(x, **MASKS, training=training))
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


# Saving --------------------------------------------------------------------------


def test_loads_in_a_new_process(tmp_path):
    x = sample(SHAPES[-1])
    model = make_model(*(make(**changed) for changed in CHANGES))
    for layer in model.layers:
        if isinstance(layer, Attention):
            fill(layer)
    model.save(tmp_path / "model.keras")
    y = tf.nest.flatten(model(x))
    np.savez(tmp_path / "x.npz", *tf.nest.flatten(x))
    np.savez(tmp_path / "y.npz", *y)
    code = (
        "import keras, numpy as np, tensorflow as tf\n"
        "import attention\n"
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
    name = keras.saving.get_registered_name(Attention)
    assert name == "Custom>Attention"


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
    from train_attention import main

    losses = main(["--epochs", "3", "--out", str(tmp_path)])
    assert losses[-1] < losses[0]
    assert (tmp_path / "saved_model" / "saved_model.pb").exists()
