"""Which specs a command is about, and the project that they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layersmith.errors import LayersmithError
from layersmith.pipeline import Context, SpecFile
from layersmith.project import Project, find_project, read_specs, spec_paths


def spec_files(paths: Sequence[Path]) -> tuple[list[SpecFile], Project | None]:
    """The specs at the paths, or those of the project where none is given.

    Raises:
        LayersmithError: without paths and without a project, or for a path that
            cannot be read.
    """
    project = find_project(Path.cwd())
    if paths:
        return read_specs(_expanded(paths)), project
    project = needed(project)
    found = spec_paths(project.specs)
    return read_specs(found, project.root), project


def beside(paths: Sequence[Path], project: Project | None) -> Context:
    """Gives the specs that the given ones may be made of: the project's, or their neighbours."""

    def context() -> list[SpecFile]:
        folders = [project.specs] if project is not None else []
        folders += [path if path.is_dir() else path.parent for path in paths]
        found = {
            path.resolve(): path for folder in folders for path in spec_paths(folder)
        }
        root = project.root if project is not None else None
        return read_specs(list(found.values()), root)

    return context


def needed(project: Project | None) -> Project:
    if project is None:
        raise LayersmithError(
            "no project here: no pyproject.toml with [tool.layersmith] in this folder or above; "
            "give a spec and --out DIR, or start a project with `copier copy`"
        )
    return project


def _expanded(paths: Sequence[Path]) -> list[Path]:
    """Files as they are, folders as the specs in them."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inner = spec_paths(path)
            if not inner:
                raise LayersmithError(f"{path}: no spec (*.yaml) in this folder")
            found.extend(inner)
        else:
            found.append(path)
    return found
