"""What an expression in `call` is worth before it runs."""

from __future__ import annotations

import ast

from layersmith.errors import Report
from layersmith.language.builtin_names import BUILTINS
from layersmith.language.calls import Calls
from layersmith.language.conditions import Conditions
from layersmith.language.dim_reading import SIZES, combine, dim_of, size_names
from layersmith.language.dims import (
    Axis,
    Dim,
    Rest,
    Shape,
    ShapeMismatch,
    SizeTooLarge,
    broadcast,
)
from layersmith.language.functions import Functions
from layersmith.language.operations.conversion import (
    as_tensor,
    common_dtype,
    literal,
)
from layersmith.language.parsed import Parsed
from layersmith.language.scope import Scope
from layersmith.language.subscripts import Subscripts
from layersmith.language.values import (
    NONE,
    UNKNOWN,
    Activation,
    Entries,
    Function,
    Items,
    Layer,
    Static,
    Tensor,
    Value,
    join,
)
from layersmith.suggest import suggest

# Functions are read at each call, so that those that call each other can take forever.
MAX_STEPS = 25_000
# Longer lists are not followed item by item.
MAX_ITEMS = 64


class TooManySteps(Exception):
    """Reading has gone on for too long; the argument is the place where it stopped."""


class Expressions(Calls, Functions, Conditions, Subscripts):
    """Reads expressions; a subclass keeps the environment of local names."""

    def __init__(self, parsed: Parsed, scope: Scope, floats: str, report: Report):
        self.parsed = parsed
        self.scope = scope
        self.floats = floats
        self.report = report
        self.training: bool | None = None
        self.returned: list[Value] | None = None
        self.call_depth = 0
        self.steps = 0

    def problem(self, node: ast.AST, message: str, hint: str = "") -> None:
        self.report.error(self.parsed.span(node), message, hint)

    def expression(self, node: ast.expr) -> Value:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooManySteps(self.parsed.span(node))
        method = getattr(self, f"read_{type(node).__name__}", None)
        try:
            value = UNKNOWN if method is None else method(node)
        except SizeTooLarge:
            self.problem(
                node,
                "a size here is too large to be written down",
                "name a part of it under `derived:`",
            )
            value = UNKNOWN
        self.facts.values[id(node)] = value
        return value

    # Names and constants.

    def read_Name(self, node: ast.Name) -> Value:
        if node.id in self.environment:
            if node.id in self.scope.values:
                self.facts.used.add(node.id)
            return self.environment[node.id]
        if node.id in self.scope.values:
            self.facts.used.add(node.id)
            return self.scope.values[node.id]
        if node.id in BUILTINS or node.id in ("tf", "True", "False", "None"):
            return UNKNOWN
        self.unknown_name(node)
        return UNKNOWN

    def unknown_name(self, node: ast.Name) -> None:
        if node.id in ("np", "numpy"):
            self.problem(
                node,
                "NumPy does not run in a graph",
                "use TensorFlow's function of that meaning: `tf.` in place of `np.`",
            )
            return
        if node.id in ("keras", "K", "ops", "layers"):
            self.problem(
                node,
                f"`{node.id}` is not used in `call`",
                "write TensorFlow's function, or declare a sublayer",
            )
            return
        known = {*self.environment, *self.scope.values, *BUILTINS}
        close = suggest(node.id, known)
        self.problem(
            node,
            f"unknown name `{node.id}`",
            f"did you mean `{close}`?"
            if close
            else "declare it as an argument, an input, a weight or a sublayer, or assign it first",
        )

    def read_Constant(self, node: ast.Constant) -> Value:
        value = node.value
        if value is None:
            return NONE
        if value is Ellipsis:
            return UNKNOWN
        if isinstance(value, bool):
            return Static("bool", literal=value)
        if isinstance(value, int):
            return Static("int", Dim.of(value), value)
        return Static(type(value).__name__, literal=value)

    # Containers.

    def read_List(self, node: ast.List) -> Value:
        return self.items(node.elts)

    read_Tuple = read_List

    def items(self, nodes: list[ast.expr]) -> Value:
        values: list[Value] | None = []
        for item in nodes:
            if isinstance(item, ast.Starred):
                inner = self.expression(item.value)
                if (
                    isinstance(inner, Items)
                    and inner.values is not None
                    and values is not None
                ):
                    values.extend(inner.values)
                else:
                    values = None
                continue
            value = self.expression(item)
            if values is not None:
                values.append(value)
        return Items(None if values is None else tuple(values))

    def read_Dict(self, node: ast.Dict) -> Value:
        found: dict[str, Value] = {}
        for key, item in zip(node.keys, node.values):
            if key is not None:
                self.expression(key)
            value = self.expression(item)
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found[key.value] = value
        return (
            Entries(tuple(found.items())) if len(found) == len(node.keys) else UNKNOWN
        )

    def read_ListComp(self, node: ast.ListComp) -> Value:
        outer = dict(self.environment)
        for generator in node.generators:
            iterated = self.expression(generator.iter)
            if isinstance(iterated, Tensor):
                self.problem(
                    generator.iter,
                    "a Python loop over a tensor works eagerly and nowhere else",
                    "use `tf.unstack` where its size is known, or `tf.map_fn`",
                )
            each: Value = UNKNOWN
            if isinstance(iterated, Items):
                each = iterated.each or UNKNOWN
                if iterated.values:
                    each = iterated.values[0]
                    for item in iterated.values[1:]:
                        each = join(each, item)
            self.assign(generator.target, each)
            for condition in generator.ifs:
                self.condition(condition)
        value = self.expression(node.elt)
        self.environment = outer
        return Items(None, value)

    read_GeneratorExp = read_ListComp

    def read_Lambda(self, node: ast.Lambda) -> Value:
        return Function(node)

    # Operators.

    def read_BinOp(self, node: ast.BinOp) -> Value:
        left, right = (self.expression(node.left), self.expression(node.right))
        if isinstance(node.op, ast.MatMult):
            return self.operation(
                "tf.matmul", node, [(node.left, left), (node.right, right)], {}
            )
        if isinstance(left, Items) and isinstance(node.op, (ast.Add, ast.Mult)):
            return self.joined_items(node, left, right)
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.arithmetic(node, node.left, left, node.right, right, node.op)
        if isinstance(left, Static) and isinstance(right, Static):
            dim = None
            if left.dim is not None and right.dim is not None:
                dim = combine(node.op, left.dim, right.dim)
            if dim is None and isinstance(node.op, ast.Pow) and _huge(left, right):
                raise SizeTooLarge
            kind = (
                "float"
                if "float" in (left.kind, right.kind) or isinstance(node.op, ast.Div)
                else left.kind
            )
            return Static(
                kind,
                dim if kind == "int" else None,
                None if dim is None else dim.constant,
            )
        return UNKNOWN

    def joined_items(self, node: ast.BinOp, left: Items, right: Value) -> Value:
        if isinstance(right, Items) and isinstance(node.op, ast.Add):
            if left.values is not None and right.values is not None:
                joined = (*left.values, *right.values)
                if len(joined) <= MAX_ITEMS:
                    return Items(joined)
                return Items(None, joined[0])
        if isinstance(right, Static) and left.values is not None:
            times = literal(right)
            if isinstance(times, int) and 0 <= times * len(left.values) <= MAX_ITEMS:
                return Items(left.values * times)
            return Items(None, left.values[0] if left.values else None)
        return Items(None)

    def arithmetic(self, node, left_node, left, right_node, right, operator) -> Value:
        a, b = (as_tensor(left), as_tensor(right))
        for part, value in ((left_node, left), (right_node, right)):
            self.present(part, value)
            if isinstance(value, (Layer, Function, Activation)):
                self.problem(part, "this is a function, not a tensor", "call it")
                return UNKNOWN
        dtype = common_dtype([(left_node, a), (right_node, b)], self.problem)
        size = None
        if (
            isinstance(a.value, Dim)
            and isinstance(b.value, Dim)
            and operator is not None
        ):
            size = combine(operator, a.value, b.value)
        try:
            shape = broadcast(a.shape, b.shape)
        except ShapeMismatch as error:
            self.problem(
                node,
                f"shapes that do not go together: {error}",
                f"the shapes are {a.shape} and {b.shape}; name equal axes alike, or expand one with tf.newaxis",
            )
            shape = None
        return Tensor(shape, dtype, value=size)

    def present(self, node: ast.AST, value: Value) -> None:
        """Says when a tensor that may be None is used without asking."""
        if isinstance(value, Tensor) and value.optional:
            name = node.id if isinstance(node, ast.Name) else "this"
            self.problem(
                node,
                f"`{name}` may be None here",
                f"ask first: `if {name} is not None:`",
            )

    def read_UnaryOp(self, node: ast.UnaryOp) -> Value:
        value = self.expression(node.operand)
        if isinstance(node.op, ast.Not):
            if isinstance(value, Tensor):
                self.problem(
                    node,
                    "`not` on a tensor works eagerly and nowhere else",
                    "use `tf.logical_not`",
                )
            return Static("bool")
        if isinstance(value, Tensor):
            return Tensor(value.shape, value.dtype)
        if isinstance(value, Static) and isinstance(node.op, ast.USub):
            dim = None if value.dim is None else value.dim * Dim.of(-1)
            constant = value.literal
            if isinstance(constant, (int, float)) and not isinstance(constant, bool):
                constant = -constant
            return Static(value.kind, dim, constant)
        return value if isinstance(value, Static) else UNKNOWN

    def read_BoolOp(self, node: ast.BoolOp) -> Value:
        self.condition(node)
        return Static("bool")

    def read_Compare(self, node: ast.Compare) -> Value:
        left = self.expression(node.left)
        parts = [(node.left, left)]
        parts += [(item, self.expression(item)) for item in node.comparators]
        if all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            return Static("bool")
        if any(isinstance(value, Tensor) for _, value in parts):
            if len(parts) > 2:
                self.problem(
                    node,
                    "a chain of comparisons on tensors works eagerly and nowhere else",
                    "use `tf.logical_and`",
                )
                return Tensor(None, "bool")
            (a_node, a), (b_node, b) = parts
            if isinstance(node.ops[0], (ast.In, ast.NotIn)):
                self.problem(
                    node,
                    "`in` does not work on tensors",
                    "use `tf.reduce_any(x == value)`",
                )
                return Tensor(None, "bool")
            result = self.arithmetic(node, a_node, a, b_node, b, None)
            return (
                Tensor(result.shape, "bool") if isinstance(result, Tensor) else result
            )
        return Static("bool")

    def read_IfExp(self, node: ast.IfExp) -> Value:
        test = self.condition(node.test)
        before, training = (dict(self.environment), self.training)
        self.training = test.training if test.training is not None else training
        self.environment.update(test.narrowed)
        value = self.expression(node.body)
        self.environment = dict(before)
        self.environment.update(test.otherwise)
        self.training = (not test.training) if test.training is not None else training
        other = self.expression(node.orelse)
        (self.environment, self.training) = before, training
        if test.training is not None:
            self.facts.training_tests.append((node, False))
        return join(value, other)

    def stated_shape(self, node: ast.expr) -> Shape | None:
        """The shape in an annotation such as `[batch, heads, time]`."""
        if not isinstance(node, (ast.List, ast.Tuple)):
            self.problem(
                node, "a shape is a list of axes", "write `name: [batch, units] = ...`"
            )
            return None
        axes: list[Axis] = []
        for item in node.elts:
            if isinstance(item, ast.Constant) and item.value is Ellipsis:
                axes.append(Rest())
                continue
            if isinstance(item, ast.Name) and item.id not in self.scope.values:
                # A new name for an axis that the spec has none for.
                axes.append(Dim.of(self.scope.new_axis(item.id)))
                continue
            for name in size_names(item):
                if name.id not in self.scope.values:
                    self.unknown_name(name)
            dim = dim_of(item, Dim.of)
            if dim is None:
                self.problem(item, "this is not a size", SIZES)
            axes.append(dim)
        return Shape(tuple(axes))


def _huge(base: Static, exponent: Static) -> bool:
    """Whether a power of numbers that are written out is beyond any use."""
    numbers = (base.literal, exponent.literal)
    if not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
        return False
    return abs(numbers[0]) > 1 and abs(numbers[1]) > 64
