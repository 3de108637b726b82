"""The NumPy meanings as text: whole, in order, and told from what they do not cover."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from layersmith.language import numpy_meanings
from layersmith.language.tables import keras_identifiers, keras_layers
from numpy_compare import ours

NAMES = sorted(numpy_meanings.names())


@pytest.mark.parametrize("name", NAMES)
def test_a_source_is_one_function_and_stands_alone(name):
    text = numpy_meanings.source(name)
    assert text.startswith(f"def {name}(")
    assert text.endswith("\n")
    assert text.count("\ndef ") == 0
    assert max(map(len, text.splitlines())) <= 88
    assert callable(ours(name))


def test_reading_the_text_imports_no_numpy():
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
    activations = set(keras_identifiers("activation").values())
    assert activations <= numpy_meanings.names()


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
        if parameter.name in own:
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
