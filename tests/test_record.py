"""A record is a frozen dataclass in all that anybody can see."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

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


def test_records_are_pickled():
    from layersmith.errors import Problem, Span

    problem = Problem("dense.yaml", Span.point(1, 2), "no such key")
    assert pickle.loads(pickle.dumps(problem)) == problem
