"""Plans method bodies that the author wrote out: names in the layer's terms."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.bodies import Body
from layersmith.language.operations import Operation
from layersmith.language.subscripts import dotted_name
from layersmith.language.trees import walk
from layersmith.plan import names
from layersmith.plan.rewrite import Edit, apply, extent
from layersmith.plan.template import fill
from layersmith.plan.tidy import tidied


def code_body(analysis: Analysis, body: Body) -> tuple[str, ...]:
    """Lines of a body; names of the spec become attributes unless it binds them.

    Keras calls these methods with symbolic tensors too, which TensorFlow's functions do
    not take: they become those of `keras.ops`.
    """
    text = tidied(
        apply(
            body.parsed.code.text, _Rewriter(analysis, body).edits(body.parsed.tree)
        ).strip("\n")
    )
    return tuple(line.rstrip() for line in text.split("\n"))


class _Rewriter:
    def __init__(self, analysis: Analysis, body: Body):
        self.analysis = analysis
        self.body = body

    def edits(self, tree: ast.AST) -> list[Edit]:
        edits = []
        for node in walk(tree):
            new = None
            if isinstance(node, ast.Name):
                new = self.name(node.id)
            elif id(node) in self.body.operations:
                new = self.operation(*self.body.operations[id(node)])
            elif isinstance(node, ast.Attribute):
                dotted = dotted_name(node)
                if dotted is not None and dotted.startswith("tf."):
                    new = f'"{dotted[3:]}"'  # A dtype.
            if new is not None:
                edits.append(Edit(*extent(self.body.parsed, node), new))
        return edits

    def name(self, name: str) -> str | None:
        if name in self.body.local | self.body.parameters:
            return None
        if name in self.analysis.scope.axes:
            return names.axis_item(self.analysis, name)
        return names.attribute(self.analysis, name)

    def operation(self, row: Operation, given: dict[str, ast.expr]) -> str:
        return "keras." + fill(row.keras, {k: self.text(v) for k, v in given.items()})

    def text(self, node: ast.AST) -> str:
        start, end = extent(self.body.parsed, node)
        edits = [
            Edit(e.start - start, e.end - start, e.text)
            for e in self.edits(node)
            if start <= e.start and e.end <= end
        ]
        return apply(self.body.parsed.code.text[start:end], edits)
