"""Plans how initializers and their like, and sublayers, are made."""

from __future__ import annotations

import ast
from collections import Counter

from layersmith.language.analyse import Analysis
from layersmith.plan import names
from layersmith.plan.rewrite import Edit, apply, extent, last_argument, name_edits
from layersmith.spec.model import Sublayer, Weight

_COMMENT = (
    "# An initializer instance is stateless: called twice with one shape it",
    "# returns the same values, so each weight gets its own clone.",
)


class Sharing:
    """Which initializer arguments serve more than one weight.

    Two weights of one shape would start equal if they shared an initializer, so
    those get clones.
    """

    def __init__(self, analysis: Analysis):
        uses = Counter(
            read.argument for (_, kind), read in analysis.objects.items() if kind == "initializer"
        )
        initializers = {a.name.text for a in analysis.spec.arguments if a.type == "initializer"}
        for maker in analysis.makers.values():
            uses.update(
                node.id
                for node in ast.walk(maker.parsed.tree)
                if isinstance(node, ast.Name) and node.id in initializers
            )
        self.shared = {name for name, count in uses.items() if name and count > 1}
        self._explained = False

    def comment(self, name: str | None) -> tuple[str, ...]:
        """The reason for the clone, where it is made for the first time."""
        if name not in self.shared or self._explained:
            return ()
        self._explained = True
        return _COMMENT

    def source(self, name: str) -> str:
        return f"self.{name}.clone()" if name in self.shared else f"self.{name}"


def object_source(analysis: Analysis, weight: Weight, kind: str, sharing: Sharing) -> str | None:
    """Source of a weight's initializer, regularizer or constraint; None without one."""
    read = analysis.objects.get((weight.name.text, kind))
    if read is None:
        return None
    if read.argument is not None:
        return sharing.source(read.argument) if kind == "initializer" else f"self.{read.argument}"
    if read.identifier is not None:
        return f'"{read.identifier}"'
    parsed = read.call
    edits = name_edits(
        parsed,
        parsed.tree,
        lambda n: f"self.{n}" if analysis.spec.argument(n) is not None else None,
    )
    edits = [e for e in edits if e.start != extent(parsed, parsed.tree.func)[0]]
    start, end = extent(parsed, parsed.tree.func)
    edits.append(Edit(start, end, f"{kind}s.{read.class_name}"))
    return apply(parsed.code.text, edits).strip()


def sublayer_statement(analysis: Analysis, sublayer: Sublayer, sharing: Sharing) -> list[str]:
    """Statements of `__init__` that make a sublayer."""
    name = sublayer.name.text
    maker = analysis.makers[name]
    parsed = maker.parsed
    initializers = {a.name.text for a in analysis.spec.arguments if a.type == "initializer"}
    comment: tuple[str, ...] = ()
    objects = {
        a.name.text
        for a in analysis.spec.arguments
        if a.type in ("initializer", "regularizer", "constraint", "activation")
    }
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Name) and node.id in initializers:
            comment = comment or sharing.comment(node.id)

    def rename(used: str) -> str | None:
        if used in initializers:
            return sharing.source(used)
        if used in objects or any(d.name.text == used for d in analysis.spec.derived):
            return f"self.{used}"
        return None

    call = parsed.tree
    edits = [e for e in name_edits(parsed, call, rename) if e.start != extent(parsed, call.func)[0]]
    start, _ = extent(parsed, call.func)
    place = last_argument(parsed, call)
    # Sublayers do not inherit the dtype policy.
    edits.append(Edit(place.start, place.end, f'{place.text}dtype=self.dtype_policy, name="{name}"'))
    edits.append(Edit(start, start, "layers."))
    made = " ".join(apply(parsed.code.text, edits).split("\n")).strip()
    condition = analysis.conditions.get(name)
    if condition is None:
        return [*comment, f"self.{name} = {made}"]
    text = names.expression(condition, lambda n: _derived(analysis, n))
    return [*comment, f"self.{name} = None", f"if {text}:", f"    self.{name} = {made}"]


def _derived(analysis: Analysis, name: str) -> str | None:
    if any(d.name.text == name for d in analysis.spec.derived):
        return f"self.{name}"
    return None
