"""Translates a `compute_mask` that the author wrote out into NumPy."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.bodies import Body
from layersmith.language.values import Static, Value
from layersmith.plan import names as layer_names
from layersmith.plan.oracle.names import OracleNames
from layersmith.plan.oracle.sublayers import Sublayers
from layersmith.plan.oracle.text import statement_lines
from layersmith.plan.oracle.translate import Translator


class MaskTranslator(Translator):
    """Translates a method body, of which less is known than of `call`."""

    def __init__(
        self, analysis: Analysis, body: Body, names: OracleNames, sublayers: Sublayers
    ):
        super().__init__(analysis, body.parsed, names, sublayers)
        self.operations = {
            key: (None, row) for key, (row, _) in body.operations.items()
        }
        self.bound_arguments = {
            key: given for key, (_, given) in body.operations.items()
        }
        self.inputs = {*body.parameters, *body.local}

    def value(self, node: ast.AST | None) -> Value | None:
        if isinstance(node, ast.Constant):
            return Static(type(node.value).__name__, None, node.value)
        return None


def mask_translator(
    analysis: Analysis, names: OracleNames, sublayers: Sublayers
) -> MaskTranslator | None:
    """A translator of the spec's `compute_mask`; None where it has none."""
    body = analysis.bodies.get("compute_mask")
    return None if body is None else MaskTranslator(analysis, body, names, sublayers)


def mask_parameters(analysis: Analysis, names: OracleNames) -> str:
    return f"{names.arguments}, {layer_names.call_parameters(analysis)[0]}, mask=None"


def mask_lines(translator: MaskTranslator) -> list[str]:
    """The body of the function that tells the mask of the outputs."""
    return [
        line
        for statement in translator.tree.body
        for line in statement_lines(translator.visit(statement))
    ]
