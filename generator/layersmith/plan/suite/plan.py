"""Puts the plan of a suite together."""

from __future__ import annotations

import ast
from collections.abc import Callable

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Dim
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.numpy_meanings import imports, paste
from layersmith.language.operations import Operation
from layersmith.language.values import Tensor
from layersmith.plan import names
from layersmith.plan.call import cast_inputs
from layersmith.plan.masks import (
    ends_mask,
    has_compute_mask,
    keeps_mask,
    masking_statement,
)
from layersmith.plan.oracle import OraclePlan, plan_oracle
from layersmith.plan.oracle.names import in_arguments
from layersmith.plan.output_spec import output_dtypes
from layersmith.plan.seeds import draws, draws_in_inference
from layersmith.plan.shapes import chosen_axes, fixes_rank
from layersmith.plan.state import passes_gradients
from layersmith.plan.suite.arguments import plan_arguments
from layersmith.plan.suite.examples import plan_examples
from layersmith.plan.suite.inputs import plan_inputs
from layersmith.plan.suite.misshapen import breakable
from layersmith.plan.suite.model import Pairs, SuitePlan
from layersmith.plan.suite.replicas import plan_replicas
from layersmith.plan.suite.values import (
    Values,
    changes,
    example_values,
    with_derived,
)
from layersmith.plan.suite.weights import plan_weights

_SINGLE = frozenset({"float16", "bfloat16", "float32", "complex64"})
_OWN = frozenset({"float", "variable", None})


def plan_suite(
    analysis: Analysis,
    module: str,
    package: str | None = None,
    modules: Callable[[str], str] = lambda snake: snake,
) -> SuitePlan:
    """The plan of a suite.

    Args:
        analysis: The spec, understood.
        module: Import path of the layer.
        package: Name that Keras registers the class under.
        modules: Import path of another spec's layer, from its snake-case name.
    """
    spec = analysis.spec
    oracle = plan_oracle(analysis)
    values = breakable(analysis, example_values(analysis))
    changed = changes(analysis, values)
    helpers = list(oracle.helpers)
    arguments = plan_arguments(analysis, values, changed, helpers)
    used = tuple(dict.fromkeys(helpers))
    first = names.input_of(analysis, names.tensors(analysis)[0])
    shape = analysis.scope.shapes[first.name.text]
    checked = not first.many and len(names.tensors(analysis)) == 1
    checked = checked and spec.extends is None
    ranks = first.ranks
    return SuitePlan(
        name=spec.layer.text,
        snake=spec.snake,
        module=module,
        registered=f"{spec.package or package or 'Custom'}>{spec.layer}",
        imports=tuple(_imports(analysis, module, used, modules)),
        arguments=arguments,
        inputs=plan_inputs(analysis, values, changed),
        weights=plan_weights(analysis, values),
        replicas=plan_replicas(
            analysis,
            [
                ({**values, **change}, source)
                for change, source in zip([{}, *changed], [(), *arguments.changes])
            ],
        ),
        oracle=oracle,
        helpers=paste(used).rstrip("\n"),
        examples=plan_examples(analysis),
        asked=any(output.when is not None for output in spec.outputs),
        output_form=_output_form(analysis),
        output_names=tuple(o.name.text for o in spec.outputs if o.name is not None),
        output_dtypes=_output_dtypes(analysis),
        modes=("graph", "xla") if _compiles(analysis) else ("graph",),
        exact=_exact(analysis),
        least_rank=(min(ranks) if ranks else shape.least_rank) if checked else 0,
        rank=shape.rank if checked else None,
        most_rank=max(ranks) if ranks and checked else None,
        width=checked and _checks_width(analysis, first.name.text),
        known=tuple(_known_axes(analysis)),
        chosen=_chosen(analysis) if checked else (),
        cast=spec.autocast is not False,
        takes_whole=_takes_whole(analysis),
        training=analysis.trains,
        seeded=analysis.facts.random,
        random=draws(analysis),
        always_random=draws_in_inference(analysis),
        held=_held(analysis, oracle, changed, arguments.changes),
        smooth=_smooth(analysis),
        floats=analysis.floats,
        keeps_mask=keeps_mask(analysis),
        ends_mask=ends_mask(analysis),
        supports_masks=_supports_masks(analysis),
        supports_masking=_supports_masking(analysis, values),
        script_module=f"train_{spec.snake}",
    )


def _chosen(analysis: Analysis) -> tuple[str, ...]:
    if not fixes_rank(analysis):
        return ()
    return tuple(axis.replace("self.", "layer.") for axis in chosen_axes(analysis))


def _takes_whole(analysis: Analysis) -> bool:
    """Whether the layer itself makes floats of all inputs, which whole numbers may be."""
    floats = {
        i.name.text for i in analysis.spec.inputs if i.dtype == "float" and not i.state
    }
    by_author = {
        node.args[0].id
        for node, name, _ in analysis.facts.calls
        if name == "tf.cast" and node.args and isinstance(node.args[0], ast.Name)
    }
    return bool(floats) and floats <= by_author.union(cast_inputs(analysis))


