"""Sizes as polynomials: they count as the integers that they stand for."""

import ast
import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layersmith.language.dim_reading import dim_of
from layersmith.language.dims import (
    ONE,
    Dim,
    Rest,
    Shape,
    ShapeMismatch,
    broadcast,
    surely_differ,
    unify,
)

NAMES = ("a", "b", "units")
SIZES = st.fixed_dictionaries({name: st.integers(1, 40) for name in NAMES})
LEAF = st.sampled_from(NAMES) | st.integers(0, 9).map(str)
# What a size may be divided by: it is positive whatever the names are.
DIVISOR = st.sampled_from(NAMES) | st.integers(1, 9).map(str)


def combined(inner):
    binary = st.tuples(inner, st.sampled_from("+-*"), inner)
    divided = st.tuples(inner, st.sampled_from(["//", "%"]), DIVISOR)
    power = st.tuples(inner, st.just("**"), st.integers(0, 3).map(str))
    return (binary | divided | power).map(lambda parts: f"({' '.join(parts)})")


EXPRESSION = st.recursive(LEAF, combined, max_leaves=6)
POLYNOMIAL = st.recursive(
    LEAF,
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda parts: f"({' '.join(parts)})"
    ),
    max_leaves=6,
)


def dim(text):
    return dim_of(ast.parse(text, mode="eval").body, Dim.of)


def number(text, sizes):
    return eval(text, {"__builtins__": {}}, dict(sizes))


@given(EXPRESSION, SIZES)
def test_a_size_is_worth_what_its_expression_is_worth(text, sizes):
    assert number(str(dim(text)), sizes) == number(text, sizes)


@given(EXPRESSION)
def test_a_size_reads_back_as_itself(text):
    assert dim(str(dim(text))) == dim(text)


@given(POLYNOMIAL, POLYNOMIAL)
def test_polynomials_are_equal_exactly_if_they_always_are(left, right):
    # Degree 6 and coefficients below 10**6: one point tells any two apart.
    apart = {"a": 10**8, "b": 10**60, "units": 10**400}
    assert (dim(left) == dim(right)) == (number(left, apart) == number(right, apart))


@given(POLYNOMIAL, POLYNOMIAL, POLYNOMIAL)
def test_sums_and_products_may_be_written_in_any_order(a, b, c):
    assert dim(f"{a} + {b} + {c}") == dim(f"{c} + ({b} + {a})")
    assert dim(f"{a} * {b} * {c}") == dim(f"{c} * ({b} * {a})")
    assert dim(f"{a} * ({b} + {c})") == dim(f"{a} * {b} + {a} * {c}")


@given(POLYNOMIAL, DIVISOR)
def test_what_was_multiplied_divides_evenly(text, divisor):
    assert dim(f"({text}) * {divisor} // {divisor}") == dim(text)
    assert dim(f"({text}) * {divisor} % {divisor}") == Dim.of(0)


