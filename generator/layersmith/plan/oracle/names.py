"""Names in the oracle: its own, and those of the spec, which may not hide them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from layersmith.language.analyse import Analysis
from layersmith.language.numpy_meanings import requires
from layersmith.language.subscripts import dotted_name
from layersmith.language.trees import copy_of, stored_names, walk
from layersmith.plan.oracle.text import expression, source
from layersmith.record import record

_BUILTINS = frozenset(dir(builtins))
_OWN = frozenset(
    {
        *("np", "tf", "keras", "pytest", "math"),
        *("draws", "layer", "losses", "stop", "part", "ask", "float", "ACTIVATIONS"),
    }
)


@record
class OracleNames:
    """How the oracle calls the arguments and the weights.

    Attributes:
        arguments, weights: `a` and `w`, where the spec has no such names.
        local: New names of the spec's local names that would hide others.
    """

    arguments: str
    weights: str
    local: dict[str, str]


def oracle_names(analysis: Analysis, helpers: Iterable[str] = ()) -> OracleNames:
    """Names for an oracle.

    Args:
        analysis: The spec, understood.
        helpers: Names of functions that the suite defines.
    """
    spec = analysis.spec
    inputs = {i.name.text for i in spec.inputs}
    taken = {*inputs, *analysis.facts.local, *analysis.scope.axes, *_bound(analysis)}
    taken |= {*derived_names(analysis)}
    taken |= {name for body in analysis.bodies.values() for name in body.local}
    arguments = "a" if "a" not in taken else "arguments"
    weights = "w" if "w" not in taken else "weights_"
    called = {name for helper in helpers for name in (helper, *requires(helper))}
    hidden = {*_OWN, *called, arguments, weights, *_BUILTINS}
    local = {name: f"{name}_" for name in taken - inputs if name in hidden}
    return OracleNames(arguments, weights, local)


def _bound(analysis: Analysis) -> set[str]:
    """Parameters of functions and lambdas, and names bound in comprehensions."""
    texts = [analysis.call]
    if analysis.scope.functions is not None:
        texts.append(analysis.scope.functions)
    found = set()
    for parsed in texts:
        found |= {node.arg for node in parsed.nodes if isinstance(node, ast.arg)}
        found |= stored_names(parsed.names)
    return found


def handed_on(nodes: Iterable[ast.AST], optional: set[str]) -> set[int]:
    """Where names of these are given to a function, or given another name.

    Args:
        nodes: Of the text.
        optional: Names of what may be absent.

    Returns:
        Identities of the nodes.
    """
    found: list[ast.expr | None] = []
    for node in nodes:
        if isinstance(node, ast.Call):
            called = dotted_name(node.func)
            if isinstance(node.func, ast.Name) or called == "tf.nn.batch_normalization":
                found += [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, ast.Assign):
            found.append(node.value)
    return {id(n) for n in found if isinstance(n, ast.Name) and n.id in optional}


def derived_names(analysis: Analysis) -> tuple[str, ...]:
    """Derived values that `call` reads, in the order of the spec."""
    if not analysis.spec.derived:
        return ()
    read = {node.id for node in analysis.call.names}
    names = (derived.name.text for derived in analysis.spec.derived)
    return tuple(name for name in names if name in read)


def in_arguments(
    analysis: Analysis,
    tree: ast.AST,
    arguments: str = "a",
    known: AbstractSet[str] = frozenset(),
) -> str:
    """An expression on arguments in terms of `a["units"]`; derived values unfolded.

    Args:
        known: Derived values that have names where the expression stands.
    """
    return source(tree_in_arguments(analysis, tree, arguments, known))


def tree_in_arguments(
    analysis: Analysis,
    tree: ast.AST,
    arguments: str = "a",
    known: AbstractSet[str] = frozenset(),
) -> ast.expr:
    """The same as a tree of its own."""
    found: ast.expr = _InArguments(analysis, arguments, known).visit(copy_of(tree))
    return found


class _InArguments(ast.NodeTransformer):
    def __init__(self, analysis: Analysis, arguments: str, known: AbstractSet[str]):
        self.analysis = analysis
        self.arguments = arguments
        self.bound: list[AbstractSet[str]] = [known]

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._within(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._within(node)

    def _within(self, node: ast.AST) -> ast.AST:
        self.bound.append(stored_names(walk(node)))
        new = self.generic_visit(node)
        self.bound.pop()
        return new

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = node.id
        if any(name in bound for bound in self.bound):
            return node
        if name in self.analysis.scope.derived:
            derived = self.analysis.scope.derived[name].tree
            unfolded = in_arguments(
                self.analysis, derived, self.arguments, self.bound[0]
            )
            return expression(unfolded)
        if is_argument(self.analysis, name):
            return expression(f'{self.arguments}["{name}"]')
        return node


def is_argument(analysis: Analysis, name: str) -> bool:
    """Whether a name is an argument, that of a layer which is extended included."""
    return analysis.spec.argument(name) is not None or name in analysis.scope.inherited
