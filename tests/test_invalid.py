"""Specs with mistakes: every message that the generator has, as its reader sees it.

`python tools/regenerate_cases.py` rewrites the texts and shows what changed.
"""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

from layersmith.cli import main
from layersmith.errors import Report, in_order
from layersmith.pipeline import SpecFile, check
from regenerate_cases import INVALID, ROOT, report, specimens

PACKAGE = ROOT / "generator" / "layersmith"
SPECIMENS = specimens()
# What tells of a mistake in a spec: methods of reports, readers and rules.
TELLERS = {"error", "warning", "problem", "fail", "_stop"}
# Places that no spec reaches, and why.
UNREACHABLE = {
    (
        "language/parse.py",
        "the character {} is not allowed here",
    ): "refused by the YAML reader",
    ("language/parse.py", "not Python: {}"): "depends on the version of Python",
    (
        "source.py",
        "the file holds more than {} characters",
    ): "a megabyte: test_source.py",
    ("pipeline.py", "`{}` is the layer of {} already"): "takes two specs: test_cli.py",
    (
        "order.py",
        "a layer cannot be made of itself: {}",
    ): "takes two specs: test_cli.py",
    (
        "order.py",
        "the spec of `{}` is wrong, so this layer cannot be made",
    ): "two specs: test_cli.py",
}


def problems(name):
    path = SPECIMENS[name]
    return in_order(check([SpecFile(path.name, path.read_bytes().decode("utf-8"))]))


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_mistake_is_told_as_in_its_specimen(name):
    expected = (INVALID / f"{name}.txt").read_text(encoding="utf-8")
    assert report(SPECIMENS[name]) == expected


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_message_names_line_column_and_what_to_do(name):
    text = SPECIMENS[name].read_bytes().decode("utf-8")
    found = problems(name)
    assert found
    for problem in found:
        lines = text.split("\n")
        assert 1 <= problem.span.line <= len(lines)
        assert 1 <= problem.span.column <= len(lines[problem.span.line - 1]) + 1
        assert problem.message
        assert problem.hint, problem.message
        assert not problem.message.endswith("."), problem.message
        assert "\n" not in problem.message + problem.hint


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_message_shows_its_line_with_a_caret(name):
    shown = (INVALID / f"{name}.txt").read_text(encoding="utf-8")
    for block in shown.rstrip("\n").split("\n\n"):
        head, line, carets, *_ = block.split("\n")
        assert head.startswith(f"{name}.yaml:")
        assert line.startswith("  | ")
        assert set(carets.removeprefix("  | ")) <= {" ", "^"}
        assert "^" in carets


def test_there_is_no_text_without_a_specimen():
    assert {path.stem for path in INVALID.glob("*.txt")} == set(SPECIMENS)


def test_five_mistakes_are_told_at_once_and_no_file_is_written(tmp_path, capsys):
    status = main(
        ["generate", str(SPECIMENS["five_mistakes"]), "--out", str(tmp_path / "out")]
    )
    output = capsys.readouterr()
    assert status == 2
    assert output.out == ""
    assert output.err.count(": error: ") == 5
    assert output.err.endswith("\n5 mistakes; nothing was written\n")
    assert list(tmp_path.iterdir()) == []


# Every place in the generator that tells of a mistake is reached by some specimen.


def _template(node):
    """The text of a message, with `{}` for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            "{}" if isinstance(p, ast.FormattedValue) else p.value for p in node.values
        )
    if isinstance(node, ast.IfExp):
        return _template(node.body)
    return ast.unparse(node)


@cache
def tellers():
    """File, first and last line, and message of each call that tells of a mistake."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        # What is wrong in a team's own templates has its specimens in
        # test_own_templates.py.
        if file.startswith(("templates/", "commands/", "emit/")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in TELLERS and node.args:
                message = node.args[0 if name == "fail" else min(1, len(node.args) - 1)]
                found.append((file, node.lineno, node.end_lineno, _template(message)))
    return found


@cache
def reached():
    """Lines of the generator from which a specimen's mistakes are told."""
    lines = set()
    add = Report._add

    def recording(self, problem):
        frame = sys._getframe(1)
        while frame is not None:
            lines.add((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        add(self, problem)

    Report._add = recording
    try:
        for name in SPECIMENS:
            problems(name)
    finally:
        Report._add = add
    return {
        (Path(file).relative_to(PACKAGE).as_posix(), line)
        for file, line in lines
        if Path(file).is_relative_to(PACKAGE)
    }


def test_every_message_of_the_generator_has_a_specimen():
    missing = []
    for file, first, last, message in tellers():
        if (file, message) in UNREACHABLE:
            continue
        if not any((file, line) in reached() for line in range(first, last + 1)):
            missing.append(f"{file}:{first}: {message}")
    assert not missing, "\n".join(["no specimen for:", *missing])


def test_no_place_is_called_unreachable_that_is_gone_or_reached():
    known = {(file, message) for file, _, _, message in tellers()}
    assert set(UNREACHABLE) <= known
