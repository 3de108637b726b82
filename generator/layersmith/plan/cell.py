"""Plans what a recurrent cell has besides: the sizes and the start of its states."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Dim
from layersmith.plan import names
from layersmith.plan.model import Method


def states(analysis: Analysis) -> tuple[str, ...]:
    return tuple(i.name.text for i in analysis.spec.inputs if i.state)


def size_statements(analysis: Analysis) -> list[str]:
    """Statements of `__init__` that tell keras.layers.RNN what the cell holds."""
    if not states(analysis):
        return []
    sizes = [
        _size(analysis, analysis.scope.shapes[name].axes[-1])
        for name in states(analysis)
    ]
    return [
        f"self.state_size = [{', '.join(sizes)}]",
        f"self.output_size = {_size(analysis, analysis.output.axes[-1])}",
    ]


def _size(analysis: Analysis, axis: object) -> str:
    return (
        names.source_of(analysis, axis, lambda name: name)
        if isinstance(axis, Dim)
        else "None"
    )


def cell_methods(analysis: Analysis) -> list[Method]:
    if not states(analysis):
        return []
    body = "return [tf.zeros((batch_size, size), self.compute_dtype) for size in self.state_size]"
    return [Method("get_initial_state", ("self", "batch_size=None"), (body,))]
