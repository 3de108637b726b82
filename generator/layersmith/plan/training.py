"""Plans the train script: the example's arguments and inputs, and what it can learn."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.values import Items, Tensor
from layersmith.plan import names
from layersmith.plan.cell import states
from layersmith.plan.given_layers import example_source
from layersmith.plan.seeds import draws_in_inference
from layersmith.plan.suite.asked import example_shape
from layersmith.plan.suite.inputs import NUMPY_DTYPES, upper_bound
from layersmith.plan.suite.values import example_values
from layersmith.spec.model import Input
from layersmith.train_plan import TrainInput, TrainOutput, TrainPlan

STEPS = 5


def plan_training(analysis: Analysis, module: str, training: str = "") -> TrainPlan:
    """The plan of a train script.

    Args:
        analysis: The spec, understood.
        module: Import path of the layer.
        training: Import path of the project's training package; empty for a script
            that stands alone.
    """
    spec = analysis.spec
    given = {name.text: value.value for name, value in spec.examples[0].arguments}
    cell = bool(states(analysis))
    many = any(i.many for i in spec.inputs)
    return TrainPlan(
        layer=spec.layer.text,
        module=module,
        arguments=tuple(
            (name, example_source(analysis, name, value))
            for name, value in given.items()
        ),
        inputs=tuple(_inputs(analysis, cell)),
        output=_output(analysis, cell),
        title=spec.layer.text,
        script=f"train_{spec.snake}.py",
        draws=draws_in_inference(analysis),
        packing="list" if many else spec.packing,
        training=training,
        wrapper="keras.layers.RNN" if cell else "",
    )


def _inputs(analysis: Analysis, cell: bool) -> list[TrainInput]:
    found = []
    for layer_input in analysis.spec.inputs:
        name = layer_input.name.text
        shape = example_shape(analysis, name)
        if shape is None or layer_input.state or names.is_mask(analysis, name):
            continue
        # A cell is trained on sequences, in keras.layers.RNN.
        sizes = (STEPS, *shape[1:]) if cell else shape[1:]
        found.extend(_copies(analysis, layer_input, sizes))
    return found


def _copies(
    analysis: Analysis, layer_input: Input, sizes: tuple[int, ...]
) -> list[TrainInput]:
    dtype = NUMPY_DTYPES.get(layer_input.dtype, layer_input.dtype)
    upper = upper_bound(analysis, layer_input, [example_values(analysis)])
    name = layer_input.name.text
    every = (f"{name}_1", f"{name}_2") if layer_input.many else (name,)
    return [TrainInput(one, sizes, dtype, upper) for one in every]


def _output(analysis: Analysis, cell: bool) -> TrainOutput:
    spec = analysis.spec
    picks = {"tuple": "[0]", "dict": f'["{spec.outputs[0].name}"]'}
    known = all(axis is not None for axis in analysis.output.axes)
    return TrainOutput(
        rank=analysis.output.rank,
        # Where the method is written out, Keras asks it for the sizes.
        static=known or spec.compute_output_shape is not None,
        is_complex=_is_complex(analysis),
        pick=picks.get(spec.output_packing, ""),
    )


def _is_complex(analysis: Analysis) -> bool:
    """Whether the first output is known to hold complex numbers."""
    for _, value in analysis.facts.returns:
        if isinstance(value, Items) and value.values:
            value = value.values[0]
        if isinstance(value, Tensor) and "complex" in str(value.dtype):
            return True
    return False
