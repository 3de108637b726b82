"""Plans the docstring of a layer's class."""

from __future__ import annotations

import re
import textwrap

from layersmith.language.analyse import Analysis
from layersmith.language.trees import walk
from layersmith.plan import names
from layersmith.plan.arguments import literal
from layersmith.spec.model import Argument, Spec

# What arguments that every Keras user knows are for.
_KNOWN = {
    "use_bias": "Whether to add a bias.",
    "activation": "Activation function, or its name. `None` is linear.",
}
_KINDS = {
    "layer": "Layer to call.",
    "initializer": "Initializer of {}.",
    "regularizer": "Regularizer of {}.",
    "constraint": "Constraint of {}.",
    "activation": "Activation function, or its name.",
}
SEED = "Integer seed of the random draws. `None` draws a new one each time."
WIDTH = 79


def class_docstring(analysis: Analysis, seeded: bool) -> tuple[str, ...]:
    """Lines without quotes and without the indentation of the class."""
    spec = analysis.spec
    lines = _wrapped(_escaped(_sentence(spec.summary)), WIDTH - 3)
    if spec.description:
        lines.append("")
        for paragraph in re.split(r"\n\s*\n", spec.description):
            lines.extend(_wrapped(_escaped(" ".join(paragraph.split())), WIDTH - 4))
            lines.append("")
        lines.pop()
    entries = [(a.name.text, describe(analysis, a)) for a in spec.arguments]
    if seeded:
        entries.append(("seed", SEED))
    if entries:
        lines.extend(["", "Args:", *_entries(entries)])
    lines.extend(_call_arguments(analysis))
    shapes = _shapes(spec)
    if shapes:
        lines.extend(["", *shapes])
    if spec.reference:
        lines.extend(["", *_reference(spec.reference)])
    return tuple(lines)


def _shapes(spec: Spec) -> list[str]:
    """The shapes of an only input and of the outputs, as far as they are stated."""
    lines = []
    if len(spec.inputs) == 1:
        (only,) = spec.inputs
        each = "each " if only.many else ""
        lines.append(f"Input shape: {each}`{names.tuple_source(only.shape.texts)}`.")
    stated = [output for output in spec.outputs if output.code is None]
    shapes = [f"`{names.tuple_source(output.shape.texts)}`" for output in stated]
    if spec.output_packing == "dict":
        shapes = [f"`{o.name}` of {shape}" for o, shape in zip(stated, shapes)]
    if len(spec.outputs) > len(stated):
        shapes = shapes[:1] if spec.outputs[0] in stated else []
    elif any(output.when for output in spec.outputs):
        shapes = shapes[:1]
    if len(shapes) > 1:
        whole = [shape.replace(" ", "\xa0") for shape in shapes]
        text = f"Output shapes: {', '.join(whole[:-1])} and {whole[-1]}."
        wrapped = _wrapped(text, WIDTH - 4)
        return [*lines, *(line.replace("\xa0", " ") for line in wrapped)]
    return [*lines, *(f"Output shape: {shape}." for shape in shapes)]


def _call_arguments(analysis: Analysis) -> list[str]:
    """Inputs one by one, where there is more to say than a shape."""
    spec = analysis.spec
    values = [(a.name.text, describe(analysis, a)) for a in spec.call_arguments]
    if len(spec.inputs) == 1 and not spec.inputs[0].doc and not values:
        return []
    entries = _tensors(analysis)
    if spec.packing == "arguments":
        states = {i.name.text for i in spec.inputs if i.state}
        own = [entry for entry in entries if entry[0] not in states]
        lines = ["", "Call arguments:", *_entries(own)]
        if states:
            lines.append("    states: List of tensors:")
            inner = [entry for entry in entries if entry[0] in states]
            lines.extend(f"    {line}" for line in _entries(inner, WIDTH - 4))
        return [*lines, *_entries(values)]
    kind = "List" if spec.packing == "list" else "Dict"
    masks = [(n, text) for n, text in entries if names.is_mask(analysis, n)]
    tensors = [entry for entry in entries if entry not in masks]
    lines = ["", "Call arguments:", f"    inputs: {kind} of tensors:"]
    lines.extend(f"    {line}" for line in _entries(tensors, WIDTH - 4))
    if masks:
        lines.append(f"    mask: {kind} of masks, or `None` for an input without one:")
        lines.extend(f"    {line}" for line in _entries(masks, WIDTH - 4))
    return [*lines, *_entries(values)]


