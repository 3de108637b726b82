"""The Jinja environment of the templates, with the filters that lay Python out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache

from layersmith.emit import TEMPLATES, layout
from layersmith.plan.model import Method


@cache
def environment():
    # Imported here, so that a command that emits nothing does not wait for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        bytecode_cache=_bytecode_cache(),
    )
    made.filters.update(
        code=layout.code, docstring=docstring, method=method, update=update, block=block
    )
    return made


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

    return FileSystemBytecodeCache(str(folder))


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
