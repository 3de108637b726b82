"""The recipes of Keras's own layers compute what Keras's layers do."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from layersmith.pipeline import SpecFile, Target, generate

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "generator/layersmith/recipes"
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}


@dataclass(frozen=True)
class Case:
    """A layer of Keras, and what it is tried on.

    Attributes:
        recipe: Name of the recipe.
        arguments: Of `__init__`, for both layers.
        shapes: Of the inputs.
        takes: How inputs are given: each as an argument, all as one list, or as the
            input and the states of a cell.
        integers: How many different whole numbers the inputs are; 0 for floats.
        call: What `call` is given besides.
    """

    recipe: str
    shapes: tuple[tuple[int, ...], ...]
    arguments: dict = field(default_factory=dict)
    takes: str = "arguments"
    integers: int = 0
    call: dict = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.recipe, *(f"{k}={v}" for k, v in self.arguments.items())])


def mask(*shape: int) -> np.ndarray:
    """A mask that keeps the first step of each row, and most of the others."""
    kept = np.random.default_rng(7).random(shape) < 0.7
    kept[..., 0] = True
    return kept


IMAGE = ((2, 5, 4, 3),)
VOLUME = ((2, 4, 3, 5, 2),)
STEPS = ((2, 5, 3),)
FIRST = {"data_format": "channels_first"}
QUERY_VALUE = ((2, 5, 6), (2, 4, 6))
QUERY_VALUE_KEY = ((2, 5, 6), (2, 4, 3), (2, 4, 6))
HEADS = {"num_heads": 2, "key_dim": 3, "seed": 3}
CELL = ((5, 3), (5, 4), (5, 4))
CASES = [
    Case("dense", ((5, 3),), {"units": 4, "activation": "tanh"}),
    Case(
        "dense",
        STEPS,
        {"units": 4, "use_bias": False, "kernel_constraint": "unit_norm"},
    ),
    Case(
        "dense",
        STEPS,
        {"units": 4, "kernel_regularizer": "l2", "bias_regularizer": "l1"},
    ),
    Case("embedding", ((5, 3),), {"input_dim": 7, "output_dim": 4}, integers=7),
    Case(
        "embedding",
        ((5,),),
        {"input_dim": 7, "output_dim": 4, "mask_zero": True},
        integers=7,
    ),
    Case("batch_normalization", ((6, 3),), {"momentum": 0.8, "epsilon": 1e-2}),
    Case("batch_normalization", IMAGE, {"axis": 1, "center": False}),
    Case("batch_normalization", IMAGE, {"scale": False, "beta_regularizer": "l2"}),
    Case("batch_normalization", STEPS, {"momentum": 0.8}, call={"mask": mask(2, 5)}),
    Case("batch_normalization", ((6, 3),), {"synchronized": True}),
    Case(
        "batch_normalization",
        ((6, 3),),
        {"renorm": True, "renorm_clipping": {"rmax": 1.5, "rmin": 0.5, "dmax": 0.3}},
    ),
    Case("layer_normalization", STEPS, {"epsilon": 1e-2}),
    Case("layer_normalization", IMAGE, {"axis": [-1, 1], "center": False}),
    Case("layer_normalization", IMAGE, {"axis": 2, "scale": False}),
    Case("rms_normalization", STEPS, {"epsilon": 1e-2}),
    Case("rms_normalization", IMAGE, {"axis": [-1, -2]}),
    Case("dropout", STEPS, {"rate": 0.4, "seed": 3}),
    Case("dropout", STEPS, {"rate": 0.4, "seed": 3, "noise_shape": (None, 1, None)}),
    Case("dropout", STEPS, {"rate": 0.0}),
    Case("spatial_dropout1d", STEPS, {"rate": 0.4, "seed": 3}),
    Case("spatial_dropout2d", IMAGE, {"rate": 0.4, "seed": 3}),
    Case("spatial_dropout2d", IMAGE, {"rate": 0.4, "seed": 3, **FIRST}),
    Case("spatial_dropout3d", VOLUME, {"rate": 0.4, "seed": 3}),
    Case("spatial_dropout3d", VOLUME, {"rate": 0.4, "seed": 3, **FIRST}),
    Case("gaussian_noise", STEPS, {"stddev": 0.5, "seed": 3}),
    Case("prelu", STEPS, {"alpha_initializer": "random_uniform"}),
    Case(
        "prelu", IMAGE, {"alpha_initializer": "random_uniform", "shared_axes": [1, 2]}
    ),
    Case("leaky_relu", STEPS, {"negative_slope": 0.2}),
    Case("softmax", STEPS, call={"mask": mask(2, 5, 3)}),
    Case("softmax", STEPS, {"axis": 1}),
    Case("softmax", STEPS, {"axis": (1, 2)}, call={"mask": mask(2, 5, 3)}),
    Case("relu", STEPS),
    Case("relu", STEPS, {"max_value": 0.8, "negative_slope": 0.2, "threshold": 0.1}),
    Case("add", ((5, 3), (5, 3), (5, 3)), takes="list"),
    Case("add", ((2, 5, 3), (2, 1, 3)), takes="list"),
    Case("concatenate", ((2, 5, 3), (2, 5, 2)), takes="list"),
    Case("concatenate", ((2, 5, 3), (2, 4, 3)), {"axis": 1}, takes="list"),
    Case("repeat_vector", ((5, 3),), {"n": 4}),
    Case("zero_padding2d", IMAGE, {"padding": ((1, 2), (0, 3))}),
    Case("zero_padding2d", IMAGE, {"padding": 2, **FIRST}),
    Case("global_average_pooling1d", STEPS, {"keepdims": True}),
    Case("global_average_pooling1d", STEPS, FIRST),
    Case("global_average_pooling1d", STEPS, call={"mask": mask(2, 5)}),
    Case("global_average_pooling2d", IMAGE, {"keepdims": True, **FIRST}),
    Case("global_average_pooling2d", IMAGE),
    Case("global_average_pooling3d", VOLUME, {"keepdims": True}),
    Case("global_average_pooling3d", VOLUME, FIRST),
    Case("attention", QUERY_VALUE, {"use_scale": True}, takes="list"),
    Case("attention", QUERY_VALUE_KEY, {"dropout": 0.4, "seed": 3}, takes="list"),
    Case(
        "attention",
        QUERY_VALUE,
        {"score_mode": "concat", "use_scale": True},
        takes="list",
        call={"mask": [mask(2, 5), mask(2, 4)], "use_causal_mask": True},
    ),
    Case("multi_head_attention", QUERY_VALUE, HEADS),
    Case(
        "multi_head_attention",
        QUERY_VALUE_KEY,
        {**HEADS, "value_dim": 4, "dropout": 0.4},
    ),
    Case(
        "multi_head_attention",
        QUERY_VALUE,
        {**HEADS, "use_gate": True, "output_shape": 5},
    ),
    Case(
        "multi_head_attention",
        QUERY_VALUE,
        {**HEADS, "use_bias": False},
        call={"value_mask": mask(2, 4), "use_causal_mask": True},
    ),
    Case(
        "multi_head_attention",
        ((2, 5, 3, 6), (2, 4, 3, 6)),
        {**HEADS, "attention_axes": (1,)},
    ),
    Case("lstm_cell", CELL, {"units": 4}, takes="cell"),
    Case("lstm_cell", CELL, {"units": 4, "use_bias": False}, takes="cell"),
    Case("lstm_cell", CELL, {"units": 4, "unit_forget_bias": False}, takes="cell"),
    Case("lstm_cell", CELL, {"units": 4, "dropout": 0.4, "seed": 3}, takes="cell"),
    Case(
        "lstm_cell",
        CELL,
        {
            "units": 4,
            "dropout": 0.4,
            "recurrent_dropout": 0.3,
            "implementation": 1,
            "seed": 3,
        },
        takes="cell",
    ),
]


@pytest.fixture(scope="session")
def layers(tmp_path_factory):
    """The generated class and Keras's, by recipe."""
    import keras

    folder = tmp_path_factory.mktemp("keras_recipes")
    found = {}
    for recipe in sorted({case.recipe for case in CASES}):
        text = (RECIPES / f"{recipe}.yaml").read_text(encoding="utf-8")
        (made,), problems = generate([SpecFile(f"{recipe}.yaml", text)], Target())
        assert problems == []
        path = folder / f"{recipe}.py"
        path.write_text(made.layer, encoding="utf-8")
        loader = importlib.util.spec_from_file_location(f"made_{recipe}", path)
        module = importlib.util.module_from_spec(loader)
        loader.loader.exec_module(module)
        name = made.class_name
        found[recipe] = (getattr(module, name), getattr(keras.layers, name))
    return found


