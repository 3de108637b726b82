"""Plans what the suite knows of the weights and sublayers that a layer holds."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.objects import KerasObject
from layersmith.language.sublayers import Maker
from layersmith.plan import names
from layersmith.plan.oracle.names import in_arguments
from layersmith.plan.suite.model import WeightPlan
from layersmith.plan.suite.sizes import example_sizes, tuple_source
from layersmith.spec.model import Code, Weight

# Initializers whose values are the same each time.
_SAME = frozenset({"zeros", "ones", "constant", "identity", "eye", "Zeros", "Ones"})
_SAME_CLASSES = frozenset({"Zeros", "Ones", "Constant", "Identity"})


def plan_weights(analysis: Analysis) -> WeightPlan:
    spec = analysis.spec
    initial, drawn = _initial(analysis)
    return WeightPlan(
        parameters=_parameters(analysis),
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
        initialized=_served(analysis, "initializer"),
        regularized=_served(analysis, "regularizer"),
        constrained=_served(analysis, "constraint"),
        only=spec.extends is None,
        sublayers=_sublayers(analysis),
        trains=_trains(analysis),
    )


def _trains(analysis: Analysis) -> bool:
    spec = analysis.spec
    own = any(weight.trainable for weight in spec.weights)
    held = any(not maker.known.weightless for maker in analysis.makers.values())
    wrapped = any(argument.type == "layer" for argument in spec.arguments)
    return own or held or wrapped or spec.extends is not None


def _parameters(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """Axes that weights are made over, and shapes that they are computed from."""
    sizes = example_sizes(analysis)
    used = _names_in_shapes(analysis)
    found = [
        (axis, str(sizes[axis]))
        for axis in analysis.scope.axes
        if axis in used and axis in sizes
    ]
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
            tree = ast.parse(in_arguments(analysis, ast.parse(text, mode="eval").body))
            used |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    return used


def _shapes(analysis: Analysis) -> tuple[str, ...]:
    """Statements that fill `weights` with the shape of each weight by name."""
    lines = []
    for weight in analysis.spec.weights:
        line = f'weights["{weight.name}"] = {_shape(analysis, weight)}'
        lines.extend(_guarded(analysis, weight.name.text, line))
    return tuple(lines)


def _shape(analysis: Analysis, weight: Weight) -> str:
    if isinstance(weight.shape, Code):
        tree = analysis.scope.shape_codes[weight.shape.text].tree
        return f"tuple({in_arguments(analysis, tree)})"
    sizes = [
        in_arguments(analysis, ast.parse(text, mode="eval").body)
        for text in weight.shape.texts
    ]
    return tuple_source(sizes) if sizes else "()"


def _guarded(analysis: Analysis, name: str, line: str) -> list[str]:
    condition = analysis.conditions.get(name)
    if condition is None:
        return [line]
    return [f"if {in_arguments(analysis, condition.tree)}:", f"    {line}"]


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
    call = ast.parse(ast.unparse(read.call.tree), mode="eval").body
    call.func = ast.parse(f"keras.initializers.{read.class_name}", mode="eval").body
    return in_arguments(analysis, call, "ARGUMENTS")


def _served(analysis: Analysis, kind: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each argument of a kind: the weights that it serves, sublayers' included."""
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
        for sublayer, maker in analysis.makers.items():
            for parameter in _given(maker, name, kind):
                served.append(f"{sublayer}/{parameter[: -len(kind) - 1]}")
        found.append((name, tuple(served)))
    return tuple(found)


def _given(maker: Maker, name: str, kind: str) -> list[str]:
    return [
        parameter
        for parameter, node in maker.arguments.items()
        if parameter.endswith(f"_{kind}")
        and any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))
    ]


def _sublayers(analysis: Analysis) -> tuple[tuple[str, str, str], ...]:
    """Name, condition and source of each sublayer, as the spec makes it."""
    found = []
    for sublayer in analysis.spec.sublayers:
        name = sublayer.name.text
        source = made(analysis, analysis.makers[name])
        repeat = analysis.scope.repeats.get(name)
        if repeat is not None:
            times = in_arguments(analysis, repeat.tree)
            source = f"[{source} for index in range({times})]"
        condition = analysis.conditions.get(name)
        text = in_arguments(analysis, condition.tree) if condition is not None else ""
        found.append((name, text, source))
    return tuple(found)


def made(analysis: Analysis, maker: Maker) -> str:
    """Source of a layer as the spec makes it, from the arguments `a`."""
    if maker.parts:
        return (
            f"keras.Sequential([{', '.join(made(analysis, p) for p in maker.parts)}])"
        )
    parts = [in_arguments(analysis, node) for node in maker.node.args]
    parts += [f"{k.arg}={in_arguments(analysis, k.value)}" for k in maker.node.keywords]
    owner = "" if maker.known.analysis is not None else "keras.layers."
    return f"{owner}{maker.layer}({', '.join(parts)})"
