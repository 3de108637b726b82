"""Sizes of axes as polynomials over names, and shapes made of them."""

from __future__ import annotations

from math import gcd

from layersmith.record import record


class Derived(str):
    """A name whose value is computed from others, so that it may equal any size."""

    __slots__ = ()


MAX_TERMS = 64
MAX_TEXT = 1000
LARGEST = 2**63


class SizeTooLarge(Exception):
    """A size with more terms, or larger numbers, than anyone means to write."""


@record
class Dim:
    """A size: the sum of `coefficient * product of atoms`, in normal form.

    An atom is a name (an axis, an argument) or the text of an expression that
    has no polynomial form, such as `units // heads`.
    """

    terms: tuple[tuple[tuple[str, ...], int], ...]

    @classmethod
    def of(cls, value: int | str) -> Dim:
        if isinstance(value, int):
            return cls((((), value),) if value else ())
        return cls((((value,), 1),))

    @property
    def constant(self) -> int | None:
        if not self.terms:
            return 0
        if len(self.terms) == 1 and self.terms[0][0] == ():
            return self.terms[0][1]
        return None

    @property
    def atoms(self) -> frozenset[str]:
        return frozenset(atom for atoms, _ in self.terms for atom in atoms)

    def __add__(self, other: Dim) -> Dim:
        return _collect(self.terms + other.terms)

    def __sub__(self, other: Dim) -> Dim:
        return self + other * Dim.of(-1)

    def __mul__(self, other: Dim) -> Dim:
        return _collect(
            tuple(
                (tuple(sorted(left + right)), a * b)
                for left, a in self.terms
                for right, b in other.terms
            )
        )

    def __floordiv__(self, other: Dim) -> Dim:
        """The floor of the quotient of two positive sizes, in normal form.

        What divides evenly stands outside, so that `(n - 1) // 2 + 1` and
        `(n + 1) // 2` are equal, and common factors are gone.
        """
        whole, rest = self._divided(other)
        if not rest.terms:
            return whole
        rest, divisor = _reduced(rest, other)
        if divisor != other:
            return whole + rest // divisor
        if rest.constant is not None and divisor.constant:
            return whole + Dim.of(rest.constant // divisor.constant)
        return whole + _atom(f"{_wrap(rest)} // {_wrap(divisor)}")

    def __mod__(self, other: Dim) -> Dim:
        _, rest = self._divided(other)
        if rest.constant is not None and other.constant:
            return Dim.of(rest.constant % other.constant)
        return _atom(f"{_wrap(rest)} % {_wrap(other)}") if rest.terms else rest

    def _divided(self, other: Dim) -> tuple[Dim, Dim]:
        """Quotient and rest, by each term on its own."""
        if self == other:
            return ONE, Dim(())
        if len(other.terms) != 1 or other.terms[0][1] <= 0:
            return Dim(()), self
        atoms, divisor = other.terms[0]
        quotient, rest = [], []
        for own, size in self.terms:
            left = _without(own, atoms)
            if left is None:
                rest.append((own, size))
                continue
            # A constant is rounded down, so that the rest is not negative; a name
            # keeps its sign, as people write `(n - size) // 2`.
            whole = size // divisor
            if own and size < 0:
                whole = -(-size // divisor)
            quotient.append((left, whole))
            rest.append((own, size - whole * divisor))
        return _collect(tuple(quotient)), _collect(tuple(rest))

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        text = ""
        for atoms, coefficient in self.terms:
            sign = "-" if coefficient < 0 else "+"
            size = abs(coefficient)
            # `-(n // 2)` is not `-n // 2`.
            wrapped = len(atoms) > 1 or size != 1 or (coefficient < 0 and not text)
            factors = [_paren(atom) if wrapped else atom for atom in atoms]
            if size != 1 or not factors:
                factors = [str(size), *factors]
            body = " * ".join(factors)
            text = (
                f"{text} {sign} {body}"
                if text
                else (f"-{body}" if sign == "-" else body)
            )
        return text


def _atom(text: str) -> Dim:
    """A size that has no polynomial form."""
    if len(text) > MAX_TEXT:
        raise SizeTooLarge
    return Dim.of(text)


def _without(atoms: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...] | None:
    """The factors that are left after a division; None where it is not even."""
    left = list(atoms)
    for atom in others:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _reduced(numerator: Dim, divisor: Dim) -> tuple[Dim, Dim]:
    """A fraction without the factors that every term of it has."""
    terms = numerator.terms + divisor.terms
    number = gcd(*(size for _, size in terms))
    common = []
    for atom in sorted(set(terms[0][0])):
        times = min(atoms.count(atom) for atoms, _ in terms)
        common.extend([atom] * times)

    def divided(dim: Dim) -> Dim:
        return _collect(
            tuple(
                (_without(atoms, tuple(common)) or (), size // number)
                for atoms, size in dim.terms
            )
        )

    return divided(numerator), divided(divisor)


def _paren(atom: str) -> str:
    return f"({atom})" if " " in atom else atom


def _wrap(dim: Dim) -> str:
    text = str(dim)
    return f"({text})" if " " in text or text.startswith("-") else text


def _collect(terms: tuple[tuple[tuple[str, ...], int], ...]) -> Dim:
    total: dict[tuple[str, ...], int] = {}
    for atoms, coefficient in terms:
        total[atoms] = total.get(atoms, 0) + coefficient
    if len(total) > MAX_TERMS or any(
        abs(size) > LARGEST or len(atoms) > MAX_TERMS for atoms, size in total.items()
    ):
        raise SizeTooLarge
    # Constants last, as people write `2 * units + 1`.
    ordered = sorted(total.items(), key=lambda item: (item[0] == (), item[0]))
    return Dim(tuple((atoms, size) for atoms, size in ordered if size))


@record
class Rest:
    """`...` in a shape: any number of axes, the same wherever it has this name."""

    name: str = "..."

    def __str__(self) -> str:
        return self.name


# None is an axis of unknown size.
Axis = Dim | Rest | None
ONE = Dim.of(1)


@record
class Shape:
    """Axes in order; at most one of them is a Rest."""

    axes: tuple[Axis, ...]

    def __str__(self) -> str:
        return "[" + ", ".join("?" if a is None else str(a) for a in self.axes) + "]"

    @property
    def rank(self) -> int | None:
        """Number of axes, None where `...` leaves it open."""
        return None if self.rest is not None else len(self.axes)

    @property
    def rest(self) -> int | None:
        """Position of the Rest among the axes."""
        return next(
            (i for i, axis in enumerate(self.axes) if isinstance(axis, Rest)), None
        )

    @property
    def least_rank(self) -> int:
        return len(self.axes) - (self.rest is not None)

    def position(self, axis: int) -> int | None:
        """Index into `axes` of a NumPy axis number; None where that is unknown."""
        rest = self.rest
        if rest is None:
            size = len(self.axes)
            return axis % size if -size <= axis < size else None
        if 0 <= axis < rest:
            return axis
        if axis < 0 and len(self.axes) + axis > rest:
            return len(self.axes) + axis
        return None

    def positions(self, axes: tuple[int, ...]) -> list[int] | None:
        """Indices into `axes` of some axis numbers; None where one is unknown."""
        found = [self.position(axis) for axis in axes]
        known = [position for position in found if position is not None]
        return known if len(known) == len(found) else None

    def has_axis(self, axis: int) -> bool:
        """False only where the axis number is surely out of range."""
        if self.rest is not None:
            return True
        return -len(self.axes) <= axis < len(self.axes)

    def axis(self, axis: int) -> Axis:
        """Size of an axis; None where it is unknown."""
        position = self.position(axis)
        return None if position is None else self.axes[position]

    def part(self, first: int | None, last: int | None) -> Shape | None:
        """The axes from one number up to another; None where that is unknown."""
        ends = []
        for number, default in ((first, 0), (last, len(self.axes))):
            if number is None:
                ends.append(default)
            elif self.rest is None:
                ends.append(slice(number, None).indices(len(self.axes))[0])
            elif 0 <= number <= self.rest:
                ends.append(number)
            elif number < 0 and len(self.axes) + number > self.rest:
                ends.append(len(self.axes) + number)
            else:
                return None
        return Shape(self.axes[ends[0] : max(ends)])

    def replace(self, axis: int, size: Axis) -> Shape | None:
        position = self.position(axis)
        if position is None:
            return None
        return Shape((*self.axes[:position], size, *self.axes[position + 1 :]))

    def remove(self, axis: int) -> Shape | None:
        position = self.position(axis)
        if position is None:
            return None
        return Shape((*self.axes[:position], *self.axes[position + 1 :]))


class ShapeMismatch(Exception):
    """Two shapes that cannot go together; the text says which axes."""


def broadcast(left: Shape | None, right: Shape | None) -> Shape | None:
    """The shape of an elementwise operation; None where it is unknown.

    Raises:
        ShapeMismatch: if two axes surely differ and neither is 1.
    """
    if left is None or right is None:
        return None
    if left == right:
        return left
    axes: list[Axis] = []
    a, b = (list(left.axes), list(right.axes))
    while a or b:
        x = a[-1] if a else ONE
        y = b[-1] if b else ONE
        if isinstance(x, Rest) or isinstance(y, Rest):
            if isinstance(x, Rest) and isinstance(y, Rest):
                if x != y:
                    return None
                axes.append(x)
                a.pop(), b.pop()
                continue
            others = a if isinstance(y, Rest) else b
            if others:
                # A named axis against `...`: how they line up is unknown.
                if len(others) == 1 and others[0] == ONE:
                    return None
                return None
            axes.extend(reversed(a or b))
            break
        axes.append(_joined(x, y))
        if a:
            a.pop()
        if b:
            b.pop()
    return Shape(tuple(reversed(axes)))


def _joined(x: Axis, y: Axis) -> Axis:
    if x == y or y == ONE:
        return x
    if x == ONE:
        return y
    if x is None or y is None:
        return None
    if surely_differ(x, y):
        raise ShapeMismatch(f"`{x}` does not broadcast with `{y}`")
    return None


def surely_differ(x: Axis, y: Axis) -> bool:
    """Whether two sizes are unequal for every value of their names that is meant.

    Distinct names may be equal by chance, but a spec that relies on it would name
    them alike: two different names count as different. Quotients may be equal:
    `heads * (units // heads)` is `units` where it divides evenly.
    """
    if x is None or y is None or isinstance(x, Rest) or isinstance(y, Rest):
        return False
    if x == y:
        return False
    atoms = sorted(x.atoms | y.atoms)
    if any(isinstance(atom, Derived) for atom in atoms):
        return False
    if all(atom.isidentifier() for atom in atoms):
        return True
    from layersmith.language.trials import never_zero

    return never_zero((x - y).terms, atoms)


def unify(left: Shape | None, right: Shape | None) -> Shape | None:
    """What is known of a value that has one of two shapes (after an `if`)."""
    if left is None or right is None:
        return None
    if left == right:
        return left
    if len(left.axes) != len(right.axes) or left.rest != right.rest:
        return None
    if left.rest is not None and left.axes[left.rest] != right.axes[left.rest]:
        return None
    return Shape(tuple(x if x == y else None for x, y in zip(left.axes, right.axes)))


def shapes_differ(left: Shape, right: Shape) -> bool:
    """Whether two shapes are surely not the same."""
    if left.rank is not None and right.rank is not None:
        return left.rank != right.rank or any(map(surely_differ, left.axes, right.axes))
    if (
        left.rest is not None
        and left.rest == right.rest
        and len(left.axes) == len(right.axes)
    ):
        return any(map(surely_differ, left.axes, right.axes))
    return False
