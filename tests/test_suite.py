"""The emitted suite as text: whole, proportionate, and from the spec alone."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from layersmith.pipeline import SpecFile, Target, generate

ROOT = Path(__file__).resolve().parents[1]
RECIPES = sorted((ROOT / "generator" / "layersmith" / "recipes").glob("*.yaml"))

SCALE = """
layer: Scale
summary: Multiplies the last axis.
arguments:
  use_bias: {type: bool, default: true}
  start: {type: initializer, default: ones}
inputs:
  inputs: {shape: [batch, ..., features]}
weights:
  scale: {shape: [features], initializer: start}
  bias: {shape: [features], initializer: zeros, when: use_bias}
call: |
  y = inputs * scale
  if use_bias:
      y = y + bias
  return y
outputs: {shape: [batch, ..., features]}
examples:
  - inputs: {inputs: [5, 3]}
"""


def emitted(text, name="scale.yaml"):
    (result,), problems = generate([SpecFile(name, text)], Target())
    assert not [p for p in problems if p.level == "error"]
    return result


def suite(text, **replaced):
    for old, new in replaced.values():
        assert old in text
        text = text.replace(old, new)
    return emitted(text).suite


@pytest.fixture(scope="module")
def suites():
    """The suite and the layer of every recipe, generated together."""
    files = [SpecFile(str(path), path.read_text(encoding="utf-8")) for path in RECIPES]
    results, _ = generate(files, Target())
    return {item.snake: (item.suite, item.layer) for item in results}


def test_every_recipe_has_a_suite_that_is_python(suites):
    assert len(suites) == len(RECIPES)
    for text, _ in suites.values():
        ast.parse(text)


def test_no_two_tests_of_a_suite_have_one_name(suites):
    for name, (text, _) in suites.items():
        defined = [
            n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)
        ]
        assert len(set(defined)) == len(defined), name


def test_suites_are_as_ruff_formats_and_checks_them(suites, tmp_path):
    for name, (text, layer) in suites.items():
        (tmp_path / f"test_{name}.py").write_text(text, encoding="utf-8")
        (tmp_path / f"{name}.py").write_text(layer, encoding="utf-8")
    for command in (["format", "--check", "--isolated"], ["check", "--isolated"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_the_oracle_shares_no_statement_of_the_layer(suites):
    """Nothing but names of inputs unpacked and returned may stand in both."""
    for name, (text, layer) in suites.items():
        tree = ast.parse(text)
        oracle = next(n for n in tree.body if getattr(n, "name", "") == "oracle")
        source = ast.get_source_segment(text, oracle)
        assert "self." not in source, name
        said = re.sub(r"tf\.nest\.\w+|# TensorFlow is asked .*", "", source)
        asked = re.findall(r"# TensorFlow is asked itself for (.*)\.", source)
        for function in ", ".join(asked).split(", ") if asked else ():
            said = said.replace(function, "")
        assert "tf." not in said, name
        assert source not in layer


def test_what_a_layer_lacks_is_not_in_its_suite():
    text = suite(SCALE)
    # `sample` draws with a seed of its own.
    text = re.sub(r"sample\(.*seed=\d", "", text)
    for absent in (
        "training=",
        "Draws",
        "MASKS",
        "sublayers",
        "REFUSED",
        "State",
        "seed=",
    ):
        assert absent not in text, absent


def test_switches_are_tried_in_both_ways():
    assert '{"use_bias": False}' in suite(SCALE)


def test_switches_are_tried_together():
    text = suite(
        SCALE,
        argument=("  start:", "  twice: {type: bool, default: false}\n  start:"),
        call=("  return y", "  if twice:\n      y = 2 * y\n  return y"),
    )
    assert '{"use_bias": False, "twice": True}' in text


def test_both_sides_of_a_condition_on_a_number_are_tried():
    text = suite(
        SCALE,
        argument=("  start:", "  power: {type: int, min: 0, default: 1}\n  start:"),
        call=("  return y", "  if power > 2:\n      y = y * y\n  return y"),
    )
    for value in (2, 3):
        assert f'{{"power": {value}}}' in text or f'"power": {value},' in text


def test_no_two_arguments_have_one_value():
    text = suite(
        SCALE,
        argument=("  start:", "  other: {type: initializer, default: zeros}\n  start:"),
        weight=("initializer: zeros, when", "initializer: other, when"),
    )
    given = text[text.index("ARGUMENTS = ") : text.index("CHANGES = ")]
    values = re.findall(r'"(?:other|start)": ("\w+")', given)
    assert len(set(values)) == 2


def changes_of(text):
    """The tables of changes: those of whole layers, and those of configurations."""
    namespace: dict[str, list] = {"CHANGES": [], "CHANGES_KEPT": []}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in namespace:
            namespace[node.targets[0].id] = ast.literal_eval(node.value)
    return [
        {name for change in table for name in change} for table in namespace.values()
    ]


def test_another_initializer_is_tried_where_it_can_show():
    own = (
        ("  start:", "  other: {type: initializer, default: zeros}\n  start:"),
        ("initializer: zeros, when", "initializer: other, when"),
    )
    # The tests fill the layer's own weights with values of their own.
    whole, kept = changes_of(suite(SCALE, argument=own[0], weight=own[1]))
    assert "other" in kept - whole
    # A sublayer is compared with one that the spec makes.
    whole, _ = changes_of(
        suite(
            SCALE,
            argument=own[0],
            weight=own[1],
            sublayer=(
                "call: |",
                "sublayers:\n  dense: Dense(4, bias_initializer=other)\ncall: |",
            ),
            call=("  return y", "  return dense(y)"),
            output=(
                "outputs: {shape: [batch, ..., features]}",
                "outputs: {shape: [batch, ..., 4]}",
            ),
        )
    )
    assert "other" in whole


def test_of_many_shapes_and_changes_each_change_is_tried_in_both_branches():
    recipe = next(path for path in RECIPES if path.stem == "multi_head_attention")
    text = emitted(recipe.read_text(encoding="utf-8"), str(recipe)).suite
    tree = ast.parse(text)
    tree.body = [
        node
        for node in tree.body
        if (isinstance(node, ast.FunctionDef) and node.name == "pairs")
        or (isinstance(node, ast.Assign) and node.targets[0].id == "CHANGES")
    ]
    namespace: dict = {}
    exec(compile(tree, "suite", "exec"), namespace)  # noqa: S102
    tried = list(namespace["pairs"](["a", "b", "c"]))
    assert [({}, case, way) for case in "abc" for way in (False, True)] == tried[:6]
    for changed in namespace["CHANGES"][1:]:
        cases = {(case, way) for change, case, way in tried if change == changed}
        assert {way for _, way in cases} == {False, True}
        assert len({case for case, _ in cases}) == 2


def test_each_check_is_broken_so_that_its_message_is_the_first():
    text = suite(
        SCALE,
        argument=(
            "  start:",
            "  units: {type: int, min: 1, default: 4}\n"
            "  heads: {type: int, min: 1, default: 2}\n  start:",
        ),
        checks=(
            "inputs:\n",
            "checks:\n  - {that: heads <= units, message: more heads than units.}\n"
            "  - {that: units % heads == 0, message: heads must divide units.}\ninputs:\n",
        ),
        call=("  return y", "  y = y * (units // heads)\n  return y"),
    )
    refused = text[text.index("REFUSED_TOGETHER") : text.index("SHAPES =")]
    assert '"heads must divide units."' in refused
    assert '"more heads than units."' in refused
    taken = refused[refused.index("TAKEN_TOGETHER") :]
    assert "units" in taken or "heads" in taken


def test_stated_outputs_become_a_test():
    text = suite(
        SCALE,
        example=(
            "  - inputs: {inputs: [5, 3]}",
            "  - inputs: {inputs: [5, 3]}\n"
            "  - inputs: {inputs: [1, 2]}\n    outputs: [[1.0, 1.0]]",
        ),
    )
    assert "STATED = [" in text
    assert "[[1.0, 1.0]]" in text
    assert "def test_outputs_are_those_that_the_spec_states(" in text


def test_an_argument_of_any_type_may_be_a_mapping_in_an_example():
    text = suite(
        SCALE,
        argument=("  start:", "  limits: {type: any, default: null}\n  start:"),
        call=("  return y", "  return y + (limits or {}).get('low', 0.0)"),
        example=(
            "  - inputs: {inputs: [5, 3]}",
            "  - inputs: {inputs: [5, 3]}\n"
            "  - {arguments: {limits: {low: 0.5, of: [1, 2]}}, inputs: {inputs: [5, 3]}}",
        ),
    )
    mapping = '{"limits": {"low": 0.5, "of": (1, 2)}}'
    whole, kept = text.split("CHANGES_KEPT", 1)
    assert mapping not in whole.split("EXAMPLES")[0]
    assert mapping in kept
    assert f"({mapping}, (5, 3))" in kept


def test_a_second_example_is_tried_too():
    text = suite(
        SCALE,
        example=(
            "  - inputs: {inputs: [5, 3]}",
            "  - inputs: {inputs: [5, 3]}\n"
            "  - arguments: {use_bias: false}\n    inputs: {inputs: [2, 4]}",
        ),
    )
    assert 'EXAMPLES = [\n    ({"use_bias": False}, (2, 4)),\n]' in text


def test_a_local_name_does_not_hide_what_the_oracle_calls():
    text = suite(
        SCALE,
        call=(
            "  y = inputs * scale",
            "  softmax = tf.nn.softmax(inputs)\n  y = softmax * scale",
        ),
    )
    assert "softmax_ = softmax(inputs" in text


def test_what_tensorflow_is_asked_for_itself_is_said():
    text = suite(
        SCALE,
        call=(
            "  y = inputs * scale",
            "  wide = tf.cast(inputs, variable_dtype)\n"
            "  y: [batch, ..., features] = tf.math.special.spence(wide)\n"
            "  y = tf.cast(y, compute_dtype) * scale",
        ),
    )
    assert "# TensorFlow is asked itself for tf.math.special.spence." in text


MASKED = """
layer: Kept
summary: Which features count.
inputs:
  inputs: [batch, steps]
  mask: {shape: [batch, steps], dtype: bool, optional: true}
