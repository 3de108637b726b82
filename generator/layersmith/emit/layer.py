"""Emits a layer's file: LayerPlan -> text."""

from __future__ import annotations

from layersmith.emit.environment import environment
from layersmith.plan.model import LayerPlan


def render(plan: LayerPlan) -> str:
    """The module of a layer, laid out as `ruff format` would."""
    return environment().get_template("layer.py.jinja").render(plan=plan)
