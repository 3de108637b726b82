"""Plans what the suite knows of the weights that a layer holds."""

from __future__ import annotations

import ast
from itertools import product

from layersmith.language.analyse import Analysis
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.objects import KerasObject
from layersmith.language.trees import copy_of, fresh_tree, names_in, tree_of, walk
from layersmith.plan import names
from layersmith.plan.arguments import literal
from layersmith.plan.keras_objects import Sharing
from layersmith.plan.oracle.functions import starting_functions
from layersmith.plan.oracle.names import in_arguments, is_argument
from layersmith.plan.suite.model import Pairs, WeightPlan
from layersmith.plan.suite.sizes import own_name, size_parameters
from layersmith.plan.suite.sublayers import (
    condition,
    sublayer_parameters,
    sublayers,
    told,
)
from layersmith.plan.suite.values import Values, allowed, others, with_derived
from layersmith.spec.model import Code, Weight

# Initializers whose values are the same each time.
_SAME = frozenset({"zeros", "ones", "constant", "identity", "eye", "Zeros", "Ones"})
# How many switches are turned to have all weights at once.
MOST = 6
_SAME_CLASSES = frozenset({"Zeros", "Ones", "Constant", "Identity"})


def plan_weights(analysis: Analysis, values: Values) -> WeightPlan:
    """What the suite knows of the weights.

    Args:
        values: Arguments of the layer under test.
    """
    spec = analysis.spec
    initial, drawn = _initial(analysis)
    return WeightPlan(
        parameters=_parameters(analysis),
        full=_full(analysis, values),
        shapes=_shapes(analysis),
        optional=tuple(
            weight.name.text
            for weight in spec.weights
            if weight.name.text in analysis.conditions
        ),
        untrained=tuple(w.name.text for w in spec.weights if not w.trainable),
        dtypes=tuple(
            (w.name.text, f'"{w.dtype}"')
            for w in spec.weights
            if w.dtype not in (None, "float")
        ),
        state=tuple(analysis.facts.updates),
        initial=initial,
        drawn=drawn,
        computed=_computed(analysis),
        starting=starting_functions(analysis),
        initialized=_served(analysis, "initializer"),
        regularized=_served(analysis, "regularizer"),
        constrained=_served(analysis, "constraint"),
        only=spec.extends is None,
        sublayers=sublayers(analysis),
        sublayer_parameters=sublayer_parameters(analysis),
        told=told(analysis, values),
        cloned=tuple(sorted(Sharing(analysis).shared)),
        trains=_trains(analysis),
    )


def _full(analysis: Analysis, values: Values) -> Pairs:
    """Changes of switches under which the most weights are there."""
    conditions = [
        analysis.conditions[w.name.text].tree
        for w in analysis.spec.weights
        if w.name.text in analysis.conditions
    ]
    switches = [
        a
        for a in analysis.spec.arguments
        if (a.type == "bool" or a.choices)
        and any(_reads(analysis, tree, a.name.text) for tree in conditions)
    ][:MOST]
    if not switches:
        return ()
    best: dict[str, object] = {}
    most = _holding(analysis, conditions, values)
    ways = [[values[a.name.text], *others(a, values[a.name.text])] for a in switches]
    for way in product(*ways):
        change = {
            a.name.text: value
            for a, value in zip(switches, way)
            if value != values[a.name.text]
        }
        whole = {**values, **change}
        many = _holding(analysis, conditions, whole)
        if many > most and allowed(analysis, whole):
            best, most = change, many
    return tuple((name, literal(value)) for name, value in best.items())


def _holding(analysis: Analysis, conditions: list[ast.AST], values: Values) -> int:
    """How many conditions hold."""
    known, count = with_derived(analysis, values), 0
    for tree in conditions:
        try:
            count += bool(evaluate(tree, known))
        except Unknowable:
            continue
    return count


def _reads(analysis: Analysis, tree: ast.AST, name: str) -> bool:
    unfolded = ast.parse(in_arguments(analysis, tree), mode="eval")
    return any(isinstance(n, ast.Constant) and n.value == name for n in walk(unfolded))


