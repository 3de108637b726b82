"""Emits the train script of a layer: TrainPlan -> text."""

from __future__ import annotations

from collections.abc import Sequence

from layersmith.emit.environment import render as rendered
from layersmith.emit.layout import WIDTH
from layersmith.emit.own import OwnTemplates
from layersmith.train_plan import TrainInput, TrainPlan

STANDALONE_USAGE = (
    ("", "made-up data, graph mode"),
    ("--data data.npz", "real data: arrays {keys}"),
    ("--mode xla", "compiled by XLA"),
    ("--compare", "time eager, graph and XLA"),
    ("--strategy mirrored", "all local devices"),
)
PROJECT_USAGE = (
    ("", "made-up data, graph mode"),
    ("--data data.npz", "real data: arrays {keys}"),
    ("--compare", "time eager, graph, XLA and fit"),
    ("--resume", "go on from the last checkpoint"),
    ("--help", "all options"),
)


def render(plan: TrainPlan, own: OwnTemplates | None = None) -> str:
    """Returns the script, laid out as `ruff format` would."""
    return _render_project(plan, own) if plan.training else _render_alone(plan, own)


def _render_alone(plan: TrainPlan, own: OwnTemplates | None) -> str:
    return rendered(
        "train.py.jinja",
        own,
        plan=plan,
        usage=_usage(plan, STANDALONE_USAGE),
        call=_call(plan),
        layer_import=_import(plan.module, plan.layer),
        keys=_words(plan.keys),
        shapes=[f'"{given.name}": {given.shape}' for given in plan.inputs],
        uppers=[f'"{given.name}": {given.upper}' for given in plan.integers],
    )


def _render_project(plan: TrainPlan, own: OwnTemplates | None) -> str:
    inputs = [_input(given) for given in plan.inputs]
    if not plan.single:
        names = (given.name for given in plan.inputs)
        inputs = [f'"{name}": {source}' for name, source in zip(names, inputs)]
    imports = [(plan.module, plan.layer), (plan.training, "Input, run")]
    return rendered(
        # A team's own is the script's template in either form.
        "train_project.py.jinja" if own is None else "train.py.jinja",
        own,
        plan=plan,
        usage=_usage(plan, PROJECT_USAGE),
        call=_call(plan),
        imports=[_import(*pair) for pair in sorted(imports)],
        inputs=inputs,
    )


def _call(plan: TrainPlan) -> str:
    arguments = ", ".join(f"{name}={source}" for name, source in plan.arguments)
    made = f"{plan.layer}({arguments})"
    return f"{plan.wrapper}({made})" if plan.wrapper else made


def _input(given: TrainInput) -> str:
    """`Input((5,), "int32", upper=20)` of the training package."""
    parts = [str(given.shape)]
    if given.dtype != "float32":
        parts.append(f'"{given.dtype}"')
    if given.is_integer:
        parts.append(f"upper={given.upper}")
    return f"Input({', '.join(parts)})"


def _import(module: str, names: str) -> str:
    line = f"from {module} import {names}"
    if len(line) <= WIDTH:
        return line
    body = "".join(f"    {name},\n" for name in names.split(", "))
    return f"from {module} import (\n{body})"


def _words(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]])


def _usage(plan: TrainPlan, lines: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(options) for options, _ in lines) + 3
    keys = _words(plan.keys)
    return [
        f"python {plan.script} {options.ljust(width)}# {note.format(keys=keys)}"
        for options, note in lines
    ]
