"""Plans what the suite knows of the sublayers: each as the spec makes it."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.sublayers import Maker
from layersmith.language.tables import keras_layers
from layersmith.language.trees import copy_of, walk
from layersmith.plan.call import is_told
from layersmith.plan.oracle.names import in_arguments
from layersmith.plan.suite.model import Pairs
from layersmith.plan.suite.sizes import own_name, size_parameters
from layersmith.plan.suite.values import Values


def sublayers(analysis: Analysis) -> tuple[tuple[str, str, str], ...]:
    """Name, condition and source of each sublayer, as the spec makes it."""
    found = []
    for sublayer in analysis.spec.sublayers:
        name = sublayer.name.text
        source = _made(analysis, analysis.makers[name])
        repeat = analysis.scope.repeats.get(name)
        if repeat is not None:
            times = in_arguments(analysis, repeat.tree)
            source = f"[{source} for index in range({times})]"
        found.append((name, condition(analysis, name), source))
    return tuple(found)


def _made(analysis: Analysis, maker: Maker) -> str:
    """Source of a layer as the spec makes it, from the arguments `a`."""
    if maker.parts:
        return (
            f"keras.Sequential([{', '.join(_made(analysis, p) for p in maker.parts)}])"
        )
    parts = [_given(analysis, node) for node in maker.node.args]
    parts += [f"{k.arg}={_given(analysis, k.value)}" for k in maker.node.keywords]
    owner = "" if maker.known.analysis is not None else "keras.layers."
    return f"{owner}{maker.layer}({', '.join(parts)})"


def condition(analysis: Analysis, name: str) -> str:
    """Under which arguments a weight or a sublayer is there; empty where always."""
    condition = analysis.conditions.get(name)
    return "" if condition is None else in_arguments(analysis, condition.tree)


def _given(analysis: Analysis, node: ast.expr) -> str:
    """What a layer is given, in terms of the arguments `a` and the sizes of axes."""
    fresh = copy_of(node)
    for inner in walk(fresh):
        if isinstance(inner, ast.Name) and inner.id in analysis.scope.axes:
            inner.id = own_name(inner.id)
    return in_arguments(analysis, fresh)


def sublayer_parameters(analysis: Analysis) -> Pairs:
    """Axes whose sizes sublayers are made with, and their sizes in the first example."""
    asked = {
        own_name(name.id)
        for sublayer in analysis.scope.made_in_build
        for name in analysis.makers[sublayer].parsed.names
    }
    return size_parameters(analysis, asked)


def told(analysis: Analysis, values: Values) -> tuple[str, ...]:
    """Sublayers that `call` tells whether it is training."""
    if not analysis.trains:
        return ()
    return tuple(
        dict.fromkeys(
            call.name
            for call in analysis.facts.sublayer_calls
            if is_told(analysis, call.name) and _listens(analysis, values, call.name)
        )
    )


def _listens(analysis: Analysis, values: Values, name: str) -> bool:
    """Whether a sublayer's `call` takes `training`: a layer that is given may not."""
    maker = analysis.given.get(str(values.get(name)))
    known = keras_layers().get(maker.layer) if maker is not None else None
    return known is None or known.takes_training
