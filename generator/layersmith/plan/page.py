"""Plans the page of a layer in a project's documentation."""

from __future__ import annotations

from layersmith.language.analyse import Analysis
from layersmith.plan.arguments import literal
from layersmith.plan.diagram import Diagram, plan_diagram
from layersmith.plan.docstring import SEED, described
from layersmith.plan.given_layers import example_source
from layersmith.plan.seeds import needs_seed
from layersmith.record import record
from layersmith.spec.model import (
    Argument,
    Code,
    Input,
    Output,
    Shape,
    Spec,
    Sublayer,
    Weight,
)


@record
class ArgumentRow:
    name: str
    type: str
    default: str
    text: str


@record
class TensorRow:
    name: str
    shape: str
    dtype: str
    text: str


@record
class WeightRow:
    name: str
    shape: str
    initializer: str
    trainable: bool
    condition: str
    text: str


@record
class SublayerRow:
    name: str
    layer: str
    note: str


@record
class PagePlan:
    """What the page of a layer says.

    Attributes:
        module: Import path of the layer.
        example: Call of the class that the first example makes.
        code: Derived values, own functions and the body of `call`, as written.
    """

    name: str
    summary: str
    description: str
    reference: str
    module: str
    example: str
    arguments: tuple[ArgumentRow, ...]
    inputs: tuple[TensorRow, ...]
    outputs: tuple[TensorRow, ...]
    weights: tuple[WeightRow, ...]
    sublayers: tuple[SublayerRow, ...]
    code: str
    diagram: Diagram


def plan_page(analysis: Analysis, module: str) -> PagePlan:
    """The plan of a layer's page."""
    spec = analysis.spec
    given = [
        f"{name}={example_source(analysis, name.text, value.value)}"
        for name, value in spec.examples[0].arguments
    ]
    return PagePlan(
        name=spec.layer.text,
        summary=spec.summary,
        description=spec.description.strip(),
        reference=spec.reference,
        module=module,
        example=f"{spec.layer}({', '.join(given)})",
        arguments=tuple(_arguments(analysis)),
        inputs=tuple(
            TensorRow(i.name.text, _shape(i.shape), i.dtype, _input_text(i))
            for i in spec.inputs
        ),
        outputs=tuple(
            TensorRow(o.name.text if o.name else "", _output_shape(o), "", "")
            for o in spec.outputs
        ),
        weights=tuple(_weight(analysis, weight) for weight in spec.weights),
        sublayers=tuple(_sublayer(part) for part in spec.sublayers),
        code=_code(spec),
        diagram=plan_diagram(analysis),
    )


def _code(spec: Spec) -> str:
    derived = [f"{d.name} = {d.expression.text.strip()}" for d in spec.derived]
    functions = spec.functions.text.strip("\n") if spec.functions is not None else ""
    parts = ["\n".join(derived), functions, spec.call.text.strip("\n")]
    return "\n\n".join(filter(None, parts))


def _arguments(analysis: Analysis) -> list[ArgumentRow]:
    rows = [
        ArgumentRow(a.name.text, a.type, _default(a), described(analysis, a))
        for a in analysis.spec.arguments
    ]
    if needs_seed(analysis):
        rows.append(ArgumentRow("seed", "int", "None", SEED))
    return rows


def _default(argument: Argument) -> str:
    return "" if argument.default is None else literal(argument.default.value)


def _input_text(given: Input) -> str:
    notes = ["Optional." if given.optional else "", "A list." if given.many else ""]
    return " ".join(filter(None, [*notes, given.doc]))


def _output_shape(output: Output) -> str:
    return _shape(output.shape) if output.code is None else output.code.text.strip()


def _weight(analysis: Analysis, weight: Weight) -> WeightRow:
    made = analysis.objects.get((weight.name.text, "initializer"))
    initializer = "glorot_uniform"  # Keras's own default
    if weight.initializer is not None:
        initializer = weight.initializer.text.strip()
    elif made is not None and made.argument is not None:
        initializer = made.argument
    return WeightRow(
        weight.name.text,
        _shape(weight.shape),
        "" if weight.inherited else initializer,
        weight.trainable,
        weight.when.text.strip() if weight.when is not None else "",
        weight.doc,
    )


def _sublayer(part: Sublayer) -> SublayerRow:
    notes = []
    if part.repeat is not None:
        notes.append(f"{part.repeat.text.strip()} times")
    if part.when is not None:
        notes.append(f"if {part.when.text.strip()}")
    return SublayerRow(part.name.text, part.layer.text.strip(), ", ".join(notes))


def _shape(shape: Shape | Code) -> str:
    if isinstance(shape, Code):
        return shape.text.strip()
    inner = ", ".join(shape.texts)
    return f"({inner},)" if len(shape.texts) == 1 else f"({inner})"
