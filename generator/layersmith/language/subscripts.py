"""Attributes, indices and slices in `call`."""

from __future__ import annotations

import ast

from layersmith.language.conditions import is_none
from layersmith.language.dims import Axis, Dim, Rest, Shape
from layersmith.language.operations.conversion import literal
from layersmith.language.values import (
    UNKNOWN,
    Entries,
    Items,
    Layer,
    Static,
    Tensor,
    Unknown,
    Value,
)


class Subscripts:
    """Reads attributes and subscripts."""

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
        if isinstance(value, (Entries, Unknown)):
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
            self.problem(
                node,
                "`.numpy()` works eagerly and nowhere else",
                "use the tensor itself",
            )
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
        if isinstance(value, Entries):
            key = node.slice.value if isinstance(node.slice, ast.Constant) else None
            return value.get(key) or UNKNOWN
        if isinstance(value, Items):
            number = literal(self.facts.value(node.slice) or UNKNOWN)
            if isinstance(number, int) and value.values is not None:
                if -len(value.values) <= number < len(value.values):
                    return value.values[number]
                self.problem(
                    node.slice,
                    f"no item {number} of {len(value.values)}",
                    "items count from 0",
                )
            if isinstance(node.slice, ast.Slice):
                return value if value.values is None else Items(None, value.values[0])
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
        if (
            isinstance(node.slice, ast.Slice)
            or not isinstance(number, int)
            or not isinstance(shape, Shape)
        ):
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

    def sliced(
        self, node: ast.Subscript, value: Tensor, parts: list[ast.expr]
    ) -> Value:
        if isinstance(value.value, Shape) and len(parts) == 1:
            number = literal(self.facts.value(parts[0]) or UNKNOWN)
            if isinstance(number, int):
                size = value.value.axis(number)
                return Tensor(
                    Shape(()),
                    value.dtype,
                    value=size if isinstance(size, Dim) else None,
                )
            return self.part_of_sizes(value, parts[0])
        if value.shape is None:
            return Tensor(None, value.dtype)
        return Tensor(self.sliced_shape(node, value.shape, parts), value.dtype)

    def part_of_sizes(self, value: Tensor, part: ast.expr) -> Tensor:
        """Some of the sizes that a vector holds: `tf.shape(x)[:-1]`."""
        if not isinstance(part, ast.Slice) or part.step is not None:
            return Tensor(None, value.dtype)
        bounds = [
            None if bound is None else literal(self.facts.value(bound) or UNKNOWN)
            for bound in (part.lower, part.upper)
        ]
        if all(isinstance(bound, int) or bound is None for bound in bounds):
            sizes = value.value.part(*bounds)
            if sizes is not None:
                rank = None if sizes.rank is None else Dim.of(sizes.rank)
                return Tensor(Shape((rank,)), value.dtype, value=sizes)
        return Tensor(Shape((None,)), value.dtype)

    def sliced_shape(
        self, node: ast.Subscript, shape: Shape, parts: list[ast.expr]
    ) -> Shape | None:
        dots = [
            i
            for i, p in enumerate(parts)
            if isinstance(p, ast.Constant) and p.value is Ellipsis
        ]
        if dots:
            head, tail = (parts[: dots[0]], parts[dots[0] + 1 :])
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

    def take(
        self, axes: list[Axis], parts: list[ast.expr]
    ) -> tuple[int, list[Axis]] | None:
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
        negative = negative or (
            all(size < 0 for _, size in dim.terms) and bool(dim.terms)
        )
        return axis + dim if negative else dim


def dotted_name(node: ast.AST) -> str | None:
    """`tf.math.exp` as text; None for anything but names with dots."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _is_newaxis(node: ast.expr) -> bool:
    return is_none(node) or dotted_name(node) == "tf.newaxis"
