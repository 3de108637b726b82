"""Plans the inputs that the suite calls the layer on, and the forms they come in."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Dim
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.values import Tensor
from layersmith.plan import names
from layersmith.plan.init import needs_build
from layersmith.plan.suite.model import InputPlan, MaskPlan, SuiteInput
from layersmith.plan.suite.sizes import announced, example_shape, tuple_source
from layersmith.plan.suite.values import Values, with_derived
from layersmith.spec.model import Input

NUMPY_DTYPES = {"float": "float32", "string": "str", "bfloat16": "float32"}
MANY = (3, 2)
Shapes = dict[str, tuple[int, ...]]


def plan_inputs(analysis: Analysis, values: Values, changes: list[Values]) -> InputPlan:
    """The plan of the inputs.

    Args:
        values: Arguments of the layer under test.
        changes: Changes of them that are tried on the same inputs.
    """
    spec = analysis.spec
    given = [i for i in spec.inputs if not names.is_mask(analysis, i.name.text)]
    several = len(given) > 1 or given[0].many
    form = spec.packing if several else "one"
    if form == "arguments" and len(given) == 1:
        form = "many"
    example = _example(analysis, given, 0)
    cases = [example, *_without_optional(given, example)]
    higher = _other_rank(analysis, given, example)
    if higher is not None:
        cases.append(higher)
    symbolic = cases[-1] if higher is not None else example
    inputs = tuple(
        SuiteInput(
            i.name.text,
            NUMPY_DTYPES.get(i.dtype, i.dtype),
            upper_bound(analysis, i, [values, *({**values, **c} for c in changes)]),
            i.optional,
            i.state,
            i.many,
        )
        for i in given
    )
    sources = [_case(analysis, form, given, case, MANY[0]) for case in cases]
    if any(i.many for i in given):
        sources.insert(1, _case(analysis, form, given, example, MANY[1]))
    return InputPlan(
        form=form,
        inputs=inputs,
        masks=_masks(analysis),
        cases=tuple(sources),
        other_rank=higher is not None,
        builds=needs_build(analysis),
        shape_names=tuple(names.shape_parameters(analysis)),
        symbolic=tuple(_symbolic(analysis, i, symbolic, values) for i in given),
        announced=tuple(_announced(analysis, symbolic, values)),
    )


def _example(analysis: Analysis, given: list[Input], index: int) -> Shapes:
    found = {}
    for layer_input in given:
        shape = example_shape(analysis, layer_input.name.text, index)
        if shape is not None:
            found[layer_input.name.text] = shape
    return found


def _without_optional(given: list[Input], example: Shapes) -> list[Shapes]:
    """The example without the inputs that may be left out, each and all."""
    left_out = [i.name.text for i in given if i.optional and i.name.text in example]
    groups = [{name} for name in left_out]
    if len(left_out) > 1:
        groups.append(set(left_out))
    return [{n: s for n, s in example.items() if n not in group} for group in groups]


def _other_rank(
    analysis: Analysis, given: list[Input], example: Shapes
) -> Shapes | None:
    """The example with one axis more, or one less, where `...` stands in a shape."""
    step = _rank_step(analysis, given, example)
    if not step:
        return None
    changed = {}
    for name, shape in example.items():
        spec_shape = analysis.scope.shapes[name]
        if spec_shape.rest is None:
            changed[name] = shape
        elif step > 0:
            changed[name] = (*shape[: spec_shape.rest], 2, *shape[spec_shape.rest :])
        else:
            changed[name] = (*shape[: spec_shape.rest], *shape[spec_shape.rest + 1 :])
    return changed


def _rank_step(analysis: Analysis, given: list[Input], example: Shapes) -> int:
    """1 or -1 for a rank that all inputs with `...` may have; 0 where there is none."""
    open_inputs = [
        i
        for i in given
        if i.name.text in example
        and analysis.scope.shapes[i.name.text].rest is not None
    ]
    if not open_inputs:
        return 0
    for step in (1, -1):
        fits = True
        for layer_input in open_inputs:
            rank = len(example[layer_input.name.text]) + step
            ranks = layer_input.ranks
            least = analysis.scope.shapes[layer_input.name.text].least_rank
            fits = fits and rank >= least and (not ranks or rank in ranks)
        if fits:
            return step
    return 0


def _case(
    analysis: Analysis, form: str, given: list[Input], shapes: Shapes, many: int
) -> str:
    """Source of the shapes of one case, in the form of what the layer is called on."""
    parts = []
    for layer_input in given:
        name = layer_input.name.text
        if name in shapes and not layer_input.state:
            shape = repr(shapes[name])
            if layer_input.many:
                shape = f"[{', '.join([shape] * many)}]"
            parts.append((name, shape))
    states = [repr(shapes[i.name.text]) for i in given if i.state]
    if states:
        parts.append(("states", f"[{', '.join(states)}]"))
    if form in ("one", "many"):
        return parts[0][1]
    if form == "list":
        return f"[{', '.join(shape for _, shape in parts)}]"
    return "{" + ", ".join(f'"{name}": {shape}' for name, shape in parts) + "}"


def _symbolic(
    analysis: Analysis, layer_input: Input, shapes: Shapes, values: Values
) -> tuple[str, str]:
    """Name of an input, and source of its shape without the batch in a model."""
    name = layer_input.name.text
    shape = analysis.scope.shapes[name]
    if name not in shapes:
        return name, ""
    rest = len(shapes[name]) - shape.least_rank
    return name, tuple_source(announced(analysis, shape, values, rest)[1:])


def _announced(analysis: Analysis, shapes: Shapes, values: Values) -> list[str]:
    """Source of the shape of each output of that model."""
    found = []
    for output in analysis.outputs:
        rest = 0
        for name, numbers in shapes.items():
            shape = analysis.scope.shapes[name]
            if shape.rest is not None:
                rest = len(numbers) - shape.least_rank
        sizes = announced(analysis, output, values, rest)
        found.append(tuple_source(["None", *sizes[1:]]))
    return found


def _masks(analysis: Analysis) -> tuple[MaskPlan, ...]:
    found = []
    for layer_input in analysis.spec.inputs:
        name = layer_input.name.text
        if not names.is_mask(analysis, name):
            continue
        owner = name.removesuffix("_mask")
        if name == "mask":
            owner = names.tensors(analysis)[0]
        shape = example_shape(analysis, name)
        if shape is None:
            shape = (example_shape(analysis, owner) or ())[:2]
        found.append(MaskPlan(name, owner, shape))
    return tuple(found)


def upper_bound(
    analysis: Analysis, layer_input: Input, tried: list[Values]
) -> int | None:
    """One more than the greatest whole number that an input may hold."""
    if "int" not in layer_input.dtype:
        return None
    bounds = [
        bound
        for values in tried
        for bound in _bounds(analysis, layer_input.name.text, values)
    ]
    return max(1, min(bounds)) if bounds else 4


def _bounds(analysis: Analysis, name: str, values: Values) -> list[int]:
    """Sizes of what an input is an index into."""
    found: list[int] = []
    known = with_derived(analysis, values)
    facts = analysis.facts
    for call in facts.sublayer_calls:
        maker = analysis.makers.get(call.name)
        if maker is None or "input_dim" not in maker.arguments:
            continue
        if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(call.node)):
            found += _number(maker.arguments["input_dim"], known)
    for node, called, _ in facts.calls:
        bound = facts.bound.get(id(node), {})
        indices = bound.get("indices", bound.get("ids"))
        if not isinstance(indices, ast.Name) or indices.id != name:
            continue
        if called.endswith("one_hot") and "depth" in bound:
            found += _number(bound["depth"], known)
        params = bound.get("params")
        value = facts.value(params) if isinstance(params, ast.AST) else None
        if isinstance(value, Tensor) and value.shape is not None:
            size = value.shape.axes[0]
            if isinstance(size, Dim):
                found += _number(ast.parse(str(size), mode="eval").body, known)
    return found


def _number(tree: ast.AST, known: dict[str, object]) -> list[int]:
    try:
        value = evaluate(tree, known)
    except Unknowable:
        return []
    return [value] if isinstance(value, int) else []
