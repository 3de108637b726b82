"""A small project on the disk, as the tests of regenerating need it: no YAML, no Keras."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import layersmith.atomic
from layersmith.sync import Action, Change, Emitted, apply, survey

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A Modeller",
    "GIT_AUTHOR_EMAIL": "modeller@example.com",
    "GIT_COMMITTER_NAME": "A Modeller",
    "GIT_COMMITTER_EMAIL": "modeller@example.com",
}


def kept_texts(root: Path) -> int:
    """How many generated texts a project keeps for merging."""
    text = (root / ".layersmith/bases").read_text()
    return len(re.findall(r"^[0-9a-f]{12} ", text, re.MULTILINE))


def body(
    layer: str = "ScaledDense", scale: object = 1.0, extra: str = "", factor: int = 2
) -> str:
    """A layer as the generator might write it; its arguments are what a spec may change.

    `scale` is used in the middle, `extra` is one more method at the end.
    """
    return f'''"""{layer}: a dense layer with a scale."""

import numpy as np


class {layer}:
    """Multiplies by a kernel and a scale.

    Args:
        units: Size of the last output axis.
    """

    def __init__(self, units, use_bias=True, name=None):
        self.units = units
        self.use_bias = use_bias
        self.scale = {scale}

    def build(self, input_shape):
        self.kernel = np.zeros((input_shape[-1], self.units), dtype="float32")
        self.bias = np.zeros((self.units,)) if self.use_bias else None

    def call(self, x):
        # The scale is applied last, so that the product stays small.
        y = x @ self.kernel
        if self.use_bias:
            y = y + self.bias
        return y * self.scale

    def get_config(self):
        return {{"units": self.units, "use_bias": self.use_bias, "factor": {factor}}}
{extra}'''


EXTRA = """
    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)
"""


@dataclass
class Project:
    """A folder with specs and generated files."""

    root: Path
    path: Path = Path("src/scaled_dense.py")
    spec: str = "specs/scaled_dense.yaml"
    owned: tuple[Path, ...] = (Path("src"),)
    specs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.write_spec(self.spec)

    @property
    def file(self) -> Path:
        return self.root / self.path

    @property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @text.setter
    def text(self, text: str) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(text, encoding="utf-8", newline="\n")

    def write_spec(self, spec: str, text: str = "layer: ScaledDense\n") -> None:
        (self.root / spec).parent.mkdir(parents=True, exist_ok=True)
        (self.root / spec).write_text(text, encoding="utf-8")

    def emitted(
        self, text: str, path: Path | None = None, spec: str | None = None
    ) -> Emitted:
        return Emitted(
            path or self.path, spec or self.spec, "layer: ScaledDense\n", text
        )

    def survey(self, *wanted: str | Emitted, **options: object) -> tuple[Change, ...]:
        files = [self.emitted(w) if isinstance(w, str) else w for w in wanted]
        options.setdefault("owned", self.owned)
        return survey(files, root=self.root, **options)

    def generate(self, *wanted: str | Emitted, **options: object) -> dict[Path, Change]:
        """Surveys, applies, and finds nothing left to do; the changes by path."""
        changes = self.survey(*wanted, **options)
        apply(changes, self.root)
        options.pop("renamed", None)
        options.pop("force", None)
        left = [c for c in self.survey(*wanted, **options) if c.writes]
        assert not left, f"a second run would write again: {left}"
        return {change.path: change for change in changes}

    def run(self, *wanted: str | Emitted, **options: object) -> Change:
        """`generate` for the one file of this project."""
        return self.generate(*wanted, **options)[self.path]

    def edit(self, old: str, new: str) -> None:
        """A person changes one place of the file."""
        assert self.text.count(old) == 1, f"{old!r} is not there once"
        self.text = self.text.replace(old, new)

    def format(self, *options: str) -> None:
        """A formatter goes over all generated files."""
        command = [
            ruff(),
            "format",
            "--isolated",
            "--quiet",
            *options,
            str(self.root / "src"),
        ]
        subprocess.run(command, check=True)

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def commit(self, message: str = "work") -> None:
        if not (self.root / ".git").exists():
            self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def files(self) -> set[str]:
        """All files but git's and our own."""
        return {
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_file() and not {".git", ".layersmith"} & set(path.parts)
        }


