"""`layersmith generate`: specs to files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from layersmith.atomic import read_bytes
from layersmith.changes import Action, Change, State
from layersmith.commands.output import Output
from layersmith.commands.placing import Remembered, flat, placed, row, training_package
from layersmith.commands.specs import beside, needed, spec_files
from layersmith.errors import LayersmithError, failed
from layersmith.exports import layers_in, with_exports
from layersmith.header import normal
from layersmith.layer_table import Row, with_table
from layersmith.pipeline import SpecFile, Target, check, generate
from layersmith.project import Project, read_specs, spec_paths
from layersmith.sync import apply, survey

if TYPE_CHECKING:
    from layersmith.commands.imports import Import


def run(arguments: argparse.Namespace) -> int:
    """Generates, or with --check or --diff says what would be generated."""
    dry = arguments.check or arguments.diff
    files, project = spec_files(arguments.specs)
    imports: list[Import] = []
    if any((*arguments.recipe, *arguments.import_spec)):
        from layersmith.commands.imports import find_imports

        project = needed(project)
        imports = find_imports(project, arguments.recipe, arguments.import_spec)
    if arguments.out is not None and (imports or not arguments.specs):
        raise LayersmithError(
            "--out DIR goes with specs: `layersmith generate SPEC --out DIR`"
        )
    if arguments.out is None:
        project = needed(project)
        return _in_project(arguments, project, files, dry, imports=imports)
    return _in_folder(arguments, files, project, dry)


def _in_folder(
    arguments: argparse.Namespace,
    files: Sequence[SpecFile],
    project: Project | None,
    dry: bool,
) -> int:
    generated, problems = generate(files, Target(), beside(arguments.specs, project))
    output = Output(arguments, files)
    if failed(problems):
        return output.finish(problems, [])
    root = arguments.out
    wanted = [
        emitted
        for item in generated
        for emitted in flat(item, Path(item.source.name).name)
    ]
    changes = survey(wanted, root=root, force=_forced(arguments.force))
    _refuse_unknown(arguments.force, changes, root)
    if not dry:
        apply(changes, root, keep_bases=False)
    return output.finish(problems, changes, dry=dry, diff=arguments.diff)


def generate_project(
    arguments: argparse.Namespace,
    project: Project,
    renamed: Mapping[Path, Path] | None = None,
) -> int:
    """Generates every spec of a project.

    Args:
        arguments: What the output shall be like.
        project: The project.
        renamed: New path to old path of files whose edits are to be carried along.
    """
    files = read_specs(spec_paths(project.specs), project.root)
    return _in_project(arguments, project, files, dry=False, renamed=renamed)


def _in_project(
    arguments: argparse.Namespace,
    project: Project,
    files: Sequence[SpecFile],
    dry: bool,
    renamed: Mapping[Path, Path] | None = None,
    imports: Sequence[Import] = (),
) -> int:
    files = [*files, *(item.placed(project) for item in imports)]
    chosen = getattr(arguments, "specs", [])
    remembered = Remembered(project, files)
    generated, problems = generate(
        remembered.unknown, project.target, beside(chosen, project)
    )
    output = Output(arguments, files, project.target.templates)
    if failed(problems):
        # A wrong spec does not get into the project, where it would stop everything.
        texts = [item.file for item in imports]
        own = check(texts)
        if failed(own):
            return Output(arguments, texts).finish(own, [])
        return output.finish(problems, [])
    wanted = [*remembered.emitted]
    wanted += [emitted for item in generated for emitted in placed(item, project)]
    wanted += training_package(project) if wanted else []
    remembered.learn(generated)
    force = getattr(arguments, "force", [])
    # With some of the specs alone, the files of the others are not stale.
    folders = (project.layers, project.tests, project.scripts, project.training)
    owned = () if chosen else tuple(folder for folder in folders if folder is not None)
    changes = survey(
        sorted(wanted, key=lambda emitted: emitted.spec),
        root=project.root,
        owned=owned,
        force=_forced(force),
        renamed=renamed,
    )
    _refuse_unknown(force, changes, project.root)
    layers = {(item.snake, item.class_name) for item in generated} | remembered.layers
    exports = _exports(layers, project, partial=bool(chosen))
    rows = [*remembered.rows]
    rows += [
        row(item.snake, item.class_name, item.summary, item.source.name, project)
        for item in generated
    ]
    table = _table(rows, project, partial=bool(chosen))
    owned_by_people = (exports, table)
    changes = (*changes, *(change for change in owned_by_people if change is not None))
    if not dry:
        for item in imports:
            item.copy(project)
        apply(changes, project.root)
    return output.finish(
        problems, changes, dry=dry, diff=getattr(arguments, "diff", False)
    )


def _exports(
    layers: set[tuple[str, str]], project: Project, partial: bool
) -> Change | None:
    """What happens to the exports in `layers/__init__.py`."""

    def written(text: str) -> str:
        others = layers_in(text) if partial else ()
        return with_exports(text, sorted({*layers, *others}))

    path = project.layers / "__init__.py"
    return _block(path, project.root, "exports", written, normal)


def _table(rows: Sequence[Row], project: Project, partial: bool) -> Change | None:
    """What happens to the table in the README."""

    def written(text: str) -> str:
        return with_table(text, rows, partial)

    return _block(project.root / "README.md", project.root, "table of layers", written)


def _block(
    path: Path,
    root: Path,
    note: str,
    written: Callable[[str], str],
    read: Callable[[str], str] = str,
) -> Change | None:
    """What happens to a file of people's with a block of ours; None where that is right.

    Args:
        written: The text of the file with the block as it should be.
        read: What is made of the file's text before it is compared.
    """
    seen = read_bytes(str(path))
    before = None if seen is None else read(seen.decode("utf-8", "surrogateescape"))
    after = written(before or "")
    if after == (before or ""):
        return None
    return Change(
        path.relative_to(root),
        State.ABSENT if before is None else State.PRISTINE,
        Action.CREATE if before is None else Action.UPDATE,
        before,
        after,
        note=note,
        seen=seen,
    )


def _forced(paths: Sequence[Path]) -> frozenset[Path]:
    return frozenset(path.resolve() for path in paths)


def _refuse_unknown(
    forced: Sequence[Path], changes: Sequence[Change], root: Path
) -> None:
    """Stops before a file is written, where --force names one that is not generated.

    Raises:
        LayersmithError: for all such files at once.
    """
    if not forced:
        return
    known = _forced([root / change.path for change in changes])
    unknown = [path for path in forced if path.resolve() not in known]
    if unknown:
        raise LayersmithError(
            "\n".join(
                f"--force {path}: no file that is generated here; nothing was written"
                for path in unknown
            )
        )
