"""Spec texts to the texts of all their files: every stage but the last, and no disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layersmith.errors import Problem, Report
from layersmith.language.analyse import analyse
from layersmith.spec import read_spec


@dataclass(frozen=True)
class SpecFile:
    """A spec to generate from.

    Attributes:
        name: Path as problems and headers name it.
        text: Content of the file.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Target:
    """Where generated code will stand, as far as its text depends on it.

    Attributes:
        package: Name that Keras registers the classes under; None for its default.
        layers: Import path of the layers' package; None when all files lie in one
            folder.
    """

    package: str | None = None
    layers: str | None = None

    def module(self, snake: str) -> str:
        return f"{self.layers}.{snake}" if self.layers else snake


@dataclass(frozen=True)
class Generated:
    """The texts of one layer's files."""

    source: SpecFile
    snake: str
    class_name: str
    layer: str
    suite: str
    script: str


def generate(
    files: Sequence[SpecFile], target: Target
) -> tuple[list[Generated], list[Problem]]:
    """Texts for every spec, and the problems of all of them.

    A spec with an error has no texts; nothing should be written then.
    """
    results: list[Generated] = []
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for file in files:
        report = Report(file.name)
        generated = _generate(file, target, report, owners)
        problems.extend(report.problems)
        if generated is not None:
            results.append(generated)
    return results, problems


def _generate(
    file: SpecFile, target: Target, report: Report, owners: dict[str, str]
) -> Generated | None:
    spec = read_spec(file.text, report)
    if spec is None:
        return None
    if spec.snake in owners:
        report.error(
            spec.layer.span,
            f"`{spec.layer}` is the layer of {owners[spec.snake]} already",
            "give one of the two another name",
        )
        return None
    owners[spec.snake] = file.name
    analysis = analyse(spec, report)
    if analysis is None:
        return None
    # The emitter needs Jinja; a spec that is wrong does not wait for it.
    from layersmith.emit import layer, suite, train
    from layersmith.plan.layer import plan_layer
    from layersmith.plan.suite import plan_suite
    from layersmith.plan.training import plan_training

    module = target.module(spec.snake)
    return Generated(
        source=file,
        snake=spec.snake,
        class_name=spec.layer.text,
        layer=layer.render(plan_layer(analysis, target.package)),
        suite=suite.render(plan_suite(analysis, module)),
        script=train.render(plan_training(analysis, module)),
    )


def check(files: Sequence[SpecFile]) -> list[Problem]:
    """Problems of the specs alone."""
    problems: list[Problem] = []
    for file in files:
        report = Report(file.name)
        spec = read_spec(file.text, report)
        if spec is not None:
            analyse(spec, report)
        problems.extend(report.problems)
    return problems


