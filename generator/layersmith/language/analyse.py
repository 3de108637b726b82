"""Spec to analysis: everything the plan needs to know, and every mistake in the spec."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from layersmith.errors import Report
from layersmith.language.dims import Dim, Shape, surely_differ
from layersmith.language.facts import Facts
from layersmith.language.interpret import Interpreter
from layersmith.language.objects import KerasObject, read_object
from layersmith.language.parse import Parsed, parse_body, parse_expression
from layersmith.language.scope import Scope, build_scope
from layersmith.language.sublayers import Maker, read_maker
from layersmith.language.values import Static, Tensor, Unknown
from layersmith.spec.model import Code, Spec
from layersmith.spec.read import fits
from layersmith.suggest import suggest


@dataclass(frozen=True)
class Analysis:
    """A spec that is understood.

    Attributes:
        floats: `variable` where the layer computes in the variable dtype.
        objects: Initializer, regularizer and constraint of each weight, by
            (weight, kind).
        conditions: Parsed `when:` of weights and sublayers, by name.
        checks: Parsed conditions under `checks:`, in order.
        output: Shape of the output as the spec states it.
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
    output: Shape


def analyse(spec: Spec, report: Report) -> Analysis | None:
    """The analysis of a spec; None when `report` has an error."""
    call = parse_body(spec.call, report)
    floats = _floats(spec, call)
    scope = build_scope(spec, floats, report)
    makers = {}
    for sublayer in spec.sublayers:
        maker = read_maker(sublayer, scope, report)
        if maker is not None:
            makers[sublayer.name.text] = maker
    objects = _objects(spec, report)
    conditions = _conditions(spec, scope, report)
    checks = tuple(_condition(check.condition, scope, report) for check in spec.checks)
    output = _output(spec, scope, report)
    _check_examples(spec, scope, report)
    if call is None or not call.tree.body:
        if call is not None:
            report.error(spec.call.span, "`call` is empty", "end it with `return ...`")
        return None
    interpreter = Interpreter(call, scope, floats, report)
    interpreter.sublayer_makers = makers
    interpreter.run()
    facts = interpreter.facts
    _check_output(spec, output, call, facts, report)
    _check_used(spec, scope, facts, makers, objects, conditions, checks, report)
    if report.failed or output is None:
        return None
    return Analysis(
        spec,
        scope,
        facts,
        call,
        makers,
        floats,
        objects,
        conditions,
        tuple(check for check in checks if check is not None),
        output,
    )


def _floats(spec: Spec, call: Parsed | None) -> str:
    """The dtype that the layer computes in.

    Moving averages in float16 lose small updates, so a layer that keeps
    floating-point state computes in the variable dtype unless told otherwise.
    """
    if spec.autocast is not None:
        return "float" if spec.autocast else "variable"
    updated = set()
    for node in ast.walk(call.tree) if call is not None else ():
        if isinstance(node, ast.Attribute) and node.attr.startswith("assign"):
            if isinstance(node.value, ast.Name):
                updated.add(node.value.id)
    state = any(
        not weight.trainable and weight.dtype in (None, "float") and weight.name.text in updated
        for weight in spec.weights
    )
    return "variable" if state else "float"


def _objects(spec: Spec, report: Report) -> dict[tuple[str, str], KerasObject]:
    found = {}
    for weight in spec.weights:
        for kind in ("initializer", "regularizer", "constraint"):
            code: Code | None = getattr(weight, kind)
            if code is None:
                continue
            read = read_object(kind, code, spec, report)
            if read is not None:
                found[weight.name.text, kind] = read
    return found


def _conditions(spec: Spec, scope: Scope, report: Report) -> dict[str, Parsed]:
    found = {}
    for part in (*spec.weights, *spec.sublayers):
        if part.when is not None:
            parsed = _condition(part.when, scope, report)
            if parsed is not None:
                found[part.name.text] = parsed
    return found


def _condition(code: Code, scope: Scope, report: Report) -> Parsed | None:
    """A condition on arguments and derived values."""
    parsed = parse_expression(code, report)
    if parsed is None:
        return None
    for node in ast.walk(parsed.tree):
        if not isinstance(node, ast.Name) or node.id in ("len", "all", "any", "isinstance", "int", "float"):
            continue
        value = scope.values.get(node.id)
        if value is None or node.id == "training":
            close = suggest(node.id, [n for n, v in scope.values.items() if isinstance(v, Static)])
            report.error(
                parsed.span(node),
                f"unknown name `{node.id}`" if value is None else "`training` is not known yet here",
                f"did you mean `{close}`?" if close else "a condition asks arguments",
            )
        elif isinstance(value, Tensor) or node.id in scope.axes:
            report.error(
                parsed.span(node),
                f"`{node.id}` is not an argument",
                "a condition asks arguments and derived values",
            )
    return parsed


def _output(spec: Spec, scope: Scope, report: Report) -> Shape | None:
    from layersmith.language.scope import _Builder

    if not spec.outputs:
        return None
    builder = _Builder(spec, "float", report)
    builder.scope = scope
    return builder.shape(spec.outputs[0].shape, "the output", static=False)


