"""Method bodies that the author wrote out: `compute_mask` and `compute_output_shape`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import field

from layersmith.errors import Report
from layersmith.language import operations
from layersmith.language.builtin_names import BUILTINS
from layersmith.language.operations import Operation
from layersmith.language.parse import parse_body
from layersmith.language.parsed import Parsed
from layersmith.language.scope import Scope
from layersmith.language.subscripts import dotted_name
from layersmith.language.trees import children, stored_names
from layersmith.record import record
from layersmith.spec.model import Code
from layersmith.suggest import suggest


@record
class Body:
    """A body that is understood.

    Attributes:
        parameters: Names that the method is given.
        local: Names that the body binds.
        operations: The row of each call of a TensorFlow function, with its arguments
            by parameter name, by the identity of the call's node.
    """

    parsed: Parsed
    parameters: frozenset[str]
    local: frozenset[str]
    operations: dict[int, tuple[Operation, dict[str, ast.expr]]] = field(
        default_factory=dict
    )


def read_body(
    code: Code, parameters: Iterable[str], scope: Scope, report: Report
) -> Body | None:
    """The body; None where it is not one, which is reported.

    Args:
        code: The text.
        parameters: Names that the method is given.
        scope: The names of the spec.
        report: Takes names that mean nothing, and functions of TensorFlow that do
            not take the symbolic tensors that Keras calls these methods with.
    """
    parsed = parse_body(code, report)
    if parsed is None:
        return None
    if not parsed.tree.body:
        report.error(code.span, "this body is empty", "end it with `return ...`")
        return None
    local = frozenset(stored_names(parsed.names))
    body = Body(parsed, frozenset(parameters), local)
    _Reader(body, scope, report).read(parsed.tree)
    return body


class _Reader:
    def __init__(self, body: Body, scope: Scope, report: Report):
        self.body = body
        self.scope = scope
        self.report = report
        self.known = {
            *body.parameters,
            *body.local,
            *scope.values,
            *scope.axes,
        } - {"training"}

    def error(self, node: ast.AST, message: str, hint: str) -> None:
        self.report.error(self.body.parsed.span(node), message, hint)

    def read(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Attribute, ast.Call)):
            name = dotted_name(node.func if isinstance(node, ast.Call) else node)
            if name is not None and name.startswith("tf."):
                if isinstance(node, ast.Call):
                    self.operation(node, name)
                    for child in (*node.args, *(k.value for k in node.keywords)):
                        self.read(child)
                return
        if isinstance(node, ast.Name) and node.id not in self.known | BUILTINS:
            close = suggest(node.id, self.known)
            self.error(
                node,
                f"unknown name `{node.id}`",
                f"did you mean `{close}`?"
                if close
                else f"there are {', '.join(sorted(self.body.parameters))}, and the names of the spec",
            )
        for child in children(node):
            self.read(child)

    def operation(self, node: ast.Call, name: str) -> None:
        row = operations.find(name)
        if row is None or row.keras is None:
            self.error(
                node.func,
                f"`{name}` is not known to work on symbolic tensors, with which Keras calls this method",
                "use an operation with a meaning in `keras.ops`: `tf.not_equal`, `tf.logical_and`",
            )
            return
        names = [p for p in row.parameter_names if not p.startswith("*")]
        given = dict(zip(names, node.args))
        given.update({k.arg: k.value for k in node.keywords if k.arg})
        if len(node.args) > len(names) or not set(given) <= set(names):
            self.error(
                node, f"{name} takes {', '.join(names)}", "give it no other argument"
            )
            return
        self.body.operations[id(node)] = (row, given)
