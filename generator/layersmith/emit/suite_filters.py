"""Filters of the suite's template: parts of plans to source text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from layersmith.emit import layout
from layersmith.emit.suite_inputs import model_inputs, sampler, shapes_of, stated_inputs
from layersmith.plan.arguments import quoted
from layersmith.plan.suite.model import InputPlan, Pairs, WeightPlan


def dict_literal(entries: Iterable[tuple[str, str]], before: str = "") -> str:
    """`{"units": 4}` from names and sources."""
    body = ", ".join(f'"{name}": {source}' for name, source in entries)
    return f"{before}{{{body}}}"


def plain_dict(entries: Iterable[tuple[str, str]], before: str = "") -> str:
    """A dict whose keys are sources too."""
    return before + "{" + ", ".join(f"{key}: {source}" for key, source in entries) + "}"


def filled_dict(parts: Sequence[tuple[str, str, str]], name: str) -> str:
    """Statements that return a dict of parts, some of them under a condition."""
    always = [(key, source) for key, condition, source in parts if not condition]
    if len(always) == len(parts):
        return layout.code(f"return {dict_literal(always)}", 4)
    lines = [f"{name} = {dict_literal(always)}"]
    for condition in dict.fromkeys(condition for _, condition, _ in parts if condition):
        lines.append(f"if {condition}:")
        lines += [
            f'    {name}["{key}"] = {source}'
            for key, under, source in parts
            if under == condition
        ]
    return layout.code("\n".join([*lines, f"return {name}"]), 4)


def item(text: str, indent: int) -> str:
    """One item of a list, with its comma."""
    return layout.code(text + ",", indent)


def quoted_list(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def name_set(names: Iterable[str]) -> str:
    inner = quoted_list(names)
    return "{" + inner + "}" if inner else "set()"


def name_list(names: Iterable[str]) -> str:
    return f"[{quoted_list(names)}]"


def firsts(pairs: Iterable[tuple[str, object]]) -> str:
    return name_list(pair[0] for pair in pairs)


def dtype_list(dtypes: Iterable[str]) -> str:
    """`None` for the compute dtype."""
    return ", ".join(f'"{dtype}"' if dtype else "None" for dtype in dtypes)


def weight_parameters(weights: WeightPlan, inputs: InputPlan) -> list[str]:
    """Parameters of `expected_weights` with their values in the first case."""
    found = []
    for name, size in weights.parameters:
        if size:
            found.append(f"{name}={size}")
        elif inputs.form in ("one", "many", "list", "dict"):
            found.append(f"{name}=SHAPES[0]")
        else:
            found.append(f'{name}=SHAPES[0]["{name.removesuffix("_shape")}"]')
    return found


def assigned(pairs: Pairs) -> list[str]:
    """Parameters with their defaults."""
    return [f"{name}={value}" for name, value in pairs]


FILTERS = {
    function.__name__: function
    for function in (
        assigned,
        dict_literal,
        dtype_list,
        filled_dict,
        firsts,
        item,
        model_inputs,
        name_list,
        name_set,
        plain_dict,
        quoted,
        quoted_list,
        sampler,
        shapes_of,
        stated_inputs,
        weight_parameters,
    )
}
