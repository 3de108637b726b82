"""Spec to analysis: everything the plan needs to know, and every mistake in the spec."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import field

from layersmith.errors import Report, TooManyProblems
from layersmith.language.asked import check, condition, conditions, shape_names
from layersmith.language.bodies import Body, read_body
from layersmith.language.checks import check_used
from layersmith.language.dims import Shape
from layersmith.language.examples import check_examples, given_layers
from layersmith.language.facts import Facts
from layersmith.language.gradients import check_gradients
from layersmith.language.interpret import Interpreter
from layersmith.language.objects import KerasObject, check_identifiers, read_object
from layersmith.language.parse import parse_body
from layersmith.language.parsed import Parsed
from layersmith.language.registry import Registry
from layersmith.language.returns import check_asked_outputs, check_returns
from layersmith.language.scope import Scope
from layersmith.language.scope_builder import build_scope
from layersmith.language.shape_reading import ShapeReader
from layersmith.language.sublayers import Maker, read_maker
from layersmith.language.values import Function, Items, Tensor
from layersmith.language.whitelist import check_allowed
from layersmith.record import record
from layersmith.spec.model import Code, Spec


@record
class Analysis:
    """A spec that is understood.

    Attributes:
        floats: `variable` where the layer computes in the variable dtype.
        objects: Initializer, regularizer and constraint of each weight, by
            (weight, kind).
        conditions: Parsed `when:` of weights and sublayers, by name.
        checks: Parsed conditions under `checks:`, in order.
        outputs: Shapes of the outputs as the spec states them.
        bodies: Methods that the author wrote out, by name.
        masking: Condition on the arguments under which the layer supports masks.
        output_codes: Expression that gives the shape of each output, where there is one.
        given: Layers that examples give as arguments, by their text.
    """

    spec: Spec
    scope: Scope
    facts: Facts
    call: Parsed
    makers: dict[str, Maker]
    floats: str
    objects: dict[tuple[str, str], KerasObject]
    conditions: dict[str, Parsed]
    checks: tuple[Parsed, ...]
    outputs: tuple[Shape, ...]
    bodies: dict[str, Body] = field(default_factory=dict)
    masking: Parsed | None = None
    output_codes: tuple[Parsed | None, ...] = ()
    given: Mapping[str, Maker] = field(default_factory=dict)

    @property
    def output(self) -> Shape:
        """Shape of the first output."""
        return self.outputs[0]

    @property
    def trains(self) -> bool:
        """Whether the layer acts otherwise in training."""
        return "training" in self.facts.used or any(
            call.name not in self.makers or self.makers[call.name].known.trains
            for call in self.facts.sublayer_calls
        )


def analyse(
    spec: Spec, report: Report, registry: Registry | None = None
) -> Analysis | None:
    """The analysis of a spec; None when `report` has an error.

    Args:
        spec: What the user wrote.
        report: Takes what is wrong with it.
        registry: The layers that sublayers can be; Keras's own by default.
    """
    try:
        return _analysed(spec, report, Registry() if registry is None else registry)
    except TooManyProblems:
        return None


def _analysed(spec: Spec, report: Report, registry: Registry) -> Analysis | None:
    call = parse_body(spec.call, report)
    floats = _floats(spec, call)
    scope = build_scope(spec, floats, report)
    makers = {}
    for sublayer in spec.sublayers:
        maker = read_maker(sublayer, scope, registry, report)
        if maker is not None:
            makers[sublayer.name.text] = maker
    objects = _objects(spec, scope, report)
    when = conditions(spec, scope, report)
    checks = tuple(check(one.condition, spec, scope, report) for one in spec.checks)
    outputs = _outputs(spec, scope, report)
    check_asked_outputs(spec, report)
    output_codes = tuple(
        None
        if output.code is None
        else condition(output.code, scope, report, shape_names(spec))
        for output in spec.outputs
    )
    bodies = _bodies(spec, scope, report)
    masking = None
    if isinstance(spec.supports_masking, Code):
        masking = condition(spec.supports_masking, scope, report)
    check_examples(spec, scope, report)
    check_identifiers(spec, report)
    given = given_layers(spec, report)
    if call is None or not call.tree.body:
        if call is not None:
            report.error(spec.call.span, "`call` is empty", "end it with `return ...`")
        return None
    interpreter = Interpreter(call, scope, floats, report, makers)
    interpreter.run()
    facts = interpreter.facts
    check_returns(spec, outputs, call, facts, report)
    read = [maker.parsed for maker in makers.values()]
    read += [
        one
        for one in (*when.values(), *checks, masking, *output_codes)
        if one is not None
    ]
    read += [body.parsed for body in bodies.values()]
    names = {name for found in objects.values() for name in found.names}
    check_used(spec, scope, facts, read, names, report)
    _check_sublayer_inputs(call, facts, makers, report)
    if not report.failed:
        check_gradients(spec, call, facts, report)
        read += [found.call for found in objects.values() if found.call is not None]
        read += [*scope.derived.values(), *scope.repeats.values()]
        check_allowed(spec, scope, call, read, report)
    if report.failed or None in outputs or not outputs:
        return None
    return Analysis(
        spec,
        scope,
        facts,
        call,
        makers,
        floats,
        objects,
        when,
        tuple(check for check in checks if check is not None),
        tuple(output for output in outputs if output is not None),
        bodies,
        masking,
        output_codes,
        given,
    )


def _floats(spec: Spec, call: Parsed | None) -> str:
    """The dtype that the layer computes in.

    Moving averages in float16 lose small updates, so a layer that keeps
    floating-point state computes in the variable dtype unless told otherwise.
    """
    if spec.autocast is not None:
        return "float" if spec.autocast else "variable"
    updated = set()
    for node in call.nodes if call is not None else ():
        if isinstance(node, ast.Attribute) and node.attr.startswith("assign"):
            if isinstance(node.value, ast.Name):
                updated.add(node.value.id)
    state = any(
        not weight.trainable
        and weight.dtype in (None, "float")
        and weight.name.text in updated
        for weight in spec.weights
    )
    return "variable" if state else "float"


def _objects(
    spec: Spec, scope: Scope, report: Report
) -> dict[tuple[str, str], KerasObject]:
    functions = {
        name for name, value in scope.values.items() if isinstance(value, Function)
    }
    found = {}
    for weight in spec.weights:
        for kind in ("initializer", "regularizer", "constraint"):
            code: Code | None = getattr(weight, kind)
            own = _own_argument(spec, weight.name.text, kind)
            if code is None and own is not None:
                found[weight.name.text, kind] = KerasObject(kind, own)
            if code is None:
                continue
            read = read_object(kind, code, spec, report, functions)
            if read is not None:
                found[weight.name.text, kind] = read
    return found


def _own_argument(spec: Spec, weight: str, kind: str) -> str | None:
    """The argument for a weight that names none: called after it, or after its end.

    `kernel_initializer` is that of `query_kernel` too, unless there is a
    `query_kernel_initializer`.
    """
    words = weight.split("_")
    for start in range(len(words)):
        name = "_".join([*words[start:], kind])
        argument = spec.argument(name)
        if argument is not None and argument.type == kind:
            return name
    return None


def _bodies(spec: Spec, scope: Scope, report: Report) -> dict[str, Body]:
    """Methods that the author wrote out, by name."""
    found = {}
    inputs = {layer_input.name.text for layer_input in spec.inputs}
    for name, code, parameters in (
        ("compute_output_shape", spec.compute_output_shape, shape_names(spec)),
        ("compute_mask", spec.compute_mask, {*inputs, "inputs", "mask"}),
    ):
        body = None if code is None else read_body(code, parameters, scope, report)
        if body is not None:
            found[name] = body
    return found


def _outputs(spec: Spec, scope: Scope, report: Report) -> list[Shape | None]:
    sizes = ShapeReader(spec, scope, report)
    return [
        sizes.shape(output.shape, "the output", static=False) for output in spec.outputs
    ]


def _check_sublayer_inputs(
    call: Parsed, facts: Facts, makers: Mapping[str, Maker], report: Report
) -> None:
    """A sublayer is built on the shape that it is called on, which must be known."""
    seen = set()
    for use in facts.sublayer_calls:
        if use.name in seen:
            continue
        seen.add(use.name)
        maker = makers.get(use.name)
        if maker is not None and maker.known.weightless:
            continue
        for value in use.inputs:
            items = (
                value.values if isinstance(value, Items) and value.values else (value,)
            )
            if any(isinstance(item, Tensor) and item.shape is None for item in items):
                report.error(
                    call.span(use.node),
                    f"the shape that `{use.name}` is called on is not known here",
                    "state it in the line that makes the value: `name: [batch, axis] = ...`",
                )
                break