def _supports_masks(analysis: Analysis) -> str:
    if analysis.masking is not None:
        return in_arguments(analysis, analysis.masking.tree)
    if analysis.spec.supports_masking is False or analysis.spec.extends is not None:
        return ""
    says = masking_statement(analysis) is not None
    return "True" if says or has_compute_mask(analysis) else ""


def _output_form(analysis: Analysis) -> str:
    if any(layer_input.state for layer_input in analysis.spec.inputs):
        return "cell"
    if any(output.when is not None for output in analysis.spec.outputs):
        return "tuple"
    return analysis.spec.output_packing


def _imports(
    analysis: Analysis,
    module: str,
    helpers: tuple[str, ...],
    modules: Callable[[str], str],
) -> list[str]:
    lines = [line for line in imports(*helpers) if line != "import numpy as np"]
    lines.append(f"from {module} import {analysis.spec.layer}")
    for maker in analysis.makers.values():
        for part in maker.all():
            if part.known.analysis is not None:
                snake = part.known.analysis.spec.snake
                lines.append(f"from {modules(snake)} import {part.layer}")
    return sorted(dict.fromkeys(lines))


def _output_dtypes(analysis: Analysis) -> tuple[str, ...]:
    """Of each output, as `tf.nest.flatten` orders them."""
    outputs = analysis.spec.outputs
    pairs = [
        (output.name, dtype)
        for output, dtype in zip(outputs, output_dtypes(analysis))
        if output.when is None
    ]
    if analysis.spec.output_packing == "dict":
        pairs.sort(key=lambda pair: str(pair[0]))
    return tuple(dtype for _, dtype in pairs)


def _supports_masking(analysis: Analysis, values: Values) -> bool:
    """Whether the layer says so, with these arguments."""
    if analysis.masking is None:
        return bool(_supports_masks(analysis))
    try:
        return bool(evaluate(analysis.masking.tree, with_derived(analysis, values)))
    except Unknowable:
        return False


def _operations(analysis: Analysis) -> list[Operation | None]:
    """What `call` computes; None for a function without a row."""
    return [
        operation
        for _, name, operation in analysis.facts.calls
        # Contexts and strategies compute nothing themselves.
        if not name.startswith("tf.distribute.")
    ]


def _compiles(analysis: Analysis) -> bool:
    """Whether XLA is sure to compile it: it may not know a function without a row."""
    return all(one is not None and one.xla for one in _operations(analysis))


def _exact(analysis: Analysis) -> bool:
    """Whether float64 is float64 all through, as far as that is known."""
    if None in _operations(analysis):
        return False
    return not any(
        isinstance(value, Tensor) and value.dtype in _SINGLE
        for value in analysis.facts.values.values()
    )


def _smooth(analysis: Analysis) -> bool:
    """Whether gradients are those of the forward pass, and differences can show them."""
    return passes_gradients(analysis) and not _rounds(analysis)


def _held(
    analysis: Analysis,
    oracle: OraclePlan,
    changed: list[Values],
    sources: tuple[Pairs, ...],
) -> tuple[Pairs, ...]:
    """No change, and each switch turned, where the oracle can hold what is stopped."""
    if not oracle.stops or oracle.layer or _rounds(analysis) or not _exact(analysis):
        return ()
    switches = {
        a.name.text for a in analysis.spec.arguments if a.type == "bool" or a.choices
    }
    turned = [s for c, s in zip(changed, sources) if len(c) == 1 and switches & {*c}]
    return ((), *turned)


def _rounds(analysis: Analysis) -> bool:
    """Whether `call` casts what it computes to less than float64."""
    value = analysis.facts.value
    for node, name, _ in analysis.facts.calls:
        given = value(node.args[0]) if name == "tf.cast" and node.args else None
        cast = value(node)
        if isinstance(given, Tensor) and isinstance(cast, Tensor):
            if given.dtype in _OWN and cast.dtype in _SINGLE:
                return True
    return False


def _known_axes(analysis: Analysis) -> list[tuple[str, str]]:
    """Axes whose size `build` must know, as source: which shape, and which axis of it."""
    found = []
    several = len(names.shape_parameters(analysis)) > 1
    for axis in analysis.scope.axes:
        if axis in analysis.scope.static_axes:
            parameter, *places = names.axis_item(analysis, axis).split("[")
            which = f'"{parameter}"' if several else places[0].rstrip("]")
            found.append((which, places[-1].rstrip("]")))
    return found


def _checks_width(analysis: Analysis, name: str) -> bool:
    """Whether the last axis has one size, by weights, an argument or a number."""
    last = analysis.scope.shapes[name].axes[-1]
    if not isinstance(last, Dim):
        return False
    named = str(last) in analysis.scope.axes
    return not named or str(last) in names.fixed_axes(analysis)
