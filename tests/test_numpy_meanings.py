"""The NumPy meanings: whole as text, and equal to TensorFlow and Keras in float64.

What is compared is the text as it is pasted into an emitted suite, run on its own.
"""

import inspect
import math
from functools import cache

import numpy as np
import pytest

from layersmith.language import numpy_meanings
from layersmith.language.tables import keras_identifiers, keras_layers

RNG = np.random.default_rng(0)
NAMES = sorted(numpy_meanings.names())
HELPERS = {"windows"}
ACTIVATIONS = set(keras_identifiers("activation").values())


@cache
def ours(name):
    """The function that the pasted text defines, with nothing else around it."""
    scope = {}
    lines = "\n".join(numpy_meanings.imports(name))
    exec(f"{lines}\n{numpy_meanings.paste([name])}", scope)  # noqa: S102
    return scope[name]


def normal(*shape):
    return RNG.normal(size=shape)


# The text --------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_source_is_one_function_and_stands_alone(name):
    text = numpy_meanings.source(name)
    assert text.startswith(f"def {name}(")
    assert text.endswith("\n")
    assert text.count("\ndef ") == 0
    assert max(map(len, text.splitlines())) <= 88
    assert callable(ours(name))


def test_reading_the_text_imports_no_numpy():
    import subprocess
    import sys
    from pathlib import Path

    root = str(Path(numpy_meanings.__file__).parents[3])
    code = (
        f"import sys; sys.path.insert(0, {root!r})\n"
        "from layersmith.language import numpy_meanings\n"
        "numpy_meanings.paste(numpy_meanings.names())\n"
        "assert 'numpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_helpers_come_before_what_calls_them_and_once():
    text = numpy_meanings.paste(["separable_conv", "conv", "silu", "glu"])
    defined = [
        line[4 : line.index("(")] for line in text.splitlines() if line[:3] == "def"
    ]
    assert defined[:4] == ["windows", "conv", "depthwise_conv", "separable_conv"]
    assert defined[4:] == ["sigmoid", "silu", "glu"]
    assert numpy_meanings.requires("separable_conv") == tuple(defined[:3])
    assert numpy_meanings.requires("dense") == ()


def test_functions_are_two_lines_apart():
    text = numpy_meanings.paste(["silu"])
    assert text == numpy_meanings.source("sigmoid") + "\n\n" + numpy_meanings.source(
        "silu"
    )


def test_imports_are_those_that_are_used():
    assert numpy_meanings.imports("gelu") == ("import math", "import numpy as np")
    assert numpy_meanings.imports("relu") == ("import numpy as np",)
    assert numpy_meanings.imports("add") == ()


def test_an_unknown_name_is_a_key_error():
    for read in (
        numpy_meanings.source,
        numpy_meanings.requires,
        numpy_meanings.imports,
    ):
        with pytest.raises(KeyError):
            read("no_such_function")


def test_every_activation_of_keras_has_a_meaning():
    assert numpy_meanings.names() >= ACTIVATIONS


def test_every_layer_in_the_table_is_a_layer_and_has_a_meaning():
    for layer, meaning in numpy_meanings.LAYERS.items():
        assert keras_layers()[layer].name == layer
        assert meaning in numpy_meanings.names()


@pytest.mark.parametrize("layer", sorted(numpy_meanings.LAYERS))
def test_a_default_is_that_of_the_layer(layer):
    function = ours(numpy_meanings.LAYERS[layer])
    own = inspect.signature(function).parameters
    assert tuple(own) == numpy_meanings.parameters(function.__name__)
    for parameter in keras_layers()[layer].parameters:
        # `scale=True` is an argument of some; `scale` is a weight of others.
        if parameter.name in own and parameter.default not in (True, False):
            default = own[parameter.name].default
            if parameter.required:
                assert default is inspect.Parameter.empty
            elif isinstance(parameter.default, tuple):
                assert set(np.ravel(parameter.default)) == {default}
            else:
                assert default == parameter.default


UNHONOURED = {
    "AdditiveAttention": {"score_mode"},
    "Attention": {"score_mode"},
    "BatchNormalization": {"renorm", "renorm_clipping", "renorm_momentum"},
    "Dense": {"quantization_config"},
    "EinsumDense": {"gptq_unpacked_column_size", "quantization_config"},
    "Embedding": {"quantization_config"},
    "GRUCell": {"activation", "recurrent_activation", "reset_after"},
    "GroupNormalization": {"axis"},
    "LSTMCell": {"activation", "recurrent_activation"},
    "MultiHeadAttention": {
        "attention_axes",
        "flash_attention",
        "sliding_window",
        "use_gate",
    },
    "SimpleRNNCell": {"activation"},
    "UpSampling2D": {"interpolation"},
}


@pytest.mark.parametrize("layer", sorted(numpy_meanings.LAYERS))
def test_settings_that_a_meaning_does_not_follow_are_told(layer):
    every = [parameter.name for parameter in keras_layers()[layer].parameters]
    told = set(numpy_meanings.unhonoured(layer, every)) - {"data_format"}
    assert told == UNHONOURED.get(layer, set())
    assert numpy_meanings.unhonoured(layer, ["data_format"]) == ("data_format",)


# Against TensorFlow ----------------------------------------------------------------


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def compare(got, wanted, rtol=1e-11, atol=1e-12):
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            compare(one, other, rtol, atol)
        return
    got, wanted = (np.asarray(got), np.asarray(wanted))
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=atol)


