"""The masks that the suite gives the layer."""

from __future__ import annotations

import ast
from collections import Counter

from layersmith.language.analyse import Analysis
from layersmith.language.subscripts import dotted_name
from layersmith.language.trees import walk
from layersmith.plan import names
from layersmith.plan.oracle.functions import definitions
from layersmith.plan.suite.asked import example_shape
from layersmith.plan.suite.model import MaskPlan, Pairs


def plan_masks(analysis: Analysis) -> tuple[MaskPlan, ...]:
    found: list[MaskPlan] = []
    ranks: Counter[int] = Counter()
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
            source = _mask_source(shape, alike=ranks[len(shape)])
            none = f"np.zeros({shape}, bool)"
            ranks[len(shape)] += 1
            read = _is_cast(analysis, analysis.call.tree, name)
            found.append(MaskPlan(name, owner, source, none, steps, read))
    return tuple(found)


def _is_cast(
    analysis: Analysis, tree: ast.AST, name: str, within: tuple[ast.AST, ...] = ()
) -> bool:
    """Whether a mask is cast wherever it is read: it may be of any dtype then.

    Args:
        tree: Of `call`, or of a function that is given the mask by this name.
        within: The functions that call that function.
    """
    fine: set[int] = set()
    nodes = walk(tree)
    cast_from = float("inf")
    for node in nodes:
        if isinstance(node, ast.Compare):
            fine.add(id(node.left))
        elif isinstance(node, ast.Call) and node.args:
            if dotted_name(node.func) == "tf.cast":
                fine.add(id(_indexed(node.args[0])))
            elif tree not in within:
                fine |= _cast_within(analysis, node, (*within, tree))
        elif isinstance(node, ast.Assign) and _casts(node, name):
            cast_from = min(cast_from, node.lineno)
    return all(
        id(node) in fine or node.lineno > cast_from
        for node in nodes
        if isinstance(node, ast.Name) and node.id == name
        if isinstance(node.ctx, ast.Load)
    )


def _casts(node: ast.Assign, name: str) -> bool:
    """`mask = tf.cast(mask, tf.bool)`: it is cast from there on."""
    value, target = node.value, node.targets[0]
    return (
        isinstance(target, ast.Name)
        and target.id == name
        and isinstance(value, ast.Call)
        and dotted_name(value.func) == "tf.cast"
    )


def _indexed(node: ast.expr) -> ast.expr:
    """`mask` of `mask[..., tf.newaxis]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node


def _cast_within(
    analysis: Analysis, node: ast.Call, within: tuple[ast.AST, ...]
) -> set[int]:
    """Arguments that a function of the spec casts."""
    called = node.func.id if isinstance(node.func, ast.Name) else ""
    function = definitions(analysis).get(called)
    if function is None:
        return set()
    pairs = zip((parameter.arg for parameter in function.args.args), node.args)
    named = ((keyword.arg, keyword.value) for keyword in node.keywords)
    return {
        id(value)
        for parameter, value in (*pairs, *named)
        if parameter is not None and _is_cast(analysis, function, parameter, within)
    }


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


def _mask_source(shape: tuple[int, ...], alike: int) -> str:
    """Source of a mask; after `alike` others of its rank it is none of them."""
    if len(shape) == 2:
        sign = ("<=", "!=", ">=")[alike % 3]
        return f"np.arange({shape[1]}) {sign} np.arange({shape[0]})[:, None]"
    if len(shape) == 1:
        return f"np.arange({shape[0]}) % {2 + alike} == 1"
    return f"np.indices({shape}).sum(axis=0) % {3 + alike} > 0"


def mask_table(analysis: Analysis, masks: dict[str, MaskPlan], which: str) -> Pairs:
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
