"""Emits the train script of a layer: TrainPlan -> text."""

from __future__ import annotations

from collections.abc import Sequence

from layersmith.emit.environment import environment
from layersmith.emit.layout import WIDTH
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


def render(plan: TrainPlan) -> str:
    """Returns the script, laid out as `ruff format` would."""
    return _render_project(plan) if plan.training else _render_standalone(plan)


def _render_standalone(plan: TrainPlan) -> str:
    text: str = (
        environment()
        .get_template("train.py.jinja")
        .render(
            plan=plan,
            usage=_usage(plan, STANDALONE_USAGE),
            call=_call(plan),
            layer_import=_import(plan.module, plan.layer),
            keys=_words(plan.keys),
            shapes=[f'"{given.name}": {given.shape}' for given in plan.inputs],
            uppers=[f'"{given.name}": {given.upper}' for given in plan.integers],
        )
    )
    return text


def _render_project(plan: TrainPlan) -> str:
    inputs = [_input(given) for given in plan.inputs]
    if not plan.single:
        names = (given.name for given in plan.inputs)
        inputs = [f'"{name}": {source}' for name, source in zip(names, inputs)]
    imports = [(plan.module, plan.layer), (plan.training, "Input, run")]
    text: str = (
        environment()
        .get_template("train_project.py.jinja")
        .render(
            plan=plan,
            usage=_usage(plan, PROJECT_USAGE),
            call=_call(plan),
            imports=[_import(*pair) for pair in sorted(imports)],
            inputs=inputs,
        )
    )
    return text


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
