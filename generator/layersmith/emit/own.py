"""A team's own templates as they were read, and the places of what is wrong in them.

They are the team's code and run with the generator's rights: there is no sandbox.
"""

from __future__ import annotations

import ast
import re
from dataclasses import field

from layersmith.emit import TEMPLATES
from layersmith.errors import Problem, Span
from layersmith.record import record

# What a team may override.
NAMES = ("layer.py.jinja", "test.py.jinja", "train.py.jinja")
# In front of the name of a template of the generator's own.
PREFIX = "layersmith/"
SUFFIX = ".jinja"
HINT = "compare it with the generator's own: docs/templates.md says how"


@record
class OwnTemplates:
    """The templates of a folder.

    Attributes:
        folder: Path of the folder, as problems name it.
        texts: Name within the folder and text of each file.
        shared: Whether train scripts share a training package: they have another form.
    """

    folder: str
    texts: tuple[tuple[str, str], ...] = field(repr=False)
    shared: bool = False

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def text(self, name: str) -> str | None:
        return dict(self.texts).get(name)

    def name(self, path: str) -> str | None:
        """The name of the template at a path; None where it is not one of these."""
        name = path.removeprefix(f"{self.folder}/")
        return name if name != path and self.text(name) is not None else None


class TemplateFault(Exception):
    """An own template failed while it was rendered; the argument is the problem."""

    def __init__(self, problem: Problem):
        super().__init__(problem.message)
        self.problem = problem


def packaged(name: str, shared: bool) -> tuple[str, str]:
    """The generator's own template: text and path; scripts that share code have another.

    Raises:
        OSError: if there is none.
    """
    if name == "train.py.jinja" and shared:
        name = "train_project.py.jinja"
    path = TEMPLATES / name
    return path.read_text(encoding="utf-8"), str(path)


def located(own: OwnTemplates, error: Exception) -> Problem | None:
    """The problem that an exception from rendering is; None where no own template is to blame."""
    place = None
    traceback = error.__traceback__
    while traceback is not None:
        name = own.name(traceback.tb_frame.f_code.co_filename)
        if name is not None:
            place = name, traceback.tb_lineno
        traceback = traceback.tb_next
    if place is None:
        return None
    words = str(error) or type(error).__name__
    if type(error).__name__ == "TemplateNotFound":
        words = f"there is no template `{words}`"
    return problem(own, *place, " ".join(words.split()), HINT)


def not_python(own: OwnTemplates, name: str, text: str) -> Problem | None:
    """The problem that a text made by an own template is no Python; None if it is."""
    if own.text(name) is None:
        return None
    try:
        ast.parse(text)
    except SyntaxError as error:
        line = (text.split("\n")[(error.lineno or 1) - 1 :] or [""])[0].strip()
        words = f"this template makes what is not Python: {error.msg}"
        return problem(own, name, 1, words, f"at the line it makes: `{line}`")
    return None


def problem(
    own: OwnTemplates, name: str, line: int, message: str, hint: str, word: str = ""
) -> Problem:
    """A problem in a line of a template, at a word of it where one is given."""
    lines = (own.text(name) or "").split("\n")
    line = max(1, min(line, len(lines)))
    text = lines[line - 1]
    start, stop = len(text) - len(text.lstrip()), len(text.rstrip())
    match = re.search(rf"\b{re.escape(word)}\b", text) if word else None
    if match:
        start, stop = match.span()
    span = Span(line, start + 1, line, max(stop, start + 1) + 1)
    return Problem(own.path(name), span, message, hint)
