"""Plans `__init__`: checks, attributes, sublayers, what Keras is told."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.parse import Parsed
from layersmith.plan import names
from layersmith.plan.arguments import (
    check_statements,
    literal,
    parameter,
    quoted,
    stored,
)
from layersmith.plan.cell import size_statements
from layersmith.plan.keras_objects import Sharing, sublayer_statements
from layersmith.plan.masks import keeps_mask, takes_mask
from layersmith.plan.model import Method
from layersmith.plan.seeds import needs_seed
from layersmith.plan.shapes import input_specification


def plan_init(analysis: Analysis, sharing: Sharing) -> Method | None:
    """The method; None for a layer that extends another and adds nothing here."""
    spec = analysis.spec
    inherited = _inherited(analysis)
    ordered = sorted(spec.arguments, key=lambda a: a.default is not None)
    required = [parameter(a) for a in ordered if a.default is None]
    optional = [parameter(a) for a in ordered if a.default is not None]
    if needs_seed(analysis):
        optional.append("seed=None")
    body = [f"super().__init__({', '.join([*inherited, '**kwargs'])})"]
    body.extend(check_statements(spec.arguments))
    for check, parsed in zip(spec.checks, analysis.checks):
        body.extend(_check(analysis, check.message, parsed))
    body.extend(f"self.{a.name} = {stored(a)}" for a in spec.arguments)
    for derived in spec.derived:
        text = names.expression(
            analysis.scope.derived[derived.name.text], lambda n: in_init(analysis, n)
        )
        body.append(f"self.{derived.name} = {text}")
    for sublayer in spec.sublayers:
        body.extend(sublayer_statements(analysis, sublayer, sharing))
    if needs_seed(analysis):
        body.append("self.seed = seed")
    if analysis.facts.random:
        body.append("self.seed_generator = keras.random.SeedGenerator(seed)")
    body.extend(size_statements(analysis))
    if (takes_mask(analysis) or keeps_mask(analysis)) and spec.extends is None:
        body.append("self.supports_masking = True")
    specification = input_specification(analysis, built=False)
    if specification:
        body.append(f"self.input_spec = {specification}")
    if not needs_build(analysis):
        body.append("self.built = True")
    if spec.extends is not None and len(body) == 1:
        return None
    return Method(
        "__init__", ("self", *inherited, *required, *optional, "**kwargs"), tuple(body)
    )


def needs_build(analysis: Analysis) -> bool:
    """Whether there is anything to make or to build once the input's shape is known."""
    spec = analysis.spec
    wrapped = any(a.type == "layer" for a in spec.arguments)
    own = any(not weight.inherited for weight in spec.weights)
    return bool(own or spec.sublayers or spec.constants or wrapped or spec.extends)


def _inherited(analysis: Analysis) -> list[str]:
    """Arguments that the layer which is extended must be given."""
    if analysis.spec.extends is None:
        return []
    from layersmith.language.tables import keras_layers

    parameters = keras_layers()[analysis.spec.extends.text].parameters
    own = {a.name.text for a in analysis.spec.arguments}
    return [p.name for p in parameters if p.required and p.name not in own]


def in_init(analysis: Analysis, name: str) -> str | None:
    """Names in `__init__`: arguments are parameters, derived values attributes."""
    if any(d.name.text == name for d in analysis.spec.derived):
        return f"self.{name}"
    return None


def _check(analysis: Analysis, message: str, parsed: Parsed) -> list[str]:
    used: list[str] = []
    for node in ast.walk(parsed.tree):
        if (
            isinstance(node, ast.Name)
            and analysis.spec.argument(node.id)
            and node.id not in used
        ):
            used.append(node.id)
    received = ", ".join(f"{name}={{{name}}}" for name in used)
    text = quoted(message.rstrip(".") + ". " if received else message)
    pieces = f'{text} f"Received: {received}"' if received else text
    return [f"if {_negated(analysis, parsed)}:", f"    raise ValueError({pieces})"]


_OPPOSITES = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}


def _negated(analysis: Analysis, parsed: Parsed) -> str:
    """The condition under which the check fails, as a person would write it."""
    tree = parsed.tree

    def text(node: ast.AST) -> str:
        return names.part(parsed, node, lambda n: in_init(analysis, n))

    if (
        isinstance(tree, ast.Compare)
        and len(tree.ops) == 1
        and type(tree.ops[0]) in _OPPOSITES
    ):
        opposite = _OPPOSITES[type(tree.ops[0])]
        if (
            opposite == "!="
            and literal(getattr(tree.comparators[0], "value", None)) == "0"
        ):
            return (
                text(tree.left)
                if isinstance(tree.left, ast.BinOp)
                else f"{text(tree.left)} != 0"
            )
        return f"{text(tree.left)} {opposite} {text(tree.comparators[0])}"
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return text(tree.operand)
    if isinstance(tree, (ast.Compare, ast.Name, ast.Call)):
        return f"not {text(tree)}"
    return f"not ({text(tree)})"
