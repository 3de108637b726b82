"""The layers that a sublayer can be: Keras's own, and those of the project's specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from layersmith.record import record

if TYPE_CHECKING:
    from layersmith.language.analyse import Analysis

# Layers without weights: they take an axis of any size, known or not.
_WEIGHTLESS = frozenset(
    "Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average "
    "AveragePooling1D AveragePooling2D AveragePooling3D Concatenate Cropping1D Cropping2D "
    "Cropping3D Dot Dropout ELU Flatten GaussianDropout GaussianNoise GlobalAveragePooling1D "
    "GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D "
    "GlobalMaxPooling3D Identity LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum "
    "Minimum Multiply Permute ReLU RepeatVector Rescaling Reshape Resizing Softmax "
    "SpatialDropout1D SpatialDropout2D SpatialDropout3D Subtract UnitNormalization UpSampling1D "
    "UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D".split()
)


@record
class KnownLayer:
    """A layer that can be a sublayer.

    Attributes:
        parameters: Of `__init__`, in order, each with whether it is required.
        trains: Whether it acts otherwise in training.
        weightless: Whether it has no weights at all.
        single: Whether it is called on one tensor.
        analysis: Of its spec, for a layer of the project.
    """

    name: str
    parameters: tuple[tuple[str, bool], ...]
    trains: bool
    weightless: bool
    single: bool
    analysis: Analysis | None = None


@record
class Registry(Mapping[str, KnownLayer]):
    """Known layers by class name: Keras's, and the project's under other names.

    A spec means the same wherever it stands: `Dense` is Keras's even beside a spec
    that is called so.
    """

    project: Mapping[str, Analysis] = field(default_factory=dict)

    def __getitem__(self, name: str) -> KnownLayer:
        from layersmith.language.tables import keras_layers

        known = keras_layers()
        return (
            _of_keras(known[name]) if name in known else _of_project(self.project[name])
        )

    def __iter__(self) -> Iterator[str]:
        from layersmith.language.tables import keras_layers

        yield from keras_layers()
        yield from (name for name in self.project if name not in keras_layers())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        from layersmith.language.tables import keras_layers

        return name in self.project or name in keras_layers()


def _of_keras(layer) -> KnownLayer:
    names = {parameter.name for parameter in layer.parameters}
    wraps = bool(names & {"layer", "cell", "forward_layer", "layers"})
    return KnownLayer(
        layer.name,
        tuple((p.name, p.required) for p in layer.parameters),
        trains=layer.takes_training and (layer.random or layer.stateful or wraps),
        weightless=layer.name in _WEIGHTLESS,
        single=layer.inputs == "single",
    )


def _of_project(analysis: Analysis) -> KnownLayer:
    spec = analysis.spec
    parameters = [
        (a.name.text, a.default is None)
        for a in sorted(spec.arguments, key=lambda a: a.default is not None)
    ]
    if analysis.facts.random and spec.argument("seed") is None:
        parameters.append(("seed", False))
    return KnownLayer(
        spec.layer.text,
        tuple(parameters),
        trains=analysis.trains,
        weightless=not spec.weights and not spec.sublayers,
        single=len([i for i in spec.inputs if not i.optional]) == 1,
        analysis=analysis,
    )
