"""Plans what happens to masks: used, handed on, or ended."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Rest
from layersmith.plan import names
from layersmith.plan.code import code_body
from layersmith.plan.model import Method


def takes_mask(analysis: Analysis) -> bool:
    return any(names.is_mask(analysis, i.name.text) for i in analysis.spec.inputs)


def keeps_mask(analysis: Analysis) -> bool:
    """Whether a mask (batch, steps) of the input is one of the output too."""
    spec = analysis.spec
    if spec.compute_mask is not None or analysis.masking is not None:
        return False
    if isinstance(spec.supports_masking, bool):
        return spec.supports_masking
    if spec.extends is not None or any(not weight.trainable for weight in spec.weights):
        # Batch statistics over masked steps would be wrong.
        return False
    source = analysis.scope.shapes[names.tensors(analysis)[0]].axes
    target = analysis.output.axes
    return (
        len(source) > 1
        and len(target) > 1
        and source[:2] == target[:2]
        and _has_steps(source)
    )


def masking_statement(analysis: Analysis) -> str | None:
    """Statement of `__init__` that tells Keras about masks; None where none is needed."""
    spec = analysis.spec
    if analysis.masking is not None:
        condition = names.expression(analysis.masking, lambda name: None)
        return f"self.supports_masking = {condition}"
    if spec.extends is not None or spec.supports_masking is False:
        return None
    if has_compute_mask(analysis):
        return None  # Keras sees that it has
    if takes_mask(analysis) or keeps_mask(analysis) or spec.supports_masking:
        return "self.supports_masking = True"
    return None


def _has_steps(axes: tuple) -> bool:
    """Whether an input can be (batch, steps, ...)."""
    return isinstance(axes[1], Rest) or len(axes) > 2


def ends_mask(analysis: Analysis) -> bool:
    """Whether the layer uses a mask whose axis its output no longer has."""
    return takes_mask(analysis) and not keeps_mask(analysis)


def has_compute_mask(analysis: Analysis) -> bool:
    """Whether the layer has one of its own: the author's, or one that ends the mask."""
    return analysis.spec.compute_mask is not None or ends_mask(analysis)


def plan_compute_mask(analysis: Analysis) -> Method | None:
    """The method, where the default (hand the mask on) is wrong."""
    if not has_compute_mask(analysis):
        return None
    body: tuple[str, ...] = ("return None  # the masked axis is gone",)
    if analysis.spec.compute_mask is not None:
        body = code_body(analysis, analysis.bodies["compute_mask"])
    first = names.call_parameters(analysis)[0]
    return Method("compute_mask", ("self", first, "mask=None"), body)
