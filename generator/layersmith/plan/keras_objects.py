"""Plans how initializers and their like, and sublayers, are made."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from functools import partial

from layersmith.language.analyse import Analysis
from layersmith.language.sublayers import Maker
from layersmith.language.trees import walk
from layersmith.plan import names, spelling
from layersmith.plan.rewrite import Edit, apply, extent, name_edits
from layersmith.plan.seeds import needs_seed
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
            read.argument
            for (_, kind), read in analysis.objects.items()
            if kind == "initializer"
        )
        initializers = {
            a.name.text for a in analysis.spec.arguments if a.type == "initializer"
        }
        for read in analysis.objects.values():
            if read.kind == "initializer":
                uses.update(read.names & initializers if read.call else ())
        for maker in analysis.makers.values():
            uses.update(
                node.id
                for node in walk(maker.parsed.tree)
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


def object_source(
    analysis: Analysis, weight: Weight, kind: str, sharing: Sharing
) -> str | None:
    """Source of a weight's initializer, regularizer or constraint; None without one."""
    read = analysis.objects.get((weight.name.text, kind))
    if read is None:
        return None
    if read.argument is not None:
        return (
            sharing.source(read.argument)
            if kind == "initializer"
            else f"self.{read.argument}"
        )
    if read.identifier is not None:
        return f'"{read.identifier}"'
    parsed = read.call
    if read.class_name is None:
        # In `build`: arguments are attributes; one that serves others is cloned.
        return names.expression(
            parsed,
            lambda n: (
                sharing.source(n)
                if n in sharing.shared
                else names.attribute(analysis, n)
            ),
        )
    edits = name_edits(
        parsed,
        parsed.tree,
        lambda n: f"self.{n}" if analysis.spec.argument(n) is not None else None,
    )
    edits = [e for e in edits if e.start != extent(parsed, parsed.tree.func)[0]]
    start, end = extent(parsed, parsed.tree.func)
    edits.append(Edit(start, end, f"{kind}s.{read.class_name}"))
    return spelling.expression(apply(parsed.code.text, edits).strip())


def sublayer_statements(
    analysis: Analysis, sublayer: Sublayer, sharing: Sharing
) -> list[str]:
    """Statements that make a sublayer, or several of a kind."""
    name = sublayer.name.text
    condition = analysis.conditions.get(name)
    *comment, made = sublayer_source(analysis, name, sharing)
    if condition is None:
        return [*comment, made]
    text = names.expression(condition, lambda n: names.in_init(analysis, n))
    return [
        *comment,
        f"if {text}:",
        f"    {made}",
        "else:",
        f"    self.{name} = None",
    ]


def sublayer_source(analysis: Analysis, name: str, sharing: Sharing) -> list[str]:
    """The statement that makes a sublayer, behind a comment where one is due."""
    maker = analysis.makers[name]
    comment: tuple[str, ...] = ()
    for node in walk(maker.parsed.tree):
        if isinstance(node, ast.Name):
            comment = comment or sharing.comment(node.id)
    known = _in_build if name in analysis.scope.made_in_build else names.in_init
    rename = partial(known, analysis)
    repeat = analysis.scope.repeats.get(name)
    if repeat is None:
        made = maker_source(analysis, maker, f'"{name}"', sharing, rename)
    else:
        one = maker_source(analysis, maker, f'f"{name}_{{index}}"', sharing, rename)
        times = names.expression(repeat, rename)
        # A tuple: tf.train.Checkpoint finds what it holds, unlike in a list.
        made = f"tuple({one} for index in range({times}))"
    return [*comment, f"self.{name} = {made}"]


def _in_build(analysis: Analysis, name: str) -> str | None:
    """Names in `build`, where sizes of axes are local ones."""
    if name == "seed" and needs_seed(analysis):
        return "self.seed"
    return names.attribute(analysis, name)


def maker_source(
    analysis: Analysis,
    maker: Maker,
    name: str | None,
    sharing: Sharing,
    known: Callable[[str], str | None],
) -> str:
    """Source of the call that makes a layer, with the dtype policy, which none inherits.

    Args:
        name: Source of the layer's name.
        known: What an argument is called where the layer is made.
    """
    ending = [] if name is None else [f"name={name}"]
    if maker.parts:
        inner = ", ".join(
            maker_source(analysis, part, None, sharing, known) for part in maker.parts
        )
        return f"keras.Sequential({', '.join([f'[{inner}]', *ending])})"
    objects = {
        a.name.text
        for a in analysis.spec.arguments
        if a.type in ("initializer", "regularizer", "constraint", "activation")
    }

    def rename(used: str) -> str | None:
        if used in sharing.shared:
            return sharing.source(used)
        return f"self.{used}" if used in objects else known(used)

    parts = [names.part(maker.parsed, node, rename) for node in maker.node.args]
    parts += [
        f"{k.arg}={names.part(maker.parsed, k.value, rename)}"
        for k in maker.node.keywords
    ]
    parts = [" ".join(part.split()) for part in parts]
    owner = "" if maker.known.analysis is not None else "layers."
    return f"{owner}{maker.layer}({', '.join([*parts, 'dtype=self.dtype_policy', *ending])})"
