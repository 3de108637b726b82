"""Plans the train script: the example's arguments and inputs, and what it can learn."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.plan import names
from layersmith.plan.arguments import literal
from layersmith.plan.suite import NUMPY_DTYPES, _example_shape
from layersmith.train_plan import TrainInput, TrainOutput, TrainPlan


def plan_training(analysis: Analysis, module: str, training: str = "") -> TrainPlan:
    """The plan of a train script.

    Args:
        analysis: The spec, understood.
        module: Import path of the layer.
        training: Import path of the project's training package; empty for a script
            that stands alone.
    """
    spec = analysis.spec
    given = {n.text: v.value for n, v in spec.examples[0].arguments}
    inputs = []
    for layer_input in spec.inputs:
        name = layer_input.name.text
        shape = _example_shape(analysis, name)
        if names.is_mask(analysis, name) or shape is None:
            continue
        dtype = NUMPY_DTYPES.get(layer_input.dtype, layer_input.dtype)
        inputs.append(TrainInput(name, shape[1:], dtype, 4 if "int" in dtype else None))
    return TrainPlan(
        layer=spec.layer.text,
        module=module,
        arguments=tuple((name, literal(value)) for name, value in given.items()),
        inputs=tuple(inputs),
        output=TrainOutput(rank=analysis.output.rank),
        learns=any(w.trainable for w in spec.weights) or bool(spec.sublayers),
        random=analysis.facts.random,
        title=spec.layer.text,
        script=f"train_{spec.snake}.py",
        training=training,
    )
