"""Plans the tests of the spec's own examples: further ones, and stated outputs."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.plan import names
from layersmith.plan.arguments import literal
from layersmith.plan.suite.model import ExamplePlan
from layersmith.plan.suite.sizes import is_values, shape_of
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
    values = any(is_values(value) for value in given.values())
    parts = []
    for layer_input in analysis.spec.inputs:
        name = layer_input.name.text
        if name not in given or names.is_mask(analysis, name):
            continue
        shown = _nested(given[name]) if values else repr(shape_of(given[name]))
        parts.append((name, shown))
    outputs = example.outputs
    return ExamplePlan(
        arguments=tuple((n.text, literal(v.value)) for n, v in example.arguments),
        inputs=_in_form(analysis, parts),
        values=values,
        outputs="" if outputs is None else _nested(outputs.value),
    )


def _in_form(analysis: Analysis, parts: list[tuple[str, str]]) -> str:
    if len(names.tensors(analysis)) == 1:
        return parts[0][1]
    if analysis.spec.packing == "list":
        return f"[{', '.join(source for _, source in parts)}]"
    return "{" + ", ".join(f'"{name}": {source}' for name, source in parts) + "}"


def _nested(value: object) -> str:
    """Nested values as lists."""
    if isinstance(value, tuple):
        return f"[{', '.join(_nested(item) for item in value)}]"
    return literal(value)
