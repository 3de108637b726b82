"""Whether a layer draws random numbers, when, and where its seed comes from."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.sublayers import Maker
from layersmith.language.trees import walk


def needs_seed(analysis: Analysis) -> bool:
    """Whether the layer draws random numbers, and its seed is not the author's."""
    return analysis.facts.random and analysis.spec.argument("seed") is None


def draws(analysis: Analysis) -> bool:
    """Whether anything is drawn at random, by the layer or by a sublayer."""
    if any(op is not None and op.random for _, _, op in analysis.facts.calls):
        return True
    return any(
        _drops(part) for maker in analysis.makers.values() for part in maker.all()
    )


def draws_in_inference(analysis: Analysis) -> bool:
    """Whether something is drawn in inference too."""
    own = [node for node, _, op in analysis.facts.calls if op is not None and op.random]
    in_training: set[int] = set()
    for test, _ in analysis.facts.training_tests if own else ():
        body = test.body if isinstance(test, ast.If) else [test.body]
        in_training |= {id(n) for part in body for n in walk(part)}
    if any(id(node) not in in_training for node in own):
        return True
    held = (part for maker in analysis.makers.values() for part in maker.all())
    specs = (part.known.analysis for part in held)
    return any(spec is not None and draws_in_inference(spec) for spec in specs)


def _drops(maker: Maker) -> bool:
    """Whether a sublayer draws at random in training."""
    if maker.known.analysis is not None:
        return draws(maker.known.analysis)
    named = any(word in maker.layer for word in ("Dropout", "Noise", "Random"))
    return named or any("dropout" in argument for argument in maker.arguments)
