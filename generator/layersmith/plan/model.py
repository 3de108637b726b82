"""What will be emitted, all questions answered: frozen plans of Python source.

A statement is one logical line; indentation inside a block is part of it. Laying
lines out over columns is left to the emitter.
"""

from __future__ import annotations

from layersmith.record import record


@record
class Method:
    """A method: its decorators, the source of each parameter, and its statements."""

    name: str
    parameters: tuple[str, ...]
    body: tuple[str, ...]
    decorators: tuple[str, ...] = ()


@record
class LayerPlan:
    """A layer's file.

    Attributes:
        title: First line of the module.
        imports: Statements, in order.
        functions: Helper functions beside the class, each as lines.
        registration: The decorator that makes the class loadable.
        base: The class that it extends.
        docstring: Lines of the class's docstring, without quotes.
        methods: In order, `get_config` apart; the body of `call` is text that keeps
            its author's layout.
        config: Name and source of each entry that the layer adds.
        after_config: Methods that follow `get_config`.
    """

    name: str
    title: str
    imports: tuple[str, ...]
    functions: tuple[str, ...]
    registration: str
    base: str
    docstring: tuple[str, ...]
    methods: tuple[Method, ...]
    config: tuple[tuple[str, str], ...]
    after_config: tuple[Method, ...]
