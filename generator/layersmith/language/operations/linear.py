"""Products of matrices and tensors."""

from __future__ import annotations

from layersmith.language.dims import (
    Axis,
    Rest,
    Shape,
    ShapeMismatch,
    broadcast,
    surely_differ,
)
from layersmith.language.operations.base import Bound, row
from layersmith.language.operations.conversion import MAX_ITEMS, MISSING, common_dtype
from layersmith.language.operations.rules import promote_to_first
from layersmith.language.values import Tensor, Value


def _matmul(call: Bound) -> Value:
    dtype = promote_to_first(call, "a", "b")
    a, b = call.shape("a"), call.shape("b")
    for name, shape in (("a", a), ("b", b)):
        if shape is not None and shape.rank is not None and shape.rank < 2:
            return call.fail(
                f"tf.matmul takes matrices; the shape here is {shape}",
                "use `tf.linalg.matvec`, `tf.tensordot`, or add an axis with tf.newaxis",
                at=name,
            )
    if a is None or b is None:
        return Tensor(None, dtype)
    left, right = list(a.axes), list(b.axes)
    if len(left) < 2 or len(right) < 2 or any(isinstance(x, Rest) for x in right[-2:]):
        return Tensor(None, dtype)
    rows, inner = _last_two(left, call.literal("transpose_a", False))
    other, columns = _last_two(right, call.literal("transpose_b", False))
    if surely_differ(inner, other):
        return call.fail(
            f"tf.matmul of {a} and {b}: `{inner}` is not `{other}`",
            "the last axis of the first must be the one before last of the second",
        )
    try:
        outer = broadcast(Shape(tuple(left[:-2])), Shape(tuple(right[:-2])))
    except ShapeMismatch as error:
        return call.fail(
            f"tf.matmul of {a} and {b}: {error}",
            "all axes but the last two go together",
        )
    if outer is None or isinstance(inner, Rest):
        return Tensor(None, dtype)
    if isinstance(rows, Rest):
        # [batch, ..., features] times a matrix: the `...` stays in place.
        return Tensor(
            Shape((*outer.axes, rows, columns)) if len(right) == 2 else None, dtype
        )
    return Tensor(Shape((*outer.axes, rows, columns)), dtype)


def _last_two(axes: list[Axis], transposed: object) -> tuple[Axis, Axis]:
    if transposed is True:
        return axes[-1], axes[-2]
    return (axes[-2], axes[-1]) if transposed is False else (None, None)


def _matvec(call: Bound) -> Value:
    dtype = promote_to_first(call, "a", "b")
    a, b = call.shape("a"), call.shape("b")
    if a is not None and a.rank is not None and a.rank < 2:
        return call.fail(
            f"tf.linalg.matvec takes a matrix first; the shape here is {a}",
            "use `tf.tensordot`",
            at="a",
        )
    if a is None or b is None or len(a.axes) < 2 or not b.axes:
        return Tensor(None, dtype)
    rows, inner = _last_two(list(a.axes), call.literal("transpose_a", False))
    if surely_differ(inner, b.axes[-1]):
        return call.fail(
            f"tf.linalg.matvec of {a} and {b}: `{inner}` is not `{b.axes[-1]}`",
            "the last axes of both must be the same",
        )
    if (
        isinstance(rows, Rest)
        or isinstance(inner, Rest)
        or isinstance(b.axes[-1], Rest)
    ):
        return Tensor(None, dtype)
    try:
        outer = broadcast(Shape(a.axes[:-2]), Shape(b.axes[:-1]))
    except ShapeMismatch as error:
        return call.fail(
            f"tf.linalg.matvec of {a} and {b}: {error}",
            "all axes but the matrix and the vector go together",
        )
    return Tensor(None if outer is None else Shape((*outer.axes, rows)), dtype)


def _tensordot(call: Bound) -> Value:
    dtype = promote_to_first(call, "a", "b")
    a, b, axes = call.shape("a"), call.shape("b"), call.literal("axes")
    if a is None or b is None:
        return Tensor(None, dtype)
    if isinstance(axes, int):
        return _contracted(
            call, a, b, tuple(range(-axes, 0)), tuple(range(axes)), dtype
        )
    if isinstance(axes, tuple) and len(axes) == 2 and MISSING not in axes:
        left, right = ((n,) if isinstance(n, int) else n for n in axes)
        return _contracted(call, a, b, left, right, dtype)
    return Tensor(None, dtype)


def _contracted(
    call: Bound,
    a: Shape,
    b: Shape,
    left: tuple[int, ...],
    right: tuple[int, ...],
    dtype: str | None,
) -> Value:
    for shape, numbers in ((a, left), (b, right)):
        for number in numbers:
            if not shape.has_axis(number):
                return call.fail(
                    f"no axis {number} in the shape {shape}",
                    "axes count from 0",
                    at="axes",
                )
    if len(left) != len(right):
        return call.fail(
            "tf.tensordot pairs axes, and here one list is longer",
            "write two lists of one length: `axes=[[1], [0]]`",
            at="axes",
        )
    lefts, rights = a.positions(left), b.positions(right)
    if lefts is None or rights is None:
        return Tensor(None, dtype)
    for i, j in zip(lefts, rights):
        if surely_differ(a.axes[i], b.axes[j]):
            return call.fail(
                f"tf.tensordot of {a} and {b}: `{a.axes[i]}` is not `{b.axes[j]}`",
                "with `axes=1` the last axis of the first meets the first of the second",
            )
    kept = [axis for i, axis in enumerate(a.axes) if i not in lefts]
    kept += [axis for j, axis in enumerate(b.axes) if j not in rights]
    open_ended = sum(isinstance(axis, Rest) for axis in kept) > 1
    if open_ended or len(kept) > MAX_ITEMS:
        return Tensor(None, dtype)
    return Tensor(Shape(tuple(kept)), dtype)


