"""Reads `pyproject.toml`, where Python has no reader of its own as well (3.10)."""

from __future__ import annotations

import re
from typing import Any

_TABLE = re.compile(r"\[\s*tool\s*\.\s*layersmith\s*\]\s*(#.*)?")
_ENTRY = re.compile(r"""([A-Za-z0-9_-]+)\s*=\s*(?:"([^"\\]*)"|'([^']*)')\s*(#.*)?""")


class TomlError(Exception):
    """A text that is not TOML; the message says where and why."""


def read_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text; with Python 3.10 `[tool.layersmith]` alone.

    Raises:
        TomlError: if it is not TOML.
    """
    try:
        import tomllib
    except ModuleNotFoundError:
        return read_own_table(text)
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TomlError(str(error)) from error


def read_own_table(text: str) -> dict[str, Any]:
    """`[tool.layersmith]` as people write it: one text a line, in either quotes.

    Raises:
        TomlError: for a line of it that is anything else.
    """
    settings: dict[str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            if _TABLE.fullmatch(stripped):
                settings = {}
            elif settings is not None:
                break
        elif settings is not None and stripped and not stripped.startswith("#"):
            match = _ENTRY.fullmatch(stripped)
            if match is None:
                raise TomlError(f'write `name = "text"` (at line {number})')
            settings[match[1]] = match[2] if match[2] is not None else match[3]
    return {} if settings is None else {"tool": {"layersmith": settings}}
