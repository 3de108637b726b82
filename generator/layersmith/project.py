"""A project on the disk: its settings, its specs, and where its files go."""

from __future__ import annotations

import keyword
from functools import cached_property
from pathlib import Path
from typing import Any

from layersmith.emit.own import SUFFIX, OwnTemplates
from layersmith.errors import LayersmithError, display_path
from layersmith.pipeline import SpecFile, Target
from layersmith.record import record
from layersmith.source import MAX_CHARACTERS
from layersmith.toml import TomlError, read_toml

SUFFIXES = (".yaml", ".yml")
_KEYS = (
    "package",
    "specs",
    "layers",
    "tests",
    "scripts",
    "training",
    "templates",
)


@record
class Project:
    """A project with `[tool.layersmith]` in its `pyproject.toml`.

    Attributes:
        root: Folder of `pyproject.toml`; everything else is inside it.
        package: Import package, and the name that Keras registers layers under.
        specs, layers, tests, scripts: Folders.
        training: Folder of the package that the train scripts share; None where
            each script stands alone.
        templates: Folder of the team's own templates, if it has any.
    """

    root: Path
    package: str
    specs: Path
    layers: Path
    tests: Path
    scripts: Path
    training: Path | None = None
    templates: Path | None = None

    @cached_property
    def target(self) -> Target:
        training = self._module(self.training) if self.training is not None else ""
        return Target(
            self.package, self._module(self.layers), training, self._own_templates()
        )

    def _own_templates(self) -> OwnTemplates | None:
        """The team's templates, as they are now.

        Raises:
            LayersmithError: if they cannot be read.
        """
        if self.templates is None:
            return None
        if not self.templates.is_dir():
            raise LayersmithError(
                f"{display_path(self.templates)}: no such folder, which `templates` in"
                " [tool.layersmith] names"
            )
        texts = []
        for path in sorted(self.templates.rglob(f"*{SUFFIX}")):
            name = path.relative_to(self.templates).as_posix()
            texts.append((name, _read_template(path)))
        folder = self.templates.relative_to(self.root).as_posix()
        return OwnTemplates(folder, tuple(texts), self.training is not None)

    def _module(self, folder: Path) -> str:
        relative = folder.relative_to(self.root)
        parts = relative.parts[1:] if relative.parts[:1] == ("src",) else relative.parts
        return ".".join(parts)


def find_project(start: Path) -> Project | None:
    """The project that a folder lies in; None where there is no such one.

    Raises:
        LayersmithError: if its settings are wrong.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            settings = _settings(path)
            if settings is not None:
                return _project(path, settings)
    return None


def _settings(path: Path) -> Any:
    try:
        tables = read_toml(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LayersmithError(f"{display_path(path)}: not UTF-8") from error
    except TomlError as error:
        raise LayersmithError(f"{display_path(path)}: {error}") from error
    except OSError as error:
        raise LayersmithError(f"{display_path(path)}: {error.strerror}") from error
    tool = tables.get("tool")
    return tool.get("layersmith") if isinstance(tool, dict) else None


def _project(path: Path, settings: Any) -> Project:
    root = path.parent.resolve()
    where = f"{display_path(path)}: [tool.layersmith]"
    if not isinstance(settings, dict):
        raise LayersmithError(f"{where} must be a table")
    for key, value in settings.items():
        if key not in _KEYS:
            raise LayersmithError(
                f"{where} has no key `{key}`; known keys: {', '.join(_KEYS)}"
            )
        if not isinstance(value, str) or not value.isprintable() or not value:
            raise LayersmithError(f"{where} `{key}` must be a text on one line")
    package = settings.get("package")
    if not package or not _importable(package.split(".")):
        raise LayersmithError(
            f'{where} needs `package = "my_layers"`, a name that can be imported'
        )
    defaults = {
        "specs": "specs",
        "layers": f"src/{package.replace('.', '/')}/layers",
        "tests": "tests",
        "scripts": "scripts",
    }
    for key in ("training", "templates"):
        if key in settings:
            defaults[key] = settings[key]
    folders = {}
    for key, default in defaults.items():
        folder = (root / settings.get(key, default)).resolve()
        if not folder.is_relative_to(root):
            raise LayersmithError(f"{where} `{key}` leads out of the project: {folder}")
        folders[key] = folder
    project = Project(root, package, **folders)
    target = project.target
    for key, module in (("layers", target.layers), ("training", target.training)):
        if module and not _importable(module.split(".")):
            raise LayersmithError(
                f"{where} `{key}` is imported as `{module}`, which is no name for Python"
            )
    return project


def _read_template(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise LayersmithError(f"{display_path(path)}: not UTF-8") from error
    except OSError as error:
        raise LayersmithError(f"{display_path(path)}: {error.strerror}") from error


def _importable(parts: list[str]) -> bool:
    return all(
        part.isascii() and part.isidentifier() and not keyword.iskeyword(part)
        for part in parts
    )


def spec_paths(folder: Path) -> list[Path]:
    """Specs in a folder, in order of their names."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.is_file())


def read_specs(paths: list[Path], root: Path | None = None) -> list[SpecFile]:
    """The specs at the paths, named from `root` where they lie in it.

    Raises:
        LayersmithError: for those that cannot be read, all of them at once.
    """
    files, problems = [], []
    for path in paths:
        try:
            files.append(SpecFile(spec_name(path, root), _read(path)))
        except LayersmithError as error:
            problems.append(str(error))
    if problems:
        raise LayersmithError("\n".join(problems))
    return files


def _read(path: Path) -> str:
    """The text of a spec, or the beginning of one that is too long to be one."""
    most = 4 * (MAX_CHARACTERS + 2)  # a character takes four bytes at most
    try:
        with path.open("rb") as file:
            data = file.read(most)
    except OSError as error:
        raise LayersmithError(f"{display_path(path)}: {error.strerror}") from error
    try:
        return data.decode("utf-8-sig", "strict" if len(data) < most else "replace")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LayersmithError(
            f"{display_path(path)}: not UTF-8 in line {line}: save it as UTF-8"
        ) from error


def spec_name(path: Path, root: Path | None) -> str:
    """What a spec is called in messages and headers: its path, from `root` if it is there."""
    if root is not None:
        resolved = path.resolve()
        if resolved.is_relative_to(root):
            return resolved.relative_to(root).as_posix()
    return path.name if root is None and not path.parent.parts else path.as_posix()