ACTIVATION_SETTINGS = {
    "celu": [{}, {"alpha": 0.3}],
    "elu": [{}, {"alpha": 0.3}],
    "gelu": [{}, {"approximate": True}],
    "glu": [{}, {"axis": 1}],
    "hard_shrink": [{}, {"threshold": 1.5}],
    "leaky_relu": [{}, {"negative_slope": 0.01}],
    "log_softmax": [{}, {"axis": 1}],
    "soft_shrink": [{}, {"threshold": 1.5}],
    "softmax": [{}, {"axis": -2}],
    "squareplus": [{}, {"b": 2}],
    "threshold": [{"threshold": 0.2, "default_value": -3.0}],
}
# TensorFlow holds a constant of these in float32: relative and absolute tolerance.
ROUNDED = {"gelu": (1e-6, 1e-8), "leaky_relu": (1e-7, 1e-8)}
LARGE = np.array(
    [[-1e3, -745, -100, -40, -1e-3, 0, 1e-3, 40], [1e3, 710, 100, 30, -6, -3, 3, 6]]
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "x",
    [normal(4, 6), 5 * normal(2, 4, 6), normal(0, 2, 2), LARGE],
    ids=["matrix", "rank 3", "empty", "large"],
)
@pytest.mark.parametrize("name", sorted(ACTIVATIONS - set(numpy_meanings.UNLIKE_KERAS)))
def test_an_activation_is_keras_own(tf, name, x):
    if name == "exponential":
        x = np.minimum(x, 700)
    for settings in ACTIVATION_SETTINGS.get(name, [{}]):
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            got = ours(name)(x, **settings)
        wanted = getattr(tf.keras.activations, name)(tf.constant(x), **settings)
        compare(got, wanted, *ROUNDED.get(name, ()))


@pytest.mark.parametrize("axis", [-1, 1, 0])
def test_sparsemax_is_the_nearest_point_of_the_simplex(axis):
    x = 2 * normal(4, 5, 6)
    y = np.moveaxis(ours("sparsemax")(x, axis), axis, -1)
    np.testing.assert_allclose(y.sum(-1), 1)
    # What is left of x after the projection is one threshold, and no more outside.
    rest = np.moveaxis(x, axis, -1) - y
    top = rest.max(-1, keepdims=True)
    assert np.all((rest > top - 1e-12) | (y == 0))
    assert np.all(y >= 0)
    assert np.any((y > 0).sum(-1) > 1)


@pytest.mark.slow
def test_sparsemax_is_keras_own_where_one_entry_is_left(tf):
    x = np.eye(5) * 3 + 0.1 * normal(5, 5)
    compare(ours("sparsemax")(x), tf.keras.activations.sparsemax(tf.constant(x)))


X, Y, Z = (normal(4, 5), normal(2, 3, 4), normal(3, 2, 4, 5))
IDS = np.array([0, 0, 1, 3, 3, 3])
UNSORTED = np.array([3, 0, 3, 1, -1, 0])
ROWS = normal(6, 2, 3)
LOGITS, LABELS = (5 * normal(4, 6), np.abs(normal(4, 6)))

