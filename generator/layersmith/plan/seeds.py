"""Whether a layer draws random numbers, and where its seed comes from."""

from __future__ import annotations

from layersmith.language.analyse import Analysis


def needs_seed(analysis: Analysis) -> bool:
    """Whether the layer draws random numbers, and its seed is not the author's."""
    return analysis.facts.random and analysis.spec.argument("seed") is None