@given(st.integers(-(2**63), 2**63), st.integers(1, 2**63), st.integers(1, 40))
def test_large_numbers_are_divided_exactly(size, divisor, a):
    text = str((Dim.of(size) * Dim.of("a") + Dim.of(size)) // Dim.of(divisor))
    assert number(text, {"a": a}) == (size * a + size) // divisor


@given(POLYNOMIAL)
def test_a_constant_knows_its_value(text):
    value = dim(text)
    if value.constant is not None:
        assert value == Dim.of(value.constant)
        assert value.atoms == frozenset()
    else:
        assert value.atoms


@given(st.integers(-99, 99), st.integers(1, 99))
def test_a_size_without_names_is_a_number(size, divisor):
    assert (Dim.of(size) // Dim.of(divisor)).constant == size // divisor
    assert (Dim.of(size) % Dim.of(divisor)).constant == size % divisor


# Shapes.

AXES = st.sampled_from([Dim.of("a"), Dim.of("b"), ONE, Dim.of(3)])
SHAPES = st.lists(AXES, max_size=4).map(tuple).map(Shape)


def concrete(shape, sizes):
    return tuple(number(str(axis), sizes) for axis in shape.axes)


@given(SHAPES, SHAPES)
def test_broadcasting_is_that_of_numpy(left, right):
    sizes = {"a": 5, "b": 7}
    try:
        expected = np.broadcast_shapes(concrete(left, sizes), concrete(right, sizes))
    except ValueError:
        with pytest.raises(ShapeMismatch):
            broadcast(left, right)
    else:
        assert concrete(broadcast(left, right), sizes) == expected


@given(SHAPES, SHAPES)
def test_broadcasting_does_not_ask_which_side_is_left(left, right):
    try:
        there = broadcast(left, right)
    except ShapeMismatch:
        with pytest.raises(ShapeMismatch):
            broadcast(right, left)
    else:
        assert broadcast(right, left) == there


@given(st.lists(AXES, max_size=3), st.lists(AXES, max_size=3), st.integers(-8, 8))
def test_an_axis_behind_dots_is_found_for_every_rank_or_not_at_all(front, back, axis):
    open_shape = Shape((*front, Rest(), *back))
    found = open_shape.position(axis)
    assert (found is not None) == (-len(back) <= axis < len(front))
    if found is None:
        return
    for extra in range(4):
        middle = [Dim.of(f"extra{n}") for n in range(extra)]
        whole = (*front, *middle, *back)
        assert whole[axis] == open_shape.axes[found]


@given(SHAPES, st.integers(-6, 6))
def test_an_axis_number_is_that_of_numpy(shape, axis):
    try:
        expected = shape.axes[axis]
    except IndexError:
        assert not shape.has_axis(axis)
        assert shape.axis(axis) is None
        assert shape.remove(axis) is None
    else:
        assert shape.has_axis(axis)
        assert shape.axis(axis) == expected
        rest = list(shape.axes)
        del rest[axis]
        assert shape.remove(axis) == Shape(tuple(rest))


def test_two_names_are_two_sizes():
    assert surely_differ(Dim.of("a"), Dim.of("b"))
    assert not surely_differ(Dim.of("a"), Dim.of("a"))
    assert not surely_differ(None, Dim.of("a"))
    assert not surely_differ(Rest(), Dim.of("a"))


@pytest.mark.parametrize(
    ("left", "right", "differ"),
    [
        ("b * (a // b)", "a", False),
        ("a // 2 * 2", "a", False),
        ("a // b", "a // b + 1", True),
        ("a // 2", "a // 2 + a", True),
    ],
)
def test_quotients_may_be_even(left, right, differ):
    assert surely_differ(dim(left), dim(right)) is differ


@given(SHAPES, SHAPES)
def test_after_a_branch_only_what_both_sides_say_is_known(left, right):
    joined = unify(left, right)
    if joined is None:
        assert len(left.axes) != len(right.axes)
        return
    for known, a, b in zip(joined.axes, left.axes, right.axes, strict=True):
        assert known == (a if a == b else None)


@pytest.mark.parametrize(
    "text",
    [
        "(a + b + c + d + e + f) ** 8 ** 8",
        "(((a + b + c + d + e) ** 8) ** 8) ** 8",
        "(((9 ** 8) ** 8) ** 8) ** 8",
        "*".join(["(a + b + c + d)"] * 40),
        "10 ** 10 ** 10",
    ],
    ids=["power of powers", "powers", "numbers", "products", "tower"],
)
def test_a_size_too_large_to_write_down_is_not_worked_out(text):
    start = time.perf_counter()
    dim(text)
    assert time.perf_counter() - start < 0.5


def test_every_pair_of_names_is_a_pair_of_sizes():
    for left, right in itertools.combinations(NAMES, 2):
        with pytest.raises(ShapeMismatch):
            broadcast(Shape((Dim.of(left),)), Shape((Dim.of(right),)))