def _tensors(analysis: Analysis) -> list[tuple[str, str]]:
    """What each input is."""
    entries = []
    for layer_input in analysis.spec.inputs:
        kind = {"float": "Tensor", "bool": "Boolean tensor"}.get(
            layer_input.dtype, f"Tensor of dtype {layer_input.dtype}"
        )
        optional = (
            "Optional " + kind[0].lower() + kind[1:] if layer_input.optional else kind
        )
        shape = layer_input.shape.texts
        text = f"{optional} of shape `{names.tuple_source(shape)}`."
        if len(shape) == 1 and shape[0].startswith("..."):
            text = f"{optional}."
        if layer_input.many:
            text = f"List of tensors, each of shape `{names.tuple_source(shape)}`."
        if layer_input.doc:
            text += " " + _sentence(layer_input.doc)
        entries.append((layer_input.name.text, _escaped(text)))
    return entries


def _entries(entries: list[tuple[str, str]], width: int = WIDTH) -> list[str]:
    lines = []
    for name, text in entries:
        lines.extend(
            _wrapped(
                f"{name}: {text}",
                width - 4,
                initial_indent="    ",
                subsequent_indent="        ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    return lines


def _wrapped(text: str, width: int, initial_indent: str = "", **options) -> list[str]:
    """As `textwrap.wrap`, which takes long to find that most texts fit."""
    line = initial_indent + text
    if line.isprintable() and len(line) <= width and text == text.strip() != "":
        return [line]
    return textwrap.wrap(text, width, initial_indent=initial_indent, **options)


def describe(analysis: Analysis, argument: Argument) -> str:
    return _escaped(described(analysis, argument))


def described(analysis: Analysis, argument: Argument) -> str:
    """What an argument is: its type and bounds, and the author's words."""
    name = argument.name.text
    if argument.doc:
        text = _joined(_kind(argument), argument.doc)
    elif name in _KNOWN and argument.type in ("bool", "activation"):
        text = _KNOWN[name]
    elif argument.type in _KINDS:
        text = _KINDS[argument.type].format(_subject(analysis, argument))
    else:
        text = _kind(argument) + "."
    return text


def _joined(kind: str, doc: str) -> str:
    doc = _sentence(doc)
    if not kind or doc.startswith("Whether"):
        return doc
    first = doc.split(" ", 1)[0]
    if first[1:].islower() or len(first) == 1:
        doc = doc[0].lower() + doc[1:]
    return f"{kind}, {doc}"


def _kind(argument: Argument) -> str:
    if argument.choices:
        shown = ", ".join(f"`{literal(c.value)}`" for c in argument.choices)
        return f"One of {shown}"
    if argument.type == "int":
        return _integer(argument)
    if argument.type == "float":
        return _float(argument)
    return {
        "bool": "Boolean",
        "str": "String",
        "shape": "Tuple of integers",
        "partial_shape": "Tuple of integers and `None`",
        "axis": "Integer or list of integers",
        "data_format": '`"channels_last"` or `"channels_first"`; `None` is the setting of Keras',
    }.get(argument.type, "")


def _integer(argument: Argument) -> str:
    low, high = (argument.minimum, argument.maximum)
    if high is None and argument.above is None and argument.below is None:
        if low is None:
            return "Integer"
        return {0: "Non-negative integer", 1: "Positive integer"}.get(
            low.value, f"Integer of at least {low.value}"
        )
    return "Integer " + _range(argument)


def _float(argument: Argument) -> str:
    if argument.above is not None and argument.above.value == 0:
        if argument.maximum is None and argument.below is None:
            return "Positive float"
    bounds = (argument.minimum, argument.maximum, argument.above, argument.below)
    return "Float" if all(b is None for b in bounds) else "Float " + _range(argument)


def _range(argument: Argument) -> str:
    low = argument.minimum or argument.above
    high = argument.maximum or argument.below
    if low is not None and high is not None:
        left = "[" if argument.minimum is not None else "("
        right = "]" if argument.maximum is not None else ")"
        return f"in `{left}{literal(low.value)}, {literal(high.value)}{right}`"
    if low is not None:
        return f"{'of at least' if argument.minimum else 'above'} {literal(low.value)}"
    return f"{'of at most' if argument.maximum else 'below'} {literal(high.value)}"


def _subject(analysis: Analysis, argument: Argument) -> str:
    """The weights that an object argument serves: `down` and `up`."""
    served = [
        f"`{weight}`"
        for (weight, kind), read in analysis.objects.items()
        if argument.name.text in read.names and kind == argument.type
    ]
    for name, maker in analysis.makers.items():
        import ast

        if any(
            isinstance(n, ast.Name) and n.id == argument.name.text
            for n in walk(maker.parsed.tree)
        ):
            served.append(f"`{name}`")
    if not served:
        return "the weights"
    if len(served) == 1:
        return served[0]
    return ", ".join(served[:-1]) + " and " + served[-1]


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else text + "."


def _reference(text: str) -> list[str]:
    if text.startswith(("http://", "https://")) and " " not in text:
        return [f"Reference: {_escaped(text)}"]
    return _wrapped(f"Reference: {_escaped(_sentence(text))}", WIDTH - 4)


def _escaped(text: str) -> str:
    """Text that is itself inside a triple-quoted string."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
