"""Plans `compute_output_spec`, where `compute_output_shape` cannot say it all.

Keras makes tensors of the compute dtype of the shapes that it gives: those of other
outputs are known to `compute_output_spec` only, as is what a call argument asks for.
"""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.language.values import Entries, Items, Tensor, Value
from layersmith.plan import names
from layersmith.plan.call import call_signature
from layersmith.plan.cell import states
from layersmith.plan.model import Method
from layersmith.plan.shapes import output_shapes, plan_compute_output_shape

_COMPUTE = frozenset({None, "float", "variable", "weak"})


def output_dtypes(analysis: Analysis) -> tuple[str, ...]:
    """Of each output; empty for the compute dtype, and where it is not known."""
    found: list[set[str]] = [set() for _ in analysis.spec.outputs]
    for _, value in analysis.facts.returns:
        for dtypes, one in zip(found, _values(analysis, value)):
            dtype = one.dtype if isinstance(one, Tensor) else None
            dtypes.add("" if dtype is None or dtype in _COMPUTE else dtype)
    return tuple(dtypes.pop() if len(dtypes) == 1 else "" for dtypes in found)


def _values(analysis: Analysis, value: Value) -> list[Value | None]:
    if isinstance(value, Entries):
        return [value.get(str(output.name)) for output in analysis.spec.outputs]
    return list(value.values or ()) if isinstance(value, Items) else [value]


def plan_compute_output_spec(analysis: Analysis) -> Method | None:
    """The method; None for a layer of which `compute_output_shape` says all."""
    dtypes = output_dtypes(analysis)
    asked = [output for output in analysis.spec.outputs if output.when]
    if states(analysis) or not (asked or any(dtypes)):
        return None
    given = plan_compute_output_shape(analysis)
    if given is None:
        return None  # Keras asks `call` itself
    parameters = [p.partition("=")[0] for p in given.parameters[1:]]
    sources = [_shape(analysis, name) for name in parameters]
    if asked:
        shapes = output_shapes(analysis)[1:]
        lines = [f"{name} = {source}" for name, source in zip(parameters, sources)]
        lines += [
            f"shape = self.compute_output_shape({', '.join(parameters)})",
            f"outputs = {_tensor('shape', dtypes[0])}",
            f"if {asked[0].when}:",
            f"    return outputs, {', '.join(map(_tensor, shapes, dtypes[1:]))}",
            "return outputs",
        ]
    else:
        computed = f"self.compute_output_shape({', '.join(sources)})"
        lines = _made(analysis, computed, dtypes)
    return Method("compute_output_spec", call_signature(analysis), tuple(lines))


def _made(analysis: Analysis, computed: str, dtypes: tuple[str, ...]) -> list[str]:
    """Statements that make tensors of the shapes, packed alike."""
    packing = analysis.spec.output_packing
    if packing == "single":
        return [f"shape = {computed}", f"return {_tensor('shape', dtypes[0])}"]
    places = [f'"{output.name}"' for output in analysis.spec.outputs]
    if packing == "tuple":
        places = [str(place) for place in range(len(dtypes))]
    made = [_tensor(f"shapes[{p}]", d) for p, d in zip(places, dtypes)]
    if packing == "tuple":
        return [f"shapes = {computed}", f"return {names.tuple_source(made)}"]
    entries = ", ".join(f"{place}: {one}" for place, one in zip(places, made))
    return [f"shapes = {computed}", f"return {{{entries}}}"]


def _tensor(shape: str, dtype: str) -> str:
    source = f'"{dtype}"' if dtype else "self.compute_dtype"
    return f"keras.KerasTensor({shape}, dtype={source})"


def _shape(analysis: Analysis, parameter: str) -> str:
    """Source of a shape, from what `call` is given."""
    packing = analysis.spec.packing
    if packing == "list":
        return "[x.shape for x in inputs]"
    if packing == "dict":
        return "{name: x.shape for name, x in inputs.items()}"
    if parameter == "input_shape":
        return f"{names.tensors(analysis)[0]}.shape"
    name = parameter.removesuffix("_shape")
    if names.input_of(analysis, name).optional:
        return f"None if {name} is None else {name}.shape"
    return f"{name}.shape"