def inputs(case: Case) -> list[np.ndarray]:
    draw = np.random.default_rng(1)
    if case.integers:
        return [
            draw.integers(case.integers, size=s, dtype=np.int32) for s in case.shapes
        ]
    return [draw.normal(size=s).astype(np.float32) for s in case.shapes]


def called(layer, case: Case, tensors, **more):
    """What a layer returns, as a list of tensors."""
    import keras

    if case.takes == "list":
        outputs = layer(list(tensors), **case.call, **more)
    elif case.takes == "cell":
        outputs = layer(tensors[0], list(tensors[1:]), **more)
    else:
        outputs = layer(*tensors, **case.call, **more)
    return keras.tree.flatten(outputs)


def pair(layers, case: Case):
    """Both layers, built, with the same weights, none of which is zero."""
    made, original = (cls(**case.arguments) for cls in layers[case.recipe])
    for layer in (original, made):
        called(layer, case, inputs(case))
    shapes = [weight.shape for weight in original.weights]
    assert [weight.shape for weight in made.weights] == shapes
    draw = np.random.default_rng(2)
    weights = [draw.uniform(0.1, 0.5, size=shape) for shape in shapes]
    original.set_weights(weights)
    made.set_weights(weights)
    return made, original


def assert_equal(ours, theirs):
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), **TOLERANCE)


