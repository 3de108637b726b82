"""Where generated texts go, and which of them are there already."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from layersmith import header
from layersmith.cache import Cache, Entry, fingerprint, key
from layersmith.changes import Emitted
from layersmith.emit import TEMPLATES
from layersmith.layer_table import Row
from layersmith.pipeline import Generated, SpecFile
from layersmith.project import Project


def flat(item: Generated, spec: str = "") -> list[Emitted]:
    """The files of a layer, all in one folder."""
    spec, text = (spec or item.source.name, item.source.text)
    return [
        Emitted(Path(name), spec, text, body)
        for name, body in zip(_names(item.snake), (item.layer, item.suite, item.script))
    ]


def placed(item: Generated, project: Project) -> list[Emitted]:
    """The files of a layer, each in its folder of the project."""
    bodies = (item.layer, item.suite, item.script)
    return [
        Emitted(path, item.source.name, item.source.text, body)
        for path, body in zip(_paths(item.snake, project), bodies)
    ]


def _names(snake: str) -> tuple[str, str, str]:
    return f"{snake}.py", f"test_{snake}.py", f"train_{snake}.py"


def _paths(snake: str, project: Project) -> list[Path]:
    folders = (project.layers, project.tests, project.scripts)
    return [
        Path(_below(folder, project.root), name)
        for folder, name in zip(folders, _names(snake))
    ]


@lru_cache
def _below(folder: Path, root: Path) -> Path:
    return folder.relative_to(root)


def training_package(project: Project) -> list[Emitted]:
    """The files of the package that the project's train scripts share, if they do."""
    if project.training is None:
        return []
    folder = project.training.relative_to(project.root)
    files = []
    for path in sorted((TEMPLATES / "training").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        files.append(
            Emitted(folder / path.name, f"layersmith/training/{path.name}", text, text)
        )
    return files


def row(snake: str, name: str, summary: str, spec: str, project: Project) -> Row:
    """A layer in the table of the project's README."""
    module, *others = (path.as_posix() for path in _paths(snake, project))
    links = zip(("spec", "tests", "training"), (spec, *others))
    return Row(name, summary, module, tuple(links))


class Remembered:
    """Specs whose files are, to the letter, what they would be generated to now.

    Attributes:
        unknown: The specs that are not among them.
        emitted: The files of those that are.
        layers: Module and class of those that are.
        rows: Their rows of the table in the README.
    """

    def __init__(self, project: Project, files: Sequence[SpecFile]):
        self.project = project
        self.cache = Cache.load(project.root)
        self.unknown: list[SpecFile] = []
        self.emitted: list[Emitted] = []
        self.layers: set[tuple[str, str]] = set()
        self.rows: list[Row] = []
        target = project.target
        own = target.templates
        made = "\0".join(
            (fingerprint(), repr(target), repr(own.texts) if own is not None else "")
        )
        made = header.digest(made)
        # A spec may use any other that uses a layer which Keras has not, so it
        # depends on their texts; one without sublayers does not.
        everything = header.digest("\0".join(file.text for file in files))
        self.keys = {
            file.name: key(
                made,
                file.name,
                file.text,
                everything if "sublayers:" in file.text else "",
            )
            for file in files
        }
        for file in files:
            entry = self.cache.entries.get(self.keys[file.name])
            found = self._on_disk(file, entry) if entry is not None else None
            if entry is None or found is None:
                self.unknown.append(file)
            else:
                self.emitted.extend(found)
                self.layers.add((entry.snake, entry.class_name))
                name, summary = entry.class_name, entry.summary
                self.rows.append(row(entry.snake, name, summary, file.name, project))

    def _on_disk(self, file: SpecFile, entry: Entry) -> list[Emitted] | None:
        """The files as generated; None where one is missing or is not as generated."""
        found = []
        for path, digest in zip(_paths(entry.snake, self.project), entry.digests):
            try:
                text = (self.project.root / path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                return None
            read = header.read(text)
            if read is None or read.body_hash != digest or not read.pristine:
                return None
            found.append(Emitted(path, file.name, file.text, read.body))
        return found

    def learn(self, generated: Sequence[Generated]) -> None:
        """Remembers what has been generated now."""
        for item in generated:
            bodies = (item.layer, item.suite, item.script)
            self.cache.entries[self.keys[item.source.name]] = Entry(
                item.snake,
                item.class_name,
                item.summary,
                tuple(map(header.digest, bodies)),
            )
        self.cache.save(self.keys.values())
