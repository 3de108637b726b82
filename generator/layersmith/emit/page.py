"""Emits the page of a layer: PagePlan -> Markdown."""

from __future__ import annotations

import html
import re
from functools import cache

from layersmith.emit.environment import environment
from layersmith.plan.diagram import Diagram, Group, Node
from layersmith.plan.page import PagePlan

_SHAPES = {
    "input": '(["{}"])',
    "output": '(["{}"])',
    "weight": '[("{}")]',
    "step": '["{}"]',
}
_NAMES = {
    "#": "#35;",
    '"': "#quot;",
    "`": "#96;",
    "&": "#amp;",
    "<": "#lt;",
    ">": "#gt;",
}


def render(plan: PagePlan) -> str:
    """The page of a layer."""
    text: str = _template().render(plan=plan)
    return text


@cache
def _template():
    made = environment()
    made.filters.update(
        cell=cell, code_cell=code_cell, fenced=fenced, mermaid=mermaid, prose=prose
    )
    return made.get_template("page.md.jinja")


def prose(text: str) -> str:
    """Text of a person, in which Markdown works and HTML does not."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def cell(text: str) -> str:
    """Text of a person as a cell of a table."""
    return prose(" ".join(text.split())).replace("|", "\\|")


def code_cell(text: str) -> str:
    """Code as a cell of a table; of nothing, nothing."""
    if "|" in text or "`" in text:
        inner = html.escape(text, quote=False).replace("|", "&#124;")
        return f"<code>{inner.replace('`', '&#96;')}</code>"
    return f"`{text}`" if text else ""


def fenced(code: str) -> str:
    """Code as a block; the fence is longer than any in the code."""
    longest = max(map(len, re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{code}\n{fence}"


def mermaid(diagram: Diagram) -> str:
    """The diagram in Mermaid's language, as the text of an HTML element."""
    lines = ["flowchart TD", *_boxes(diagram.items, "  ")]
    lines += [f"  {source} --> {target}" for source, target in diagram.arrows]
    return html.escape("\n".join(lines), quote=False)


def _boxes(items: tuple[Node | Group, ...], margin: str) -> list[str]:
    lines = []
    for item in items:
        if isinstance(item, Group):
            lines.append(f'{margin}subgraph {item.id}["{_label(item.label)}"]')
            lines += [*_boxes(item.items, margin + "  "), f"{margin}end"]
        else:
            box = _SHAPES[item.kind].format(_label(item.label))
            lines.append(f"{margin}{item.id}{box}")
    return lines


def _label(text: str) -> str:
    """Text of a box: Mermaid has its own way to write what would end it."""
    return "".join(_NAMES.get(character, character) for character in text)
