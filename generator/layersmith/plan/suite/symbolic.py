"""Shapes in a model of inputs whose axes may be of any size."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.trees import tree_of
from layersmith.plan import names
from layersmith.plan.suite.asked import Shapes
from layersmith.plan.suite.sizes import announced
from layersmith.plan.suite.values import Values, with_derived
from layersmith.spec.model import Code, Input


def symbolic_shape(
    analysis: Analysis, layer_input: Input, shapes: Shapes, values: Values
) -> tuple[str, str]:
    """Name of an input, and source of its shape without the batch in a model."""
    name = layer_input.name.text
    if name not in shapes:
        return name, ""
    shape, rest = analysis.scope.shapes[name], _rest(analysis, {name: shapes[name]})
    return name, names.tuple_source(announced(analysis, shape, values, rest)[1:])


def announced_shapes(analysis: Analysis, shapes: Shapes, values: Values) -> list[str]:
    """Source of the shape of each output of that model; empty where it is not known."""
    spec = analysis.spec
    found = []
    pairs = list(zip(spec.outputs, analysis.outputs))
    if spec.output_packing == "dict":
        pairs.sort(key=lambda pair: str(pair[0].name))  # as `tf.nest.flatten` does
    for output, shape in pairs:
        if output.when is not None:
            continue
        if spec.compute_output_shape is not None or spec.extends is not None:
            found.append("")
        elif output.code is not None:
            found.append(_computed(analysis, output.code, shapes, values))
        else:
            sizes = announced(analysis, shape, values, _rest(analysis, shapes))
            found.append(names.tuple_source(["None", *sizes[1:]]))
    return found


def _rest(analysis: Analysis, shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """Sizes of the axes that each `...` of the inputs stands for."""
    found = {}
    for name, numbers in shapes.items():
        shape = analysis.scope.shapes[name]
        if shape.rest is not None:
            many = len(numbers) - shape.least_rank
            stretch = numbers[shape.rest : shape.rest + many]
            found[str(shape.axes[shape.rest])] = stretch
    return found


def _computed(analysis: Analysis, code: Code, shapes: Shapes, values: Values) -> str:
    """A shape that an expression gives, from shapes with axes of unknown size."""
    known = with_derived(analysis, values)
    for name in shapes:
        sizes = announced(
            analysis, analysis.scope.shapes[name], values, _rest(analysis, shapes)
        )
        shape = tuple(None if size == "None" else int(size) for size in sizes)
        known[f"{name}_shape"] = (None, *shape[1:])
        if len(shapes) == 1:
            known["input_shape"] = known[f"{name}_shape"]
    try:
        shape = evaluate(tree_of(code.text.strip()), known)
    except (Unknowable, SyntaxError):
        return ""
    return repr(tuple(shape))
