"""Sublayers of a spec: the layer each is, and the arguments that make it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from layersmith.errors import Report
from layersmith.language.builtin_names import BUILTINS
from layersmith.language.dim_reading import dim_of
from layersmith.language.dims import Dim
from layersmith.language.objects import KINDS, unknown_identifier
from layersmith.language.parse import parse_expression
from layersmith.language.parsed import Parsed
from layersmith.language.registry import KnownLayer, Registry
from layersmith.language.scope import Scope
from layersmith.language.trees import walk
from layersmith.language.values import Tensor
from layersmith.record import record
from layersmith.spec.model import Code, Sublayer
from layersmith.suggest import suggest

_BY_ITSELF = ("dtype", "name")
_OF_EVERY_LAYER = ("trainable", "activity_regularizer")


@record
class Maker:
    """The call that makes a layer.

    Attributes:
        known: The layer's class; `Sequential` for a small model of `parts`.
        node: The call.
        arguments: By parameter name, as the author wrote them.
        parsed: The text that the call stands in.
    """

    known: KnownLayer
    node: ast.Call
    arguments: dict[str, ast.expr]
    parsed: Parsed
    parts: tuple[Maker, ...] = ()

    @property
    def layer(self) -> str:
        """Name of the layer's class."""
        return self.known.name

    def number(self, parameter: str, default: int | None = None) -> Dim | None:
        """An argument as a size over named sizes."""
        node = self.arguments.get(parameter)
        if node is None:
            return None if default is None else Dim.of(default)
        return dim_of(node, Dim.of)

    def literal(self, parameter: str, default: object = None) -> object:
        """An argument that is written out; None where it is an expression."""
        node = self.arguments.get(parameter)
        if node is None:
            return default
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError):
            return None

    def all(self) -> Iterator[Maker]:
        """The maker and those of its parts, which are the layers that there are."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.all()


def read_maker(
    sublayer: Sublayer, scope: Scope, registry: Registry, report: Report
) -> Maker | None:
    """The maker of a sublayer; None when it is not one, which is reported."""
    parsed = parse_expression(sublayer.layer, report)
    if parsed is None:
        return None
    return _Reader(
        parsed, scope, registry, report, f"sublayer `{sublayer.name}`"
    ).maker(parsed.tree)


def read_given(code: Code, what: str, report: Report) -> Maker | None:
    """The maker of a layer of Keras that an example gives as an argument.

    A class alone stands for its call without arguments, as it does in Keras.
    """
    parsed = parse_expression(code, report)
    if parsed is None:
        return None
    tree = parsed.tree
    if isinstance(tree, ast.Name):
        tree = ast.copy_location(ast.Call(tree, [], []), tree)
    return _Reader(parsed, Scope(), Registry(), report, what, "Keras has no").maker(
        tree
    )


class _Reader:
    def __init__(
        self,
        parsed: Parsed,
        scope: Scope,
        registry: Registry,
        report: Report,
        what: str,
        missing: str = "neither Keras nor a spec here has a",
    ):
        self.parsed = parsed
        self.scope = scope
        self.registry = registry
        self.report = report
        self.what = what
        self.missing = missing

    def error(self, node: ast.AST, message: str, hint: str) -> None:
        self.report.error(self.parsed.span(node), message, hint)

    def maker(self, call: ast.AST) -> Maker | None:
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            self.error(
                call,
                f"{self.what} is not a call of a layer",
                "write it as `Dense(units)`",
            )
            return None
        if call.func.id == "Sequential":
            return self.sequential(call)
        if call.func.id not in self.registry:
            close = suggest(call.func.id, self.registry)
            self.error(
                call.func,
                f"{self.missing} layer `{call.func.id}`",
                f"did you mean `{close}`?"
                if close
                else "see `keras.layers` for its name",
            )
            return None
        layer = self.registry[call.func.id]
        arguments = self.arguments(call, layer)
        if arguments is None:
            return None
        self.names(call)
        return Maker(layer, call, arguments, self.parsed)

    def sequential(self, call: ast.Call) -> Maker | None:
        layers = (
            call.args[0].elts
            if len(call.args) == 1 and isinstance(call.args[0], ast.List)
            else None
        )
        if not layers or call.keywords:
            self.error(
                call,
                "`Sequential` takes a list of layers",
                "write `Sequential([Dense(units), ...])`",
            )
            return None
        parts = [self.maker(layer) for layer in layers]
        if any(part is None for part in parts):
            return None
        made = tuple(part for part in parts if part is not None)
        whole = KnownLayer(
            "Sequential",
            (),
            trains=any(part.known.trains for part in made),
            weightless=all(part.known.weightless for part in made),
            single=True,
        )
        return Maker(whole, call, {}, self.parsed, made)

    def arguments(
        self, call: ast.Call, layer: KnownLayer
    ) -> dict[str, ast.expr] | None:
        parameters = [name for name, _ in layer.parameters]
        known = ", ".join(parameters) or "none"
        arguments: dict[str, ast.expr] = {}
        for index, node in enumerate(call.args):
            if isinstance(node, ast.Starred) or index >= len(parameters):
                self.error(
                    node,
                    f"`{layer.name}` takes no such argument",
                    f"its parameters are {known}",
                )
                return None
            arguments[parameters[index]] = node
        for keyword in call.keywords:
            name = keyword.arg or "**"
            if name in _BY_ITSELF:
                self.error(
                    keyword.value,
                    f"`{name}` is given by itself",
                    f"leave `{name}=` out",
                )
            elif name not in parameters and name not in _OF_EVERY_LAYER:
                close = suggest(name, parameters)
                self.error(
                    keyword.value,
                    f"`{layer.name}` has no parameter `{name}`",
                    f"did you mean `{close}`?"
                    if close
                    else f"its parameters are {known}",
                )
            arguments[name] = keyword.value
        for name, required in layer.parameters:
            if required and name not in arguments:
                self.error(
                    call,
                    f"`{layer.name}` needs `{name}`",
                    f"write `{layer.name}({name}=...)`",
                )
        from layersmith.language.tables import keras_layers

        if layer.name in keras_layers():
            for name, node in arguments.items():
                self.identifier(layer, name, node)
        return arguments

    def identifier(self, layer: KnownLayer, name: str, node: ast.expr) -> None:
        """A text that stands for one of Keras's objects: it has to have that one."""
        kind = name.rpartition("_")[2]
        if kind not in KINDS or not isinstance(node, ast.Constant):
            return
        if node.value is None:
            return
        hint = unknown_identifier(kind, str(node.value))
        if hint is not None:
            self.error(
                node,
                f"`{name}` of `{layer.name}`: Keras has no {kind} {node.value!r}",
                hint,
            )

    def names(self, call: ast.Call) -> None:
        """Names in the arguments: what is known when the layer is made."""
        nodes = walk(call)
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        for node in nodes:
            if (
                not isinstance(node, ast.Name)
                or node is call.func
                or node.id == "index"
                or (id(node) in called and node.id in BUILTINS)
            ):
                continue
            value = self.scope.values.get(node.id)
            if value is None:
                close = suggest(node.id, self.scope.values)
                self.error(
                    node,
                    f"unknown name `{node.id}`",
                    f"did you mean `{close}`?"
                    if close
                    else f'an argument, or text in quotes: "{node.id}"',
                )
            elif isinstance(value, Tensor):
                self.error(
                    node,
                    f"`{node.id}` is not known when the sublayer is made",
                    "use arguments, or the sizes of axes behind that of the batch",
                )
