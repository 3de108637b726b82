"""Plans the file of a layer: the parts of its class, put together."""

from __future__ import annotations

import re
from collections.abc import Callable

from layersmith.language.analyse import Analysis
from layersmith.plan.arguments import config_entry
from layersmith.plan.build import plan_build
from layersmith.plan.call import plan_call, plan_functions
from layersmith.plan.cell import cell_methods
from layersmith.plan.docstring import class_docstring
from layersmith.plan.init import plan_init
from layersmith.plan.keras_objects import Sharing
from layersmith.plan.masks import keeps_mask, plan_compute_mask
from layersmith.plan.model import LayerPlan, Method
from layersmith.plan.output_spec import plan_compute_output_spec
from layersmith.plan.saving import saving_methods
from layersmith.plan.seeds import needs_seed
from layersmith.plan.shapes import plan_compute_output_shape

__all__ = ["keeps_mask", "needs_seed", "plan_layer", "title"]

_MODULES = ("activations", "constraints", "initializers", "regularizers")


def plan_layer(
    analysis: Analysis,
    package: str | None,
    module: Callable[[str], str] = lambda snake: snake,
) -> LayerPlan:
    """The plan of a layer's file.

    Args:
        analysis: The spec, understood.
        package: Name under which Keras registers the class; None for Keras's own
            default.
        module: Import path of another spec's layer, from its snake-case name.
    """
    spec = analysis.spec
    sharing = Sharing(analysis)
    # In the order of the file: a reason is given where it comes up first.
    init = plan_init(analysis, sharing)
    methods: list[Method | None] = [
        init,
        plan_build(analysis, sharing),
        plan_call(analysis),
        plan_compute_mask(analysis),
        plan_compute_output_shape(analysis),
        plan_compute_output_spec(analysis),
        *cell_methods(analysis),
        *saving_methods(analysis),
    ]
    config = [config_entry(argument) for argument in spec.arguments]
    if needs_seed(analysis):
        config.append(("seed", "self.seed"))
    registered = spec.package or package
    kept = tuple(method for method in methods if method is not None)
    functions = plan_functions(analysis)
    base = f"layers.{spec.extends}" if spec.extends else "layers.Layer"
    return LayerPlan(
        name=spec.layer.text,
        title=title(analysis),
        imports=_imports(analysis, kept, functions, config, module),
        functions=functions,
        registration="@keras.saving.register_keras_serializable("
        + (f'package="{registered}")' if registered else ")"),
        base=base,
        docstring=class_docstring(analysis, needs_seed(analysis)),
        methods=kept,
        config=tuple(config),
        after_config=_from_config(analysis),
    )


def title(analysis: Analysis) -> str:
    summary = analysis.spec.summary.rstrip(".")
    first = summary.split(" ", 1)[0]
    if first[1:].islower() or len(first) == 1:
        summary = summary[0].lower() + summary[1:]
    text = f"{analysis.spec.layer}: {summary}."
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return text if len(text) <= 82 else f"The layer {analysis.spec.layer}."


def _from_config(analysis: Analysis) -> tuple[Method, ...]:
    """Layers that are arguments are objects, which a configuration holds as dicts."""
    wrapped = [a.name.text for a in analysis.spec.arguments if a.type == "layer"]
    if not wrapped:
        return ()
    entries = ", ".join(
        f'"{name}": keras.saving.deserialize_keras_object(config["{name}"])'
        for name in wrapped
    )
    return (
        Method(
            "from_config",
            ("cls", "config"),
            (f"config = {{**config, {entries}}}", "return super().from_config(config)"),
            ("@classmethod",),
        ),
    )


def _imports(
    analysis: Analysis,
    methods: tuple[Method, ...],
    functions: tuple[str, ...],
    config: list[tuple[str, str]],
    module: Callable[[str], str],
) -> tuple[str, ...]:
    lines = [line for m in methods for line in (*m.parameters, *m.body)]
    text = "\n".join([*lines, *functions, *(source for _, source in config)])
    imports = ["import keras"]
    if _uses(text, "np"):
        imports.append("import numpy as np")
    if _uses(text, "tf"):
        imports.append("import tensorflow as tf")
    modules = [name for name in _MODULES if _uses(text, name)]
    imports.append(f"from keras import {', '.join(sorted([*modules, 'layers']))}")
    return (*imports, *_project_imports(analysis, module))


def _uses(text: str, module: str) -> bool:
    """Whether the code asks a module of this name for something."""
    # The plain search is the faster one, and mostly answers no.
    name = f"{module}."
    return name in text and bool(re.search(rf"(?<![\w.]){name}", text))


def _project_imports(analysis: Analysis, module: Callable[[str], str]) -> list[str]:
    """Imports of other specs' layers, after a blank line as of first-party code."""
    found = {
        part.known.analysis.spec.snake: part.layer
        for maker in analysis.makers.values()
        for part in maker.all()
        if part.known.analysis is not None
    }
    lines = [
        f"from {module(snake)} import {name}" for snake, name in sorted(found.items())
    ]
    return ["", *lines] if lines else []