# name, arguments, keywords, TensorFlow's own with the same ones
FUNCTIONS = [
    *(("logsumexp", (x,), {"axis": a, "keepdims": k}, "reduce_logsumexp")
      for x in (X, Y, 1000 * Y) for a in (None, -1, 0, (0, 1)) for k in (False, True)),
    *(("l2_normalize", (x,), {"axis": a}, "nn.l2_normalize")
      for x in (X, Y, 0 * Y) for a in (None, -1, (0, 1))),
    ("l2_normalize", (1e-3 * X,), {"axis": -1, "epsilon": 1e-3}, "nn.l2_normalize"),
    *(("moments", (x,), {"axes": a, "keepdims": k}, "nn.moments")
      for x in (X, Y) for a in ((0,), (0, 1)) for k in (False, True)),
    *(("clip_by_norm", (x, 1.5), {"axes": a}, "clip_by_norm")
      for x in (X, Y, 0.01 * X, 0 * X) for a in (None, -1)),
    ("divide_no_nan", (X, np.round(X)), {}, "math.divide_no_nan"),
    ("divide_no_nan", (X, np.round(X[0])), {}, "math.divide_no_nan"),
    *(("erf", (x,), {}, "math.erf") for x in (X, Y, 10 * X, np.zeros((0, 3)))),
    *(("lgamma", (np.abs(x) + 0.1,), {}, "math.lgamma") for x in (X, 100 * Y)),
    ("sigmoid_cross_entropy_with_logits", (LABELS, LOGITS), {}, "nn"),
    ("sigmoid_cross_entropy_with_logits", (LABELS, 300 * LOGITS), {}, "nn"),
    *(("softmax_cross_entropy_with_logits", (LABELS / LABELS.sum(a, keepdims=True), x),
       {"axis": a}, "nn") for a in (-1, 0) for x in (LOGITS, 300 * LOGITS)),
    ("sparse_softmax_cross_entropy_with_logits", (np.array([0, 5, 2, 2]), LOGITS), {}, "nn"),
    ("sparse_softmax_cross_entropy_with_logits", (np.array([[0, 1, 3]] * 2), Y), {}, "nn"),
    *(("one_hot", (np.array(i), 4), {"axis": a}, "one_hot")
      for i in ([0, 3, -1, 4], [[1, 2], [0, 3]]) for a in (-1, 0)),
    ("one_hot", (np.array([[1, 2]]), 3), {"on_value": 5.0, "off_value": -1.0, "axis": 1}, "one_hot"),
    *(("top_k", (x,), {"k": k}, "math.top_k") for x in (X, Y, np.round(Z)) for k in (1, 2, 4)),
    *(("gather", (Z, np.array(i)), {"axis": a}, "gather")
      for i in (1, [0, 1], [[1, 0], [0, 1]]) for a in (None, 0, 1, -1, -2)),
    *(("gather", (Z, np.array([[0, 1, 1], [1, 0, 0], [1, 1, 0]])), {"axis": a, "batch_dims": 1},
       "gather") for a in (None, 1, 2, -1)),
    ("gather", (Z, RNG.integers(0, 4, (3, 2, 6))), {"batch_dims": 2}, "gather"),
    ("gather", (Z, RNG.integers(0, 5, (3, 2, 6))), {"axis": -1, "batch_dims": 2}, "gather"),
    ("gather_nd", (Z, np.array([[0, 1], [2, 0]])), {}, "gather_nd"),
    ("gather_nd", (Z, np.array([[[0, 1, 3, 4]], [[2, 0, 0, 0]]])), {}, "gather_nd"),
    ("gather_nd", (Z, np.array([[[1, 3]], [[0, 0]], [[1, 1]]])), {"batch_dims": 1}, "gather_nd"),
    ("scatter_nd", (np.array([[1], [4], [1]]), normal(3, 2), (6, 2)), {}, "scatter_nd"),
    ("scatter_nd", (np.array([[[0, 1]], [[1, 1]]]), normal(2, 1), (2, 3)), {}, "scatter_nd"),
    ("tensor_scatter_nd_update", (X, np.array([[3], [0]]), normal(2, 5)), {}, "tensor_scatter_nd_update"),
    ("tensor_scatter_nd_add", (X, np.array([[3], [3]]), normal(2, 5)), {}, "tensor_scatter_nd_add"),
    ("tensor_scatter_nd_add", (X, np.array([[3, 1], [0, 0]]), normal(2)), {}, "tensor_scatter_nd_add"),
    *(("sequence_mask", (np.array(n),), {"maxlen": m}, "sequence_mask")
      for n in ([1, 3, 0], [[2], [4]]) for m in (None, 3, 6)),
    *(("band_part", (x, low, up), {}, "linalg.band_part")
      for x in (X, Y) for low in (-1, 0, 2) for up in (-1, 0, 1)),
    *((name, (X,), {}, "math") for name in ("cumsum", "cumprod")),
    *(("split", (x, n), {"axis": a}, "split") for x, n, a in (
        (X, 2, 0), (Y, 4, -1), (X, (1, 3), 0), (X, [2, -1], 1), (Y, (1, -1, 2), 2), (Y, [4], -1))),
    ("split", (X, 4), {}, "split"),
    ("top_k", (X,), {}, "math.top_k"),
    *((name, (x,), {"axis": a, "exclusive": e, "reverse": r}, "math")
      for name in ("cumsum", "cumprod") for x in (X, Y) for a in (0, 1, -1)
      for e in (False, True) for r in (False, True)),
    *((f"segment_{how}", (rows, IDS), {}, "math") for how in ("sum", "mean", "prod", "max", "min")
      for rows in (ROWS, ROWS[:, 0, 0])),
    *((f"unsorted_segment_{how}", (rows, UNSORTED, 5), {}, "math")
      for how in ("sum", "mean", "sqrt_n", "prod", "max", "min") for rows in (ROWS, ROWS[:, 0, 0])),
    *((f"unsorted_segment_{how}", (normal(2, 3, 4), np.array([[0, 2, 0], [1, 1, 0]]), 3), {}, "math")
      for how in ("sum", "mean", "sqrt_n", "prod", "max", "min")),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments", "keywords", "path"),
    FUNCTIONS,
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_a_function_is_tensorflows_own(tf, name, arguments, keywords, path):
    theirs = tf
    if path in ("nn", "math"):
        path = f"{path}.{name}"
    for part in path.split("."):
        theirs = getattr(theirs, part)
    before = [np.copy(argument) for argument in arguments]
    got = ours(name)(*arguments, **keywords)
    for argument, copy in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(argument, copy)
    if name == "one_hot":
        keywords = {**keywords, "dtype": tf.float64}
    compare(got, theirs(*arguments, **keywords))


# Against Keras's layers ------------------------------------------------------------


def made(tf, layer, inputs):
    """A layer with random weights, as float64 arrays in their order."""
    layer(inputs)
    for weight in layer.weights:
        value = RNG.normal(size=weight.shape)
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)
    return [weight.numpy() for weight in layer.weights]


