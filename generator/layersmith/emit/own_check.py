"""Tells what no longer fits in a team's own templates, before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from jinja2 import TemplateError, TemplateSyntaxError, nodes

from layersmith.emit.environment import environment
from layersmith.emit.own import HINT, NAMES, PREFIX, OwnTemplates, packaged, problem
from layersmith.errors import Problem
from layersmith.plan.model import LayerPlan
from layersmith.plan.suite.model import SuitePlan
from layersmith.suggest import suggest
from layersmith.train_plan import TrainPlan

# The plan that each template is given.
_PLANS = dict(zip(NAMES, (LayerPlan, SuitePlan, TrainPlan)))


def problems(own: OwnTemplates) -> list[Problem]:
    """What can be told to be wrong in every template, all at once."""
    found = []
    for name, _ in own.texts:
        found += list(_Checker(own, name).problems())
    return found


class _Checker:
    """Reads one template without rendering it."""

    def __init__(self, own: OwnTemplates, name: str):
        self.own = own
        self.template = name

    def problem(self, line: int, message: str, hint: str, word: str = "") -> Problem:
        return problem(self.own, self.template, line, message, hint, word)

    def problems(self) -> Iterator[Problem]:
        name = self.template
        if name not in _PLANS and not name.rpartition("/")[2].startswith("_"):
            yield self.problem(
                1,
                f"the generator has no template `{name}`",
                f"it has {', '.join(_PLANS)}; what those include begins with `_`",
            )
            return
        text = self.own.text(name) or ""
        made = environment(self.own)
        try:
            tree = made.parse(text, name, self.own.path(name))
            made.compile(text, name, self.own.path(name))
        except TemplateSyntaxError as error:
            words = (error.message or "not a template").rstrip(".")
            yield self.problem(error.lineno, words[:1].lower() + words[1:], HINT)
            return
        yield from self.attributes(tree)
        extends = next(tree.find_all(nodes.Extends), None)
        if extends is not None:
            yield from self.extension(tree, extends)

    def attributes(self, tree) -> Iterator[Problem]:
        """Parts of the plan that this version does not have."""
        plan = _PLANS.get(self.template)
        if plan is None:
            return
        known = {each.name for each in fields(plan)}
        known |= {name for name in dir(plan) if not name.startswith("_")}
        for node in tree.find_all(nodes.Getattr):
            asked = isinstance(node.node, nodes.Name) and node.node.name == "plan"
            if asked and node.attr not in known:
                close = suggest(node.attr, known)
                yield self.problem(
                    node.lineno,
                    f"the plan of `{self.template}` has no `{node.attr}`",
                    f"did you mean `{close}`?"
                    if close
                    else f"it has {', '.join(sorted(known))}",
                    node.attr,
                )

    def extension(self, tree, extends) -> Iterator[Problem]:
        """Blocks, and text beside them, that a template which extends never shows."""
        known = self.blocks(extends, {self.template})
        if isinstance(known, str):
            yield self.problem(
                extends.lineno,
                f"there is no template `{known}`",
                f"the generator's are {', '.join(PREFIX + name for name in _PLANS)}",
                known,
            )
            return
        for node in tree.body:
            for block in _outermost(node):
                if known is not None and block.name not in known:
                    close = suggest(block.name, known)
                    yield self.problem(
                        block.lineno,
                        f"there is no block `{block.name}` to override",
                        f"did you mean `{close}`?"
                        if close
                        else f"there are {', '.join(sorted(known))}",
                        block.name,
                    )
            if isinstance(node, nodes.Output):
                yield from self.unseen(node)

    def unseen(self, node) -> Iterator[Problem]:
        line = node.lineno
        for part in node.nodes:
            if not isinstance(part, nodes.TemplateData) or part.data.strip():
                data = getattr(part, "data", "")
                line += data[: len(data) - len(data.lstrip())].count("\n")
                yield self.problem(
                    line,
                    "what a template that extends says outside of blocks is not emitted",
                    "put it into a block",
                )
                return
            line += part.data.count("\n")

    def blocks(self, extends, seen: set[str]) -> set[str] | str | None:
        """Blocks of what is extended; its name where there is none, None if unknown."""
        if not isinstance(extends.template, nodes.Const):
            return None
        name = str(extends.template.value)
        text = self.own.text(name)
        if name in seen:
            return None  # rendering says that it extends itself
        if name.startswith(PREFIX):
            bare = name.removeprefix(PREFIX)
            if bare not in _PLANS:
                return name
            text, _ = packaged(bare, self.own.shared)
        if text is None:
            return name
        try:
            tree = environment(self.own).parse(text)
        except TemplateError:
            return None  # said where that template is checked
        found = {block.name for block in tree.find_all(nodes.Block)}
        further = next(tree.find_all(nodes.Extends), None)
        if further is None:
            return found
        above = self.blocks(further, {*seen, name})
        return found | above if isinstance(above, set) else above


def _outermost(node) -> Iterator:
    """Blocks in a node that stand in no other block."""
    if isinstance(node, nodes.Block):
        yield node
        return
    for child in node.iter_child_nodes():
        yield from _outermost(child)
