"""Plans the tests of the spec's own examples: further ones, and stated outputs."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.examples import example_shapes, is_values
from layersmith.plan import names
from layersmith.plan.arguments import literal
from layersmith.plan.given_layers import fresh_source
from layersmith.plan.suite.model import ExamplePlan
from layersmith.spec.model import Example


def plan_examples(analysis: Analysis) -> tuple[ExamplePlan, ...]:
    """All examples but the first; the first too where it states outputs."""
    found = []
    for index, example in enumerate(analysis.spec.examples):
        if index or example.outputs is not None:
            found.append(_plan(analysis, example))
    return tuple(found)


def _plan(analysis: Analysis, example: Example) -> ExamplePlan:
    given = {name.text: value.value for name, value in example.inputs}
    stated = example.outputs is not None
    values = stated and any(is_values(value) for value in given.values())
    parts = []
    for layer_input in analysis.spec.inputs:
        name = layer_input.name.text
        if name not in given or names.is_mask(analysis, name):
            continue
        if values:
            shown = _nested(given[name])
        elif layer_input.many:
            shown = _listed(given[name])
        else:
            shown = repr(example_shapes(given[name])[0])
        parts.append((name, shown))
    outputs = example.outputs
    return ExamplePlan(
        arguments=tuple(
            (n.text, _source(analysis, n.text, v.value)) for n, v in example.arguments
        ),
        inputs=_in_form(analysis, parts),
        values=values,
        outputs="" if outputs is None else _nested(outputs.value),
    )


def _source(analysis: Analysis, name: str, value: object) -> str:
    return fresh_source(analysis, name, value) or literal(value)


def _in_form(analysis: Analysis, parts: list[tuple[str, str]]) -> str:
    if len(names.tensors(analysis)) == 1:
        return parts[0][1]
    if analysis.spec.packing == "list":
        return f"[{', '.join(source for _, source in parts)}]"
    return "{" + ", ".join(f'"{name}": {source}' for name, source in parts) + "}"


def _listed(value: object) -> str:
    """Shapes of an input that is a list of tensors: of two where one is given."""
    shapes = example_shapes(value, many=True)
    if len(shapes) == 1:
        shapes *= 2
    return f"[{', '.join(map(repr, shapes))}]"


def _nested(value: object) -> str:
    """Nested values as lists."""
    if isinstance(value, tuple):
        return f"[{', '.join(_nested(item) for item in value)}]"
    return literal(value)
