"""Plans how `build` builds the sublayers, each with its own input shape."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Dim, Shape
from layersmith.language.facts import SublayerCall
from layersmith.language.values import Items, Tensor, Value
from layersmith.plan import names
from layersmith.plan.keras_objects import Sharing, sublayer_source


def build_sublayers(analysis: Analysis, sharing: Sharing) -> list[str]:
    """Statements, in the order in which `call` uses the sublayers.

    Those whose arguments ask the sizes of axes are made here too.

    A sublayer that is not built in `build` gets random weights when a model is
    loaded, with no more than a warning.
    """
    statements: list[str] = []
    done: set[str] = set()
    for call in analysis.facts.sublayer_calls:
        if call.name not in done:
            done.add(call.name)
            maker = analysis.makers.get(call.name)
            weightless = maker is not None and maker.known.weightless
            building = [] if weightless else _build(analysis, call)
            if call.name in analysis.scope.made_in_build:
                making = sublayer_source(analysis, call.name, sharing)
                otherwise = f"self.{call.name} = None"
                building = _guarded(
                    analysis, call.name, [*making, *building], otherwise
                )
            elif call.name in analysis.makers:
                building = _guarded(analysis, call.name, building)
            statements.extend(building)
    return statements


def _build(analysis: Analysis, call: SublayerCall) -> list[str]:
    name = call.name
    calls = [other for other in analysis.facts.sublayer_calls if other.name == name]
    if name in analysis.scope.repeats:
        return _build_each(analysis, name, calls)
    shapes = _shapes(analysis, call)
    statement = f"self.{name}.build({', '.join(shapes)})"
    argument = analysis.spec.argument(name)
    if argument is not None:  # a layer that its giver may have built
        there = f"self.{name} is not None and " if argument.nullable else ""
        return [f"if {there}not self.{name}.built:", f"    {statement}"]
    return [statement]


def _build_each(analysis: Analysis, name: str, calls: list[SublayerCall]) -> list[str]:
    """Sublayers of one kind: on one shape, or each on what the one before returns."""
    first, last = calls[0], calls[-1]
    one = name.removesuffix("s") if name.endswith("s") and len(name) > 2 else "layer"
    if _known(first) == _known(last):
        statement = f"{one}.build({', '.join(_shapes(analysis, first))})"
        return [f"for {one} in self.{name}:", f"    {statement}"]
    shape = _shapes(analysis, first)[0]
    return [
        f"shape = {shape}",
        f"for {one} in self.{name}:",
        f"    {one}.build(shape)",
        f"    shape = {one}.compute_output_shape(shape)",
    ]


def _known(call: SublayerCall) -> list[Shape | None]:
    return [value.shape if isinstance(value, Tensor) else None for value in call.inputs]


def _guarded(
    analysis: Analysis, name: str, statements: list[str], otherwise: str = ""
) -> list[str]:
    condition = analysis.conditions.get(name)
    if condition is None or not statements:
        return statements
    text = names.expression(condition, lambda used: names.attribute(analysis, used))
    guarded = [f"if {text}:", *(f"    {statement}" for statement in statements)]
    return [*guarded, "else:", f"    {otherwise}"] if otherwise else guarded


def _shapes(analysis: Analysis, call: SublayerCall) -> list[str]:
    """Source of the shapes that the sublayer is called on."""
    found = []
    for value in call.inputs:
        source = _shape(analysis, value)
        if source is not None:
            found.append(source)
    return found


def _shape(analysis: Analysis, value: Value) -> str | None:
    if isinstance(value, Items) and value.values:
        inner = [_shape(analysis, item) for item in value.values]
        return f"[{', '.join(source for source in inner if source)}]"
    if isinstance(value, Tensor) and value.shape is not None:
        return names.shape_source(
            analysis,
            value.shape,
            lambda dim: _size(analysis, dim),
        )
    return None


def _size(analysis: Analysis, dim: Dim) -> str:
    if _on_batch(analysis, dim):
        return "None"
    return names.size(analysis, dim, _local(analysis))


def _local(analysis: Analysis):
    """Axes that `build` has as local names, and the others from the shape."""

    def source(axis: str) -> str:
        return (
            axis
            if axis in analysis.scope.static_axes
            else names.axis_item(analysis, axis)
        )

    return source


def _on_batch(analysis: Analysis, axis: Dim) -> bool:
    """Whether the size of an axis depends on that of the batch, which may be any."""
    return any(
        atom in analysis.scope.axes and analysis.scope.axes[atom][1] == 0
        for atom in axis.atoms
    )
