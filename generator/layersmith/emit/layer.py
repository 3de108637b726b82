"""Emits a layer's file: LayerPlan -> text."""

from __future__ import annotations

from layersmith.emit.environment import render as rendered
from layersmith.emit.own import OwnTemplates
from layersmith.plan.model import LayerPlan


def render(plan: LayerPlan, own: OwnTemplates | None = None) -> str:
    """The module of a layer, laid out as `ruff format` would."""
    return rendered("layer.py.jinja", own, plan=plan)
