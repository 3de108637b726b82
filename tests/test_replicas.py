"""Which tests of two replicas a suite has: of those that work alone, or as one."""

import re
import textwrap

import pytest

from layersmith.pipeline import SpecFile, Target, generate

SPEC = """
layer: Centering
summary: Takes the mean over the batch.
arguments:
  shared: {{type: bool, default: {default}}}
inputs:
  inputs: [batch, features]
  mask: {{shape: [batch], dtype: bool, optional: true}}
weights:
  kept: {{shape: [features], trainable: false}}
functions: |
  def mean_of_all(x, shared=True):
      mean = tf.reduce_mean(x, axis=0)
      if not shared:
          return mean
      return tf.distribute.get_replica_context().all_reduce("mean", mean)
call: |
{call}
outputs: [batch, features]
examples:
  - inputs: {{inputs: [4, 3]}}
"""
KEEPS = """
if mask is not None:
    center = center * 0.5
if training:
    kept.assign(center)
return inputs - center * (1.0 if shared else 0.5)
"""


def replica_tests(call, default="false"):
    """Under which change of `shared` each test is made; None for a test that is not."""
    text = SPEC.format(call=textwrap.indent(call, "  "), default=default)
    (result,), problems = generate([SpecFile("centering.yaml", text)], Target())
    assert not [p for p in problems if p.level == "error"], problems
    found = []
    for name in ("test_replicas_share_the_state", "test_replicas_work_as_one"):
        test = re.search(rf"def {name}\(\):\n(.*?)\n\n\n", result.suite, re.DOTALL)
        changed = test and re.search(r"changed = (.*)", test[1])
        found.append(changed[1] if changed else test and "{}")
    return tuple(found)


def test_a_layer_that_asks_nobody_is_alone():
    assert replica_tests("center = tf.reduce_mean(inputs, axis=0)" + KEEPS) == (
        "{}",
        None,
    )


@pytest.mark.parametrize(
    "call",
    [
        "center = mean_of_all(inputs, shared)" + KEEPS,
        "center = mean_of_all(inputs, shared=shared)" + KEEPS,
        "center = mean_of_all(inputs) if shared else tf.reduce_mean(inputs, 0)" + KEEPS,
        "whole = training and shared\ncenter = tf.reduce_mean(inputs, 0)\n"
        "if whole and mask is None:\n    center = mean_of_all(center)" + KEEPS,
        "center = tf.reduce_mean(inputs, 0)\nif not shared:\n"
        "    if training:\n        kept.assign(center)\n    return inputs - kept\n"
        "replicas = tf.distribute.get_replica_context()\n"
        'center = replicas.all_reduce("mean", center)' + KEEPS,
    ],
)
def test_an_argument_that_makes_them_one_is_found(call):
    assert replica_tests(call) == ("{}", '{"shared": True}')
    assert replica_tests(call, "true") == ('{"shared": False}', "{}")


@pytest.mark.parametrize(
    "condition", ["training", "mask is None", "mask is None or shared"]
)
def test_where_they_are_always_one_nothing_is_averaged(condition):
    call = f"center = tf.reduce_mean(inputs, 0)\nif {condition}:\n    center = mean_of_all(inputs)"
    assert replica_tests(call + KEEPS) == (None, "{}")


@pytest.mark.parametrize(
    "call",
    [
        "center = tf.reduce_mean(inputs, 0)\n"
        "if inputs.shape.rank == 2:\n    center = mean_of_all(inputs)",
        "center = tf.cond(tf.reduce_any(inputs > 0), "
        "lambda: tf.reduce_mean(inputs, 0), lambda: mean_of_all(inputs))",
        "center = tf.reduce_mean(inputs, 0)\n"
        "if inputs.shape.rank == 2:\n    return inputs - center\n"
        "center = mean_of_all(inputs)",
    ],
)
def test_where_that_cannot_be_told_neither_is_tested(call):
    assert replica_tests(call + KEEPS) == (None, None)


def test_two_halves_are_not_one_batch_where_the_output_has_another_first_axis():
    call = "center = mean_of_all(inputs)" + KEEPS.replace(
        "inputs - center * (1.0 if shared else 0.5)",
        "tf.transpose(inputs - center * (1.0 if shared else 0.5))",
    )
    text = SPEC.format(call=textwrap.indent(call, "  "), default="false")
    text = text.replace("outputs: [batch, features]", "outputs: [features, batch]")
    (result,), _ = generate([SpecFile("centering.yaml", text)], Target())
    assert "replicas" not in result.suite