@dataclass
class Spec:
    """A spec as far as its output depends on it."""

    layer: str
    numbers: list[int] = field(default_factory=lambda: [0] * 5)
    methods: int = 2
    spaced: bool = False
    comment: int = 0

    @property
    def stem(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.layer).lower()

    def text(self) -> str:
        return f"layer: {self.layer}  # {self.comment}\n"

    def layer_body(self) -> str:
        blank = "\n" if self.spaced else ""
        methods = "".join(
            f"\n    def method_{n}(self, x):\n"
            f"        # Method {n} of {self.layer}.\n"
            f"        y = x * {self.numbers[n % 5]}\n{blank}"
            f"        y = combine(y, first_argument={n}, second_argument=[1, 2, {n}])\n"
            f"        return y\n"
            for n in range(self.methods)
        )
        return (
            f'"""{self.layer}: number {self.numbers[0]}."""\n\nimport math\n\n\n'
            f"class {self.layer}:\n"
            f'    """Does what {self.layer} does.\n\n    Args:\n'
            f'        units: {self.numbers[1]}.\n    """\n\n'
            f"    def __init__(self, units, rate=0.5, name=None):\n"
            f"        self.units = units\n"
            f"        self.rate = {self.numbers[2]}\n"
            f"        self.name = {self.numbers[3]}\n{methods}"
        )

    def suite_body(self) -> str:
        return (
            f'"""Tests of {self.layer}."""\n\nfrom {self.stem} import {self.layer}\n\n\n'
            f"def test_{self.stem}():\n"
            f"    layer = {self.layer}({self.numbers[0]})\n"
            f"    assert layer.rate == {self.numbers[2]}\n"
        )


def git(folder: Path, *arguments: str) -> str:
    """Runs git as on a machine that nobody has set up."""
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **GIT},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def ruff() -> str:
    """The ruff of this environment; an empty text where there is none."""
    return (
        shutil.which("ruff", path=str(Path(sys.executable).parent))
        or shutil.which("ruff")
        or ""
    )


class Killed(BaseException):
    """What a SIGKILL is to this process: nothing runs after it."""


class DyingOs:
    """The `os` module of a process that is killed at the given file-system call.

    Everything after that call fails as well, clean-up included; a write gets half of its
    bytes to the disk. Handles are closed and locks released, as the system does it.
    """

    CALLS = (
        "open",
        "write",
        "close",
        "chmod",
        "fsync",
        "replace",
        "unlink",
        "makedirs",
    )

    def __init__(self, last: int) -> None:
        self.left = last
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        call = getattr(os, name)
        if name not in self.CALLS:
            return call

        def counted(*arguments: object, **options: object) -> object:
            self.calls += 1
            self.left -= 1
            if self.left >= 0:
                return call(*arguments, **options)
            if name == "close":
                call(*arguments)
            if name == "write" and self.left == -1:
                handle, data = arguments
                call(handle, data[: len(data) // 2])
            raise Killed

        return counted


def killed_at(monkeypatch, last: int) -> DyingOs:
    """Lets the process die after that many file-system calls."""
    dying = DyingOs(last)
    monkeypatch.setattr(layersmith.atomic, "os", dying)
    return dying


def actions(changes: Mapping[Path, Change] | tuple[Change, ...]) -> dict[str, Action]:
    """Each file's action, by its name."""
    values = changes.values() if isinstance(changes, Mapping) else changes
    return {change.path.as_posix(): change.action for change in values}


def hunks(text: str) -> Iterator[str]:
    """The conflicts in a text, markers included."""
    found: list[str] = []
    for line in text.split("\n"):
        if line.startswith("<<<<<<< "):
            found = []
        found.append(line)
        if line.startswith(">>>>>>> "):
            yield ("\n".join(found) + "\n")


def paths_of(*names: str) -> list[Path]:
    """Where the layers of these names lie in a project."""
    return [Path("src") / f"{name}.py" for name in names]


def many(project: Project, *names: str, **options: object) -> list[Emitted]:
    """A layer for each name, as the generator emits it."""
    return [
        project.emitted(body(name.title(), **options), path)
        for name, path in zip(names, paths_of(*names), strict=True)
    ]
