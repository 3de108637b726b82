"""Plans `compute_output_shape`, and what `input_spec` says."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Dim, Shape
from layersmith.plan import names
from layersmith.plan.cell import states
from layersmith.plan.code import code_body
from layersmith.plan.model import Method


def plan_compute_output_shape(analysis: Analysis) -> Method | None:
    """The method; None where the layer that is extended has it."""
    spec = analysis.spec
    if spec.compute_output_shape is not None:
        return _method(
            analysis, code_body(analysis, analysis.bodies["compute_output_shape"])
        )
    if spec.extends is not None:
        return None
    shapes = output_shapes(analysis)
    if states(analysis):
        inner = [
            _shape(analysis, analysis.scope.shapes[name]) for name in states(analysis)
        ]
        body = (f"return {shapes[0]}, [{', '.join(inner)}]",)
    elif spec.output_packing == "tuple":
        body = (f"return {names.tuple_source(shapes)}",)
    elif spec.output_packing == "dict":
        entries = [f'"{o.name}": {shape}' for o, shape in zip(spec.outputs, shapes)]
        body = (f"return {{{', '.join(entries)}}}",)
    else:
        body = (f"return {shapes[0]}",)
    return _method(analysis, body)


def _method(analysis: Analysis, body: tuple[str, ...]) -> Method:
    parameters = names.shape_parameters(analysis)
    return Method("compute_output_shape", ("self", *parameters), body)


def output_shapes(analysis: Analysis) -> list[str]:
    """Source of the shape of each output, over the parameters of the method."""
    sources = []
    for shape, code in zip(analysis.outputs, analysis.output_codes):
        if code is None:
            sources.append(_shape(analysis, shape))
        else:
            text = names.expression(code, lambda name: names.attribute(analysis, name))
            sources.append(" ".join(text.split()))
    return sources


def _shape(analysis: Analysis, shape: Shape) -> str:
    return names.shape_source(analysis, shape, lambda dim: names.size(analysis, dim))


def input_specification(analysis: Analysis, built: bool) -> str | None:
    """Source of the InputSpec, with the axes that are known: None where it says nothing."""
    tensors = names.tensors(analysis)
    spec = analysis.spec
    if (
        spec.packing != "arguments"
        or spec.extends is not None
        or names.input_of(analysis, tensors[0]).many
    ):
        return None
    if len(tensors) != 1:
        # Keras checks the first tensor alone against an InputSpec.
        return None
    shape = analysis.scope.shapes[tensors[0]]
    parts = _ranks(analysis, tensors[0])
    axes = []
    for index, axis in enumerate(shape.axes):
        if not isinstance(axis, Dim) or not index:
            continue
        after = shape.rest is not None and index > shape.rest
        position = (
            index - len(shape.axes) if after or index == len(shape.axes) - 1 else index
        )
        name = str(axis)
        if name not in analysis.scope.axes:
            axes.append(f"{position}: {names.source_of(analysis, axis, lambda a: a)}")
        elif built and name in analysis.scope.static_axes:
            axes.append(f"{position}: {name}")
        elif built and name in names.fixed_axes(analysis):
            axes.append(f"{position}: {names.axis_item(analysis, name)}")
    if built:
        chosen = chosen_axes(analysis)
        if fixes_rank(analysis):
            parts.append("ndim=len(input_shape)")
        axes.extend(f"{axis}: input_shape[{axis}]" for axis in chosen)
    if axes:
        parts.append(f"axes={{{', '.join(axes)}}}")
    return f"layers.InputSpec({', '.join(parts)})" if parts else None


def fixes_rank(analysis: Analysis) -> bool:
    """Whether a layer that takes any rank takes one alone once it is built."""
    first = names.tensors(analysis)[0]
    return bool(chosen_axes(analysis)) and not _ranks(analysis, first)


def chosen_axes(analysis: Analysis) -> list[str]:
    """Axes given by an argument that the shape of a weight asks for, as attributes."""
    found = []
    for parsed in analysis.scope.shape_codes.values():
        for node in parsed.nodes:
            if not isinstance(node, ast.Subscript) or not isinstance(
                node.slice, ast.Name
            ):
                continue
            argument = analysis.spec.argument(node.slice.id)
            if ast.unparse(node.value) == "input_shape" and argument is not None:
                found.append(f"self.{argument.name}")
    return list(dict.fromkeys(found))


def _ranks(analysis: Analysis, name: str) -> list[str]:
    shape = analysis.scope.shapes[name]
    if shape.rank is not None:
        return [f"ndim={shape.rank}"]
    ranks = names.input_of(analysis, name).ranks
    if ranks:
        low, high = (min(ranks), max(ranks))
        return (
            [f"ndim={low}"] if low == high else [f"min_ndim={low}", f"max_ndim={high}"]
        )
    return [f"min_ndim={shape.least_rank}"] if shape.least_rank > 1 else []
