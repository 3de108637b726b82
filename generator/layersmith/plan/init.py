"""Plans `__init__`: checks, attributes, sublayers, what Keras is told."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.plan import names
from layersmith.plan.arguments import attribute, check_statements, parameter, stored
from layersmith.plan.cell import size_statements
from layersmith.plan.checks import asks_shapes, check_statement
from layersmith.plan.keras_objects import Sharing, sublayer_statements
from layersmith.plan.masks import masking_statement
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
    for name, parsed in analysis.scope.conversions.items():
        text = names.expression(parsed, lambda n: names.in_init(analysis, n))
        body.append(f"{name} = {text}")
    body.extend(check_statements(spec.arguments))
    for check, parsed in zip(spec.checks, analysis.checks):
        if not asks_shapes(analysis, parsed):
            body.extend(
                check_statement(
                    analysis,
                    check.message,
                    parsed,
                    lambda n: names.in_init(analysis, n),
                )
            )
    body.extend(f"self.{attribute(a)} = {stored(a)}" for a in spec.arguments)
    for derived in spec.derived:
        text = names.expression(
            analysis.scope.derived[derived.name.text], lambda n: _kept(analysis, n)
        )
        body.append(f"self.{derived.name} = {text}")
    for sublayer in spec.sublayers:
        if sublayer.name.text not in analysis.scope.made_in_build:
            body.extend(sublayer_statements(analysis, sublayer, sharing))
    if needs_seed(analysis):
        body.append("self.seed = seed")
    if analysis.facts.random:
        body.append("self.seed_generator = keras.random.SeedGenerator(seed)")
    body.extend(size_statements(analysis))
    masking = masking_statement(analysis)
    if masking is not None:
        body.append(masking)
    if spec.autocast is False:
        body.append(
            "# Inputs keep their dtype: the layer computes in the variable dtype."
        )
        body.append("self.autocast = False")
    specification = input_specification(analysis, built=False)
    if specification:
        body.append(f"self.input_spec = {specification}")
    if not needs_build(analysis):
        body.append("# Nothing to build, unless a subclass has.")
        body.append("self.built = type(self).build is layers.Layer.build")
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
    checks = any(asks_shapes(analysis, parsed) for parsed in analysis.checks)
    return bool(
        own or spec.sublayers or spec.constants or wrapped or spec.extends or checks
    )


def _inherited(analysis: Analysis) -> list[str]:
    """Arguments that the layer which is extended must be given."""
    if analysis.spec.extends is None:
        return []
    from layersmith.language.tables import keras_layers

    parameters = keras_layers()[analysis.spec.extends.text].parameters
    own = {a.name.text for a in analysis.spec.arguments}
    return [p.name for p in parameters if p.required and p.name not in own]


def _kept(analysis: Analysis, name: str) -> str | None:
    """Names after the attributes are set: where they differ from the parameters."""
    argument = analysis.spec.argument(name)
    if argument is not None and stored(argument) != name:
        return f"self.{attribute(argument)}"
    return names.in_init(analysis, name)
