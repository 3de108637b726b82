"""Plans the inputs that the suite calls the layer on, and the forms they come in."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Axis, Dim
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.values import Tensor
from layersmith.plan import names
from layersmith.plan.arguments import literal
from layersmith.plan.init import needs_build
from layersmith.plan.suite.model import InputPlan, MaskPlan, Pairs, SuiteInput
from layersmith.plan.suite.sizes import announced, example_shape, tuple_source
from layersmith.plan.suite.values import Values, others, with_derived
from layersmith.spec.model import Code, Input

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
    cases = [example, *_without_optional(analysis, given, example)]
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
    masks = _masks(analysis)
    sources = [_case(analysis, form, given, case, MANY[0]) for case in cases]
    if any(i.many for i in given):
        sources.insert(1, _case(analysis, form, given, example, MANY[1]))
    return InputPlan(
        form=form,
        inputs=inputs,
        masks=masks,
        mask_table=_mask_table(analysis, {m.owner: m for m in masks}, "source"),
        calls=_calls(analysis, masks),
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


def _without_optional(
    analysis: Analysis, given: list[Input], example: Shapes
) -> list[Shapes]:
    """The example without the inputs that may be left out, each and all."""
    left_out = [i.name.text for i in given if i.optional and i.name.text in example]
    groups = [{name} for name in left_out]
    if len(left_out) > 1:
        groups.append(set(left_out))
    found = []
    for group in groups:
        shapes = dict(example)
        for name in group:
            shapes = _with_stand_in(analysis, name, shapes)
        found.append({n: s for n, s in shapes.items() if n not in group})
    return found


def _with_stand_in(analysis: Analysis, name: str, shapes: Shapes) -> Shapes:
    """Shapes in which another input can stand in for one that is left out.

    A key is the value by default: then both have one size.
    """
    axes = analysis.scope.shapes[name].axes
    # One that differs in its last axis is the likeliest.
    last = [o for o in shapes if analysis.scope.shapes[o].axes[:-1] == axes[:-1]]
    for other in (*last, *shapes):
        mine = analysis.scope.shapes[other].axes
        different = [i for i, pair in enumerate(zip(mine, axes)) if pair[0] != pair[1]]
        if other == name or len(mine) != len(axes) or len(different) != 1:
            continue
        old = mine[different[0]]
        size = shapes[name][different[0] - len(axes)]
        if str(old) in analysis.scope.axes:
            return {n: _resized(analysis, n, s, old, size) for n, s in shapes.items()}
    return shapes


def _resized(
    analysis: Analysis, name: str, shape: tuple[int, ...], axis: Axis, size: int
) -> tuple[int, ...]:
    """A shape in which an axis of this name has another size."""
    axes = analysis.scope.shapes[name].axes
    rest = analysis.scope.shapes[name].rest
    found = list(shape)
    for index, one in enumerate(axes):
        if one == axis:
            found[index if rest is None or index < rest else index - len(axes)] = size
    return tuple(found)


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
    if name not in shapes:
        return name, ""
    shape, rest = analysis.scope.shapes[name], _rest(analysis, {name: shapes[name]})
    return name, tuple_source(announced(analysis, shape, values, rest)[1:])


def _announced(analysis: Analysis, shapes: Shapes, values: Values) -> list[str]:
    """Source of the shape of each output of that model; empty where it is not known."""
    spec = analysis.spec
    found = []
    for output, shape in zip(spec.outputs, analysis.outputs):
        if output.when is not None:
            continue
        if spec.compute_output_shape is not None or spec.extends is not None:
            found.append("")
        elif output.code is not None:
            found.append(_computed(analysis, output.code, shapes, values))
        else:
            sizes = announced(analysis, shape, values, _rest(analysis, shapes))
            found.append(tuple_source(["None", *sizes[1:]]))
    return found


def _rest(analysis: Analysis, shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """Sizes of the axes that each `...` of the inputs stands for."""
    found = {}
    for name, numbers in shapes.items():
        shape = analysis.scope.shapes[name]
        if shape.rest is not None:
            many = len(numbers) - shape.least_rank
            stretch = numbers[shape.rest : shape.rest + many]
            found[str(shape.axes[shape.rest])] = stretch
    return found


def _computed(analysis: Analysis, code: Code, shapes: Shapes, values: Values) -> str:
    """A shape that an expression gives, from shapes with axes of unknown size."""
    known = with_derived(analysis, values)
    for name in shapes:
        sizes = announced(
            analysis, analysis.scope.shapes[name], values, _rest(analysis, shapes)
        )
        shape = tuple(None if size == "None" else int(size) for size in sizes)
        known[f"{name}_shape"] = (None, *shape[1:])
        if len(shapes) == 1:
            known["input_shape"] = known[f"{name}_shape"]
    try:
        shape = evaluate(ast.parse(code.text.strip(), mode="eval").body, known)
    except (Unknowable, SyntaxError):
        return ""
    return repr(tuple(shape))


def _masks(analysis: Analysis) -> tuple[MaskPlan, ...]:
    found = []
    for layer_input in analysis.spec.inputs:
        name = layer_input.name.text
        if not names.is_mask(analysis, name):
            continue
        owner = name.removesuffix("_mask")
        if name == "mask":
            owner = names.tensors(analysis)[0]
        shape = example_shape(analysis, name) or _mask_shape(analysis, name, owner)
        if shape:
            steps = len(shape) == 2 and len(example_shape(analysis, owner) or ()) > 2
            source, none = _mask_source(shape), f"np.zeros({shape}, bool)"
            found.append(MaskPlan(name, owner, source, none, steps))
    return tuple(found)


def _mask_shape(analysis: Analysis, name: str, owner: str) -> tuple[int, ...] | None:
    """The shape of a mask from that of its owner, where they name their axes alike."""
    sizes = example_shape(analysis, owner)
    if sizes is None:
        return None
    axes, of = analysis.scope.shapes[name].axes, analysis.scope.shapes[owner]
    rest = of.rest if of.rest is not None else len(of.axes)
    many = len(sizes) - of.least_rank
    found: list[int] = []
    for axis in axes:
        if axis not in of.axes:
            return None
        index = of.axes.index(axis)
        if index == rest:
            found.extend(sizes[index : index + many])
        else:
            found.append(sizes[index if index < rest else index - len(of.axes)])
    return tuple(found)


def _mask_source(shape: tuple[int, ...]) -> str:
    if len(shape) == 2:
        return f"np.arange({shape[1]}) <= np.arange({shape[0]})[:, None]"
    if len(shape) == 1:
        return f"np.arange({shape[0]}) % 2 == 1"
    return f"np.indices({shape}).sum(axis=0) % 3 > 0"


def _mask_table(analysis: Analysis, masks: dict[str, MaskPlan], which: str) -> Pairs:
    """What the layer is given masks by: one keyword each, or one for all.

    Args:
        masks: By the input that each is of.
        which: `source` or `none`: the values to give.
    """
    sources = {owner: getattr(mask, which) for owner, mask in masks.items()}
    packing = analysis.spec.packing
    if packing == "arguments" or not masks:
        return tuple((mask.name, sources[owner]) for owner, mask in masks.items())
    given = names.tensors(analysis)
    if packing == "dict":
        inner = ", ".join(f'"{name}": {sources.get(name, "None")}' for name in given)
        return (("mask", f"{{{inner}}}"),)
    return (("mask", f"[{', '.join(sources.get(name, 'None') for name in given)}]"),)


def _calls(analysis: Analysis, masks: tuple[MaskPlan, ...]) -> Pairs:
    """Ways to call the layer: with its masks, and with other call arguments."""
    found = []
    masked = bool(masks)
    if masked:
        table = _mask_table(analysis, {m.owner: m for m in masks}, "none")
        inner = ", ".join(f'"{name}": {source}' for name, source in table)
        found = [("masked", "MASKS"), ("nothing kept", f"{{{inner}}}")]
    changed = []
    for argument in analysis.spec.call_arguments:
        default = argument.default.value if argument.default is not None else None
        for other in others(argument, default):
            changed.append(f'"{argument.name}": {literal(other)}')
            found.append((f"{argument.name}={other}", f"{{{changed[-1]}}}"))
            break
    if changed and len(found) > 1:
        inner = ", ".join([*(["**MASKS"] if masked else []), *changed])
        found.append(("all of these", f"{{{inner}}}"))
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
