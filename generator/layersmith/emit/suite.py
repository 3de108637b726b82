"""Emits a layer's pytest suite: SuitePlan -> text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from layersmith.emit import layout
from layersmith.emit.environment import environment
from layersmith.plan.suite_model import SuitePlan


def render(plan: SuitePlan) -> str:
    """The suite, laid out as `ruff format` would."""
    return _template().render(plan=plan)


@cache
def _template():
    made = environment()
    made.filters.update(
        dict_literal=dict_literal,
        plain_dict=plain_dict,
        item=item,
        name_set=name_set,
        name_list=name_list,
        firsts=firsts,
        oracle_arguments=oracle_arguments,
        axis_parameters=axis_parameters,
        has_tuples=has_tuples,
    )
    return made.get_template("test.py.jinja")


def dict_literal(entries: Iterable[tuple[str, str]], before: str = "") -> str:
    """`{"units": 4}` from names and sources."""
    return (
        before
        + "{"
        + ", ".join(f'"{name}": {source}' for name, source in entries)
        + "}"
    )


def plain_dict(entries: Iterable[tuple[str, str]], before: str = "") -> str:
    """A dict whose keys are sources too."""
    return before + "{" + ", ".join(f"{key}: {source}" for key, source in entries) + "}"


def item(text: str, indent: int) -> str:
    """One item of a list, with its comma."""
    lines = layout.code(text + ",", indent).split("\n")
    return "\n".join(lines)


def name_set(names: Iterable[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return "{" + quoted + "}" if quoted else "set()"


def name_list(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def firsts(pairs: Iterable[tuple[str, object]]) -> str:
    return name_list(pair[0] for pair in pairs)


def oracle_arguments(parameters: Iterable[str]) -> str:
    """How a test calls the oracle: every parameter by its own name, `x` as float64."""
    known = {
        "mask=None": "mask=mask",
        "training=False": "training=training",
        "draws=None": "draws=draws",
    }
    sources = []
    for parameter in parameters:
        if parameter in ("a", "w", "layer") or parameter in known:
            sources.append(known.get(parameter, parameter))
        else:
            sources.append("x.astype(float)")
    return ", ".join(sources)


def axis_parameters(axes: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{name}={size}" for name, size in axes]


def has_tuples(entries: Iterable[tuple[str, str]]) -> bool:
    return any(source.startswith("(") for _, source in entries)
