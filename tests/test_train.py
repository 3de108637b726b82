"""The emitted train script: what it looks like, and what it does when it is run."""

import ast
import itertools
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from layersmith.emit.train import render
from layersmith.train_plan import TrainInput, TrainOutput, TrainPlan

PLAN = TrainPlan(
    layer="Dense",
    module="keras.layers",
    arguments=(("units", "16"), ("activation", '"tanh"')),
    inputs=(TrainInput("inputs", (8,)),),
    output=TrainOutput(rank=None),
    learns=True,
    random=False,
    title="Dense",
    script="train_dense.py",
)
FLOAT = TrainInput("query", (5, 8))
SEVERAL = (FLOAT, TrainInput("value", (6, 8)))
IDS = TrainInput("ids", (7,), dtype="int32", upper=20)
LONG_ARGUMENTS = (
    ("filters", "16"),
    ("a_rather_long_name_of_an_argument", "0.25"),
    ("kernel_initializer", "keras.initializers.RandomNormal(mean=0.0, stddev=0.05)"),
    ("the_last_one", '"' + "x" * 40 + '"'),
)


def plans():
    """Plans whose texts differ wherever the layout depends on the plan."""
    names = ("Norm", "Gated" * 8, "AVeryLongNameOfALayer" * 4)
    modules = ("norm", "my_layers.layers.norm", "a_long_package.of.layers." * 3 + "norm")
    inputs = (
        (TrainInput("x", (3,)),),
        (IDS,),
        (TrainInput("x", (3, 4), dtype="float64"),),
        SEVERAL,
        (FLOAT, IDS, TrainInput("keep", (5,), dtype="bool")),
        tuple(TrainInput(f"input_number_{i}_with_a_name", (4, 4, 4)) for i in range(5)),
    )
    outputs = (
        TrainOutput(),
        TrainOutput(rank=None),
        TrainOutput(rank=1),
        TrainOutput(rank=3, is_float=False, pick="[0]"),
        TrainOutput(rank=4, static=False, pick='["scores"]'),
    )
    some = [LONG_ARGUMENTS[:count] for count in range(len(LONG_ARGUMENTS) + 1)]
    some.append((("sizes", str(list(range(100, 130)))), ("shape", "(1, 2)")))
    some.append((("layer", f"keras.layers.Dense({', '.join(f'option_{i}={i}' for i in range(12))})"),))
    packings = itertools.cycle(("arguments", "list", "dict"))
    for layer, module in zip(names, modules):
        for given, output, arguments in itertools.product(inputs, outputs, some):
            yield replace(
                PLAN,
                layer=layer,
                module=module,
                arguments=arguments,
                inputs=given,
                output=output,
                packing=next(packings),
                title=layer,
                script=f"train_{layer.lower()}.py",
            )


def test_every_script_is_python_and_says_only_what_its_layer_needs():
    for plan in plans():
        text = render(plan)
        ast.parse(text)
        assert "{%" not in text and "{{" not in text
        assert text.endswith("main()\n") and "\n\n\n\n" not in text
        assert ("UPPER" in text) == any("int" in i.dtype for i in plan.inputs)
        assert ("SHAPES" in text) == (len(plan.inputs) > 1)


def test_ruff_finds_nothing_to_change(tmp_path):
    ruff = [sys.executable, "-m", "ruff"]
    if subprocess.run([*ruff, "--version"], capture_output=True).returncode:
        pytest.skip("ruff is not installed")
    for number, plan in enumerate(plans()):
        (tmp_path / f"train_{number}.py").write_text(render(plan), encoding="utf-8")
        module = tmp_path / f"{plan.module.replace('.', '/')}.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.touch()
    for check in (["check"], ["format", "--diff"]):
        done = subprocess.run(
            [*ruff, *check, "--isolated", "--no-cache", "."],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout[:3000] + done.stderr[-500:]
