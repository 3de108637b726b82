"""Copies recipes and spec files into a project's folder of specs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layersmith.atomic import write
from layersmith.errors import LayersmithError
from layersmith.gallery import recipe
from layersmith.pipeline import SpecFile
from layersmith.project import Project, spec_name, spec_paths
from layersmith.record import record


@record
class Import:
    """A spec to be copied.

    Attributes:
        origin: What the user called it.
        name: File name in the project.
        content: Its bytes, which are copied as they are.
    """

    origin: str
    name: str
    content: bytes

    @property
    def file(self) -> SpecFile:
        """The spec under the name that its user knows."""
        return SpecFile(self.origin, self.content.decode("utf-8-sig"))

    def placed(self, project: Project) -> SpecFile:
        """The spec as the project will have it."""
        name = spec_name(project.specs / self.name, project.root)
        return SpecFile(name, self.file.text)

    def copy(self, project: Project) -> None:
        """Writes the spec into the project's folder."""
        project.specs.mkdir(parents=True, exist_ok=True)
        write(str(project.specs / self.name), self.content)


def find_imports(
    project: Project, recipes: Sequence[str], paths: Sequence[str]
) -> list[Import]:
    """The specs to copy into a project; those that are there already are left out.

    Args:
        project: Where they go.
        recipes: Names, or lists of names with commas; empty ones are passed over.
        paths: Spec files and folders of them; empty ones are passed over.

    Raises:
        LayersmithError: for an unknown recipe, a path without a spec, or a different
            spec of the same name in the project.
    """
    found = []
    for names in recipes:
        for name in filter(None, (part.strip() for part in names.split(","))):
            found.append(Import(name, f"{name}.yaml", recipe(name).encode()))
    for text in filter(None, paths):
        for path in _specs_at(Path(text)):
            found.append(Import(str(path), path.name, _content(path)))
    new = []
    for item in found:
        there = project.specs / item.name
        if not there.exists():
            new.append(item)
        elif _content(there) != item.content:
            raise LayersmithError(
                f"{there}: another spec of this name is there already; rename one of the two"
            )
        try:
            item.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise LayersmithError(
                f"{item.origin}: not UTF-8 at byte {error.start}"
            ) from error
    return new


def _specs_at(path: Path) -> list[Path]:
    if path.is_dir():
        found = spec_paths(path)
        if not found:
            raise LayersmithError(f"{path}: no spec (*.yaml) in this folder")
        return found
    if not path.is_file():
        raise LayersmithError(f"{path}: no such file")
    return [path]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LayersmithError(f"{path}: {error.strerror}") from error
