"""Initializers, regularizers and constraints as a spec names them."""

from __future__ import annotations

import ast
from collections.abc import Set as AbstractSet

from layersmith.errors import Report
from layersmith.language.parse import parse_expression
from layersmith.language.parsed import Parsed
from layersmith.language.trees import walk
from layersmith.record import record
from layersmith.spec.model import Code, Spec
from layersmith.suggest import suggest

KINDS = ("activation", "initializer", "regularizer", "constraint")


@record
class KerasObject:
    """What is given as an initializer, a regularizer or a constraint.

    Attributes:
        argument: Name of the argument that holds it, if one does.
        identifier: Keras's name for it, such as `zeros`, if it is one.
        call: The call that makes it, such as `RandomNormal(stddev=0.02)`, if it is;
            without a class name, an expression that gives a function of a shape and
            a dtype.
    """

    kind: str
    argument: str | None = None
    identifier: str | None = None
    call: Parsed | None = None
    class_name: str | None = None

    @property
    def names(self) -> set[str]:
        if self.argument is not None:
            return {self.argument}
        if self.call is None:
            return set()
        return {node.id for node in walk(self.call.tree) if isinstance(node, ast.Name)}


def read_object(
    kind: str,
    code: Code,
    spec: Spec,
    report: Report,
    functions: AbstractSet[str] = frozenset(),
) -> KerasObject | None:
    """The object of a weight; None when there is no such one, which is reported.

    Args:
        functions: Names of the spec's own functions, which may make an initializer.
    """
    from layersmith.language.tables import keras_identifiers, keras_objects

    text = code.text.strip()
    argument = spec.argument(text)
    if argument is not None:
        if argument.type != kind:
            report.error(
                code.span,
                f"`{text}` is an argument of type `{argument.type}`",
                f"use one of type `{kind}`, or a Keras {kind}",
            )
            return None
        return KerasObject(kind, argument=text)
    known = keras_identifiers(kind)
    if text.isidentifier() and text not in functions:
        if text in known:
            return KerasObject(kind, identifier=text)
        arguments = [a.name.text for a in spec.arguments if a.type == kind]
        close = suggest(text, [*arguments, *known])
        report.error(
            code.span,
            f"no argument and no Keras {kind} is called `{text}`",
            f"did you mean `{close}`?"
            if close
            else f"declare an argument of type `{kind}`",
        )
        return None
    parsed = parse_expression(code, report)
    if parsed is None:
        return None
    call = parsed.tree
    if kind == "initializer" and _makes_function(call, functions):
        _check_names(parsed, spec, functions, report)
        return KerasObject(kind, call=parsed)
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        report.error(
            code.span,
            f"this is not a {kind}",
            f"a name, or a call: `{_EXAMPLES[kind]}`",
        )
        return None
    classes = keras_objects(kind)
    name = known.get(call.func.id, call.func.id)
    if name not in classes:
        close = suggest(call.func.id, [*known, *classes])
        report.error(
            parsed.span(call.func),
            f"Keras has no {kind} `{call.func.id}`",
            f"did you mean `{close}`?" if close else f"see `keras.{kind}s`",
        )
        return None
    _check_names(parsed, spec, {call.func.id}, report)
    return KerasObject(kind, call=parsed, class_name=name)


def check_identifiers(spec: Spec, report: Report) -> None:
    """Says which defaults, choices and example values stand for none of Keras's objects.

    A name with `>` in it is one that somebody has registered.
    """
    kinds = {a.name.text: a.type for a in spec.arguments if a.type in KINDS}
    values = [(a.type, v) for a in spec.arguments for v in (*a.choices, a.default)]
    for example in spec.examples:
        values += [(kinds.get(name.text), value) for name, value in example.arguments]
    for kind, value in values:
        if kind not in KINDS or value is None or not isinstance(value.value, str):
            continue
        hint = unknown_identifier(kind, value.value)
        if hint is not None and ">" not in value.value:
            report.error(value.span, f"Keras has no {kind} `{value.value}`", hint)


def unknown_identifier(kind: str, text: str) -> str | None:
    """What to write in place of a text that stands for none of Keras's objects.

    None where it stands for one.
    """
    from layersmith.language.tables import keras_identifiers

    known = keras_identifiers(kind)
    if text in known:
        return None
    close = suggest(text, known)
    return f"did you mean `{close}`?" if close else f"see `keras.{kind}s`"


def _makes_function(node: ast.AST, functions: AbstractSet[str]) -> bool:
    """Whether an expression gives a function of the spec's own to initialize with."""
    if isinstance(node, ast.IfExp):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in functions
    return isinstance(node, ast.Lambda) or (
        isinstance(node, ast.Name) and node.id in functions
    )


def _check_names(
    parsed: Parsed, spec: Spec, also: AbstractSet[str], report: Report
) -> None:
    """Names in the code of an object: arguments, and those that it binds itself."""
    bound = {node.arg for node in walk(parsed.tree) if isinstance(node, ast.arg)}
    for node in walk(parsed.tree):
        if not isinstance(node, ast.Name) or node.id in {"tf", *bound, *also}:
            continue
        if spec.argument(node.id) is None:
            report.error(
                parsed.span(node),
                f"unknown name `{node.id}`",
                "use arguments, numbers and text",
            )


_EXAMPLES = {
    "initializer": "RandomNormal(stddev=0.02)",
    "regularizer": "L2(1e-4)",
    "constraint": "MaxNorm(2)",
}