X1, X2, X3 = (normal(2, 9, 4), normal(2, 7, 8, 4), normal(2, 4, 3, 5, 2))
PADDINGS = ("valid", "same")

# meaning, layer's class, its arguments, inputs, settings of the meaning
LAYERS = [
    *(("dense", "Dense", {"units": 3, "use_bias": b}, x, {}) for b in (True, False) for x in (X, Y, Z)),
    *(("einsum_dense", "EinsumDense", {"equation": e, "output_shape": s, "bias_axes": b}, Y, {"equation": e})
      for e, s, b in (("abc,cd->abd", (None, 6), "d"), ("abc,cde->abde", (None, 2, 3), "de"),
                      ("...c,cd->...d", (6,), None), ("abc,bcd->abd", (3, 2), "bd"))),
    *(("embedding", "Embedding", {"input_dim": 7, "output_dim": 3}, i, {})
      for i in (np.array([0, 6, 2]), np.array([[1, 1], [0, 5]]))),
    *(("batch_normalization", "BatchNormalization", {"axis": a, "epsilon": e}, x, {"axis": a, "epsilon": e})
      for a in (-1, 1) for e in (1e-3, 0.1) for x in (X, Y, Z)),
    *(("layer_normalization", "LayerNormalization", {"axis": a, "epsilon": e}, x, {"axis": a, "epsilon": e})
      for a in (-1, 1, [1, 2]) for e in (1e-3, 0.1) for x in (Y, Z)),
    *((name, cls, {missing: False}, x, {}) for missing in ("center", "scale") for name, cls, x in (
        ("layer_normalization", "LayerNormalization", Y), ("batch_normalization", "BatchNormalization", Y))),
    ("batch_normalization", "BatchNormalization", {}, Y, {}),
    *(("rms_normalization", "RMSNormalization", {"axis": a, "epsilon": e}, x, {"axis": a, "epsilon": e})
      for a in (-1, (1, 2, 3)) for e in (1e-6, 0.1) for x in (Z,)),
    ("rms_normalization", "RMSNormalization", {}, Y, {}),
    *(("group_normalization", "GroupNormalization", {"groups": g, "epsilon": e}, x, {"groups": g, "epsilon": e})
      for g in (1, 2, 4) for e in (1e-3, 0.1) for x in (X1, X2)),
    *(("unit_normalization", "UnitNormalization", {"axis": a}, x, {"axis": a})
      for a in (-1, 1) for x in (X, Z)),
    *(("conv", "Conv1D", {"filters": 6, "kernel_size": k, **s}, X1, s) for k in (1, 2, 3) for s in (
        *({"strides": n, "padding": p} for n in (1, 2, 3) for p in (*PADDINGS, "causal")),
        *({"dilation_rate": 2, "padding": p} for p in (*PADDINGS, "causal")), {"groups": 2})),
    *(("conv", "Conv2D", {"filters": 6, "kernel_size": k, **s}, X2, s) for k in ((1, 1), (2, 3), (3, 3)) for s in (
        *({"strides": n, "padding": p} for n in ((1, 1), (2, 2)) for p in PADDINGS),
        *({"dilation_rate": d, "padding": p} for d in ((2, 2), (1, 2)) for p in PADDINGS), {"groups": 2})),
    *(("conv", "Conv3D", {"filters": 3, "kernel_size": (2, 1, 3), **s}, X3, s)
      for s in ({"strides": (1, 2, 2), "padding": "same"}, {"padding": "valid"})),
    ("conv", "Conv2D", {"filters": 6, "kernel_size": 3, "use_bias": False}, X2, {}),
    *(("depthwise_conv", "DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": m, **s}, X1, s)
      for m in (1, 2) for s in ({"strides": 2, "padding": "same"}, {"padding": "valid"})),
    *(("depthwise_conv", "DepthwiseConv2D", {"kernel_size": k, "depth_multiplier": m, **s}, X2, s)
      for k in ((2, 3), (3, 3)) for m in (1, 3) for s in (
        *({"strides": n, "padding": p} for n in (1, 2) for p in PADDINGS),
        *({"dilation_rate": 2, "padding": p} for p in PADDINGS))),
    *(("separable_conv", "SeparableConv1D", {"filters": 5, "kernel_size": 3, "depth_multiplier": 2, **s}, X1, s)
      for s in ({"strides": 2, "padding": "same"}, {"padding": "valid"})),
    *(("separable_conv", "SeparableConv2D", {"filters": 5, "kernel_size": 3, **s}, X2, s)
      for s in ({"strides": 2, "padding": "same"}, {"padding": "valid"})),
    *((m, f"{c}Pooling{d}D", {"pool_size": k, **s}, x, {"pool_size": k, **s})
      for m, c in (("max_pooling", "Max"), ("average_pooling", "Average"))
      for d, x in ((1, X1), (2, X2), (3, X3)) for k in (1, 2, 3)
      for s in ({"padding": p, "strides": n} for p in PADDINGS for n in (None, 1, 2))),
    ("max_pooling", "MaxPooling2D", {"pool_size": (2, 3)}, X2, {"pool_size": (2, 3)}),
    *((m, f"Global{c}Pooling{d}D", {"keepdims": k}, x, {"keepdims": k})
      for m, c in (("global_max_pooling", "Max"), ("global_average_pooling", "Average"))
      for d, x in ((1, X1), (2, X2), (3, X3)) for k in (False, True)),
    *(("zero_padding", f"ZeroPadding{d}D", p, x, p) for d, x, p in (
        (1, X1, {}), (2, X2, {}), (1, X1, {"padding": 2}), (1, X1, {"padding": (1, 2)}),
        (2, X2, {"padding": 2}), (2, X2, {"padding": (1, 2)}), (3, X3, {"padding": (0, 1, 2)}),
        (2, X2, {"padding": ((1, 2), (0, 3))}), (3, X3, {"padding": ((1, 2), (0, 3), (2, 0))}))),
    *(("up_sampling", f"UpSampling{d}D", {"size": 2}, x, {"size": 2}) for d, x in ((1, X1), (2, X2), (3, X3))),
    ("up_sampling", "UpSampling2D", {"size": (2, 3)}, X2, {"size": (2, 3)}),
    *(("thresholded_relu", "ReLU", s, x, s) for x in (X, 10 * Y) for s in (
        {}, {"max_value": 2.0}, {"negative_slope": 0.25}, {"threshold": 0.5},
        {"max_value": 2.0, "negative_slope": 0.25, "threshold": 0.5})),
    ("leaky_relu_layer", "LeakyReLU", {"negative_slope": 0.25}, X, {"negative_slope": 0.25}),
    ("elu", "ELU", {"alpha": 0.3}, X, {"alpha": 0.3}),
    ("softmax", "Softmax", {"axis": 1}, Y, {"axis": 1}),
    ("prelu", "PReLU", {}, Y, {}),
    ("prelu", "PReLU", {"shared_axes": [1]}, Y, {}),
    *((m, m.title(), {}, [X, X[:, :1], 2 * X], {}) for m in ("add", "average", "multiply", "maximum", "minimum")),
    ("subtract", "Subtract", {}, [X, X[:, :1]], {}),
    *(("concatenate", "Concatenate", {"axis": a}, [Y, 2 * Y, Y], {"axis": a}) for a in (-1, 1)),
    *(("dot", "Dot", {"axes": a, "normalize": n}, i, {"axes": a, "normalize": n}) for n in (False, True)
      for a, i in ((1, [X, 2 * X]), (-1, [Y, normal(2, 6, 4)]), ((2, 1), [Y, normal(2, 4, 6)]), (1, [Y, normal(2, 3)]))),
    *(("flatten", "Flatten", {}, x, {}) for x in (X, Z)),
    ("repeat_vector", "RepeatVector", {"n": 3}, X, {"n": 3}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("meaning", "cls", "arguments", "inputs", "settings"),
    LAYERS,
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_a_layer_is_keras_own(tf, meaning, cls, arguments, inputs, settings):
    # TensorFlow pools over three axes in float32 only.
    dtype = "float32" if cls.endswith("Pooling3D") else "float64"
    layer = getattr(tf.keras.layers, cls)(**arguments, dtype=dtype)
    weights = made(tf, layer, inputs)
    assert numpy_meanings.LAYERS[cls] == meaning
    named = dict(zip([weight.name for weight in layer.weights], weights, strict=True))
    got = ours(meaning)(inputs, **named, **settings)
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {}
    compare(got, layer(inputs), **tolerance)
    if "center" not in arguments and "scale" not in arguments:
        same = ours(meaning)(inputs, *weights, **settings)
        np.testing.assert_array_equal(same, got)


@pytest.mark.slow
@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("x", [X, Y, X2], ids=["2", "3", "4"])
def test_batch_normalization_trains_as_in_keras(tf, x, axis):
    settings = {"axis": axis, "momentum": 0.9, "epsilon": 0.01}
    layer = tf.keras.layers.BatchNormalization(**settings, dtype="float64")
    gamma, beta, mean, variance = made(tf, layer, x)
    for step in range(3):
        batch = x + step
        got, mean, variance = ours("batch_normalization_training")(
            batch, gamma, beta, mean, variance, **settings
        )
        compare(got, layer(batch, training=True))
        compare([mean, variance], layer.non_trainable_weights)


@pytest.mark.slow
def test_average_pooling_leaves_masked_steps_out(tf):
    mask = np.arange(9) < np.array([[4], [9]])
    layer = tf.keras.layers.GlobalAveragePooling1D(dtype="float64")
    compare(ours("global_average_pooling")(X1, mask), layer(X1, mask=mask))


@pytest.mark.slow
def test_softmax_gives_masked_steps_no_weight(tf):
    mask = np.array([[1, 1, 0, 1, 0], [0] * 5, [1] * 5, [0, 0, 0, 0, 1]], "bool")
    layer = tf.keras.layers.Softmax(dtype="float64")
    compare(ours("masked_softmax")(X, mask), layer(X, mask=mask))


QUERY, VALUE, KEY = (normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 4))
KEEP = RNG.integers(0, 2, (2, 3, 5)).astype("bool") | np.eye(3, 5, dtype="bool")