def _einsum(call: Bound) -> Value:
    equation = call.literal("equation")
    tensors = call.extra.get("inputs", ())
    dtype = common_dtype(list(zip(call.extra.get("nodes", ()), tensors)), call.problem)
    if not isinstance(equation, str):
        return Tensor(None, dtype)
    before, arrow, after = equation.replace(" ", "").partition("->")
    terms = before.split(",")
    if not all(map(_is_term, (*terms, after))):
        return call.fail(
            f"tf.einsum does not understand {equation[:80]!r}",
            "write it with an arrow: `bij,bjk->bik`",
            at="equation",
        )
    if len(terms) != len(tensors):
        return call.fail(
            f"{equation!r} speaks of {len(terms)} tensors, {len(tensors)} are given",
            "write one term for each, with commas",
            at="equation",
        )
    result = after if arrow else _implicit(terms)
    sizes: dict[str, Axis] = {}
    outer: Shape | None = Shape(())
    for part, tensor in zip(terms, tensors):
        found = _read_term(call, equation, part, tensor.shape, sizes)
        if found is MISSING:
            return Tensor(None, dtype)
        if "..." in part and outer is not None:
            try:
                outer = broadcast(outer, found) if isinstance(found, Shape) else None
            except ShapeMismatch as error:
                return call.fail(
                    f"the `...` in {equation!r}: {error}",
                    "the axes that it stands for go together",
                    at="equation",
                )
    return _result(call, result, sizes, outer, dtype)


def _is_term(text: str) -> bool:
    """Whether a text is letters, with `...` among them at most once."""
    letters = text.replace("...", "", 1)
    return not letters or (letters.isascii() and letters.isalpha())


def _implicit(terms: list[str]) -> str:
    """The result that is meant where no arrow is written."""
    letters = "".join(terms).replace(".", "")
    once = sorted(letter for letter in set(letters) if letters.count(letter) == 1)
    return ("..." if any("..." in term for term in terms) else "") + "".join(once)


def _read_term(
    call: Bound,
    equation: str,
    term: str,
    shape: Shape | None,
    sizes: dict[str, Axis],
) -> object:
    """Notes the size of each letter; gives the axes that `...` stands for."""
    front, dots, back = term.partition("...")
    if shape is None:
        for letter in front + back:
            sizes.setdefault(letter, None)
        return None
    axes = list(shape.axes)
    if shape.rank is not None:
        count = len(front + back)
        if len(axes) < count or (not dots and len(axes) != count):
            call.fail(
                f"`{term}` names {count} axes, the shape is {shape}",
                "name each axis by one letter, or put `...` for the others",
                at="equation",
            )
            return MISSING
    rest = shape.rest
    ahead = len(front) if rest is None else min(rest, len(front))
    behind = len(back) if dots else 0
    if not dots and rest is not None:
        behind = min(len(axes) - 1 - rest, len(front) - ahead)
        front, back = front[: len(front) - behind], front[len(front) - behind :]
    if rest is not None:
        behind = min(behind, len(axes) - 1 - rest)
    pairs = list(zip(front, axes[:ahead]))
    pairs += (
        list(zip(back[len(back) - behind :], axes[len(axes) - behind :]))
        if behind
        else []
    )
    for letter in front + back:
        sizes.setdefault(letter, None)
    for letter, axis in pairs:
        if surely_differ(sizes[letter], axis):
            call.fail(
                f"`{letter}` is both `{sizes[letter]}` and `{axis}` in {equation!r}",
                "one letter is one size",
                at="equation",
            )
            return MISSING
        if sizes[letter] is None:
            sizes[letter] = axis
    whole = ahead == len(front) and behind == len(back)
    return Shape(tuple(axes[ahead : len(axes) - behind])) if dots and whole else None


def _result(
    call: Bound,
    result: str,
    sizes: dict[str, Axis],
    outer: Shape | None,
    dtype: str | None,
) -> Value:
    unknown = sorted(set(result.replace(".", "")) - set(sizes))
    if unknown:
        return call.fail(
            f"`{unknown[0]}` is in the result alone",
            "each letter stands in a term before",
            at="equation",
        )
    front, dots, back = result.partition("...")
    if dots and outer is None:
        return Tensor(None, dtype)
    middle = outer.axes if dots and outer is not None else ()
    return Tensor(
        Shape((*(sizes[n] for n in front), *middle, *(sizes[n] for n in back))), dtype
    )


_LATER = (
    "!adjoint_a=False, !adjoint_b=False, !a_is_sparse=False, !b_is_sparse=False, "
    "!output_type=None, !grad_a=False, !grad_b=False"
)

TABLE = (
    row(
        f"tf.matmul(a, b, transpose_a=False, transpose_b=False, {_LATER})",
        _matmul,
        "{a:transpose_a} @ {b:transpose_b}",
        "ops.matmul({a}, {b})",
    ),
    row(
        "tf.linalg.matvec(a, b, transpose_a=False, !adjoint_a=False, !a_is_sparse=False, "
        "!b_is_sparse=False)",
        _matvec,
        "({a:transpose_a} @ {b}[..., None])[..., 0]",
        "ops.squeeze(ops.matmul({a}, ops.expand_dims({b}, -1)), -1)",
    ),
    row(
        "tf.tensordot(a, b, axes)",
        _tensordot,
        "np.tensordot({a}, {b}, {axes})",
        "ops.tensordot({a}, {b}, {axes})",
    ),
    row(
        "tf.einsum(equation, *inputs)",
        _einsum,
        "np.einsum({equation}, {inputs})",
        "ops.einsum({equation}, {inputs})",
    ),
)
