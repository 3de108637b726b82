"""Activations and functions in NumPy equal TensorFlow's and Keras's in float64."""

import numpy as np
import pytest

from layersmith.language import numpy_meanings
from layersmith.language.tables import keras_identifiers
from numpy_compare import RNG, compare, defined_in, normal, ours

ACTIVATIONS = set(keras_identifiers("activation").values())


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


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
# The places where a piecewise function changes its piece.
EDGES = np.array([[-6, -3, -1.5, -1, -0.5, 0], [0.2, 0.5, 1, 1.5, 3, 6]])
LARGE = np.array(
    [[-1e3, -745, -100, -40, -1e-3, 0, 1e-3, 40], [1e3, 710, 100, 30, -6, -3, 3, 6]]
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "x",
    [normal(4, 6), 5 * normal(2, 4, 6), normal(0, 2, 2), EDGES, LARGE],
    ids=["matrix", "rank 3", "empty", "edges", "large"],
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
    np.testing.assert_array_equal(ours("sparsemax")(x), ours("sparsemax")(x, 2))


@pytest.mark.slow
def test_sparsemax_is_keras_own_where_one_entry_is_left(tf):
    x = np.eye(5) * 3 + 0.1 * normal(5, 5)
    compare(ours("sparsemax")(x), tf.keras.activations.sparsemax(tf.constant(x)))


X, Y, Z = (normal(4, 5), normal(2, 3, 4), normal(3, 2, 4, 5))
IDS = np.array([0, 0, 1, 3, 3, 4])
UNSORTED = np.array([3, 0, 3, 1, -1, 0])
ROWS = normal(6, 2, 3)
LOGITS, LABELS = (5 * normal(4, 6), np.abs(normal(4, 6)))

# name, arguments, keywords, TensorFlow's own with the same ones
FUNCTIONS = [
    *(("logsumexp", (x,), {"axis": a, "keepdims": k}, "reduce_logsumexp")
      for x in (X, Y, 1000 * Y) for a in (None, -1, 0, (0, 1)) for k in (False, True)),
    *(("l2_normalize", (x,), {"axis": a}, "nn.l2_normalize")
      for x in (X, Y, 0 * Y) for a in (None, -1, (0, 1))),
    ("l2_normalize", (1e-7 * X,), {}, "nn.l2_normalize"),
    ("logsumexp", (X,), {}, "reduce_logsumexp"),
    ("moments", (X, (0,)), {}, "nn.moments"),
    ("moments", (Y, (1,)), {}, "nn.moments"),
    ("l2_normalize", (1e-3 * X,), {"axis": -1, "epsilon": 1e-3}, "nn.l2_normalize"),
    *(("moments", (x,), {"axes": a, "keepdims": k}, "nn.moments")
      for x in (X, Y) for a in ((0,), (0, 1)) for k in (False, True)),
    *(("clip_by_norm", (x, 1.5), {"axes": a}, "clip_by_norm")
      for x in (X, Y, 0.01 * X, 0 * X) for a in (None, -1)),
    ("divide_no_nan", (X, np.round(X)), {}, "math.divide_no_nan"),
    ("divide_no_nan", (X, np.round(X[0])), {}, "math.divide_no_nan"),
    *((name, (np.round(X), np.abs(X)), {}, "math")
      for name in ("multiply_no_nan", "xlogy", "xlog1py", "xdivy")),
    ("multiply_no_nan", (X, np.round(X)), {}, "math"),
    ("bessel_i0e", (X,), {}, "math"),
    *(("crelu", (x,), {"axis": a}, "nn") for x in (X, Y) for a in (0, -1)),
    ("crelu", (Y,), {}, "nn"),
    *(("swish", (X, *beta), {}, "nn.silu") for beta in ((), (2.0,))),
    *(("erf", (x,), {}, "math.erf") for x in (X, Y, 10 * X, np.zeros((0, 3)))),
    *(("lgamma", (np.abs(x) + 0.1,), {}, "math.lgamma") for x in (X, 100 * Y)),
    ("sigmoid_cross_entropy_with_logits", (LABELS, LOGITS), {}, "nn"),
    ("sigmoid_cross_entropy_with_logits", (LABELS, 300 * LOGITS), {}, "nn"),
    *(("softmax_cross_entropy_with_logits", (LABELS / LABELS.sum(a, keepdims=True), x),
       {"axis": a}, "nn") for a in (-1, 0) for x in (LOGITS, 300 * LOGITS)),
    ("softmax_cross_entropy_with_logits", (np.full((2, 3, 4), 0.25), Y), {}, "nn"),
    ("sparse_softmax_cross_entropy_with_logits", (np.array([0, 5, 2, 2]), LOGITS), {}, "nn"),
    ("sparse_softmax_cross_entropy_with_logits", (np.array([[0, 1, 3]] * 2), Y), {}, "nn"),
    *(("one_hot", (np.array(i), 4), {"axis": a}, "one_hot")
      for i in ([0, 3, -1, 4], [[1, 2], [0, 3]]) for a in (-1, 0)),
    ("one_hot", (np.array([[1, 2], [0, 3]]), 4), {}, "one_hot"),
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
        (X, 2, 0), (Y, 4, -1), (X, (1, 3), 0), (X, [2, -1], 1), (Y, (1, -1, 2), 2), (Y, [4], -1), (X, (0, 4), 0), (X, (4, 0, -1), 0))),
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


def test_no_function_goes_without_a_comparison():
    compared = {case[0] for case in FUNCTIONS} | ACTIVATIONS
    assert compared == defined_in("activations", "functions", "segments")
