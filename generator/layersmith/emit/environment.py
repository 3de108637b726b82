"""The Jinja environment of the templates, with the filters that lay Python out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache

from layersmith.emit import TEMPLATES, layout
from layersmith.emit.own import (
    PREFIX,
    OwnTemplates,
    TemplateFault,
    located,
    not_python,
    packaged,
)
from layersmith.emit.suite_filters import FILTERS
from layersmith.plan.model import Method


@cache
def environment(own: OwnTemplates | None = None):
    """Where templates are found; a team's own come first."""
    # Imported here, so that a command that emits nothing does not wait for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES) if own is None else _loader(own),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        bytecode_cache=_bytecode_cache(),
        auto_reload=False,  # they do not change under a run
    )
    made.filters.update(
        code=layout.code, docstring=docstring, method=method, update=update, block=block
    )
    made.filters.update(FILTERS)
    return made


def _loader(own: OwnTemplates):
    """Finds a team's template by its name, and the generator's with a prefix as well."""
    from jinja2 import FunctionLoader

    def load(name: str):
        text = own.text(name)
        if text is not None:
            return text, own.path(name), None
        bare = name.removeprefix(PREFIX)
        try:
            return (*packaged(bare, own.shared), None)
        except OSError:
            return None

    return FunctionLoader(load)


@cache
def template(name: str, own: OwnTemplates | None = None):
    """A template, compiled once."""
    return environment(own).get_template(name)


def render(name: str, own: OwnTemplates | None = None, **values: object) -> str:
    """The text that a template makes.

    Raises:
        TemplateFault: if one of a team's own fails.
    """
    if own is None:
        text: str = template(name).render(values)
        return text
    try:
        text = template(name, own).render(values)
    except Exception as error:
        found = located(own, error)
        if found is None:
            raise
        raise TemplateFault(found) from error
    fault = not_python(own, name, text)
    if fault is not None:
        raise TemplateFault(fault)
    return text


def _bytecode_cache():
    """Compiled templates beside the templates, as Python keeps its own bytecode.

    None where Python keeps none either (`-B`), or where the folder is not ours to
    write to. Compiling the templates takes a third of the time of a run.
    """
    folder = TEMPLATES / "__pycache__"
    if sys.dont_write_bytecode:
        return None
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    from jinja2 import FileSystemBytecodeCache

    class Packaged(FileSystemBytecodeCache):
        """Keeps the generator's templates alone, and no team's."""

        def get_key(self, name, filename=None):
            ours = filename is not None and filename.startswith(str(TEMPLATES))
            return super().get_key(name, filename) if ours else ""

        def load_bytecode(self, bucket):
            if bucket.key:
                super().load_bytecode(bucket)

        def dump_bytecode(self, bucket):
            if bucket.key:
                super().dump_bytecode(bucket)

    return Packaged(str(folder))


def docstring(text: str | Iterable[str], indent: int = 0) -> str:
    """Text in triple quotes; several lines end with the quotes on one of their own."""
    lines = [text] if isinstance(text, str) else list(text)
    if lines[0].startswith('"'):
        lines[0] = " " + lines[0]  # as ruff has it: no fourth quote at the start
    margin = " " * indent
    if len(lines) == 1:
        line = f'{margin}"""{lines[0]}"""'
        if len(line) <= layout.WIDTH:
            return line
    body = [f"{margin}{line}".rstrip() for line in lines[1:]]
    return "\n".join([f'{margin}"""{lines[0]}', *body, f'{margin}"""'])


def method(plan: Method, indent: int = 4) -> str:
    """A method of a class."""
    head = f"def {plan.name}({', '.join(plan.parameters)}):"
    return "\n".join(
        [block([*plan.decorators, head], indent), block(plan.body, indent + 4)]
    )


def block(statements: Iterable[str], indent: int) -> str:
    """Statements, each laid out; a line of one may be indented within it."""
    return "\n".join(layout.code(statement, indent) for statement in statements)


def update(entries: Iterable[tuple[str, str]], call: str) -> str:
    """`config.update({"units": self.units})`, laid out as an opened dict."""
    body = ", ".join(f'"{name}": {source}' for name, source in entries)
    return f"{call}({{{body}}})"
