"""Emits a layer's pytest suite: SuitePlan -> text."""

from __future__ import annotations

from layersmith.emit.environment import render as rendered
from layersmith.emit.own import OwnTemplates
from layersmith.plan.suite.model import SuitePlan


def render(plan: SuitePlan, own: OwnTemplates | None = None) -> str:
    """The suite, laid out as `ruff format` would."""
    text = rendered("test.py.jinja", own, plan=plan)
    # Parts of the template that say nothing leave blank lines behind.
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    return text.rstrip("\n") + "\n"
