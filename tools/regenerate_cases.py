"""Rewrites the golden files: `tests/cases/*/expected/` and `tests/invalid/*.txt`.

Run it after a change of the emitted code or of a message, and read the difference
before you commit it: `python tools/regenerate_cases.py [NAME ...]`.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "cases"
INVALID = ROOT / "tests" / "invalid"
RECIPES = ROOT / "generator" / "layersmith" / "recipes"

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "generator"))

from layersmith.errors import in_order, render
from layersmith.pipeline import SpecFile, Target, check, generate


def cases() -> dict[str, Path]:
    """The spec of each golden case, by name; that of a recipe is the recipe itself."""
    found = {path.stem: path for path in sorted(RECIPES.glob("*.yaml"))}
    found |= {path.parent.name: path for path in sorted(CASES.glob("*/spec.yaml"))}
    return found


def specimens() -> dict[str, Path]:
    """Each spec with mistakes, by name."""
    return {path.stem: path for path in sorted(INVALID.glob("*.yaml"))}


def emitted(spec: Path) -> dict[str, str]:
    """The files that a spec makes, by name, without their headers.

    Raises:
        ValueError: for a spec with a mistake; the text is the report.
    """
    file = _file(spec)
    generated, problems = generate([file], Target(), _gallery)
    if problems or not generated:
        raise ValueError("\n".join(render(problem, file.text) for problem in problems))
    (made,) = generated
    return {
        f"{made.snake}.py": made.layer,
        f"test_{made.snake}.py": made.suite,
        f"train_{made.snake}.py": made.script,
    }


def report(spec: Path) -> str:
    """What `layersmith check` says of a spec, without the count at the end."""
    file = _file(spec)
    problems = in_order(check([file], _gallery))
    return "\n\n".join(render(problem, file.text) for problem in problems) + "\n"


def _file(path: Path) -> SpecFile:
    return SpecFile(path.name, path.read_bytes().decode("utf-8"))


def _gallery() -> list[SpecFile]:
    """What a spec may be made of, as if it lay beside the recipes."""
    return [_file(path) for path in sorted(RECIPES.glob("*.yaml"))]


def expected(case: str) -> dict[str, str]:
    """The golden files of a case, by name."""
    folder = CASES / case / "expected"
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}


def main(arguments: Iterable[str] | None = None) -> int:
    """Rewrites what differs and shows how; 1 where a golden spec has a mistake."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases or specimens")
    parser.add_argument("-q", "--quiet", action="store_true", help="names alone")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - cases().keys() - specimens().keys()
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    status = 0
    for name, spec in cases().items():
        if options.names and name not in options.names:
            continue
        try:
            files = emitted(spec)
        except ValueError as error:
            print(f"{name}:\n{error}", file=sys.stderr)
            status = 1
            continue
        folder = CASES / name / "expected"
        for stale in set(expected(name)) - set(files):
            (folder / stale).unlink()
            print(f"removed {name}/expected/{stale}")
        for file, text in files.items():
            _write(folder / file, text, options.quiet)
    for name, spec in specimens().items():
        if not options.names or name in options.names:
            _write(INVALID / f"{name}.txt", report(spec), options.quiet)
    return status


def _write(path: Path, text: str, quiet: bool) -> None:
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before == text and path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{'changed' if before else 'new'} {path.relative_to(ROOT).as_posix()}")
    if before and not quiet:
        lines = difflib.unified_diff(
            before.splitlines(keepends=True), text.splitlines(keepends=True), n=1
        )
        print("".join(["    " + line for line in lines][2:]))


if __name__ == "__main__":
    raise SystemExit(main())
