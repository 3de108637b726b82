"""Forward passes of Keras's layers in NumPy equal Keras's own in float64."""

import numpy as np
import pytest

from layersmith.language import numpy_meanings
from numpy_compare import RNG, compare, defined_in, normal, ours

X, Y, Z = normal(4, 5), normal(2, 3, 4), normal(3, 2, 4, 5)


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


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
        ("layer_normalization", "LayerNormalization", Y), ("batch_normalization", "BatchNormalization", Y),
        ("group_normalization", "GroupNormalization", normal(2, 3, 32)))),
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
    *((m, c, {"kernel_size": 2, "use_bias": False, **more}, X2, {}) for m, c, more in (
        ("depthwise_conv", "DepthwiseConv2D", {}), ("separable_conv", "SeparableConv2D", {"filters": 2}))),
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
    *(("thresholded_relu", "ReLU", s, x, s) for x in (X, 10 * Y, np.array([[-1, 0, 0.5, 2, 3.0]])) for s in (
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
def test_batch_normalization_starts_as_in_keras(tf):
    layer = tf.keras.layers.BatchNormalization(dtype="float64")
    compare(ours("batch_normalization")(Y), layer(Y))
    got, *after = ours("batch_normalization_training")(Y)
    compare(got, layer(Y, training=True))
    compare(after, layer.non_trainable_weights)


@pytest.mark.slow
def test_rms_normalization_does_without_a_scale(tf):
    wanted = tf.keras.ops.rms_normalization(Y, epsilon=1e-6)
    compare(ours("rms_normalization")(Y), wanted)


@pytest.mark.slow
def test_average_pooling_leaves_masked_steps_out(tf):
    mask = np.arange(9) < np.array([[4], [9]])
    layer = tf.keras.layers.GlobalAveragePooling1D(dtype="float64")
    compare(ours("global_average_pooling")(X1, mask), layer(X1, mask=mask))


@pytest.mark.slow
def test_softmax_gives_masked_steps_no_weight(tf):
    mask = np.array([[1, 1, 0, 1, 0], [0] * 5, [1] * 5, [0, 0, 0, 0, 1]], "bool")
    x = normal(3, 4, 5)
    layer = tf.keras.layers.Softmax(dtype="float64")
    compare(ours("masked_softmax")(x, mask), layer(x, mask=mask))


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


def test_no_layer_goes_without_a_comparison():
    compared = {case[0] for case in LAYERS}
    compared |= {
        "batch_normalization_training",
        "masked_softmax",
        "multi_head_attention",
    }
    compared |= {"attention", "additive_attention"}
    compared |= {"simple_rnn_cell", "lstm_cell", "gru_cell"}
    # `windows` is what the convolutions and poolings are made of.
    assert compared - {"elu", "softmax"} | {"windows"} == defined_in(
        "layers", "windows"
    )
    cells = {"simple_rnn_cell", "lstm_cell", "gru_cell"}
    assert set(numpy_meanings.LAYERS.values()) - cells <= compared
