"""Plans `build`: sizes from the input's shape, sublayers, weights, input_spec."""

from __future__ import annotations

import re
from itertools import groupby

from layersmith.language.analyse import Analysis
from layersmith.language.parsed import Parsed
from layersmith.plan import names
from layersmith.plan.build_sublayers import build_sublayers
from layersmith.plan.checks import asks_shapes, check_statement
from layersmith.plan.init import needs_build
from layersmith.plan.keras_objects import Sharing, object_source
from layersmith.plan.model import Method
from layersmith.plan.shapes import input_specification
from layersmith.spec.model import Code, Weight


def plan_build(analysis: Analysis, sharing: Sharing) -> Method | None:
    """The method, or None for a layer that has nothing to make or to build."""
    spec = analysis.spec
    if not needs_build(analysis):
        return None
    body: list[str] = []
    for check, parsed in zip(spec.checks, analysis.checks):
        if asks_shapes(analysis, parsed):
            body.extend(
                check_statement(
                    analysis,
                    check.message,
                    parsed,
                    lambda name: names.attribute(analysis, name),
                )
            )
    for axis in analysis.scope.axes:
        if axis in analysis.scope.static_axes:
            body.extend(_static_axis(analysis, axis))
    if spec.extends is not None:
        body.append("super().build(input_shape)")
    for constant in spec.constants:
        value = _in_build(analysis, analysis.scope.constants[constant.name.text])
        body.append(f"self.{constant.name} = {value}")
    body.extend(build_sublayers(analysis, sharing))
    body.extend(_weights(analysis, sharing))
    built = input_specification(analysis, built=True)
    if built and built != input_specification(analysis, built=False):
        body.append(f"self.input_spec = {built}")
    if body in ([], ["super().build(input_shape)"]):
        return None
    return Method("build", ("self", *_parameters(analysis, body)), tuple(body))


def _parameters(analysis: Analysis, body: list[str]) -> tuple[str, ...]:
    """Parameters of `build`: a shape that it does not ask for may be left out."""
    parameters = names.shape_parameters(analysis)
    if len(parameters) == 1 and not re.search(rf"\b{parameters[0]}\b", "\n".join(body)):
        return (f"{parameters[0]}=None",)
    return parameters


def _in_build(analysis: Analysis, parsed: Parsed) -> str:
    """An expression in `build`: arguments are attributes, sizes local names."""

    def rename(name: str) -> str | None:
        if name in analysis.scope.static_axes:
            return name
        return names.attribute(analysis, name)

    return " ".join(names.expression(parsed, rename).split())


def _static_axis(analysis: Analysis, axis: str) -> list[str]:
    source = names.axis_item(analysis, axis)
    which = "last axis" if source.endswith("[-1]") else f"axis `{axis}`"
    parameter = source.partition("[")[0]
    return [
        f"{axis} = {source}",
        f"if {axis} is None:",
        f'    raise ValueError("The {which} of the input must be defined. " f"Received: {parameter}={{{parameter}}}")',
    ]


class _Explanations:
    """Comments that stand where their reason comes up first."""

    def __init__(self) -> None:
        self.said: set[str] = set()

    def once(self, key: str, *lines: str) -> tuple[str, ...]:
        if key in self.said:
            return ()
        self.said.add(key)
        return lines


def _weights(analysis: Analysis, sharing: Sharing) -> list[str]:
    """Statements that make the weights; neighbours on one condition stand under it."""
    explain = _Explanations()
    own = [weight for weight in analysis.spec.weights if not weight.inherited]
    body: list[str] = []
    for condition, group in groupby(own, lambda w: _condition(analysis, w.name.text)):
        weights = list(group)
        lines = [
            line for w in weights for line in _weight(analysis, w, sharing, explain)
        ]
        if condition is None:
            body.extend(lines)
            continue
        body.append(f"if {condition}:")
        body.extend(f"    {line}" for line in lines)
        body.append("else:")
        body.extend(f"    self.{weight.name} = None" for weight in weights)
    return body


def _weight(
    analysis: Analysis, weight: Weight, sharing: Sharing, explain: _Explanations
) -> list[str]:
    name = weight.name.text
    shape = _shape(analysis, weight)
    parts = [f'name="{name}"', f"shape={shape}"]
    initializer = analysis.objects.get((name, "initializer"))
    comments = list(sharing.comment(initializer.argument if initializer else None))
    for kind in ("initializer", "regularizer", "constraint"):
        source = object_source(analysis, weight, kind, sharing)
        if source is not None:
            parts.append(f"{kind}={source}")
    if weight.dtype not in (None, "float"):
        parts.append(f'dtype="{weight.dtype}"')
    if not weight.trainable:
        parts.append("trainable=False")
    floating = weight.dtype in (None, "float")
    if analysis.floats == "variable" and floating:
        comments.extend(
            explain.once(
                "autocast",
                "# autocast=False: the layer computes in the variable dtype (float32)",
                "# under a mixed policy, where float16 updates would round away.",
            )
            if analysis.facts.updates
            else ()
        )
        parts.append("autocast=False")
    if not weight.trainable and name in analysis.facts.updates:
        comments.extend(
            explain.once(
                "aggregation",
                '# aggregation="mean": replicas agree under tf.distribute.',
            )
            if floating
            else ()
        )
        parts.append(
            'aggregation="mean"' if floating else 'aggregation="only_first_replica"'
        )
    return [*comments, f"self.{name} = self.add_weight({', '.join(parts)})"]


def _condition(analysis: Analysis, name: str) -> str | None:
    """Source of the condition under which a weight exists; None without one."""
    parsed = analysis.conditions.get(name)
    if parsed is None:
        return None
    return names.expression(parsed, lambda used: names.attribute(analysis, used))


def _shape(analysis: Analysis, weight: Weight) -> str:
    if isinstance(weight.shape, Code):
        return _in_build(analysis, analysis.scope.shape_codes[weight.shape.text])
    sizes = [_size(analysis, text) for text in weight.shape.texts]
    return names.tuple_source(sizes)


def _size(analysis: Analysis, text: str) -> str:
    def rename(used: str) -> str:
        if used in analysis.scope.axes:
            return used
        return names.attribute(analysis, used) or used

    return names.renamed(text, rename)
