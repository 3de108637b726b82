"""Plans the file of a layer."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Dim
from layersmith.plan import names
from layersmith.plan.arguments import (
    check_statements,
    config_entry,
    parameter,
    stored,
)
from layersmith.plan.build import plan_build
from layersmith.plan.call import plan_call
from layersmith.plan.docstring import class_docstring
from layersmith.plan.keras_objects import Sharing, sublayer_statement
from layersmith.plan.model import LayerPlan, Method


def plan_layer(analysis: Analysis, package: str | None) -> LayerPlan:
    """The plan of a layer's file.

    Args:
        analysis: The spec, understood.
        package: Name under which Keras registers the class; None for Keras's own
            default.
    """
    spec = analysis.spec
    sharing = Sharing(analysis)
    init = _init(analysis, sharing)
    build = plan_build(analysis, sharing)
    call = plan_call(analysis)
    compute_mask = None
    if lost_mask(analysis):
        mask = next(i.name.text for i in spec.inputs if names.is_mask(analysis, i.name.text))
        first = names.tensors(analysis)[0]
        compute_mask = Method(
            ("self", first, f"{mask}=None"), ("return None  # the masked axis is gone",)
        )
    config = [config_entry(argument) for argument in spec.arguments]
    if needs_seed(analysis):
        config.append(("seed", "self.seed"))
    shapes = tuple(names.shape_parameter(analysis, name) for name in names.tensors(analysis))
    output = names.shape_source(analysis, analysis.output)
    registered = spec.package or package
    plan = LayerPlan(
        name=spec.layer.text,
        title=title(analysis),
        imports=(),
        registration="@keras.saving.register_keras_serializable("
        + (f'package="{registered}")' if registered else ")"),
        docstring=class_docstring(analysis, needs_seed(analysis)),
        init=init,
        build=build,
        call=call,
        compute_mask=compute_mask,
        compute_output_shape=Method(("self", *shapes), (f"return {output}",)),
        config=tuple(config),
    )
    return _with_imports(plan)


def title(analysis: Analysis) -> str:
    summary = analysis.spec.summary.rstrip(".")
    first = summary.split(" ", 1)[0]
    if first[1:].islower() or len(first) == 1:
        summary = summary[0].lower() + summary[1:]
    return f"{analysis.spec.layer}: {summary}."


def needs_seed(analysis: Analysis) -> bool:
    """Whether the layer draws random numbers, and its seed is not the author's."""
    return analysis.facts.random and analysis.spec.argument("seed") is None


def keeps_mask(analysis: Analysis) -> bool:
    """Whether a mask (batch, steps) of the input is one of the output too."""
    if analysis.spec.supports_masking is not None:
        return analysis.spec.supports_masking
    if any(not weight.trainable for weight in analysis.spec.weights):
        # Batch statistics over masked steps would be wrong.
        return False
    source = analysis.scope.shapes[names.tensors(analysis)[0]].axes
    target = analysis.output.axes
    return len(source) > 1 and len(target) > 1 and source[:2] == target[:2] and _has_steps(source)


def _has_steps(axes: tuple) -> bool:
    """Whether an input can be (batch, steps, ...)."""
    from layersmith.language.dims import Rest

    return isinstance(axes[1], Rest) or len(axes) > 2


def takes_mask(analysis: Analysis) -> bool:
    return any(names.is_mask(analysis, i.name.text) for i in analysis.spec.inputs)


def lost_mask(analysis: Analysis) -> bool:
    """Whether the layer uses a mask whose axis its output no longer has."""
    return takes_mask(analysis) and not keeps_mask(analysis)


def _init(analysis: Analysis, sharing: Sharing) -> Method:
    spec = analysis.spec
    ordered = sorted(spec.arguments, key=lambda a: a.default is not None)
    parameters = ["self", *(parameter(argument) for argument in ordered)]
    body = ["super().__init__(**kwargs)"]
    if needs_seed(analysis):
        parameters.append("seed=None")
    body.extend(check_statements(spec.arguments))
    for check, parsed in zip(spec.checks, analysis.checks):
        body.extend(_check(analysis, check.message, parsed))
    body.extend(f"self.{a.name} = {stored(a)}" for a in spec.arguments)
    for derived in spec.derived:
        text = names.expression(
            analysis.scope.derived[derived.name.text], lambda n: _in_init(analysis, n)
        )
        body.append(f"self.{derived.name} = {text}")
    for sublayer in spec.sublayers:
        body.extend(sublayer_statement(analysis, sublayer, sharing))
    if needs_seed(analysis):
        body.append("self.seed = seed")
    if analysis.facts.random:
        body.append("self.seed_generator = keras.random.SeedGenerator(seed)")
    if takes_mask(analysis) or keeps_mask(analysis):
        body.append("self.supports_masking = True")
    specification = input_specification(analysis, built=False)
    if specification:
        body.append(f"self.input_spec = {specification}")
    return Method((*parameters, "**kwargs"), tuple(body))


def _in_init(analysis: Analysis, name: str) -> str | None:
    if any(d.name.text == name for d in analysis.spec.derived):
        return f"self.{name}"
    return None


def _check(analysis: Analysis, message: str, parsed) -> list[str]:
    condition = names.expression(parsed, lambda n: _in_init(analysis, n))
    used = []
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Name) and analysis.spec.argument(node.id) and node.id not in used:
            used.append(node.id)
    received = ", ".join(f"{name}={{{name}}}" for name in used)
    text = message.rstrip(".").replace("\\", "\\\\").replace('"', '\\"')
    pieces = f'"{text}. " f"Received: {received}"' if received else f'"{text}."'
    return [f"if not ({condition}):", f"    raise ValueError({pieces})"]


def input_specification(analysis: Analysis, built: bool) -> str | None:
    """Source of the InputSpec, with the axes that are known: None where it says nothing."""
    tensors = names.tensors(analysis)
    if len(tensors) != 1:
        return None
    shape = analysis.scope.shapes[tensors[0]]
    least = shape.least_rank
    parts = [f"ndim={shape.rank}"] if shape.rank is not None else []
    if shape.rank is None and least > 1:
        parts.append(f"min_ndim={least}")
    axes = []
    for index, axis in enumerate(shape.axes):
        if not isinstance(axis, Dim) or not index:
            continue
        after = shape.rest is not None and index > shape.rest
        position = index - len(shape.axes) if after or index == len(shape.axes) - 1 else index
        name = str(axis)
        if name in analysis.scope.axes:
            if built and name in analysis.scope.static_axes:
                axes.append(f"{position}: {name}")
            elif built and name in names.fixed_axes(analysis):
                axes.append(f"{position}: {names.axis_item(analysis, name)}")
        else:
            axes.append(f"{position}: {names.source_of(analysis, axis, lambda a: a)}")
    if axes:
        parts.append(f"axes={{{', '.join(axes)}}}")
    return f"layers.InputSpec({', '.join(parts)})" if parts else None


def _with_imports(plan: LayerPlan) -> LayerPlan:
    from dataclasses import replace

    methods = [plan.init, plan.build, plan.call, plan.compute_mask]
    text = "\n".join(line for m in methods if m for line in (*m.parameters, *m.body))
    text += "\n".join(value for _, value in plan.config)
    modules = [m for m in ("activations", "constraints", "initializers", "regularizers") if f"{m}." in text]
    imports = ["import keras"]
    if "tf." in text:
        imports.append("import tensorflow as tf")
    imports.append(f"from keras import {', '.join(sorted([*modules, 'layers']))}")
    return replace(plan, imports=tuple(imports))
