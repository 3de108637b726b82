"""What each name of a spec is called in the emitted layer."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from layersmith.language import inputs
from layersmith.language.analyse import Analysis
from layersmith.language.dims import Axis, Dim, Rest, Shape
from layersmith.language.parsed import Parsed
from layersmith.language.trees import fresh_tree, names_in
from layersmith.language.values import Tensor
from layersmith.plan import arguments, spelling
from layersmith.plan.rewrite import Edit, apply, extent, name_edits
from layersmith.spec.model import Code, Input

SELF = frozenset({"compute_dtype", "variable_dtype", "trainable"})


def tensors(analysis: Analysis) -> tuple[str, ...]:
    """Names of the inputs that `build` gets the shape of: all but masks and states."""
    return inputs.tensors(analysis.spec)


def input_of(analysis: Analysis, name: str) -> Input:
    return inputs.input_of(analysis.spec, name)


def call_parameters(analysis: Analysis) -> list[str]:
    """Parameters of `call` but `training`."""
    spec = analysis.spec
    masks = [i.name.text for i in spec.inputs if is_mask(analysis, i.name.text)]
    if spec.packing != "arguments":
        # Keras packs the masks as the inputs are packed.
        return ["inputs", *(["mask=None"] if masks else [])]
    given = [i for i in spec.inputs if not i.state and i.name.text not in masks]
    parameters = [i.name.text for i in given if not i.optional]
    if any(i.state for i in spec.inputs):
        parameters.append("states")
    parameters.extend(f"{i.name}=None" for i in given if i.optional)
    return [*parameters, *(f"{mask}=None" for mask in masks)]


def call_values(analysis: Analysis) -> list[str]:
    """Parameters of `call` that are Python values."""
    return [
        f"{a.name}={arguments.literal(a.default.value)}"
        for a in analysis.spec.call_arguments
        if a.default is not None
    ]


def shape_parameters(analysis: Analysis) -> tuple[str, ...]:
    """Parameters of `build` and `compute_output_shape`."""
    if analysis.spec.packing != "arguments" or len(tensors(analysis)) == 1:
        return ("input_shape",)
    given = [name for name in tensors(analysis) if _shape_matters(analysis, name)]
    return tuple(
        f"{name}_shape" + ("=None" if input_of(analysis, name).optional else "")
        for name in sorted(given, key=lambda n: input_of(analysis, n).optional)
    )


def _shape_matters(analysis: Analysis, name: str) -> bool:
    """False for an optional boolean tensor of which no shape is asked: a kind of mask."""
    given = input_of(analysis, name)
    if not given.optional or given.dtype != "bool":
        return True
    spec = analysis.spec
    codes = [weight.shape for weight in spec.weights]
    codes += [output.code for output in spec.outputs]
    codes += [check.condition for check in spec.checks]
    codes += [spec.compute_output_shape]
    asked = " ".join(code.text for code in codes if isinstance(code, Code))
    owned = {axis for axis, (owner, _) in analysis.scope.axes.items() if owner == name}
    return f"{name}_shape" in asked or bool(owned & fixed_axes(analysis))


def is_mask(analysis: Analysis, name: str) -> bool:
    """Whether an input is a Keras mask: optional, bool, and named like one."""
    return inputs.is_mask(analysis.spec, name)


def shape_parameter(analysis: Analysis, name: str) -> str:
    """Source of an input's shape in `build`."""
    return inputs.shape_parameter(analysis.spec, name)


def fixed_axes(analysis: Analysis) -> set[str]:
    """Axes whose size a model must state: weights are made over them."""
    fixed = set(analysis.scope.static_axes)
    for call in analysis.facts.sublayer_calls:
        maker = analysis.makers.get(call.name)
        if maker is None or maker.known.weightless:
            continue
        for value in call.inputs:
            if (
                isinstance(value, Tensor)
                and value.shape is not None
                and value.shape.axes
            ):
                last = value.shape.axes[-1]
                if isinstance(last, Dim):
                    fixed |= {
                        axis for axis in analysis.scope.axes if axis in last.atoms
                    }
    return fixed


def attribute(analysis: Analysis, name: str) -> str | None:
    """`self.units` for a name that the layer keeps; None for any other."""
    spec = analysis.spec
    argument = spec.argument(name)
    if argument is not None:
        return f"self.{arguments.attribute(argument)}"
    kept = (
        *spec.derived,
        *spec.constants,
        *spec.weights,
        *spec.sublayers,
    )
    if name in SELF or name in analysis.scope.inherited:
        return f"self.{name}"
    if any(part.name.text == name for part in kept):
        return f"self.{name}"
    return None


def part(parsed: Parsed, node: ast.AST, rename: Callable[[str], str | None]) -> str:
    """The text of a part of a parsed code with its names replaced."""
    start, end = extent(parsed, node)
    edits = [
        Edit(e.start - start, e.end - start, e.text)
        for e in name_edits(parsed, node, rename)
    ]
    return spelling.expression(apply(parsed.code.text[start:end], edits))


