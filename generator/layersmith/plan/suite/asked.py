"""Shapes of inputs in the examples, and by the names that checks have for them."""

from __future__ import annotations

from collections.abc import Iterable

from layersmith.language.analyse import Analysis
from layersmith.language.examples import example_shapes
from layersmith.plan import names

# Of inputs, by name.
Shapes = dict[str, tuple[int, ...]]
# Of each input; of a list of inputs, those of all in it.
Given = dict[str, object]


def example_shape(
    analysis: Analysis, name: str, index: int = 0
) -> tuple[int, ...] | None:
    """The shape of an input in an example; that of its values, where those are given."""
    for given, value in analysis.spec.examples[index].inputs:
        if given.text == name:
            many = names.input_of(analysis, name).many
            return example_shapes(value.value, many)[0]
    return None


def example_of(analysis: Analysis, inputs: Iterable[str], index: int = 0) -> Shapes:
    """The shapes of these inputs, as far as an example has them."""
    shapes = {name: example_shape(analysis, name, index) for name in inputs}
    return {name: shape for name, shape in shapes.items() if shape is not None}


def asked(analysis: Analysis, given: Given) -> Given:
    """The shapes, as checks name them: `input_shape`, and one for each input."""
    known: Given = {f"{name}_shape": shape for name, shape in given.items()}
    inputs = [given.get(name) for name in names.tensors(analysis)]
    packing = analysis.spec.packing
    if packing == "arguments":
        known["input_shape"] = inputs[0]
    else:
        known["input_shape"] = tuple(inputs) if packing == "list" else dict(given)
    return known


def asked_in_example(analysis: Analysis) -> Given:
    """Those of the first example, where each input is one tensor."""
    if any(layer_input.many for layer_input in analysis.spec.inputs):
        return {}
    return asked(analysis, dict(example_of(analysis, names.tensors(analysis))))
