"""The name that a mistyped or half-remembered one stands for."""

import pytest

from layersmith.language.tables import (
    keras_identifiers,
    keras_layers,
    suggest,
    tensorflow_functions,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("tf.reduce_means", "tf.reduce_mean"),
        ("tf.Matmul", "tf.matmul"),
        ("tf.mat_mul", "tf.matmul"),
        ("tf.sigmod", "tf.sigmoid"),
        ("tf.nn.reduce_mean", "tf.reduce_mean"),
        ("tf.softmax", "tf.nn.softmax"),
        ("tf.sum", "tf.reduce_sum"),
        ("tf.concatenate", "tf.concat"),
        ("tf.nn.batch_norm", "tf.nn.batch_normalization"),
        ("tf.clip", "tf.clip_by_value"),
        ("tf.arange", "tf.range"),
        ("tf.qqqqzz", None),
    ],
)
def test_a_function_is_suggested(written, meant):
    assert suggest(written, tensorflow_functions()) == meant


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("initializer", "truncatednormal", "TruncatedNormal"),
        ("initializer", "truncated_norml", "TruncatedNormal"),
        ("initializer", "xavier", None),
        ("regularizer", "L_2", "L2"),
        ("activation", "relus", "relu"),
    ],
)
def test_an_identifier_is_suggested(kind, written, meant):
    found = suggest(written, keras_identifiers(kind))
    assert keras_identifiers(kind).get(found) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Dens", "Dense"),
        ("conv2d", "Conv2D"),
        ("LayerNorm", "LayerNormalization"),
        ("MultiheadAttention", "MultiHeadAttention"),
        ("Transformerzzz", None),
    ],
)
def test_a_layer_is_suggested(written, meant):
    assert suggest(written, keras_layers()) == meant


def test_a_suggestion_does_not_hang_on_order_or_cutoff_alone():
    names = ["alpha", "beta", "alphas"]
    assert suggest("alpah", names) == suggest("alpah", names[::-1]) == "alpha"
    assert suggest("alpah", names, cutoff=0.99) is None
    assert suggest("alpha", []) is None