def _trains(analysis: Analysis) -> bool:
    spec = analysis.spec
    own = any(weight.trainable for weight in spec.weights)
    held = any(not maker.known.weightless for maker in analysis.makers.values())
    wrapped = any(argument.type == "layer" for argument in spec.arguments)
    return own or held or wrapped or spec.extends is not None


def _parameters(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """Axes that weights are made over, and shapes that they are computed from."""
    used = _names_in_shapes(analysis)
    found = [*size_parameters(analysis, used)]
    shapes = [n.removesuffix("=None") for n in names.shape_parameters(analysis)]
    found += [(name, "") for name in shapes if name in used]
    return tuple(found)


def _names_in_shapes(analysis: Analysis) -> set[str]:
    used = set()
    for weight in analysis.spec.weights:
        texts = (
            [weight.shape.text]
            if isinstance(weight.shape, Code)
            else weight.shape.texts
        )
        for text in texts:
            sizes = _sizes(analysis, tree_of(text))
            used |= names_in(sizes)
    return used


def _shapes(analysis: Analysis) -> tuple[tuple[str, str, str], ...]:
    """Name, condition and source of the shape of each weight."""
    return tuple(
        (w.name.text, condition(analysis, w.name.text), _shape(analysis, w))
        for w in analysis.spec.weights
    )


def _shape(analysis: Analysis, weight: Weight) -> str:
    if isinstance(weight.shape, Code):
        tree = analysis.scope.shape_codes[weight.shape.text].tree
        source = _sizes(analysis, tree)
        return source if isinstance(tree, ast.Tuple) else f"tuple({source})"
    sizes = [_sizes(analysis, tree_of(text)) for text in weight.shape.texts]
    return names.tuple_source(sizes) if sizes else "()"


def _sizes(analysis: Analysis, tree: ast.expr) -> str:
    """An expression on arguments and axes in the terms of `expected_weights`."""
    fresh = copy_of(tree)
    for node in walk(fresh):
        if isinstance(node, ast.Name) and not is_argument(analysis, node.id):
            node.id = own_name(node.id)
    return in_arguments(analysis, fresh)


def _initial(
    analysis: Analysis,
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Weights whose initializer no argument is: with values known, and drawn ones."""
    same, drawn = [], []
    for weight in analysis.spec.weights:
        if weight.inherited:
            continue
        read = analysis.objects.get((weight.name.text, "initializer"))
        source = _initializer(analysis, read)
        if source is None:
            continue
        known = read is not None and (
            read.identifier in _SAME or (read.call and read.class_name in _SAME_CLASSES)
        )
        (same if known else drawn).append((weight.name.text, source))
    return tuple(same), tuple(drawn)


def _initializer(analysis: Analysis, read: KerasObject | None) -> str | None:
    if read is None:
        return '"glorot_uniform"'
    if read.identifier is not None:
        return f'"{read.identifier}"'
    if read.call is None or read.class_name is None:
        return None
    call = copy_of(read.call.tree)
    call.func = fresh_tree(f"keras.initializers.{read.class_name}")
    return in_arguments(analysis, call, "ARGUMENTS")


def _computed(analysis: Analysis) -> tuple[tuple[str, str, str], ...]:
    """Weights whose initializer the spec computes: name, condition and source of it."""
    return tuple(
        (weight, "", in_arguments(analysis, read.call.tree))
        for (weight, kind), read in analysis.objects.items()
        if kind == "initializer" and read.call is not None and read.class_name is None
    )


def _served(analysis: Analysis, kind: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each argument of a kind: the layer's own weights that it serves."""
    found = []
    for argument in analysis.spec.arguments:
        if argument.type != kind:
            continue
        name = argument.name.text
        served = [
            weight
            for (weight, of), read in analysis.objects.items()
            if of == kind and read.argument == name
        ]
        if not served and _computes(analysis, name):
            continue
        found.append((name, tuple(served)))
    return tuple(found)


def _computes(analysis: Analysis, argument: str) -> bool:
    """Whether an initializer is computed from another that an argument gives."""
    return any(
        read.argument is None and argument in read.names
        for (_, kind), read in analysis.objects.items()
        if kind == "initializer"
    )
