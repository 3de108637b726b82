"""A record is a frozen dataclass in all that anybody can see."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from layersmith.record import record


class Shape:
    name: str
    sizes: tuple[int, ...] = ()
    note: str = field(default="", compare=False, repr=False)


class Nothing:
    pass


class Single:
    value: object


class Anew:
    name: str
    sizes: list = field(default_factory=list)


def made(monkeypatch, cls):
    """The class as a record, and as a frozen dataclass."""
    monkeypatch.delenv("LAYERSMITH_STRICT", raising=False)
    twin = type(cls.__name__, (), dict(vars(cls)))
    return record(twin), dataclass(frozen=True)(type(cls.__name__, (), dict(vars(cls))))


@pytest.mark.parametrize(
    ("cls", "one", "other"),
    [
        (Shape, ("x", (1, 2)), ("x", (1, 3))),
        (Shape, ("x", (), "one"), ("x", (), "two")),
        (Single, (1,), (2,)),
        (Single, (None,), (None,)),
        (Nothing, (), ()),
    ],
)
def test_records_compare_hash_and_print_as_dataclasses_do(monkeypatch, cls, one, other):
    mine, theirs = made(monkeypatch, cls)
    assert repr(mine(*one)) == repr(theirs(*one))
    assert (mine(*one) == mine(*other)) == (theirs(*one) == theirs(*other))
    assert (mine(*one) != mine(*other)) == (theirs(*one) != theirs(*other))
    assert len({mine(*one), mine(*other)}) == len({theirs(*one), theirs(*other)})
    assert mine(*one) != theirs(*one)
    assert replace(mine(*one)) == mine(*one)


def test_a_method_of_its_own_stays(monkeypatch):
    class Same:
        value: int

        def __repr__(self):
            return "the same"

    assert [repr(each(1)) for each in made(monkeypatch, Same)] == ["the same"] * 2


def test_where_it_is_strict_nobody_changes_a_record(monkeypatch):
    monkeypatch.setenv("LAYERSMITH_STRICT", "1")
    strict = record(type("Strict", (), {"__annotations__": {"value": int}}))
    with pytest.raises(FrozenInstanceError):
        strict(1).value = 2


@pytest.mark.parametrize("cls", [Shape, Nothing, Single, Anew])
def test_records_have_the_fields_of_dataclasses(monkeypatch, cls):
    mine, theirs = made(monkeypatch, cls)
    for one, other in zip(fields(mine), fields(theirs), strict=True):
        for known in ("name", "type", "default", "repr", "compare", "init"):
            assert getattr(one, known) == getattr(other, known), (one.name, known)
    assert mine.__match_args__ == theirs.__match_args__
    asked = [
        [(p.name, p.default) for p in inspect.signature(each).parameters.values()]
        for each in (mine, theirs)
    ]
    assert asked[0] == asked[1]


def test_a_default_is_made_anew_for_each(monkeypatch):
    mine, _ = made(monkeypatch, Anew)
    mine("one").sizes.append(1)
    assert mine("other").sizes == []


@pytest.mark.parametrize("given", [(), (1, 2, 3, 4)])
def test_a_record_takes_its_fields_and_no_more(monkeypatch, given):
    for each in made(monkeypatch, Shape):
        with pytest.raises(TypeError, match="argument"):
            each(*given)
        with pytest.raises(TypeError, match="unknown"):
            each("x", unknown=1)


@pytest.mark.parametrize("base", [Shape, Anew])
def test_a_record_of_a_record_has_the_fields_of_both(monkeypatch, base):
    mine, theirs = made(monkeypatch, base)

    def child(parent, make):
        name, body = "Child", {"__annotations__": {"rank": "int"}, "rank": 7}
        return make(type(name, (parent,), body))

    one, other = child(mine, record), child(theirs, dataclass(frozen=True))
    assert [f.name for f in fields(one)] == [f.name for f in fields(other)]
    assert repr(one("x", rank=2)) == repr(other("x", rank=2))
    assert replace(one("x"), name="y").rank == 7
    assert one("x") != mine("x")
    assert one("x", rank=1) != one("x", rank=2)


def test_records_are_pickled():
    from layersmith.errors import Problem, Span

    problem = Problem("dense.yaml", Span.point(1, 2), "no such key")
    assert pickle.loads(pickle.dumps(problem)) == problem
