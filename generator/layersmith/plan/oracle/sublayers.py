"""What a sublayer computes, in NumPy; where that is not known, the sublayer is asked."""

from __future__ import annotations

import ast
from collections.abc import Callable

from layersmith.language.analyse import Analysis
from layersmith.language.numpy_meanings import LAYERS, parameters, unhonoured
from layersmith.language.sublayers import Maker
from layersmith.language.trees import walk
from layersmith.plan.oracle.names import in_arguments

# Their functions take other inputs than the layer, or act otherwise in training.
_ASKED = frozenset(
    {
        *(
            "AdditiveAttention",
            "Attention",
            "BatchNormalization",
            "GRUCell",
            "LSTMCell",
        ),
        *("MultiHeadAttention", "SimpleRNNCell", "SeparableConv1D", "SeparableConv2D"),
    }
)
_KNOWN = {None: "", "linear": "", "tanh": "np.tanh", "exponential": "np.exp"}


class Sublayers:
    """Sources of calls of sublayers.

    Attributes:
        helpers: Functions of `numpy_meanings` that are called, filled on the way.
        asked: Names of the sublayers that are asked themselves.
    """

    def __init__(self, analysis: Analysis, arguments: str, weights: str):
        self.analysis = analysis
        self.arguments = arguments
        self.weights = weights
        self.helpers: list[str] = []
        self.asked: list[str] = []
        self.parts = False

    def meaning(self, name: str) -> str | None:
        """The function of `numpy_meanings` that a sublayer is; None where it is asked."""
        maker = self.analysis.makers.get(name)
        if maker is None or maker.known.analysis is not None or maker.parts:
            return None
        if maker.layer in _ASKED or maker.layer not in LAYERS:
            return None
        if unhonoured(maker.layer, maker.arguments):
            return None
        if self._asks_axes(maker):
            return None
        plain = all(
            len(call.inputs) == 1 and not call.keywords
            for call in self.analysis.facts.sublayer_calls
            if call.name == name
        )
        return LAYERS[maker.layer] if plain else None

    def _asks_axes(self, maker: Maker) -> bool:
        """Whether its function would be given the size of an axis, which has no name."""
        known = parameters(LAYERS[maker.layer])
        given = [value for key, value in maker.arguments.items() if key in known]
        axes = self.analysis.scope.axes
        return any(
            isinstance(node, ast.Name) and node.id in axes
            for value in given
            for node in walk(value)
        )

    def call(self, name: str, inputs: str, keywords: str = "") -> str:
        """Source of a call of a sublayer that there is one of."""
        function = self.meaning(name)
        if function is None:
            return self._ask(name, f"layer.{name}", inputs, keywords)
        return self._meant(name, function, inputs, f'"{name}"')

    def listed(self, name: str, times: str) -> list[str]:
        """Statements that list functions: one for each of a repeated sublayer."""
        function = self.meaning(name)
        if function is None:
            asked = self._ask(name, f"layer.{name}[i]", "*x", "**settings")
            each = f"lambda *x, **settings: {asked}"
        else:
            meant = self._meant(name, function, "x", f'f"{name}_{{i}}"')
            each = f"lambda x: {meant}"
        return [
            "",
            f"def {name}_at(i):",
            f"    return {each}",
            "",
            f"{name} = [{name}_at(i) for i in range({times})]",
        ]

    def _ask(self, name: str, target: str, inputs: str, keywords: str) -> str:
        self.asked.append(name)
        given = [self.weights, target, inputs, keywords]
        maker = self.analysis.makers.get(name)
        if maker is None or maker.known.trains:
            given.append("training=training")
        return f"ask({', '.join(part for part in given if part)})"

    def _meant(self, name: str, function: str, inputs: str, part: str) -> str:
        maker = self.analysis.makers[name]
        self.helpers.append(function)
        given = [inputs]
        if not maker.known.weightless:
            self.parts = True
            given.append(f"**part({self.weights}, {part})")
        known = parameters(function)
        given += [
            f"{key}={in_arguments(self.analysis, value, self.arguments)}"
            for key, value in maker.arguments.items()
            if key in known and key != "activation"
        ]
        return self._activated(maker, f"{function}({', '.join(given)})")

    def _activated(self, maker: Maker, call: str) -> str:
        activation = maker.arguments.get("activation")
        if activation is None:
            return call
        if isinstance(activation, ast.Constant):
            function = activation_source(activation.value, self.helpers)
            return f"{function}({call})" if function else call
        chosen = in_arguments(self.analysis, activation, self.arguments)
        return f"ACTIVATIONS[{chosen}]({call})"


def activation_source(name: object, helpers: list[str]) -> str:
    """Source of the NumPy function of an activation; adds what it needs.

    Empty for the activation that changes nothing.
    """
    if name in _KNOWN:
        return _KNOWN[name]
    helpers.append(str(name))
    return str(name)


def activation_names(analysis: Analysis) -> Callable[[str], bool]:
    """Tells whether an argument is an activation's name."""
    kinds = {a.name.text: a.type for a in analysis.spec.arguments}
    return lambda name: kinds.get(name) == "activation"
