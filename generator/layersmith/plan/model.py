"""What will be emitted, all questions answered: frozen plans of Python source.

A statement is one logical line; indentation inside a block is part of it. Laying
lines out over columns is left to the emitter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """A method: the source of each parameter, and its statements."""

    parameters: tuple[str, ...]
    body: tuple[str, ...]


@dataclass(frozen=True)
class LayerPlan:
    """A layer's file.

    Attributes:
        title: First line of the module.
        imports: Statements, in order.
        registration: The decorator that makes the class loadable.
        docstring: Lines of the class's docstring, without quotes.
        build: None for a layer that has nothing to build.
        call: The body is text that keeps its author's layout.
        compute_mask: None where the default is right.
        config: Name and source of each entry that the layer adds.
    """

    name: str
    title: str
    imports: tuple[str, ...]
    registration: str
    docstring: tuple[str, ...]
    init: Method
    build: Method | None
    call: Method
    compute_mask: Method | None
    compute_output_shape: Method
    config: tuple[tuple[str, str], ...]
