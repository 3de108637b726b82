"""What the interpreter found out about `call`: the input of the plan."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from layersmith.language.operations import Operation
from layersmith.language.values import Value
from layersmith.record import record


@record
class SublayerCall:
    """A place where a sublayer is called.

    Attributes:
        inputs: What it is called on, by position.
        keywords: What it is called on by name.
    """

    name: str
    node: ast.Call
    inputs: tuple[Value, ...]
    keywords: dict[str, Value] = field(default_factory=dict)


@dataclass
class Facts:
    """What is known of a `call` after it has been read once.

    Attributes:
        values: Value of each expression, by the identity of its node.
        used: Names of the spec that are read.
        local: Names that are assigned in `call`.
        calls: Each call of a `tf.` function: node, name, and its row where it has one.
        bound: For a call with a row: its arguments by parameter name.
        losses: Calls of `add_loss`.
        base_calls: Calls of `base`, the `call` of the layer that is extended.
        updates: Names of weights that are assigned, by the node that does it.
        training_tests: `if` statements and expressions on `training`, with whether
            their bodies update state.
    """

    values: dict[int, Value] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    calls: list[tuple[ast.Call, str, Operation | None]] = field(default_factory=list)
    bound: dict[int, dict[str, ast.expr]] = field(default_factory=dict)
    updates: dict[str, ast.Call] = field(default_factory=dict)
    training_tests: list[tuple[ast.AST, bool]] = field(default_factory=list)
    sublayer_calls: list[SublayerCall] = field(default_factory=list)
    losses: list[ast.Call] = field(default_factory=list)
    base_calls: list[ast.Call] = field(default_factory=list)
    returns: list[tuple[ast.Return, Value]] = field(default_factory=list)

    def value(self, node: ast.AST) -> Value | None:
        return self.values.get(id(node))

    @property
    def random(self) -> bool:
        return any(
            operation is not None and operation.random for _, _, operation in self.calls
        )