functions: |
  def kept(mask, inputs):
      mask = tf.cast(mask, tf.bool)
      return tf.where(mask, inputs, 0)
call: |
  if mask is not None:
      inputs = kept(mask, inputs)
  return inputs
outputs: [batch, steps]
examples:
  - inputs: {inputs: [5, 3]}
"""


@pytest.mark.parametrize(
    ("line", "any_dtype"),
    [
        ("inputs = kept(mask, inputs)", True),
        ("inputs = tf.where(tf.cast(mask, tf.bool), inputs, kept(mask, inputs))", True),
        (
            "inputs = inputs * tf.cast(mask[..., tf.newaxis], inputs.dtype)[..., 0]",
            True,
        ),
        ("inputs = kept(mask, tf.where(mask, inputs, 0))", False),
        ("inputs = tf.where(mask, inputs, kept(inputs > 0, inputs))", False),
    ],
)
def test_a_mask_is_tried_in_any_dtype_where_the_layer_casts_it(line, any_dtype):
    text = suite(MASKED, line=("inputs = kept(mask, inputs)", line))
    assert ("def test_masks_may_be_of_any_dtype" in text) == any_dtype


def test_a_counter_is_filled_so_that_what_it_multiplies_shows():
    text = suite(
        SCALE,
        weights=(
            "  bias:",
            "  seen: {shape: [], dtype: int64, trainable: false, initializer: zeros}\n  bias:",
        ),
        call=(
            "  y = inputs * scale",
            "  if training:\n      seen.assign_add(1)\n"
            "  y = inputs * scale * tf.cast(seen, inputs.dtype)",
        ),
    )
    assert "weight.assign(weight.numpy() + 1)  # it may be a counter" in text
    assert "for x in (sample(shape), *whole):  # as many that" in text


def test_names_within_a_function_of_the_spec_are_its_own():
    text = SCALE.replace(
        "call: |\n  y = inputs * scale\n",
        "functions: |\n"
        "  def shrunk(x):\n"
        "      features = tf.cast(tf.shape(x)[-1], x.dtype)\n"
        "      scale = 1 / features\n"
        "      return x * scale\n"
        "call: |\n  y = shrunk(inputs) * scale / features\n",
    )
    result = emitted(text)
    assert "    scale = 1 / features\n" in result.layer
    assert "y = shrunk(inputs) * self.scale / inputs.shape[-1]" in result.layer
    assert 'y = shrunk(inputs) * w["scale"] / inputs.shape[-1]' in result.suite
