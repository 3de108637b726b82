"""Spec texts to the texts of all their files: every stage but the last, and no disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from layersmith.emit.own import OwnTemplates, TemplateFault
from layersmith.errors import Problem, Report
from layersmith.language.analyse import Analysis, analyse
from layersmith.language.registry import Registry
from layersmith.order import in_dependency_order, report_broken, uses
from layersmith.spec import Spec, read_spec


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
        training: Import path of the project's training package; empty where each
            script stands alone.
        templates: The team's own templates, if it has any.
    """

    package: str | None = None
    layers: str | None = None
    training: str = ""
    templates: OwnTemplates | None = None

    def module(self, snake: str) -> str:
        return f"{self.layers}.{snake}" if self.layers else snake


@dataclass(frozen=True)
class Generated:
    """The texts of one layer's files."""

    source: SpecFile
    snake: str
    class_name: str
    summary: str
    layer: str
    suite: str
    script: str


@dataclass(frozen=True)
class Page:
    """The page of one layer in a project's documentation."""

    source: SpecFile
    snake: str
    class_name: str
    summary: str
    text: str


Context = Callable[[], Sequence[SpecFile]]


@dataclass
class _Read:
    """A spec file on its way: what it says, and what is wrong with it."""

    file: SpecFile
    report: Report
    spec: Spec | None
    analysis: Analysis | None = None


@dataclass
class _Reading:
    reads: list[_Read] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        return [problem for read in self.reads for problem in read.report.problems]


def generate(
    files: Sequence[SpecFile], target: Target, context: Context = tuple
) -> tuple[list[Generated], list[Problem]]:
    """Texts for every spec, and the problems of all of them.

    A spec with an error has no texts; nothing should be written then.

    Args:
        files: The specs.
        target: Where the code will stand.
        context: Gives the specs that those may use as sublayers; it is asked only
            where a sublayer is no layer of Keras. Nothing is generated for them.
    """
    problems = _template_problems(target) if files else []
    if problems:
        return [], problems
    reading = _analyse(files, context)
    results = []
    for read in reading.reads[: len(files)]:
        if read.analysis is not None and not read.report.failed:
            try:
                results.append(_emit(read.file, read.analysis, target))
            except TemplateFault as fault:
                # One mistake of a template, told once and not for every spec.
                return [], [*reading.problems, fault.problem]
    return results, reading.problems


def _template_problems(target: Target) -> list[Problem]:
    if target.templates is None:
        return []
    from layersmith.emit.own_check import problems

    return problems(target.templates)


def check(files: Sequence[SpecFile], context: Context = tuple) -> list[Problem]:
    """Problems of the specs alone."""
    return _analyse(files, context).problems


def document(
    files: Sequence[SpecFile], target: Target
) -> tuple[list[Page], list[Problem]]:
    """A page for every spec, and the problems of all of them."""
    reading = _analyse(files, tuple)
    pages = []
    for read in reading.reads:
        if read.analysis is not None and not read.report.failed:
            pages.append(_page(read.file, read.analysis, target))
    return pages, reading.problems


def _page(file: SpecFile, analysis: Analysis, target: Target) -> Page:
    from layersmith.emit import page
    from layersmith.plan.page import plan_page

    spec = analysis.spec
    text = page.render(plan_page(analysis, target.module(spec.snake)))
    return Page(file, spec.snake, spec.layer.text, spec.summary, text)


def _analyse(files: Sequence[SpecFile], context: Context) -> _Reading:
    reading = _Reading()
    owners: dict[str, str] = {}
    for file in files:
        report = Report(file.name)
        spec = read_spec(file.text, report)
        if spec is not None and spec.snake in owners:
            report.error(
                spec.layer.span,
                f"`{spec.layer}` is the layer of {owners[spec.snake]} already",
                "give one of the two another name",
            )
            spec = None
        if spec is not None:
            owners[spec.snake] = file.name
        reading.reads.append(_Read(file, report, spec))
    own = list(reading.reads)
    others = _context(context, own) if _foreign(own) else []
    reads = {
        read.spec.layer.text: read for read in (*own, *others) if read.spec is not None
    }
    ordered = in_dependency_order(
        {name: read.spec for name, read in reads.items() if read.spec is not None},
        {name: read.report for name, read in reads.items()},
    )
    project: dict[str, Analysis] = {}
    for name in ordered:
        read = reads[name]
        broken = [
            used for used in uses(read.spec) if used in reads and used not in project
        ]
        if broken:
            report_broken(read.spec, broken[0], read.report)
            continue
        read.analysis = analyse(read.spec, read.report, Registry(project))
        if read.analysis is not None:
            project[name] = read.analysis
    reading.reads.extend(
        read for read in others if read.report.failed and _is_used(read, own)
    )
    return reading


def _foreign(own: Sequence[_Read]) -> bool:
    """Whether some sublayer is neither Keras's nor that of a given spec."""
    known = Registry()
    given = {read.spec.layer.text for read in own if read.spec is not None}
    made = {name for read in own if read.spec is not None for name in uses(read.spec)}
    return any(
        name not in known and name not in given and name != "Sequential"
        for name in made
    )


def _context(context: Context, own: Sequence[_Read]) -> list[_Read]:
    """Specs beside the given ones, without those that are given themselves."""
    names = {read.spec.layer.text for read in own if read.spec is not None}
    texts = {read.file.text for read in own}
    others = []
    for file in context():
        if file.text in texts:
            continue
        report = Report(file.name)
        spec = read_spec(file.text, report)
        if spec is not None and spec.layer.text not in names:
            names.add(spec.layer.text)
            others.append(_Read(file, report, spec))
    return others


def _is_used(read: _Read, own: Sequence[_Read]) -> bool:
    return any(
        read.spec.layer.text in uses(other.spec)
        for other in own
        if other.spec is not None
    )


def _emit(file: SpecFile, analysis: Analysis, target: Target) -> Generated:
    # The emitter needs Jinja; a spec that is wrong does not wait for it.
    from layersmith.emit import layer, suite, train
    from layersmith.plan.layer import plan_layer
    from layersmith.plan.suite import plan_suite
    from layersmith.plan.training import plan_training

    spec, own = analysis.spec, target.templates
    module = target.module(spec.snake)
    layer_plan = plan_layer(analysis, target.package, target.module)
    suite_plan = plan_suite(analysis, module, target.package, target.module)
    return Generated(
        source=file,
        snake=spec.snake,
        class_name=spec.layer.text,
        summary=spec.summary,
        layer=layer.render(layer_plan, own),
        suite=suite.render(suite_plan, own),
        script=train.render(plan_training(analysis, module, target.training), own),
    )
