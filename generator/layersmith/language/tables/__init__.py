"""What TensorFlow and Keras offer, read from files instead of importing them.

`python tools/make_tables.py` makes the files from the installed versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from layersmith.record import record
from layersmith.suggest import suggest

__all__ = [
    "KINDS",
    "REQUIRED",
    "Constant",
    "KerasLayer",
    "Parameter",
    "Parameters",
    "keras_identifiers",
    "keras_layers",
    "keras_objects",
    "layer_members",
    "made_from",
    "suggest",
    "tensorflow_constants",
    "tensorflow_functions",
]

KINDS = ("initializer", "regularizer", "constraint", "activation")
Row = TypeVar("Row")


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@record
class Parameters:
    """What a function of TensorFlow takes.

    Attributes:
        names: Every named parameter, in order; the keyword-only ones are last.
        required: Those of them without a default.
        keyword_only: Those of them that may not be given by position.
        positional_only: Those of them that may not be given by name.
        variadic: Whether it takes any number of further positional values.
        open: Whether it takes further keywords that are not named here.
        canonical: The name that the function mostly goes by: `tf.reduce_sum` for
            `tf.math.reduce_sum`.
    """

    names: tuple[str, ...]
    required: frozenset[str]
    keyword_only: frozenset[str]
    positional_only: frozenset[str]
    variadic: bool
    open: bool
    canonical: str

    @property
    def positional(self) -> tuple[str, ...]:
        """The parameters that may be given by position, in order."""
        return tuple(name for name in self.names if name not in self.keyword_only)


@record
class Constant:
    """A value under `tf.`: a dtype, `tf.newaxis`, a member of an enumeration.

    Attributes:
        kind: dtype, none, bool, int, float, str or enum.
        value: The value; for a dtype and an enum its own name.
    """

    kind: str
    value: object


@record
class Parameter:
    """A parameter; `default` is REQUIRED where it has none. Lists are tuples here."""

    name: str
    default: object = REQUIRED

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@record
class KerasLayer:
    """A class of `keras.layers`.

    Attributes:
        name: The class's own name: `MaxPooling2D` for `MaxPool2D`.
        parameters: Those of `__init__`, in order, without Layer's own.
        base_parameters: Layer's own that may be given as well: name, dtype, ...
        call_parameters: Those of `call`, in order.
        inputs: How tensors come in: `single`, `list`, `several` (the parameters of
            `call` without a default) or `unknown`.
        ranks: Ranks, batch included, of 1 to 6 with which it can be called; empty
            where that depends on the arguments or is unknown.
        supports_masking: Whether a mask may pass through it.
        stateful: Whether it has weights that are updated by assignment.
        random: Whether it takes a seed, and so may draw random numbers.
        saves_its_own: Whether it saves its own weights alone, not those that a
            subclass adds.
    """

    name: str
    parameters: tuple[Parameter, ...]
    base_parameters: tuple[str, ...]
    call_parameters: tuple[Parameter, ...]
    inputs: str
    ranks: tuple[int, ...]
    supports_masking: bool
    stateful: bool
    random: bool
    saves_its_own: bool

    @property
    def takes_training(self) -> bool:
        return any(p.name == "training" for p in self.call_parameters)

    @property
    def takes_mask(self) -> bool:
        """Whether `call` takes a mask: `mask`, or `query_mask` and its like."""
        return any(
            p.name == "mask"
            or (p.name.endswith("_mask") and not p.name.startswith("use"))
            for p in self.call_parameters
        )

    @property
    def tensors(self) -> tuple[str, ...]:
        """Names of the parameters of `call` that must be given."""
        return tuple(p.name for p in self.call_parameters if p.required)


class _Rows(Mapping[str, Row]):
    """A read-only mapping that reads a row when it is asked for it."""

    def __init__(
        self,
        rows: Mapping[str, Any],
        aliases: Mapping[str, str],
        read: Callable[[str, Any], Row],
    ) -> None:
        (self._rows, self._aliases, self._read) = rows, aliases, read
        self._known: dict[str, Row] = {}

    def __getitem__(self, name: str) -> Row:
        canonical = self._aliases.get(name, name)
        if canonical not in self._known:
            self._known[canonical] = self._read(canonical, self._rows[canonical])
        return self._known[canonical]

    def __contains__(self, name: object) -> bool:
        return name in self._rows or name in self._aliases

    def __iter__(self) -> Iterator[str]:
        yield from self._rows
        yield from self._aliases

    def __len__(self) -> int:
        return len(self._rows) + len(self._aliases)


@cache
def _table(name: str) -> dict[str, dict[str, Any]]:
    path = Path(__file__).parent / f"{name}.json"
    table: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return table


def made_from() -> Mapping[str, str]:
    """The versions that the tables describe: of `tensorflow` and of `keras`."""
    return {**_table("tensorflow")["made_from"], **_table("keras")["made_from"]}


@cache
def tensorflow_functions() -> Mapping[str, Parameters]:
    """Every public function that may stand in a forward pass, by name: `tf.nn.relu`.

    Aliases are among the names. Classes are there with the parameters of their
    constructor, and their class methods: `tf.RaggedTensor.from_tensor`.
    """
    table = _table("tensorflow")
    return _Rows(table["functions"], table["aliases"], _parameters)


@cache
def tensorflow_constants() -> Mapping[str, Constant]:
    """Every public constant by name: `tf.float32`, `tf.newaxis`."""
    rows = _table("tensorflow")["constants"]
    return _Rows(rows, {}, lambda name, row: Constant(*row))


@cache
def keras_layers() -> Mapping[str, KerasLayer]:
    """Every public class of `keras.layers` by name; aliases are among the names."""
    table = _table("keras")
    return _Rows(table["layers"], table["layer_aliases"], _layer)


@cache
def keras_identifiers(kind: str) -> Mapping[str, str]:
    """The strings that Keras takes for an initializer (or ...), and what each stands for.

    `glorot_uniform` and `GlorotUniform` stand for the class `GlorotUniform`;
    `swish` stands for the function `silu`.

    Raises:
        KeyError: if the kind is not initializer, regularizer, constraint or activation.
    """
    return MappingProxyType(_table("keras")[f"{kind}_identifiers"])


@cache
def keras_objects(kind: str) -> Mapping[str, tuple[Parameter, ...]]:
    """The classes (for activations: functions) of a kind and their parameters.

    Not every one has an identifier: `Constant` has to be given its value.

    Raises:
        KeyError: if the kind is not initializer, regularizer, constraint or activation.
    """
    rows = _table("keras")[f"{kind}_parameters"]
    return _Rows(rows, {}, lambda name, row: _rows_of(row))


@cache
def layer_members() -> frozenset[str]:
    """Names that a Keras layer has already: an attribute of these would break it."""
    return frozenset(_table("keras")["layer_members"])


def _parameters(canonical: str, text: str) -> Parameters:
    names: list[str] = []
    required: set[str] = set()
    keyword_only: set[str] = set()
    positional_only: set[str] = set()
    variadic = open_ended = after_star = False
    for part in text.split(", ") if text else ():
        name = part.rstrip("=")
        if part == "/":
            positional_only.update(names)
        elif part.startswith("**"):
            open_ended = True
        elif part.startswith("*"):
            after_star = True
            variadic = part != "*"
        else:
            names.append(name)
            if name == part:
                required.add(name)
            if after_star:
                keyword_only.add(name)
    return Parameters(
        tuple(names),
        frozenset(required),
        frozenset(keyword_only),
        frozenset(positional_only),
        variadic,
        open_ended,
        canonical,
    )


def _layer(name: str, row: dict[str, Any]) -> KerasLayer:
    return KerasLayer(
        name,
        _rows_of(row["init"]),
        tuple(row["base"]),
        _rows_of(row["call"]),
        row["inputs"],
        tuple(row["ranks"]),
        row["supports_masking"],
        row["stateful"],
        row["random"],
        row["saves_its_own"],
    )


def _rows_of(rows: list[Any]) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, *map(_frozen, default)) for name, *default in rows)


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