@pytest.mark.slow
@pytest.mark.parametrize("mask", [None, KEEP], ids=["all", "masked"])
@pytest.mark.parametrize("key", [None, KEY], ids=["value", "key"])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("value_dim", [None, 6])
def test_multi_head_attention_is_keras_own(tf, value_dim, use_bias, key, mask):
    # Keras holds 1 / sqrt(key_dim) in float32: of 4 it is exact.
    layer = tf.keras.layers.MultiHeadAttention(
        2, 4, value_dim, use_bias=use_bias, dtype="float64"
    )
    layer(QUERY, VALUE, key)
    for weight in layer.weights:
        weight.assign(normal(*weight.shape))
    weights = layer.get_weights()
    settings = {"kernels": weights}
    if use_bias:
        settings = {"kernels": weights[0::2], "biases": weights[1::2]}
    got = ours("multi_head_attention")(QUERY, VALUE, key, mask=mask, **settings)
    call = {"attention_mask": mask}
    exact, _ = layer(QUERY, VALUE, key, return_attention_scores=True, **call)
    compare(got, exact)
    # Without the scores Keras takes the softmax in float32.
    compare(got, layer(QUERY, VALUE, key, **call), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("mask", [None, KEEP[:, 0]], ids=["all", "masked"])
@pytest.mark.parametrize("key", [None, KEY], ids=["value", "key"])
@pytest.mark.parametrize("use_scale", [True, False])
@pytest.mark.parametrize("cls", ["Attention", "AdditiveAttention"])
def test_attention_is_keras_own(tf, cls, use_scale, key, mask):
    layer = getattr(tf.keras.layers, cls)(use_scale=use_scale, dtype="float64")
    inputs = [QUERY, VALUE] if key is None else [QUERY, VALUE, key]
    weights = made(tf, layer, inputs)
    keep = None if mask is None else mask[:, None]
    got = ours(numpy_meanings.LAYERS[cls])(inputs, *weights, mask=keep)
    masks = None if mask is None else [None, mask]
    compare(got, layer(inputs, mask=masks))


@pytest.mark.slow
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize(
    ("cls", "states"), [("SimpleRNNCell", 1), ("LSTMCell", 2), ("GRUCell", 1)]
)
def test_a_recurrent_cell_is_keras_own(tf, cls, states, use_bias):
    layer = getattr(tf.keras.layers, cls)(3, use_bias=use_bias, dtype="float64")
    before = [normal(4, 3) for _ in range(states)]
    layer.build((4, 5))
    for weight in layer.weights:
        weight.assign(normal(*weight.shape))
    output, after = layer(X, before)
    got = ours(numpy_meanings.LAYERS[cls])(X, *before, *layer.get_weights())
    compare(got if states == 2 else [got], list(after))
    compare(got[0] if states == 2 else got, output)


def test_no_meaning_goes_without_a_comparison():
    compared = {case[0] for case in (*FUNCTIONS, *LAYERS)}
    compared |= ACTIVATIONS | {
        "batch_normalization_training",
        "masked_softmax",
        "multi_head_attention",
    }
    compared |= {"attention", "additive_attention"}
    compared |= {"simple_rnn_cell", "lstm_cell", "gru_cell"}
    assert compared | HELPERS == numpy_meanings.names()
    assert {numpy_meanings.LAYERS[case[1]] for case in LAYERS} <= compared
    assert math.isclose(ours("erf")(0.5), math.erf(0.5))
