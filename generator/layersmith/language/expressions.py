"""What an expression in `call` is worth before it runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from layersmith.errors import Report
from layersmith.language.calls import Calls
from layersmith.language.dims import Axis, Dim, Rest, Shape, ShapeMismatch, broadcast
from layersmith.language.operations.base import as_tensor, common_dtype, literal
from layersmith.language.parse import Parsed
from layersmith.language.scope import Scope, _combine, dim_of
from layersmith.language.values import (
    NONE,
    UNKNOWN,
    Activation,
    Function,
    Items,
    Layer,
    Static,
    Tensor,
    Training,
    Unknown,
    Value,
    join,
)
from layersmith.suggest import suggest

BUILTINS = frozenset(
    "abs bool dict enumerate float int len list max min range reversed round sorted sum tuple zip".split()
)


@dataclass
class Test:
    """What a condition says: about training, and about names that may be None."""

    training: bool | None = None
    narrowed: dict[str, Value] = field(default_factory=dict)
    otherwise: dict[str, Value] = field(default_factory=dict)


class Expressions(Calls):
    """Reads expressions; a subclass keeps the environment of local names."""

    def __init__(self, parsed: Parsed, scope: Scope, floats: str, report: Report):
        self.parsed = parsed
        self.scope = scope
        self.floats = floats
        self.report = report
        self.training: bool | None = None

    def problem(self, node: ast.AST, message: str, hint: str = "") -> None:
        self.report.error(self.parsed.span(node), message, hint)

    def expression(self, node: ast.expr) -> Value:
        method = getattr(self, f"read_{type(node).__name__}", None)
        value = UNKNOWN if method is None else method(node)
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
                if isinstance(inner, Items) and inner.values is not None and values is not None:
                    values.extend(inner.values)
                else:
                    values = None
                continue
            value = self.expression(item)
            if values is not None:
                values.append(value)
        return Items(None if values is None else tuple(values))

    def read_Dict(self, node: ast.Dict) -> Value:
        for item in (*node.keys, *node.values):
            if item is not None:
                self.expression(item)
        return UNKNOWN

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

    def read_Lambda(self, node: ast.Lambda) -> Value:
        return Function(node)

    # Operators.

    def read_BinOp(self, node: ast.BinOp) -> Value:
        left, right = self.expression(node.left), self.expression(node.right)
        if isinstance(node.op, ast.MatMult):
            return self.operation("tf.matmul", node, [(node.left, left), (node.right, right)], {})
        if isinstance(left, Items) and isinstance(node.op, (ast.Add, ast.Mult)):
            return self.joined_items(node, left, right)
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.arithmetic(node, node.left, left, node.right, right, node.op)
        if isinstance(left, Static) and isinstance(right, Static):
            dim = None
            if left.dim is not None and right.dim is not None:
                dim = _combine(node.op, left.dim, right.dim)
            kind = "float" if "float" in (left.kind, right.kind) or isinstance(node.op, ast.Div) else left.kind
            return Static(kind, dim if kind == "int" else None, None if dim is None else dim.constant)
        return UNKNOWN

    def joined_items(self, node: ast.BinOp, left: Items, right: Value) -> Value:
        if isinstance(right, Items) and isinstance(node.op, ast.Add):
            if left.values is not None and right.values is not None:
                return Items((*left.values, *right.values))
        if isinstance(right, Static) and left.values is not None:
            times = literal(right)
            if isinstance(times, int) and 0 <= times <= 32:
                return Items(left.values * times)
            return Items(None, left.values[0] if left.values else None)
        return Items(None)

    def arithmetic(self, node, left_node, left, right_node, right, operator) -> Value:
        a, b = as_tensor(left), as_tensor(right)
        for part, value in ((left_node, left), (right_node, right)):
            self.present(part, value)
            if isinstance(value, (Layer, Function, Activation)):
                self.problem(part, "this is a function, not a tensor", "call it")
                return UNKNOWN
        dtype = common_dtype([(left_node, a), (right_node, b)], self.problem)
        size = None
        if isinstance(a.value, Dim) and isinstance(b.value, Dim) and operator is not None:
            size = _combine(operator, a.value, b.value)
        try:
            shape = broadcast(a.shape, b.shape)
        except ShapeMismatch as error:
            self.problem(
                node,
                f"shapes that do not go together: {error}",
                f"the shapes are {a.shape} and {b.shape}; name equal axes alike, "
                "or expand one with tf.newaxis",
            )
            shape = None
        return Tensor(shape, dtype, value=size)

    def present(self, node: ast.AST, value: Value) -> None:
        """Says when a tensor that may be None is used without asking."""
        if isinstance(value, Tensor) and value.optional:
            name = node.id if isinstance(node, ast.Name) else "this"
            self.problem(node, f"`{name}` may be None here", f"ask first: `if {name} is not None:`")

    def read_UnaryOp(self, node: ast.UnaryOp) -> Value:
        value = self.expression(node.operand)
        if isinstance(node.op, ast.Not):
            if isinstance(value, Tensor):
                self.problem(node, "`not` on a tensor works eagerly and nowhere else", "use `tf.logical_not`")
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
                    node, "a chain of comparisons on tensors works eagerly and nowhere else", "use `tf.logical_and`"
                )
                return Tensor(None, "bool")
            (a_node, a), (b_node, b) = parts
            if isinstance(node.ops[0], (ast.In, ast.NotIn)):
                self.problem(node, "`in` does not work on tensors", "use `tf.reduce_any(x == value)`")
                return Tensor(None, "bool")
            result = self.arithmetic(node, a_node, a, b_node, b, None)
            return Tensor(result.shape, "bool") if isinstance(result, Tensor) else result
        return Static("bool")

    def read_IfExp(self, node: ast.IfExp) -> Value:
        test = self.condition(node.test)
        before, training = dict(self.environment), self.training
        self.training = test.training if test.training is not None else training
        self.environment.update(test.narrowed)
        value = self.expression(node.body)
        self.environment = dict(before)
        self.environment.update(test.otherwise)
        self.training = (not test.training) if test.training is not None else training
        other = self.expression(node.orelse)
        self.environment, self.training = before, training
        if test.training is not None:
            self.facts.training_tests.append((node, False))
        return join(value, other)

    # Conditions.

    def condition(self, node: ast.expr) -> Test:
        """Reads a condition, which must be known before the layer runs."""
        if isinstance(node, ast.BoolOp):
            tests = [self.condition(value) for value in node.values]
            self.facts.values[id(node)] = Static("bool")
            return _all(tests) if isinstance(node.op, ast.And) else _any(tests)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.condition(node.operand)
            training = None if inner.training is None else not inner.training
            return Test(training, inner.otherwise, inner.narrowed)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.left, ast.Name):
            if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and _is_none(node.comparators[0]):
                return self.none_test(node, isinstance(node.ops[0], ast.Is))
        value = self.expression(node)
        if isinstance(value, Training):
            return Test(training=True)
        if isinstance(value, Tensor):
            if value.weight is not None or isinstance(node, ast.Name) and value.optional:
                name = node.id if isinstance(node, ast.Name) else "it"
                self.problem(
                    node, "`if` on a tensor works eagerly and nowhere else", f"ask `{name} is not None`, or use `tf.where`"
                )
            else:
                self.problem(
                    node,
                    "`if` on a tensor works eagerly and nowhere else",
                    "use `tf.where`, or `tf.cond` with two functions",
                )
        return Test()

    def none_test(self, node: ast.Compare, is_none: bool) -> Test:
        value = self.expression(node.left)
        self.facts.values[id(node)] = Static("bool")
        name = node.left.id
        narrowed: dict[str, Value] = {}
        if isinstance(value, Tensor):
            narrowed[name] = replace(value, optional=False)
        if is_none:
            return Test(None, {name: NONE} if narrowed else {}, narrowed)
        return Test(None, narrowed, {name: NONE} if narrowed else {})

    # Attributes and subscripts.

    def read_Attribute(self, node: ast.Attribute) -> Value:
        dotted = dotted_name(node)
        if dotted is not None and dotted.startswith("tf."):
            return self.tensorflow_constant(node, dotted)
        value = self.expression(node.value)
        if isinstance(value, Tensor):
            return self.tensor_attribute(node, value)
        if isinstance(value, Static):
            return self.static_attribute(node, value)
        if isinstance(value, Layer):
            return UNKNOWN
        if isinstance(value, Unknown):
            return UNKNOWN
        self.problem(node, f"no attribute `{node.attr}` here", "use a function of `tf`")
        return UNKNOWN

    def tensor_attribute(self, node: ast.Attribute, value: Tensor) -> Value:
        self.present(node.value, value)
        if node.attr == "shape":
            return Static("shape", literal=value.shape)
        if node.attr == "dtype":
            return Static("dtype", literal=value.dtype)
        if node.attr == "ndim":
            rank = None if value.shape is None else value.shape.rank
            return Static("int", None if rank is None else Dim.of(rank), rank)
        if node.attr == "numpy":
            self.problem(node, "`.numpy()` works eagerly and nowhere else", "use the tensor itself")
            return UNKNOWN
        self.problem(
            node,
            f"a tensor has no attribute `{node.attr}` here",
            "use `.shape`, `.dtype`, or a function of `tf`",
        )
        return UNKNOWN

    def static_attribute(self, node: ast.Attribute, value: Static) -> Value:
        if value.kind == "shape":
            if node.attr in ("rank", "ndims"):
                rank = value.literal.rank if isinstance(value.literal, Shape) else None
                return Static("int", None if rank is None else Dim.of(rank), rank)
            if node.attr == "as_list":
                return UNKNOWN
        if value.kind == "dtype" and node.attr in ("min", "max"):
            return Static("float")
        if value.kind == "dtype":
            return Static("bool")
        self.problem(node, f"no attribute `{node.attr}` here", "use the value itself")
        return UNKNOWN

    def read_Subscript(self, node: ast.Subscript) -> Value:
        value = self.expression(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in parts:
            self.index(part)
        if isinstance(value, Static) and value.kind == "shape":
            return self.shape_item(node, value)
        if isinstance(value, Items):
            number = literal(self.facts.value(node.slice) or UNKNOWN)
            if isinstance(number, int) and value.values is not None:
                if -len(value.values) <= number < len(value.values):
                    return value.values[number]
                self.problem(node.slice, f"no item {number} of {len(value.values)}", "items count from 0")
            return value.each or UNKNOWN
        if isinstance(value, Tensor):
            self.present(node.value, value)
            return self.sliced(node, value, parts)
        return UNKNOWN

    def index(self, part: ast.expr) -> None:
        if isinstance(part, ast.Slice):
            for bound in (part.lower, part.upper, part.step):
                if bound is not None:
                    self.expression(bound)
        else:
            self.expression(part)

    def shape_item(self, node: ast.Subscript, value: Static) -> Value:
        number = literal(self.facts.value(node.slice) or UNKNOWN)
        shape = value.literal
        if isinstance(node.slice, ast.Slice) or not isinstance(number, int) or not isinstance(shape, Shape):
            return UNKNOWN if isinstance(node.slice, ast.Slice) else Static("int")
        size = shape.axis(number)
        if isinstance(size, Dim) and size.terms and self.is_batch(size):
            self.problem(
                node,
                "the batch size is None when the layer is traced",
                "use `tf.shape(x)[0]`",
            )
        return Static("int", size if isinstance(size, Dim) else None)

    def is_batch(self, size: Dim) -> bool:
        return any(self.scope.axes.get(atom, ("", -1))[1] == 0 for atom in size.atoms)

    def sliced(self, node: ast.Subscript, value: Tensor, parts: list[ast.expr]) -> Value:
        if isinstance(value.value, Shape) and len(parts) == 1:
            number = literal(self.facts.value(parts[0]) or UNKNOWN)
            if isinstance(number, int):
                size = value.value.axis(number)
                return Tensor(Shape(()), value.dtype, value=size if isinstance(size, Dim) else None)
            return Tensor(None, value.dtype)
        if value.shape is None:
            return Tensor(None, value.dtype)
        return Tensor(self.sliced_shape(node, value.shape, parts), value.dtype)

    def sliced_shape(self, node: ast.Subscript, shape: Shape, parts: list[ast.expr]) -> Shape | None:
        dots = [i for i, p in enumerate(parts) if isinstance(p, ast.Constant) and p.value is Ellipsis]
        if dots:
            head, tail = parts[: dots[0]], parts[dots[0] + 1 :]
        else:
            head, tail = parts, []
        axes = list(shape.axes)
        front = self.take(axes, head)
        back = self.take(axes[::-1], tail[::-1])
        if front is None or back is None:
            return None
        used_front, made_front = front
        used_back, made_back = back
        if used_front + used_back > len(axes):
            self.problem(node, f"more indices than axes in {shape}", "take fewer")
            return None
        middle = axes[used_front : len(axes) - used_back]
        return Shape((*made_front, *middle, *reversed(made_back)))

    def take(self, axes: list[Axis], parts: list[ast.expr]) -> tuple[int, list[Axis]] | None:
        used, made = 0, []
        for part in parts:
            if _is_newaxis(part):
                made.append(Dim.of(1))
                continue
            if used >= len(axes):
                return used + 1, made
            axis = axes[used]
            if isinstance(axis, Rest):
                return None
            used += 1
            if isinstance(part, ast.Slice):
                made.append(self.slice_size(axis, part))
            elif isinstance(self.facts.value(part), Tensor):
                if self.facts.value(part).shape != Shape(()):
                    return None
        return used, made

    def slice_size(self, axis: Axis, part: ast.Slice) -> Axis:
        if part.lower is None and part.upper is None and part.step is None:
            return axis
        if part.step is not None or not isinstance(axis, Dim):
            return None
        lower = self.bound(part.lower, axis)
        upper = self.bound(part.upper, axis) if part.upper is not None else axis
        if lower is None or upper is None:
            return None
        return upper - lower

    def bound(self, node: ast.expr | None, axis: Dim) -> Dim | None:
        if node is None:
            return Dim.of(0)
        value = self.facts.value(node)
        dim = value.dim if isinstance(value, Static) else getattr(value, "value", None)
        if not isinstance(dim, Dim):
            return None
        constant = dim.constant
        negative = constant is not None and constant < 0
        negative = negative or all(size < 0 for _, size in dim.terms) and bool(dim.terms)
        return axis + dim if negative else dim

    def stated_shape(self, node: ast.expr) -> Shape | None:
        """The shape in an annotation such as `[batch, heads, time]`."""
        if not isinstance(node, (ast.List, ast.Tuple)):
            self.problem(node, "a shape is a list of axes", "write `name: [batch, units] = ...`")
            return None
        axes: list[Axis] = []
        for item in node.elts:
            if isinstance(item, ast.Constant) and item.value is Ellipsis:
                axes.append(Rest())
                continue
            for name in ast.walk(item):
                if isinstance(name, ast.Name) and name.id not in self.scope.values:
                    self.unknown_name(name)
            dim = dim_of(item, Dim.of)
            if dim is None:
                self.problem(item, "this is not a size", "use names, numbers and + - * // %")
            axes.append(dim)
        return Shape(tuple(axes))


def dotted_name(node: ast.AST) -> str | None:
    """`tf.math.exp` as text; None for anything but names with dots."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_newaxis(node: ast.expr) -> bool:
    return _is_none(node) or dotted_name(node) == "tf.newaxis"


def _all(tests: list[Test]) -> Test:
    merged = Test()
    for test in tests:
        merged.narrowed.update(test.narrowed)
        if test.training:
            merged.training = True
    return merged


def _any(tests: list[Test]) -> Test:
    merged = Test()
    for test in tests:
        merged.otherwise.update(test.otherwise)
    return merged
