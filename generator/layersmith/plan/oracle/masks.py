"""Translates `compute_mask`, where the author wrote it out, into NumPy."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.bodies import Body
from layersmith.language.subscripts import dotted_name
from layersmith.language.trees import walk
from layersmith.plan import names as layer_names
from layersmith.plan.oracle.model import MaskOracle
from layersmith.plan.oracle.names import OracleNames, in_arguments, is_argument
from layersmith.plan.oracle.text import expression, source, statement_lines
from layersmith.plan.oracle.translate import dtype_source
from layersmith.plan.template import fill


def plan_mask_oracle(analysis: Analysis, names: OracleNames) -> MaskOracle | None:
    """The oracle of the mask; None where Keras's own rule or none holds."""
    body = analysis.bodies.get("compute_mask")
    if body is None:
        return None
    compared = [n for n in body.parsed.nodes if isinstance(n, ast.Compare)]
    translator = _Translator(analysis, body, names)
    tree = translator.tree
    lines = [
        line for node in tree.body for line in statement_lines(translator.visit(node))
    ]
    first = layer_names.call_parameters(analysis)[0]
    return MaskOracle(
        (names.arguments, first, "mask"),
        tuple(lines),
        tuple(translator.helpers),
        asks_ranks=any(map(_of_ranks, compared)),
        asks_each=any(map(_of_one_mask, compared)),
    )


def _of_ranks(node: ast.Compare) -> bool:
    """Whether `len(mask.shape)`, or the like, is compared."""
    return any(isinstance(n, ast.Name) and n.id == "len" for n in walk(node))


def _of_one_mask(node: ast.Compare) -> bool:
    """Whether it is `keep is None` for one of several masks."""
    alone = isinstance(node.left, ast.Name) and node.left.id != "mask"
    return alone and isinstance(node.ops[0], (ast.Is, ast.IsNot))


class _Translator(ast.NodeTransformer):
    def __init__(self, analysis: Analysis, body: Body, names: OracleNames):
        self.analysis = analysis
        self.body = body
        self.names = names
        self.helpers: list[str] = []
        # Operations are known by the nodes of the first tree; a copy is changed.
        self.tree = ast.parse(body.parsed.code.text)
        pairs = list(zip(walk(self.tree), walk(body.parsed.tree)))
        self.firsts = {id(new): old for new, old in pairs}
        self.copies = {id(old): new for new, old in pairs}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = node.id
        if name in self.names.local:
            return ast.Name(self.names.local[name], node.ctx)
        if name in self.body.local | self.body.parameters:
            return node
        if is_argument(self.analysis, name) or name in self.analysis.scope.derived:
            return expression(in_arguments(self.analysis, node, self.names.arguments))
        if name in self.analysis.scope.axes:
            owner, position = self.analysis.scope.axes[name]
            return expression(f"{owner}.shape[{position}]")
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        known = self.firsts.get(id(node))
        if id(known) not in self.body.operations:
            return self.generic_visit(node)
        row, given = self.body.operations[id(known)]
        if row.numpy is None:
            return self.generic_visit(node)  # TensorFlow is asked itself
        self.helpers.extend(row.helpers)
        arguments = {name: self._text(value) for name, value in given.items()}
        return expression(fill(row.numpy, arguments, self._converted))

    def _text(self, node: ast.AST) -> str:
        text = source(self.visit(self.copies[id(node)]))
        return text if isinstance(node, (ast.Constant, ast.Name)) else f"({text})"

    def _converted(self, name: str, how: str, text: str) -> str:
        """An argument in the form that NumPy takes it in."""
        if how == "dtype":
            dotted = dotted_name(expression(text)) or ""
            return dtype_source(dotted.removeprefix("tf.")) or "float"
        if how in ("axes", "shape"):
            literal = isinstance(expression(text), (ast.Constant, ast.UnaryOp))
            return text if literal else f"tuple(np.atleast_1d({text}))"
        return text.lower() if how == "lower" else text
