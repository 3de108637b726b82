"""Shapes of inputs by the names that the spec's checks have for them."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.examples import example_shapes
from layersmith.plan import names

# Of each input; of a list of inputs, those of all in it.
Given = dict[str, object]


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
    """Those of the first example, as far as each input is one tensor."""
    found: Given = {}
    for name, value in analysis.spec.examples[0].inputs:
        shapes = example_shapes(value.value)
        if shapes and not names.input_of(analysis, name.text).many:
            found[name.text] = shapes[0]
    single = all(not i.many for i in analysis.spec.inputs)
    return asked(analysis, found) if single else {}
