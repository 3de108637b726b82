"""The schema for editors and the reader of specs say yes and no to the same specs."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import yaml

from layersmith.cli import main
from layersmith.errors import Report
from layersmith.schema import schema
from layersmith.spec import keys, read_spec

jsonschema = pytest.importorskip("jsonschema", reason="judges the schema")

RECIPES = Path(__file__).resolve().parents[1] / "generator" / "layersmith" / "recipes"
SPECS = sorted(RECIPES.glob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(schema())


def accepts(value: object) -> bool:
    return VALIDATOR.is_valid(value)


def reads(value: object) -> bool:
    report = Report("spec.yaml")
    return read_spec(yaml.safe_dump(value, sort_keys=False), report) is not None


def test_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_schema_command_prints_it(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_recipes_fit_the_schema(path):
    assert accepts(yaml.safe_load(path.read_text()))


def test_every_key_has_a_description():
    for name, key in keys.SPEC.items():
        assert schema()["properties"][name]["description"] == key.doc


def broken(value: dict, rng: random.Random) -> dict:
    """The spec with one thing wrong that concerns keys and kinds of values."""
    value = json.loads(json.dumps(value))
    change = rng.choice(["drop", "unknown", "kind", "inner", "name"])
    if change == "drop":
        required = [name for name, key in keys.SPEC.items() if key.required]
        del value[rng.choice(required)]
    elif change == "unknown":
        value["wieghts"] = {}
    elif change == "kind":
        value[rng.choice(["arguments", "weights", "sublayers"])] = [1, 2]
    elif change == "inner":
        inputs = value["inputs"]
        if isinstance(inputs, list):
            inputs = value["inputs"] = {"inputs": {"shape": inputs}}
        name = next(iter(inputs))
        if isinstance(inputs[name], list):
            inputs[name] = {"shape": inputs[name]}
        inputs[name][rng.choice(["shpae", "dtipe"])] = 3
    else:
        value["layer"] = rng.choice(["lower_case", "With Space", "2Fast"])
    return value


@pytest.mark.parametrize("seed", range(200))
def test_schema_and_reader_refuse_the_same(seed):
    rng = random.Random(seed)
    value = yaml.safe_load(rng.choice(SPECS).read_text())
    assert accepts(value)
    assert reads(value)
    worse = broken(value, rng)
    assert not accepts(worse)
    assert not reads(worse)


SHORT = """
layer: Scale
summary: Multiplies each feature by a learned factor.
inputs: {inputs}
weights: {{scale: {scale}}}
call: return inputs * scale
outputs: {outputs}
examples: [{{inputs: {{inputs: [5, 3]}}}}]
"""


@pytest.mark.parametrize(
    ("inputs", "scale", "outputs"),
    [
        ("[batch, features]", "[features]", "[batch, features]"),
        ("{inputs: [batch, features]}", "{shape: [features]}", "[batch, features]"),
        ("[batch, features]", "[features]", "{shape: [batch, features]}"),
    ],
)
def test_a_shape_may_stand_alone(inputs, scale, outputs):
    value = yaml.safe_load(SHORT.format(inputs=inputs, scale=scale, outputs=outputs))
    assert accepts(value)
    assert reads(value)


@pytest.mark.parametrize("inputs", ["3", "[[batch]]", "[{shape: [batch]}]", "[]"])
def test_a_shape_is_a_list_of_axes(inputs):
    text = SHORT.format(inputs=inputs, scale="[features]", outputs="[batch, features]")
    value = yaml.safe_load(text)
    assert not accepts(value)
    assert not reads(value)
