"""`record`: a frozen dataclass that is made in a tenth of the time.

Python writes and compiles six methods for each frozen dataclass, which for the hundred of
this package was a fifth of the time of a start. All records compare, hash and print by the
same methods, and those with as many fields share the code of `__init__`; what `fields` and
`replace` want to know is found when they ask. That nobody changes a record is checked by
type checkers, and at run time where LAYERSMITH_STRICT is set: then a record is
`dataclass(frozen=True)` itself, as in all tests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

Class = TypeVar("Class", bound=type)

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_):
        return lambda function: function


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Class) -> Class:
    """Makes a class a frozen dataclass."""
    if os.environ.get("LAYERSMITH_STRICT"):
        return dataclass(frozen=True)(cls)
    own = {name: vars(cls).get(name, MISSING) for name in cls.__annotations__}
    known = _known(cls, own)
    if known is None:
        dataclass(repr=False, eq=False)(cls)
        compared = [entry.name for entry in fields(cls) if entry.compare]
    else:
        _make(cls, own, known)
        compared = [n for n, v in known.items() if not _is_field(v) or v.compare]
    cls._compared = staticmethod(attrgetter(*compared) if compared else type)
    for method in (__eq__, __hash__, __repr__):
        if method.__name__ not in vars(cls):
            setattr(cls, method.__name__, method)
    return cls


def _known(cls: type, own: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields, also those of the bases, with what stands for their defaults.

    None where the dataclass must be made by Python: a default is made anew each time.
    """
    known: dict[str, Any] = {}
    for base in reversed(cls.__mro__[1:]):
        if "_record" in vars(base):
            known |= vars(base)["_record"]
        elif "__dataclass_fields__" in vars(base):
            return None
    known |= own
    made = (v for v in known.values() if _is_field(v))
    return None if any(v.default_factory is not MISSING for v in made) else known


def _make(cls: type, own: Mapping[str, Any], known: dict[str, Any]) -> None:
    names = tuple(known)
    code = _assignments(len(names)).replace(
        co_varnames=("self", *names), co_names=names
    )
    defaults = [v.default if _is_field(v) else v for v in known.values()]
    given = tuple(default for default in defaults if default is not MISSING)
    cls.__init__ = FunctionType(code, {}, "__init__", given)
    cls.__match_args__ = names
    cls._record = known
    cls.__dataclass_fields__ = _Fields(cls, own)
    for name, value in own.items():
        if _is_field(value) and value.default is MISSING:
            delattr(cls, name)
        elif _is_field(value):
            setattr(cls, name, value.default)


@cache
def _assignments(count: int) -> CodeType:
    """Code of an `__init__` that keeps so many parameters, whose names are left open."""
    names = [f"field_{number}" for number in range(count)]
    body = "; ".join(f"self.{name} = {name}" for name in names) or "pass"
    scope: dict[str, Any] = {}
    exec(f"def __init__({', '.join(['self', *names])}): {body}", scope)  # noqa: S102
    code: CodeType = scope["__init__"].__code__
    return code


class _Fields:
    """The fields as `dataclasses` has them, found when it asks."""

    def __init__(self, cls: type, own: Mapping[str, Any]) -> None:
        given = {name: value for name, value in own.items() if value is not MISSING}
        self.namespace = {"__annotations__": cls.__annotations__, **given}
        self.cls = cls

    def __get__(self, instance: object, owner: type) -> dict[str, Field]:
        twin = type(self.cls.__name__, self.cls.__bases__, self.namespace)
        found = dataclass(init=False, repr=False, eq=False)(twin)
        self.cls.__dataclass_params__ = found.__dataclass_params__
        self.cls.__dataclass_fields__ = found.__dataclass_fields__
        return found.__dataclass_fields__


def _is_field(value: object) -> bool:
    return isinstance(value, Field)


def __eq__(self, other):
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._compared(self) == self._compared(other)


def __hash__(self):
    return hash(self._compared(self))


def __repr__(self):
    shown = (f"{e.name}={getattr(self, e.name)!r}" for e in fields(self) if e.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"
