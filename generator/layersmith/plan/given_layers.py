"""Source of the layers that examples give as arguments."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.sublayers import Maker
from layersmith.plan import names
from layersmith.plan.arguments import literal


def example_source(analysis: Analysis, name: str, value: object) -> str:
    """Source of an argument's value in an example, where `keras` is imported."""
    maker = _maker(analysis, name, value)
    return literal(value) if maker is None else _made(maker)


def fresh_source(analysis: Analysis, name: str, value: object) -> str | None:
    """Source of a function that makes the layer; None for a value that is none."""
    maker = _maker(analysis, name, value)
    return None if maker is None else f"lambda dtype: {_made(maker, ('dtype=dtype',))}"


def _maker(analysis: Analysis, name: str, value: object) -> Maker | None:
    argument = analysis.spec.argument(name)
    if argument is None or argument.type != "layer" or value is None:
        return None
    return analysis.given[str(value)]


def _made(maker: Maker, ending: tuple[str, ...] = ()) -> str:
    if maker.parts:
        inner = ", ".join(_made(part, ending) for part in maker.parts)
        return f"keras.Sequential([{inner}])"
    call = maker.node
    parts = [_text(maker, node) for node in call.args]
    parts += [f"{k.arg}={_text(maker, k.value)}" for k in call.keywords]
    return f"keras.layers.{maker.layer}({', '.join([*parts, *ending])})"


def _text(maker: Maker, node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return literal(node.value)
    return " ".join(names.part(maker.parsed, node, lambda name: None).split())
