"""Spec texts to the texts of all their files: every stage but the last, and no disk."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from layersmith.emit.own import OwnTemplates, TemplateFault
from layersmith.errors import Problem, Report
from layersmith.language.analyse import Analysis, analyse
from layersmith.language.registry import Registry
from layersmith.order import in_dependency_order, report_broken, uses
from layersmith.record import record
from layersmith.spec import Spec, read_spec
from layersmith.workers import spread

# Specs that take as long as it takes to start a process, and several times that.
WORTH_A_PROCESS = 64


@record
class SpecFile:
    """A spec to generate from.

    Attributes:
        name: Path as problems and headers name it.
        text: Content of the file.
    """

    name: str
    text: str


@record
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


@record
class Generated:
    """The texts of one layer's files."""

    source: SpecFile
    snake: str
    class_name: str
    summary: str
    layer: str
    suite: str
    script: str


@record
class Page:
    """The page of one layer in a project's documentation."""

    source: SpecFile
    snake: str
    class_name: str
    summary: str
    text: str


Context = Callable[[], Sequence[SpecFile]]
# What is made of a spec that is understood.
Make = Callable[[SpecFile, Analysis], object]


@dataclass
class _Read:
    """A spec file on its way: what it says, and what is wrong with it."""

    file: SpecFile
    report: Report
    spec: Spec | None

    @cached_property
    def uses(self) -> Mapping[str, int]:
        """Layers that are no layers of Keras, with the first sublayer of each."""
        return {} if self.spec is None else uses(self.spec)


@record
class _Done:
    """What came of a spec."""

    name: str
    made: object
    problems: tuple[Problem, ...]


@dataclass
class _Reading:
    """Specs that are read and not yet understood.

    Attributes:
        own: Those asked for.
        others: Those beside them.
        reads: By the name of the layer.
        ordered: Names of the layers, each after those that it is made of.
    """

    own: list[_Read]
    others: list[_Read]
    reads: dict[str, _Read]
    ordered: list[str]

    def problems(self) -> list[Problem]:
        """The problems of the specs, and of others that these use."""
        used = {name for read in self.own for name in read.uses}
        told = [*self.own]
        told += [r for r in self.others if r.spec and r.spec.layer.text in used]
        return [problem for read in told for problem in read.report.problems]


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
    reading = _read(files, context)
    try:
        results = _made(reading, lambda file, analysis: _emit(file, analysis, target))
    except TemplateFault as fault:
        # One mistake of a template, told once and not for every spec.
        return [], [*reading.problems(), fault.problem]
    return results, reading.problems()


def _template_problems(target: Target) -> list[Problem]:
    if target.templates is None:
        return []
    from layersmith.emit.own_check import problems

    return problems(target.templates)


def check(files: Sequence[SpecFile], context: Context = tuple) -> list[Problem]:
    """Problems of the specs alone."""
    reading = _read(files, context)
    _made(reading, None)
    return reading.problems()


def document(
    files: Sequence[SpecFile], target: Target
) -> tuple[list[Page], list[Problem]]:
    """A page for every spec, and the problems of all of them."""
    reading = _read(files, tuple)
    pages = _made(reading, lambda file, analysis: _page(file, analysis, target))
    return pages, reading.problems()


def _page(file: SpecFile, analysis: Analysis, target: Target) -> Page:
    from layersmith.emit import page
    from layersmith.plan.page import plan_page

    spec = analysis.spec
    text = page.render(plan_page(analysis, target.module(spec.snake)))
    return Page(file, spec.snake, spec.layer.text, spec.summary, text)


def _read(files: Sequence[SpecFile], context: Context) -> _Reading:
    own: list[_Read] = []
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
        own.append(_Read(file, report, spec))
    others = _context(context, own) if _foreign(own) else []
    reads = {
        read.spec.layer.text: read for read in (*own, *others) if read.spec is not None
    }
    ordered = in_dependency_order(
        {name: read.spec for name, read in reads.items() if read.spec is not None},
        {name: read.report for name, read in reads.items()},
    )
    return _Reading(own, others, reads, ordered)


def _made(reading: _Reading, make: Make | None) -> list[Any]:
    """What is made of each spec that was asked for, where it has no mistake."""

    def work(names: Sequence[str]) -> list[_Done]:
        return _understood(reading, names, make)

    made: dict[int, object] = {}
    places = {id(read): index for index, read in enumerate(reading.own)}
    for part in spread(work, reading.ordered, WORTH_A_PROCESS):
        for done in part:
            read = reading.reads[done.name]
            read.report.problems = list(done.problems)
            if done.made is not None:
                made[places[id(read)]] = done.made
    return [made[index] for index in sorted(made)]


def _understood(
    reading: _Reading, names: Sequence[str], make: Make | None
) -> list[_Done]:
    """What comes of these layers; those that they are made of are understood for it."""
    reads = reading.reads
    own = {id(read) for read in reading.own}
    needed = set(names)
    waiting = list(names)
    parts: set[str] = set()
    while waiting:
        found = [part for part in reads[waiting.pop()].uses if part in reads]
        parts.update(found)
        waiting += [part for part in found if part not in needed]
        needed.update(found)
    chosen = set(names)
    sound: set[str] = set()
    project: dict[str, Analysis] = {}
    done = []
    for name in reading.ordered:
        if name not in needed:
            continue
        read = reads[name]
        analysis = _analysis(read, reads, sound, project)
        if analysis is not None:
            sound.add(name)
            # Others are not kept: there may be a thousand.
            if name in parts:
                project[name] = analysis
        if name in chosen:
            wanted = id(read) in own and not read.report.failed
            made = None
            if make is not None and analysis is not None and wanted:
                made = make(read.file, analysis)
            done.append(_Done(name, made, tuple(read.report.problems)))
    return done


def _analysis(
    read: _Read,
    reads: Mapping[str, _Read],
    sound: Container[str],
    project: Mapping[str, Analysis],
) -> Analysis | None:
    assert read.spec is not None
    broken = [used for used in read.uses if used in reads and used not in sound]
    if broken:
        report_broken(read.spec, broken[0], read.report)
        return None
    return analyse(read.spec, read.report, Registry(project))


def _foreign(own: Sequence[_Read]) -> bool:
    """Whether some sublayer is neither Keras's nor that of a given spec."""
    known = Registry()
    given = {read.spec.layer.text for read in own if read.spec is not None}
    made = {name for read in own for name in read.uses}
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
