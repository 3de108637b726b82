"""Plans how the weights are saved of a layer that extends another and adds its own."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.tables import keras_layers
from layersmith.plan.model import Method


def saving_methods(analysis: Analysis) -> list[Method]:
    """Methods that save all weights, where the layer's parent would save its own alone."""
    spec = analysis.spec
    if spec.extends is None or not spec.weights:
        return []
    parent = spec.extends.text
    if not keras_layers()[parent].saves_its_own:
        return []
    reason = f"# {parent} would save its own weights alone."
    return [
        Method(name, ("self", "store"), (*comment, f"layers.Layer.{name}(self, store)"))
        for name, comment in (
            ("save_own_variables", (reason,)),
            ("load_own_variables", ()),
        )
    ]