def expression(parsed: Parsed, rename: Callable[[str], str | None]) -> str:
    """The text of an expression with its names replaced."""
    text = apply(parsed.code.text, name_edits(parsed, parsed.tree, rename))
    return spelling.expression(text.strip())


def source_of(analysis: Analysis, dim: Dim, axis_source: Callable[[str], str]) -> str:
    """A size as source; `axis_source` gives that of an axis of an input."""

    def rename(name: str) -> str:
        if name in analysis.scope.axes:
            return axis_source(name)
        return attribute(analysis, name) or name

    return renamed(str(dim), rename)


def renamed(text: str, rename: Callable[[str], str]) -> str:
    """A size as source, with other names."""
    if text.isidentifier():
        return rename(text)
    return ast.unparse(_Renamer(rename).visit(fresh_tree(text))).replace("'", '"')


class _Renamer(ast.NodeTransformer):
    def __init__(self, rename: Callable[[str], str]):
        self.rename = rename

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return fresh_tree(self.rename(node.id))


def shape_source(
    analysis: Analysis,
    shape: Shape,
    size_source: Callable[[Dim], str],
) -> str:
    """A shape as source, from the shapes of the inputs.

    `(*input_shape[:-1], self.units)`, or `input_shape` where nothing changes.

    Args:
        size_source: Source of a size that is not one of a stretch of axes.
    """
    for name in tensors(analysis):
        if analysis.scope.shapes[name] == shape:
            return shape_parameter(analysis, name)
    runs = _runs(analysis, shape)
    parts = []
    for run in runs:
        if isinstance(run, tuple):
            name, start, stop = run
            parts.append(_slice(analysis, name, start, stop))
            continue
        parts.append("None" if run is None else size_source(run))
    if len(parts) == 1 and parts[0].startswith("*"):
        return parts[0][1:]
    return tuple_source(parts)


def size(
    analysis: Analysis, dim: Dim, axis_source: Callable[[str], str] | None = None
) -> str:
    """A size as source; None where it is computed from one that may be unknown."""
    source_of_axis = axis_source or (lambda axis: axis_item(analysis, axis))
    source = source_of(analysis, dim, source_of_axis)
    used = names_in(str(dim)) & set(analysis.scope.axes) - fixed_axes(analysis)
    items = sorted({source_of_axis(axis) for axis in used} - {source})
    if not items:
        return source
    test = (
        f"{items[0]} is None" if len(items) == 1 else f"None in {tuple_source(items)}"
    )
    return f"None if {test} else {source}"


def tuple_source(parts: Sequence[str]) -> str:
    """`(a,)` or `(a, b)`."""
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def axis_item(analysis: Analysis, axis: str) -> str:
    """`input_shape[-1]` for an axis of an input."""
    name, position = analysis.scope.axes[axis]
    return f"{shape_parameter(analysis, name)}[{_nearest(analysis, name, position)}]"


def _nearest(analysis: Analysis, name: str, position: int) -> int:
    """The last axis is -1, whatever the rank."""
    axes = analysis.scope.shapes[name].axes
    return -1 if position == len(axes) - 1 and position > 0 else position


def _runs(analysis: Analysis, shape: Shape) -> list:
    """Axes of a shape, with stretches taken from one input as (input, start, stop)."""
    runs: list = []
    index = 0
    while index < len(shape.axes):
        best = None
        for name in tensors(analysis):
            source = analysis.scope.shapes[name].axes
            for start in range(len(source)):
                length = 0
                while (
                    start + length < len(source)
                    and index + length < len(shape.axes)
                    and source[start + length] == shape.axes[index + length]
                    and _from_input(analysis, source[start + length])
                ):
                    length += 1
                if length and (best is None or length > best[2] - best[1]):
                    best = (name, start, start + length)
        has_rest = best is not None and any(
            isinstance(a, Rest) for a in shape.axes[index : index + best[2] - best[1]]
        )
        if best is not None and (has_rest or best[2] - best[1] > 2):
            runs.append(best)
            index += best[2] - best[1]
        else:
            runs.append(shape.axes[index])
            index += 1
    return runs


def _from_input(analysis: Analysis, axis: Axis) -> bool:
    return isinstance(axis, Rest) or (
        isinstance(axis, Dim) and str(axis) in analysis.scope.axes
    )


def _slice(analysis: Analysis, name: str, start: int, stop: int) -> str:
    source = analysis.scope.shapes[name]
    rest = source.rest
    size = len(source.axes)
    first = (
        ""
        if start == 0
        else str(start if rest is None or start <= rest else start - size)
    )
    last = ""
    if stop < size:
        last = str(stop if rest is not None and stop <= rest else stop - size)
    part = f"[{first}:{last}]" if first or last else ""
    return f"*{shape_parameter(analysis, name)}{part}"


def in_init(analysis: Analysis, name: str) -> str | None:
    """Names in `__init__`: arguments are parameters, derived values attributes."""
    if any(d.name.text == name for d in analysis.spec.derived):
        return f"self.{name}"
    return None
