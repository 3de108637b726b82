"""What `call` returns, held against what `outputs` says."""

from __future__ import annotations

import ast

from layersmith.errors import Report
from layersmith.language.dims import Shape, shapes_differ
from layersmith.language.facts import Facts
from layersmith.language.parsed import Parsed
from layersmith.language.values import (
    UNKNOWN,
    Entries,
    Items,
    Tensor,
    Unknown,
    Value,
)
from layersmith.spec.model import Spec


def check_asked_outputs(spec: Spec, report: Report) -> None:
    """Outputs that are returned on request: a call argument asks for all of them."""
    if not any(output.when for output in spec.outputs):
        return
    flags = {a.name.text for a in spec.call_arguments if a.type == "bool"}
    asked = {output.when.text for output in spec.outputs[1:] if output.when}
    for index, output in enumerate(spec.outputs):
        if (output.when is None) != (index == 0) or len(asked) > 1:
            report.error(
                output.shape.span,
                "one output is always returned, the others on one request",
                "give all but the first the same `when:`",
            )
        elif output.when is not None and output.when.text not in flags:
            report.error(
                output.when.span,
                f"`{output.when}` is not a call argument of type `bool`",
                "declare it under `call_arguments:`",
            )


def check_returns(
    spec: Spec, outputs: list[Shape | None], call: Parsed, facts: Facts, report: Report
) -> None:
    states = any(layer_input.state for layer_input in spec.inputs)
    for node, value in facts.returns:
        if node.value is None or isinstance(value, Unknown):
            continue
        values: list[Value] = [value]
        if states and isinstance(value, Items) and value.values:
            # A recurrent cell returns its output and its new states.
            values = [value.values[0]]
        elif any(output.when for output in spec.outputs):
            if isinstance(value, Items) and value.values is not None:
                values = list(value.values)
        elif spec.output_packing == "tuple":
            if not isinstance(value, Items) or value.values is None:
                if isinstance(value, Tensor):
                    report.error(
                        call.span(node),
                        f"`call` returns one tensor, `outputs` lists {len(outputs)}",
                        "return all",
                    )
                continue
            values = list(value.values)
            if len(values) != len(outputs):
                report.error(
                    call.span(node),
                    f"`call` returns {len(values)} values, `outputs` lists {len(outputs)}",
                    "correct the one that is wrong",
                )
                continue
        elif spec.output_packing == "dict":
            values = _named_values(node, value, spec, call, report)
        for one, output in zip(values, outputs):
            _check_return(node, one, output, call, report)


def _named_values(
    node: ast.Return, value: Value, spec: Spec, call: Parsed, report: Report
) -> list[Value]:
    """Those of a dict that is returned, in the order of the outputs."""
    names = [output.name.text for output in spec.outputs if output.name is not None]
    if not isinstance(value, Entries):
        listed = ", ".join(f'"{name}": ...' for name in names)
        report.error(
            call.span(node),
            "`call` must return a dict here, as `outputs` says",
            f"return {{{listed}}}",
        )
        return []
    returned = [name for name, _ in value.values]
    for name in names:
        if name not in returned:
            report.error(
                call.span(node),
                f"`outputs` has `{name}`, which is not returned here",
                "return it, or remove it from `outputs`",
            )
    for name in returned:
        if name not in names:
            report.error(
                call.span(node),
                f"`{name}` is returned, which is not in `outputs`",
                "add it there, or leave it out here",
            )
    return [value.get(name) or UNKNOWN for name in names]


def _check_return(
    node: ast.Return, value: Value, output: Shape | None, call: Parsed, report: Report
) -> None:
    if isinstance(value, Unknown):
        return
    if not isinstance(value, Tensor):
        report.error(
            call.span(node),
            "`call` must return a tensor here, as `outputs` says",
            "return one tensor",
        )
        return
    if value.optional:
        report.error(
            call.span(node), "this may be None", "ask first, or return something else"
        )
    if value.shape is None or output is None or not shapes_differ(value.shape, output):
        return
    report.error(
        call.span(node),
        f"`call` returns the shape {value.shape}, `outputs` says {output}",
        "correct the one that is wrong",
    )
