"""What Keras's layers and activations compute, as NumPy source text to paste into a test.

The functions stand in the modules of this folder, where they are tested against Keras
itself. They are read here as text: the generator never imports NumPy.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from layersmith.language.numpy_meanings.names import (
    ACTIVATED,
    LAYERS,
    UNLIKE_KERAS,
    WITHOUT_EFFECT,
)
from layersmith.language.trees import walk

__all__ = [
    "LAYERS",
    "UNLIKE_KERAS",
    "imports",
    "names",
    "parameters",
    "paste",
    "requires",
    "source",
    "unhonoured",
]

MODULES = (
    "activations",
    "convolutions",
    "functions",
    "layers",
    "segments",
    "signals",
    "tensors",
    "windows",
)
IMPORTS = {"math": "import math", "np": "import numpy as np"}


@cache
def _sources() -> dict[str, str]:
    """The text of every function, by name."""
    found: dict[str, str] = {}
    for module in MODULES:
        path = Path(__file__).parent / f"{module}.py"
        name = ""
        lines: list[str] = []
        for line in (*path.read_text(encoding="utf-8").splitlines(), "#"):
            if name and line and not line.startswith((" ", ")")):
                found[name] = "\n".join(lines).rstrip() + "\n"
                name = ""
            if line.startswith("def "):
                name, lines = (line[4 : line.index("(")], [])
            lines.append(line)
    return found


def names() -> frozenset[str]:
    """The functions that there are."""
    return frozenset(_sources())


def source(name: str) -> str:
    """The text of a function, from `def` to its last line.

    It uses `np` and `math` (see `imports`) and the functions that `requires` names.

    Raises:
        KeyError: if there is no such function.
    """
    return _sources()[name]


@cache
def parameters(name: str) -> tuple[str, ...]:
    """The names of a function's parameters, in order.

    Raises:
        KeyError: if there is no such function.
    """
    (function,) = ast.parse(source(name)).body
    assert isinstance(function, ast.FunctionDef)
    arguments = function.args
    return tuple(each.arg for each in (*arguments.args, *arguments.kwonlyargs))


def unhonoured(layer: str, settings: Iterable[str]) -> tuple[str, ...]:
    """Those of a layer's settings that its function would not follow.

    Where there are any, the function is not the meaning of that layer. An activation
    at the end of a layer is left to the caller and is none of them.

    Args:
        layer: A key of LAYERS.
        settings: Names of arguments of its `__init__`, given in another way than by
            their default.
    """
    known = {*parameters(LAYERS[layer]), *WITHOUT_EFFECT}
    if layer in ACTIVATED:
        known.add("activation")
    kinds = ("_initializer", "_regularizer", "_constraint")
    return tuple(
        name for name in settings if name not in known and not name.endswith(kinds)
    )


@cache
def requires(name: str) -> tuple[str, ...]:
    """The functions that this one calls, and those that they call; each after its own.

    Raises:
        KeyError: if there is no such function.
    """
    found: dict[str, None] = {}
    for helper in sorted(_free_names(name) & names()):
        found.update(dict.fromkeys((*requires(helper), helper)))
    return tuple(found)


def imports(*wanted: str) -> tuple[str, ...]:
    """The import lines that these functions and what they require need, sorted.

    Raises:
        KeyError: if there is no such function.
    """
    used: set[str] = set()
    for name in wanted:
        for each in (*requires(name), name):
            used |= _free_names(each)
    return tuple(line for name, line in IMPORTS.items() if name in used)


def paste(wanted: Iterable[str]) -> str:
    """The text of these functions and of all that they require, each once.

    What is required stands first; two blank lines stand between functions.

    Raises:
        KeyError: if there is no such function.
    """
    found: dict[str, None] = {}
    for name in wanted:
        found.update(dict.fromkeys((*requires(name), name)))
    return "\n\n".join(source(name) for name in found)


@cache
def _free_names(name: str) -> frozenset[str]:
    """The names that a function reads and does not bind itself."""
    read: set[str] = set()
    bound = {name}
    for node in walk(ast.parse(source(name))):
        if isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
    return frozenset(read - bound)