def numbers(tensors):
    return [tensor.numpy() for tensor in tensors]


def trained(layer, case: Case):
    """Outputs, gradients, losses and weights of one step of training."""
    import keras
    import tensorflow as tf

    given = [tf.constant(value) for value in inputs(case)]
    watched = [] if case.integers else given
    with tf.GradientTape() as tape:
        tape.watch(watched)
        outputs = called(layer, case, given, **training(layer))
        # Squares: the gradient of a sum of softmaxes is zero.
        loss = tf.add_n([tf.reduce_mean(tf.square(x)) for x in outputs] + layer.losses)
    variables = layer.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in variables] + watched)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.apply(gradients[: len(variables)], variables)
    dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
    if hasattr(layer, "reset_dropout_mask"):
        # As keras.layers.RNN does after each sequence: Keras's cell keeps its masks.
        layer.reset_dropout_mask()
        layer.reset_recurrent_dropout_mask()
    return numbers(outputs), numbers(dense), loss.numpy(), layer.get_weights()


def training(layer) -> dict:
    return {"training": True} if takes_training(layer) else {}


def takes_training(layer) -> bool:
    import inspect

    return "training" in inspect.signature(layer.call).parameters


def model_of(layer, case: Case):
    """A functional model around the layer alone."""
    import keras

    dtype = "int32" if case.integers else "float32"
    if case.takes == "cell":
        steps = keras.Input((4, *case.shapes[0][1:]))
        return keras.Model(steps, keras.layers.RNN(layer)(steps))
    given = [keras.Input(shape[1:], dtype=dtype) for shape in case.shapes]
    outputs = layer(given) if case.takes == "list" else layer(*given)
    return keras.Model(given, outputs)


def fed(case: Case):
    """What such a model is called on."""
    if case.takes == "cell":
        return np.random.default_rng(3).normal(size=(5, 4, 3)).astype(np.float32)
    return inputs(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_outputs_equal_those_of_keras(layers, case):
    made, original = pair(layers, case)
    tensors = inputs(case)
    assert_equal(
        numbers(called(made, case, tensors)), numbers(called(original, case, tensors))
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_training_step_equals_that_of_keras(layers, case):
    made, original = pair(layers, case)
    for _ in range(2):
        for ours, theirs in zip(trained(made, case), trained(original, case)):
            assert_equal(*(x if isinstance(x, list) else [x] for x in (ours, theirs)))
    tensors = inputs(case)
    assert_equal(
        numbers(called(made, case, tensors)), numbers(called(original, case, tensors))
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_trained_layer_is_saved_and_loaded(layers, case, tmp_path):
    import keras

    made, original = pair(layers, case)
    for layer in (made, original):
        trained(layer, case)
    model = model_of(made, case)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    expected = keras.tree.flatten(
        model_of(original, case).predict(fed(case), verbose=0)
    )
    for one in (model, loaded):
        assert_equal(keras.tree.flatten(one.predict(fed(case), verbose=0)), expected)
