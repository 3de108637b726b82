"""Plans `compute_output_spec` of a layer that returns more on request.

Keras asks `compute_output_shape` with shapes alone; what a call argument asks for is known
to `compute_output_spec` only.
"""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.plan import names
from layersmith.plan.call import call_signature
from layersmith.plan.model import Method
from layersmith.plan.shapes import output_shapes, plan_compute_output_shape


def plan_compute_output_spec(analysis: Analysis) -> Method | None:
    """The method; None for a layer whose call arguments do not change what it returns."""
    spec = analysis.spec
    asked = [output for output in spec.outputs if output.when]
    if not asked:
        return None
    shapes = output_shapes(analysis)[1:]
    given = plan_compute_output_shape(analysis)
    if given is None:
        return None  # Keras asks `call` itself
    parameters = [p.partition("=")[0] for p in given.parameters[1:]]
    needed = f"self.compute_output_shape({', '.join(parameters)})"
    lines = [f"{name} = {_shape(analysis, name)}" for name in parameters]
    made = [f"keras.KerasTensor({shape}, dtype=self.compute_dtype)" for shape in shapes]
    lines += [
        f"shape = {needed}",
        "outputs = keras.KerasTensor(shape, dtype=self.compute_dtype)",
        f"if {asked[0].when}:",
        f"    return outputs, {', '.join(made)}",
        "return outputs",
    ]
    return Method("compute_output_spec", call_signature(analysis), tuple(lines))


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
