"""The JSON Schema of specs, made from the reader's own table of keys, for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layersmith.spec import keys
from layersmith.spec.keys import Key

NAME = "^[A-Za-z_][A-Za-z0-9_]*$"
_SIMPLE: Mapping[str, dict[str, Any]] = {
    "text": {"type": ["string", "number", "boolean"]},
    "code": {"type": ["string", "number", "boolean"]},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "identifier": {"type": "string", "pattern": NAME},
    "class_name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
    "shape": {"type": "array", "items": {"type": ["string", "integer"]}},
    "integers": {
        "anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]
    },
    "values": {"type": "object", "propertyNames": {"pattern": NAME}},
    "literal": {},
    "literals": {"type": "array"},
}
# Entries that may also be written as one line of code.
_SHORT = ("sublayers", "constants", "derived")
# Entries of which a shape may stand alone.
_SHAPED = ("inputs", "states", "weights")


def schema() -> dict[str, Any]:
    """The schema of a spec file, in draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Layersmith spec of a Keras layer",
        **_mapping(keys.SPEC),
    }


def _mapping(table: Mapping[str, Key]) -> dict[str, Any]:
    required = [name for name, key in table.items() if key.required]
    made: dict[str, Any] = {
        "type": "object",
        "properties": {name: _described(name, key) for name, key in table.items()},
        "additionalProperties": False,
    }
    if required:
        made["required"] = required
    return made


def _described(name: str, key: Key) -> dict[str, Any]:
    return {"description": key.doc, **_value(name, key)}


def _value(name: str, key: Key) -> dict[str, Any]:
    if key.kind == "choice":
        return {"enum": list(key.choices)}
    if key.kind == "mapping":
        named = _named(name)
        # The shape of one called `inputs`.
        one_input = {**_SIMPLE["shape"], "minItems": 1}
        return {"anyOf": [named, one_input]} if name == "inputs" else named
    if key.kind == "sequence":
        items: dict[str, Any] = {"type": "array", "items": _mapping(keys.ENTRIES[name])}
        return {**items, "minItems": 1} if key.required else items
    if key.kind == "outputs":
        one = {"anyOf": [_mapping(keys.OUTPUT), _SIMPLE["shape"]]}
        return {
            "anyOf": [
                one,
                {"type": "array", "items": one, "minItems": 1},
                {
                    "type": "object",
                    "patternProperties": {NAME: one},
                    "minProperties": 1,
                },
            ]
        }
    if key in (keys.WEIGHT["shape"], keys.OUTPUT["shape"]):
        return {"anyOf": [_SIMPLE["shape"], {"type": "string"}]}
    return dict(_SIMPLE[key.kind])


def _named(name: str) -> dict[str, Any]:
    """A mapping whose keys the author chooses."""
    table = keys.ENTRIES.get(name)
    forms: list[dict[str, Any]] = [_mapping(table)] if table is not None else []
    if name in _SHORT or table is None:
        forms.append(dict(_SIMPLE["code"]))
    if name in _SHAPED:
        forms.append(dict(_SIMPLE["shape"]))
    one = forms[0] if len(forms) == 1 else {"anyOf": forms}
    return {
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": one,
    }
