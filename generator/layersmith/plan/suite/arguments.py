"""Plans the tables of arguments: values, changes, what is refused and what is taken."""

from __future__ import annotations

import math
from collections.abc import Iterable

from layersmith.language.analyse import Analysis
from layersmith.plan.arguments import MODULES, literal
from layersmith.plan.given_layers import fresh_source
from layersmith.plan.oracle.names import in_arguments
from layersmith.plan.oracle.sublayers import activation_source
from layersmith.plan.seeds import needs_seed
from layersmith.plan.suite import checks, limits, values
from layersmith.plan.suite.model import ArgumentPlan, Pairs
from layersmith.plan.suite.values import Values

SEED = 7


def plan_arguments(
    analysis: Analysis, example: Values, changes: list[Values], helpers: list[str]
) -> ArgumentPlan:
    """The tables of arguments.

    Args:
        example: Values of the layer under test.
        changes: Changes of them.
        helpers: Takes the functions that the activations need.
    """
    spec = analysis.spec
    seeded = needs_seed(analysis)

    def pairs(change: Values) -> Pairs:
        return tuple(
            (name, fresh_source(analysis, name, value) or _source(value))
            for name, value in change.items()
        )

    own, changed = list(pairs(example)), [pairs(change) for change in changes]
    defaults = [
        (a.name.text, literal(a.default.value))
        for a in spec.arguments
        if a.default is not None
    ]
    if seeded:
        own.append(("seed", str(SEED)))
        changed.append((("seed", str(SEED + 1)),))
        defaults.append(("seed", "None"))
    return ArgumentPlan(
        values=tuple(own),
        settled=tuple(_settled(analysis)),
        changes=tuple(changed),
        kept_alone=tuple(pairs(c) for c in values.kept_alone(analysis, example)),
        defaults=tuple(defaults),
        objects=tuple(
            (a.name.text, f"keras.{MODULES[a.type]}")
            for a in spec.arguments
            if a.type in MODULES
        ),
        layers=tuple(a.name.text for a in spec.arguments if a.type == "layer"),
        activations=_activations(analysis, example, changes, helpers),
        refused=tuple(
            (a.name.text, _source(bad))
            for a in spec.arguments
            for bad in limits.bad_values(analysis, a)
        ),
        taken=tuple(
            (a.name.text, _source(edge))
            for a in spec.arguments
            for edge in limits.edge_values(a)
            if values.allowed(analysis, {**example, a.name.text: edge})
        ),
        tuples=tuple(
            (name, _source(value))
            for name, value in _tuples(analysis, _tried(analysis, example, changes))
        ),
        broken=tuple((pairs(c), m) for c, m in checks.broken(analysis, example)),
        kept=tuple(pairs(c) for c in checks.kept(analysis, example)),
    )


def _tried(analysis: Analysis, example: Values, changes: list[Values]) -> list[Values]:
    """Values of each case, and those of further examples."""
    others = [
        {a.name.text: value}
        for a in analysis.spec.arguments
        for value in values.in_other_examples(analysis, a)
    ]
    return [example, *changes, *others]


def _tuples(analysis: Analysis, tried: list[Values]) -> Iterable[tuple[str, object]]:
    """A tuple for each argument that is kept as one."""
    kept = [
        a.name.text
        for a in analysis.spec.arguments
        if a.type in ("axis", "shape", "partial_shape")
        or (a.type == "any" and a.convert is not None)
    ]
    found: Values = {}
    for values_of in tried:
        for name in kept:
            if isinstance(values_of.get(name), tuple):
                found.setdefault(name, values_of[name])
    return found.items()


def _settled(analysis: Analysis) -> list[tuple[str, str]]:
    """Arguments that the layer keeps in another form than they are given in."""
    found = []
    for argument in analysis.spec.arguments:
        name = argument.name.text
        given = f'a["{name}"]'
        if name in analysis.scope.conversions:
            tree = analysis.scope.conversions[name].tree
            found.append((name, in_arguments(analysis, tree)))
        elif argument.type == "data_format" and argument.nullable:
            found.append((name, f"{given} or keras.config.image_data_format()"))
    return found


def _activations(
    analysis: Analysis, example: Values, changes: Iterable[Values], helpers: list[str]
) -> Pairs:
    """NumPy functions of the activations that any case uses, by source of the name."""
    used: dict[object, None] = {}
    for argument in analysis.spec.arguments:
        if argument.type == "activation":
            name = argument.name.text
            used[example[name]] = None
            used.update(dict.fromkeys(c[name] for c in changes if name in c))
            if argument.default is not None:
                used[argument.default.value] = None
    sources = []
    for name in used:
        function = activation_source(name, helpers) or "lambda x: x"
        sources.append((literal(name), function))
    return tuple(sources)


def _source(value: object) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "np.nan"
    if isinstance(value, float):
        return repr(round(value, 12))
    return literal(value)
