"""Plans the inputs that the suite calls the layer on, and the forms they come in."""

from __future__ import annotations

from collections.abc import Mapping

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Axis, Rest
from layersmith.plan import names
from layersmith.plan.arguments import literal
from layersmith.plan.init import needs_build
from layersmith.plan.suite.asked import Shapes, example_of
from layersmith.plan.suite.bounds import upper_bound
from layersmith.plan.suite.masks import mask_table, plan_masks
from layersmith.plan.suite.misshapen import misshapen, unknown
from layersmith.plan.suite.model import InputPlan, MaskPlan, Pairs, SuiteInput
from layersmith.plan.suite.symbolic import announced_shapes, symbolic_shape
from layersmith.plan.suite.values import Values, others
from layersmith.spec.model import Input

NUMPY_DTYPES = {"float": "float32", "bfloat16": "float32"}
MANY = (3, 2)


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
    example = example_of(analysis, [i.name.text for i in given])
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
    masks = plan_masks(analysis)
    sources = [_case(form, given, case, MANY[0]) for case in cases]
    if any(i.many for i in given):
        sources.insert(1, _case(form, given, example, MANY[1]))
    return InputPlan(
        form=form,
        inputs=inputs,
        masks=masks,
        mask_table=mask_table(analysis, {m.owner: m for m in masks}, "source"),
        calls=_calls(analysis, masks),
        cases=tuple(sources),
        other_rank=higher is not None,
        builds=needs_build(analysis),
        shape_names=tuple(names.shape_parameters(analysis)),
        symbolic=tuple(symbolic_shape(analysis, i, symbolic, values) for i in given),
        announced=tuple(announced_shapes(analysis, symbolic, values)),
        refused=tuple(
            (_stated(form, given, shapes), message)
            for shapes, message in misshapen(analysis, values, example)
        ),
        unknown=tuple(
            _stated(form, given, shapes)
            for shapes in unknown(analysis, values, example)
        ),
    )


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
    apart = {i.name.text for i in given if i.optional and _apart(analysis, given, i)}
    example = {name: shape for name, shape in example.items() if name not in apart}
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


def _apart(analysis: Analysis, given: list[Input], one: Input) -> bool:
    """Whether nobody knows how many axes an input has where others have more."""

    def rest(i: Input) -> list[Axis]:
        axes = analysis.scope.shapes[i.name.text].axes
        return [axis for axis in axes if isinstance(axis, Rest)]

    others = [axis for i in given if i is not one for axis in rest(i)]
    return bool(rest(one)) and not any(axis in others for axis in rest(one))


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


def _case(form: str, given: list[Input], shapes: Shapes, many: int) -> str:
    """Source of the shapes of one case; a list of any length has `many` of them."""
    alike = {i.name.text for i in given if i.many}
    return _stated(
        form, given, {n: (s,) * many if n in alike else s for n, s in shapes.items()}
    )


def _stated(form: str, given: list[Input], shapes: Mapping[str, object]) -> str:
    """Source of shapes, in the form of what the layer is called on."""
    parts = []
    for layer_input in given:
        name = layer_input.name.text
        if name in shapes and not layer_input.state:
            shape = shapes[name]
            parts.append((name, repr(list(shape) if layer_input.many else shape)))
    states = [repr(shapes[i.name.text]) for i in given if i.state]
    if states:
        parts.append(("states", f"[{', '.join(states)}]"))
    if form in ("one", "many"):
        return parts[0][1]
    if form == "list":
        return f"[{', '.join(shape for _, shape in parts)}]"
    return "{" + ", ".join(f'"{name}": {shape}' for name, shape in parts) + "}"


def _calls(analysis: Analysis, masks: tuple[MaskPlan, ...]) -> Pairs:
    """Ways to call the layer: with its masks, and with other call arguments."""
    found = []
    masked = bool(masks)
    if masked:
        table = mask_table(analysis, {m.owner: m for m in masks}, "none")
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