def _check_output(
    spec: Spec, output: Shape | None, call: Parsed, facts: Facts, report: Report
) -> None:
    for node, value in facts.returns:
        if node.value is None or isinstance(value, Unknown):
            continue
        if not isinstance(value, Tensor):
            report.error(
                call.span(node),
                "`call` must return a tensor here, as `outputs` says",
                "return one tensor",
            )
            continue
        if value.shape is None or output is None or value.shape == output:
            continue
        differ = value.shape.rank is not None and output.rank is not None
        differ = differ and (
            value.shape.rank != output.rank
            or any(surely_differ(a, b) for a, b in zip(value.shape.axes, output.axes))
        )
        if not differ and value.shape.rest is not None and output.rest is not None:
            same_form = value.shape.rest == output.rest and len(value.shape.axes) == len(output.axes)
            differ = same_form and any(
                surely_differ(a, b) for a, b in zip(value.shape.axes, output.axes)
            )
        if differ:
            report.error(
                call.span(node),
                f"`call` returns the shape {value.shape}, `outputs` says {output}",
                "correct the one that is wrong",
            )


def _check_examples(spec: Spec, scope: Scope, report: Report) -> None:
    for example in spec.examples:
        given = {}
        for name, value in example.arguments:
            argument = spec.argument(name.text)
            if argument is None:
                close = suggest(name.text, [a.name.text for a in spec.arguments])
                report.error(
                    name.span,
                    f"the layer has no argument `{name}`",
                    f"did you mean `{close}`?" if close else "declare it under `arguments:`",
                )
                continue
            given[name.text] = value
            expected = fits(argument, value.value)
            if expected:
                report.error(value.span, f"`{name}` cannot be {value.value!r}", f"expected {expected}")
        for argument in spec.arguments:
            if argument.default is None and argument.name.text not in given:
                report.error(
                    example.span,
                    f"the example gives no `{argument.name}`",
                    f"add it: `arguments: {{{argument.name}: ...}}`",
                )
        _check_example_inputs(spec, scope, example, given, report)


def _check_example_inputs(spec: Spec, scope: Scope, example, given: dict, report: Report) -> None:
    shapes = {name.text: value for name, value in example.inputs}
    for name, value in example.inputs:
        if name.text not in scope.shapes or spec_input(spec, name.text) is None:
            close = suggest(name.text, [i.name.text for i in spec.inputs])
            report.error(
                name.span,
                f"the layer has no input `{name}`",
                f"did you mean `{close}`?" if close else "declare it under `inputs:`",
            )
    sizes: dict[str, int] = {}
    for layer_input in spec.inputs:
        value = shapes.get(layer_input.name.text)
        if value is None:
            if not layer_input.optional:
                report.error(
                    example.span,
                    f"the example gives no shape of `{layer_input.name}`",
                    f"add it: `inputs: {{{layer_input.name}: [5, 3]}}`",
                )
            continue
        _check_example_shape(layer_input, value, scope, sizes, given, report)


def _check_example_shape(layer_input, value, scope, sizes, given, report) -> None:
    numbers = value.value
    if not isinstance(numbers, tuple) or not all(
        isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in numbers
    ):
        report.error(value.span, "a shape here is a list of positive numbers", "write `[5, 3]`")
        return
    shape = scope.shapes[layer_input.name.text]
    if len(numbers) < shape.least_rank or (shape.rank is not None and len(numbers) != shape.rank):
        report.error(
            value.span,
            f"`{layer_input.name}` has the axes {shape}, the example {len(numbers)}",
            "give one number an axis",
        )
        return
    rest = shape.rest
    for index, axis in enumerate(shape.axes):
        if not isinstance(axis, Dim):
            continue
        number = numbers[index if rest is None or index < rest else index - len(shape.axes)]
        expected = axis.constant
        name = str(axis)
        if expected is None and name in given:
            expected = given[name].value
        if expected is None:
            expected = sizes.setdefault(name, number)
        if expected != number:
            report.error(
                value.span,
                f"the axis `{name}` is {number} here and {expected} elsewhere",
                "one name is one number",
            )


def spec_input(spec: Spec, name: str):
    return next((i for i in spec.inputs if i.name.text == name), None)


def _check_used(spec, scope, facts, makers, objects, conditions, checks, report) -> None:
    """A name that nothing reads is a mistake, or should not be there."""
    used = set(facts.used) | set(facts.updates)
    for parsed in (
        *conditions.values(),
        *(c for c in checks if c is not None),
        *scope.derived.values(),
        *(maker.parsed for maker in makers.values()),
    ):
        used |= {node.id for node in ast.walk(parsed.tree) if isinstance(node, ast.Name)}
    for read in objects.values():
        used |= read.names
    for shape in scope.shapes.values():
        for axis in shape.axes:
            if isinstance(axis, Dim):
                used |= {n for atom in axis.atoms for n in _names(atom)}
    for output in spec.outputs:
        for text in output.shape.texts:
            used |= set(_names(text))
    kinds = (
        ("argument", spec.arguments, "use it, or remove it"),
        ("derived value", spec.derived, "use it, or remove it"),
        ("input", spec.inputs, "use it in `call`, or remove it"),
        ("weight", spec.weights, "use it in `call`, or remove it"),
        ("sublayer", spec.sublayers, "call it, or remove it"),
    )
    for kind, parts, hint in kinds:
        for part in parts:
            name = part.name.text
            read = facts.used if kind in ("input", "weight", "sublayer") else used
            if name not in read and name not in facts.updates:
                report.error(part.name.span, f"{kind} `{name}` is never used", hint)


def _names(text: str) -> list[str]:
    try:
        return [n.id for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Name)]
    except SyntaxError:
        return []


