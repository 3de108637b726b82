"""The tables equal what the installed TensorFlow and Keras say.

With newer versions than the tables were made from, names and parameters may have been
added; what the tables say must still hold.
"""

import json

import pytest

import make_tables
from layersmith.language import tables

pytestmark = pytest.mark.slow
HOW = "run `python tools/make_tables.py` and read the difference"


@pytest.fixture(scope="module")
def made():
    return {name: make() for name, make in make_tables.MAKERS.items()}


def kept(name):
    return (make_tables.TABLES / f"{name}.json").read_text(encoding="utf-8")


def version(text):
    return tuple(int(part) for part in text.split(".")[:3])


@pytest.fixture(params=["tensorflow", "keras"])
def name(request, made):
    recorded, installed = (tables.made_from(), made[request.param]["made_from"])
    if version(installed[request.param]) < version(recorded[request.param]):
        pytest.skip(f"{request.param} is older than {recorded[request.param]}")
    return request.param


def test_the_table_is_what_the_tool_makes(name, made):
    if made[name]["made_from"][name] != tables.made_from()[name]:
        pytest.skip("another version is installed: only additions are looked at")
    assert kept(name) == make_tables.text(made[name]), HOW


def test_every_name_still_exists(name, made):
    now = made[name]
    for section, rows in json.loads(kept(name)).items():
        if section in ("made_from", "layer_members"):
            continue
        gone = set(rows) - set(now[section])
        # A name of its own may have become an alias, and the other way round.
        gone -= {other for names in now.values() for other in names}
        assert not gone, f"{section}: {HOW}"


def test_every_parameter_still_exists_in_its_order(made):
    functions = tables.tensorflow_functions()
    texts = dict(made["tensorflow"]["functions"])
    for alias, canonical in made["tensorflow"]["aliases"].items():
        texts[alias] = texts[canonical]
    for function, parameters in functions.items():
        now = [part.rstrip("=") for part in texts[function].split(", ")]
        order = [now.index(part) for part in parameters.names]
        assert order == sorted(order), f"{function}: {HOW}"
    layers = made["keras"]["layers"]
    for layer in tables.keras_layers().values():
        now = [row[0] for row in layers[layer.name]["init"]]
        order = [now.index(parameter.name) for parameter in layer.parameters]
        assert order == sorted(order), f"{layer.name}: {HOW}"


def test_the_names_can_be_called_as_the_table_says():
    """A look at a few functions from outside the tool: by calling them."""
    import tensorflow as tf

    values = {
        "tf.matmul": {"a": [[1.0]], "b": [[2.0]], "transpose_b": True},
        "tf.reduce_mean": {"input_tensor": [1.0], "axis": 0, "keepdims": True},
        "tf.one_hot": {"indices": [1], "depth": 2, "dtype": tf.float32},
        "tf.nn.softmax": {"logits": [1.0], "axis": -1},
    }
    for function, keywords in values.items():
        assert set(keywords) <= set(tables.tensorflow_functions()[function].names)
        value = tf
        for part in function.split(".")[1:]:
            value = getattr(value, part)
        value(**keywords)
    for constant, row in tables.tensorflow_constants().items():
        value = tf
        for part in constant.split(".")[1:]:
            value = getattr(value, part)
        if row.kind == "dtype":
            assert value.name == row.value


def test_every_identifier_is_accepted_by_keras():
    import keras

    packages = {"activation": keras.activations, "initializer": keras.initializers}
    packages |= {"regularizer": keras.regularizers, "constraint": keras.constraints}
    for kind, package in packages.items():
        for identifier, meaning in tables.keras_identifiers(kind).items():
            value = package.get(identifier)
            name = getattr(value, "__name__", type(value).__name__)
            assert name == meaning


def test_every_attribute_of_a_layer_is_a_member():
    import keras

    layer = keras.layers.Layer()
    assert {name for name in dir(layer) if not name.startswith("__")} <= (
        tables.layer_members()
    )
