"""A project on the disk: its settings, its specs, and where its files go."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from layersmith.errors import LayersmithError, display_path
from layersmith.pipeline import SpecFile, Target

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Project:
    """A project with `[tool.layersmith]` in its `pyproject.toml`.

    Attributes:
        root: Folder of `pyproject.toml`; everything else is inside it.
        package: Import package, and the name that Keras registers layers under.
        specs, layers, tests, scripts: Folders.
    """

    root: Path
    package: str
    specs: Path
    layers: Path
    tests: Path
    scripts: Path

    @property
    def target(self) -> Target:
        return Target(self.package, self._module(self.layers))

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


def _settings(path: Path) -> dict | None:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LayersmithError(f"{display_path(path)}: {error}") from error
    return tables.get("tool", {}).get("layersmith")


def _project(path: Path, settings: dict) -> Project:
    root = path.parent.resolve()
    known = ("package", "specs", "layers", "tests", "scripts")
    where = f"{display_path(path)}: [tool.layersmith]"
    if not isinstance(settings, dict):
        raise LayersmithError(f"{where} must be a table")
    for key, value in settings.items():
        if key not in known:
            raise LayersmithError(
                f"{where} has no key `{key}`; known keys: {', '.join(known)}"
            )
        if not isinstance(value, str):
            raise LayersmithError(f"{where} `{key}` must be a text")
    package = settings.get("package")
    if not package or not all(part.isidentifier() for part in package.split(".")):
        raise LayersmithError(
            f'{where} needs `package = "my_layers"`, a name that can be imported'
        )
    defaults = {
        "specs": "specs",
        "layers": f"src/{package.replace('.', '/')}/layers",
        "tests": "tests",
        "scripts": "scripts",
    }
    folders = {}
    for key, default in defaults.items():
        folder = (root / settings.get(key, default)).resolve()
        if not folder.is_relative_to(root):
            raise LayersmithError(f"{where} `{key}` leads out of the project: {folder}")
        folders[key] = folder
    return Project(root, package, **folders)


def spec_paths(folder: Path) -> list[Path]:
    """Specs in a folder, in order of their names."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.is_file())


def read_specs(paths: list[Path], root: Path | None = None) -> list[SpecFile]:
    """The specs at the paths, named from `root` where they lie in it.

    Raises:
        LayersmithError: for one that cannot be read.
    """
    files = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise LayersmithError(
                f"{display_path(path)}: not UTF-8 at byte {error.start}; save it as UTF-8"
            ) from error
        except OSError as error:
            raise LayersmithError(f"{display_path(path)}: {error.strerror}") from error
        files.append(SpecFile(_name(path, root), text))
    return files


def _name(path: Path, root: Path | None) -> str:
    if root is not None and path.resolve().is_relative_to(root):
        return path.resolve().relative_to(root).as_posix()
    return path.name if root is None and not path.parent.parts else path.as_posix()
