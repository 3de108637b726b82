"""State: updated in training alone, however the branch of `training` is written."""

import textwrap

import pytest

from layersmith.pipeline import SpecFile, Target, generate

SPEC = """
layer: MovingScale
summary: Divides by a moving scale.
inputs: [batch, features]
weights:
  scale: {{shape: [features], trainable: false, initializer: ones}}
call: |
{call}
outputs: [batch, features]
examples:
  - inputs: {{inputs: [4, 3]}}
"""
UPDATE = "scale.assign(tf.math.reduce_std(inputs, axis=0))"


def emitted(call):
    text = SPEC.format(call=textwrap.indent(call, "  "))
    results, problems = generate([SpecFile("moving_scale.yaml", text)], Target())
    return [p.message for p in problems], results[0].layer if results else ""


@pytest.mark.parametrize(
    ("call", "guard"),
    [
        (
            f"if training:\n    {UPDATE}\nreturn inputs / scale",
            "if training and self.trainable:",
        ),
        (
            f"if not training:\n    return inputs / scale\n{UPDATE}\nreturn inputs",
            "if not (training and self.trainable):",
        ),
        (
            "if training:\n    y = inputs\nelse:\n    return inputs / scale\n"
            f"{UPDATE}\nreturn y",
            "if training and self.trainable:",
        ),
        (
            f"if not training:\n    return inputs / scale\nfor _ in range(2):\n"
            f"    {UPDATE}\nreturn inputs",
            "if not (training and self.trainable):",
        ),
    ],
)
def test_a_frozen_layer_keeps_its_state(call, guard):
    problems, layer = emitted(call)
    assert not problems
    assert guard in layer


@pytest.mark.parametrize(
    "call",
    [
        f"{UPDATE}\nreturn inputs / scale",
        f"if training:\n    return inputs\n{UPDATE}\nreturn inputs / scale",
        f"if not training:\n    inputs = -inputs\n{UPDATE}\nreturn inputs / scale",
        # What one block is left for says nothing of what follows another.
        "for _ in range(2):\n    if not training:\n        return inputs / scale\n"
        f"{UPDATE}\nreturn inputs",
    ],
)
def test_an_update_in_inference_is_a_mistake(call):
    problems, _ = emitted(call)
    assert problems == ["`scale` is updated outside the training branch"]
