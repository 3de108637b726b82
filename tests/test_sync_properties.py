"""Whatever is done to a project in whatever order, no hand-written line is ever lost.

A few dozen sequences run by default. Set LAYERSMITH_THOROUGH to a number, as in
`LAYERSMITH_THOROUGH=2000 pytest tests/test_sync_properties.py`, for that many.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

import layersmith.atomic
from layersmith.markers import in_conflict
from layersmith.sync import Action, Change, Emitted, apply, survey
from sync_project import DyingOs, Killed, Spec, git, ruff

THOROUGH = int(os.environ.get("LAYERSMITH_THOROUGH", "0"))
TOKEN = re.compile(r"hand\d+_")
NAMES = ["Alpha", "Beta", "Gamma", "LowRank", "Mean"]
HAND_LINES = [
    "{indent}{token} = 1\n",
    "{indent}# {token} is a comment\n",
    "{indent}{token}(one, two=[1, 2, 3], three='a longer argument', four={{'a': 1, 'b': 2}})\n",
    "{indent}if {token}:\n{indent}    pass\n",
    "\n\ndef {token}(a):\n    return a\n\n\n",
    "{indent}) {token} is no Python at all\n",
    "\n\n{indent}# {token}\n\n",
]
OUTCOMES: Counter[str] = Counter()


class Regenerating(RuleBasedStateMachine):
    """People, formatters, git and the generator at work in one project."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="layersmith-"))
        self.specs: dict[str, Spec] = {}
        self.renamed: dict[Path, Path] = {}
        self.written = 0
        self.alive: set[str] = set()
        self.path = mock.patch.dict(os.environ)
        self.path.start()

    def teardown(self) -> None:
        self.path.stop()
        shutil.rmtree(self.root)

    @initialize(with_git=st.booleans())
    def machine(self, with_git: bool) -> None:
        if with_git:
            git(self.root, "init", "--quiet")
        else:
            os.environ["PATH"] = "/nowhere"
        self.add_spec("Alpha")
        self.generate()
        # Every sequence begins with an edit that is merged: few would get to one.
        self.edit(number=0, at=15, shape=HAND_LINES[1], replaced=0, methods=3)

    # What is there

    def wanted(self) -> list[Emitted]:
        return [
            Emitted(path, name, spec.text(), text)
            for name, spec in self.specs.items()
            for path, text in (
                (Path(f"src/{spec.stem}.py"), spec.layer_body()),
                (Path(f"tests/test_{spec.stem}.py"), spec.suite_body()),
            )
        ]

    def files(self) -> list[Path]:
        return sorted(
            p for folder in ("src", "tests") for p in (self.root / folder).glob("*.py")
        )

    def tokens(self) -> set[str]:
        found = set()
        for path in self.root.rglob("*"):
            ours = {".git", ".layersmith"} & set(
                path.parts
            ) or path.suffix == ".layersmith-tmp"
            if path.is_file() and not ours:
                found |= set(TOKEN.findall(path.read_text(errors="replace")))
        return found

    def by_a_person(self) -> None:
        """After a person's own work: what is gone now was deleted on purpose."""
        self.alive &= self.tokens()

    def pick(self, number: int) -> Path | None:
        files = self.files()
        return files[number % len(files)] if files else None

    # What people do to specs

    @rule(layer=st.sampled_from(NAMES))
    def add_spec(self, layer: str) -> None:
        if (
            all(spec.layer != layer for spec in self.specs.values())
            and len(self.specs) < 3
        ):
            name = f"specs/{layer.lower()}.yaml"
            if name not in self.specs:
                self.specs[name] = Spec(layer)
                self.save(name)

    @rule(
        number=st.integers(0, 9),
        which=st.integers(0, 4),
        value=st.integers(1, 99),
        now=st.booleans(),
    )
    def change_spec(self, number: int, which: int, value: int, now: bool) -> None:
        if self.specs:
            name = sorted(self.specs)[number % len(self.specs)]
            self.specs[name].numbers[which] = value
            self.save(name)
            if now:
                self.generate()

    def change_methods(self, number: int, methods: int) -> None:
        if self.specs:
            self.specs[sorted(self.specs)[number % len(self.specs)]].methods = methods

    @rule()
    def upgrade_generator(self) -> None:
        for spec in self.specs.values():
            spec.spaced = not spec.spaced

    @rule(number=st.integers(0, 9))
    def comment_spec(self, number: int) -> None:
        if self.specs:
            self.specs[sorted(self.specs)[number % len(self.specs)]].comment += 1

    @rule(number=st.integers(0, 9))
    def delete_spec(self, number: int) -> None:
        if self.specs:
            name = sorted(self.specs)[number % len(self.specs)]
            del self.specs[name]
            (self.root / name).unlink()

    @rule(number=st.integers(0, 9), layer=st.sampled_from(NAMES), told=st.booleans())
    def rename_layer(self, number: int, layer: str, told: bool) -> None:
        if not self.specs or any(spec.layer == layer for spec in self.specs.values()):
            return
        spec = self.specs[sorted(self.specs)[number % len(self.specs)]]
        old, spec.layer, new = (spec.stem, layer, Spec(layer).stem)
        if told:
            self.renamed[Path(f"src/{new}.py")] = Path(f"src/{old}.py")
            self.renamed[Path(f"tests/test_{new}.py")] = Path(f"tests/test_{old}.py")

    def save(self, name: str) -> None:
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / name).write_text(self.specs[name].text())

    # What people and their tools do to files

    @rule(
        number=st.integers(0, 9),
        at=st.integers(0, 200),
        shape=st.sampled_from(HAND_LINES),
        replaced=st.integers(0, 2),
        methods=st.none() | st.integers(0, 4),
    )
    def edit(
        self, number: int, at: int, shape: str, replaced: int, methods: int | None
    ) -> None:
        path = self.pick(number)
        if path is None:
            return
        lines = path.read_text(errors="surrogateescape").split("\n")
        at %= len(lines)
        indent = re.match(r" *", lines[at])[0]
        token = f"hand{self.written}_"
        self.written += 1
        text = shape.format(indent=indent, token=token).rstrip("\n")
        lines[at : at + replaced] = text.split("\n")
        path.write_text("\n".join(lines))
        self.by_a_person()
        self.alive.add(token)
        if methods is not None:
            self.change_methods(number, methods)
            self.generate()

    @rule(number=st.integers(0, 9), at=st.integers(0, 200), count=st.integers(1, 5))
    def delete_lines(self, number: int, at: int, count: int) -> None:
        path = self.pick(number)
        if path is not None:
            lines = path.read_text().split("\n")
            del lines[at % len(lines) : at % len(lines) + count]
            path.write_text("\n".join(lines))
            self.by_a_person()

    @precondition(lambda self: ruff())  # without ruff the other rules still run
    @rule(
        width=st.sampled_from([40, 60, 88, 120]),
        quotes=st.sampled_from(["double", "single"]),
        indent=st.sampled_from(["space", "space", "tab"]),
    )
    def format(self, width: int, quotes: str, indent: str) -> None:
        paths = [str(path) for path in self.files()]
        if not paths:
            return  # without a path ruff formats the whole folder it is run in
        subprocess.run(
            [
                *(ruff(), "format", "--isolated", "--quiet", f"--line-length={width}"),
                *("--config", f"format.quote-style='{quotes}'"),
                *("--config", f"format.indent-style='{indent}'"),
                *paths,
            ],
            check=False,  # a file that is no Python is left alone
            capture_output=True,
        )
        assert self.alive <= self.tokens()

    @rule(number=st.integers(0, 9), keep=st.sampled_from(["both", "yours"]))
    def solve_conflicts(self, number: int, keep: str) -> None:
        path = self.pick(number)
        if path is None or not in_conflict(path.read_text()):
            return
        kept, side = [], ""
        for line in path.read_text().split("\n"):
            if line.startswith("<<<<<<< "):
                side = "yours"
            elif line.startswith("||||||| "):
                side = "base"
            elif line == "=======" and side:
                side = "new"
            elif line.startswith(">>>>>>> "):
                side = ""
            elif side in ("", "yours") or (keep == "both" and side == "new"):
                kept.append(line)
        path.write_text("\n".join(kept))
        self.by_a_person()

    @rule(number=st.integers(0, 9))
    def other_line_ends(self, number: int) -> None:
        path = self.pick(number)
        if path is not None:
            path.write_bytes(
                path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            )

    @rule(number=st.integers(0, 9))
    def delete_file(self, number: int) -> None:
        path = self.pick(number)
        if path is not None:
            path.unlink()
            self.by_a_person()

    @rule()
    def forget_bases(self) -> None:
        shutil.rmtree(self.root / ".layersmith", ignore_errors=True)

    @precondition(lambda self: (self.root / ".git").exists())
    @rule()
    def commit(self) -> None:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message=work")

    # What the generator does

    def run(self, force: frozenset[Path] = frozenset()) -> tuple[Change, ...]:
        changes = survey(
            self.wanted(),
            root=self.root,
            owned=[Path("src"), Path("tests")],
            force=force,
            renamed=self.renamed,
        )
        apply(changes, self.root)
        self.renamed.clear()
        return changes

    @rule()
    def generate(self) -> None:
        changes = self.run()
        for change in changes:
            OUTCOMES[f"{change.state.value} {change.action.value}"] += 1
            note(
                f"{change.path}: {change.state.value} {change.action.value} {change.note}"
            )
        self.no_line_is_lost()
        again = [change for change in self.run() if change.writes]
        assert not again, "a second run writes again"
        assert not list(self.root.rglob("*layersmith-tmp"))

    @rule(number=st.integers(0, 9))
    def force(self, number: int) -> None:
        path = self.pick(number)
        if path is not None:
            self.run(frozenset({path.relative_to(self.root)}))

    @rule(last=st.integers(0, 60), forced=st.booleans())
    def killed(self, last: int, forced: bool) -> None:
        files = self.files() if forced else []
        force = frozenset(path.relative_to(self.root) for path in files)
        with mock.patch.object(layersmith.atomic, "os", DyingOs(last)):
            try:
                self.run(force)
            except Killed:
                OUTCOMES["killed"] += 1

    @invariant()
    def no_line_is_lost(self) -> None:
        lost = self.alive - self.tokens()
        assert not lost, f"lost: {lost}"


TestRegenerating = Regenerating.TestCase
TestRegenerating.settings = settings(
    max_examples=THOROUGH or 12,
    stateful_step_count=40 if THOROUGH else 20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_the_sequences_reach_every_outcome():
    """Runs after the sequences above: a property that meets nothing proves nothing."""
    if not THOROUGH:
        assert OUTCOMES["edited merge"], OUTCOMES
        return
    reached = {outcome.split()[-1] for outcome in OUTCOMES}
    assert {action.value for action in Action} | {"killed"} <= reached, OUTCOMES
