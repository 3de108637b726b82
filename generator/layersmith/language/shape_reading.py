"""Shapes of weights, constants and outputs, from what the spec says over named sizes."""

from __future__ import annotations

import ast
from collections.abc import Set as AbstractSet

from layersmith.errors import Report
from layersmith.language.dim_reading import SIZES, dim_of, size_names
from layersmith.language.dims import Axis, Derived, Dim, Rest, Shape
from layersmith.language.parse import parse_expression
from layersmith.language.parsed import Parsed
from layersmith.language.scope import Scope
from layersmith.language.values import Static
from layersmith.spec.model import Code, Spec
from layersmith.spec.model import Shape as SpecShape
from layersmith.suggest import suggest


class ShapeReader:
    """Reads shapes over the names that a scope has by now."""

    def __init__(self, spec: Spec, scope: Scope, report: Report):
        self.spec = spec
        self.scope = scope
        self.report = report

    def shape(self, shape: SpecShape, what: str, static: bool) -> Shape | None:
        """A shape over named sizes; with `static`, its axes become known in build."""
        axes: list[Axis] = []
        for code in shape.axes:
            if code.text.startswith("..."):
                if static:
                    self.report.error(
                        code.span, f"{what} cannot have `...`", "name each axis"
                    )
                    return None
                axes.append(Rest(code.text))
                continue
            dim = self._size(code, static)
            if dim is None:
                return None
            axes.append(dim)
        return Shape(tuple(axes))

    def _size(self, code: Code, static: bool) -> Dim | None:
        parsed = parse_expression(code, self.report)
        if parsed is None:
            return None
        known = self.scope.axes.keys() | self.scope.values.keys()
        for node in size_names(parsed.tree):
            if node.id not in known:
                self.unknown(parsed, node, known)
                return None
            value = self.scope.values.get(node.id)
            if node.id not in self.scope.axes and not (
                isinstance(value, Static) and value.kind in ("int", "shape", "object")
            ):
                self.report.error(
                    parsed.span(node),
                    f"`{node.id}` is not a size",
                    "use an int argument or an axis",
                )
                return None
            if static and node.id in self.scope.axes:
                if self.scope.axes[node.id][1] == 0:
                    self.report.error(
                        parsed.span(node),
                        f"a shape cannot depend on `{node.id}`, the size of the batch",
                        "it changes from call to call: use another axis or an argument",
                    )
                    return None
                self.scope.static_axes.add(node.id)
        dim = self.dim(parsed.tree)
        if dim is None:
            self.report.error(
                code.span,
                f"`{code.text}` is not a size",
                SIZES,
            )
        return dim

    def unknown(self, parsed: Parsed, node: ast.Name, known: AbstractSet[str]) -> None:
        """Says that a name in a size is none that is known."""
        close = suggest(node.id, known)
        self.report.error(
            parsed.span(node),
            f"unknown name `{node.id}`",
            f"did you mean `{close}`?"
            if close
            else "name it as an axis of an input, or an argument",
        )

    def dim(self, node: ast.AST) -> Dim | None:
        """An expression as a size; None where it is not one."""
        computed = {derived.name.text for derived in self.spec.derived}
        return dim_of(
            node, lambda name: Dim.of(Derived(name) if name in computed else name)
        )
