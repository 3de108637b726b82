"""Typed readers of nodes: each takes a node and gives a value or says what is wrong."""

from __future__ import annotations

import builtins
import keyword
import math
import re
import sys
from collections.abc import Mapping as MappingABC
from keyword import iskeyword

from layersmith.errors import Report, Span
from layersmith.source import Mapping, Node, Scalar, Sequence
from layersmith.spec.keys import Key
from layersmith.spec.model import Code, Literal, Name, Shape, Value, snake_case
from layersmith.suggest import suggest

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}
_REST = re.compile(r"\.\.\.([A-Za-z_][A-Za-z0-9_]*)?")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_YAML_1_1 = {
    "yes": "true",
    "no": "false",
    "on": "true",
    "off": "false",
    "True": "true",
    "False": "false",
}
_NULLS = ("null", "~", "")
# Whole numbers beyond this are neither sizes nor what TensorFlow can hold.
LARGEST = 2**63 - 1
_MODULES = frozenset({"keras", "numpy", "tensorflow", "pytest", "matplotlib"})


class _Wrong:
    """Stands for a value that was refused; None is the value `null`."""


class Reader:
    """Reads nodes of one file; problems go to its report.

    A method returns None when the node does not fit, having said why, so that
    the caller goes on and finds what else is wrong.
    """

    def __init__(self, report: Report):
        self.report = report

    def fields(
        self, node: Node | None, keys: MappingABC[str, Key], what: str, span: Span
    ) -> dict[str, Node]:
        """Entries of a mapping whose keys are in the table."""
        if not isinstance(node, Mapping):
            self.report.error(
                node.span if node else span,
                f"{what} must be a mapping with the keys {_list(keys)}",
                "write `key: value` lines, or `{key: value}`",
            )
            return {}
        found = {}
        for key, value in node.entries:
            if key.text in keys:
                found[key.text] = value
                continue
            close = suggest(key.text, keys)
            hint = f"did you mean `{close}`?" if close else f"known keys: {_list(keys)}"
            if key.text.count(")") > key.text.count("("):
                hint = "in `{...}` a comma ends a value: put quotes around all of `f(a, b)`"
            self.report.error(key.span, f"unknown key `{key.text}` in {what}", hint)
        for name, key in keys.items():
            if key.required and name not in found:
                self.report.error(
                    _first_line(node.span),
                    f"{what} needs `{name}`",
                    f"add `{name}:` ({key.doc.rstrip('.')})",
                )
        return found

    def entries(self, node: Node | None, what: str) -> list[tuple[Name, Node]]:
        """Entries of a mapping whose keys are names chosen by the author."""
        if node is None:
            return []
        if not isinstance(node, Mapping):
            self.report.error(
                node.span,
                f"{what} must be a mapping of names",
                "write `name: ...` lines",
            )
            return []
        entries = []
        for key, value in node.entries:
            name = self.identifier(key)
            if name is not None:
                entries.append((name, value))
        return entries

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            self.report.error(
                node.span, f"{what} must be a list", "start each with `- `"
            )
            return ()
        return node.items

    def text(self, node: Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self.report.error(node.span, "expected text", "put it in quotes")
            return ""
        return node.text.strip()

    def code(self, node: Node | None) -> Code | None:
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.report.error(
                node.span, "expected Python code", "put it in quotes, or after `|`"
            )
            return None
        return Code(node.text, node.span, node.origin)

    def identifier(self, node: Node | None) -> Name | None:
        if node is None:
            return None
        if not isinstance(node, Scalar) or not _IDENTIFIER.fullmatch(node.text):
            shown = node.text if isinstance(node, Scalar) else "this"
            self.report.error(
                node.span,
                f"{shown!r} is not a name",
                "use ASCII letters, digits and `_`, and do not start with a digit",
            )
            return None
        if keyword.iskeyword(node.text) or node.text.startswith("__"):
            kind = (
                "a Python keyword"
                if keyword.iskeyword(node.text)
                else "kept for Python"
            )
            self.report.error(
                node.span, f"`{node.text}` is {kind}", "choose another name"
            )
            return None
        return Name(node.text, node.span)

    def class_name(self, node: Node | None) -> Name | None:
        name = self.identifier(node)
        if name is not None and not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name.text):
            camel = "".join(
                part[:1].upper() + part[1:] for part in name.text.split("_")
            )
            self.report.error(
                name.span, f"`{name.text}` is not in CamelCase", f"write `{camel}`"
            )
        return name

    def own_class_name(self, node: Node | None) -> Name | None:
        """A class name that is free: neither it nor its module would hide another."""
        before = len(self.report.problems)
        name = self.class_name(node)
        if name is None or len(self.report.problems) > before:
            return name
        module = snake_case(name.text)
        taken = None
        if hasattr(builtins, name.text):
            taken = f"`{name.text}` is a builtin of Python"
        elif keyword.iskeyword(module):
            taken = f"`{name.text}` would lie in `{module}.py`, and `{module}` is a Python keyword"
        elif module in sys.stdlib_module_names or module in _MODULES:
            taken = f"`{name.text}` would lie in `{module}.py` and hide the module `{module}`"
        if taken:
            hint = f"choose another name, such as `{name.text}Layer`"
            self.report.error(name.span, taken, hint)
        return name

    def choice(self, node: Node | None, choices: tuple[str, ...]) -> str | None:
        if node is None:
            return None
        text = node.text if isinstance(node, Scalar) else None
        if text in choices:
            return text
        close = suggest(text, choices) if text else None
        self.report.error(
            node.span,
            f"unknown value {text!r}" if text else "expected one word",
            f"did you mean `{close}`?" if close else f"one of {_list(choices)}",
        )
        return None

    def boolean(self, node: Node | None) -> bool | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
            return node.text == "true"
        text = node.text if isinstance(node, Scalar) else ""
        meant = _YAML_1_1.get(text)
        self.report.error(
            node.span,
            "expected true or false",
            f"write `{meant}`" if meant else "write `true` or `false`, without quotes",
        )
        return None

    def integer(self, node: Node | None) -> int | None:
        number = self.number(node)
        if number is not None and not isinstance(number.value, int):
            self.report.error(
                number.span, "expected a whole number", "write it without a point"
            )
            return None
        return None if number is None else number.value

    def number(self, node: Node | None) -> Value | None:
        if node is None:
            return None
        value = self._value(node) if isinstance(node, Scalar) else None
        if isinstance(value, float) and not math.isfinite(value):
            self.report.error(
                node.span,
                "expected a finite number",
                "leave it out where there is no bound",
            )
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return Value(value, node.span)
        if isinstance(value, _Wrong):
            return None
        self.report.error(
            node.span, "expected a number", "write it without quotes, as `0.5`"
        )
        return None

    def literal(self, node: Node | None, mappings: bool = False) -> Value | None:
        """A scalar, or a list of scalars as a tuple; where they may be, a mapping."""
        if node is None:
            return None
        if isinstance(node, Scalar):
            value = self._value(node)
            if isinstance(value, _Wrong):
                return None
            return Value(value, node.span, Code(node.text, node.span, node.origin))
        if isinstance(node, Sequence):
            items = [self.literal(item, mappings) for item in node.items]
            if any(item is None for item in items):
                return None
            return Value(tuple(item.value for item in items if item), node.span)
        if isinstance(node, Mapping) and mappings:
            keys = [self.literal(key) for key, _ in node.entries]
            held = [self.literal(item, mappings) for _, item in node.entries]
            pairs = [(k.value, v.value) for k, v in zip(keys, held) if k and v]
            whole = len(pairs) == len(node.entries)
            return Value(dict(pairs), node.span) if whole else None
        self.report.error(
            node.span, "expected a value", "write a number, a text or a list"
        )
        return None

    def _value(self, node: Scalar) -> Literal | _Wrong:
        """The value of a scalar, where Python and TensorFlow can hold it."""
        value = _literal(node)
        written_out = not node.text.lower().endswith("inf")
        if isinstance(value, int) and abs(value) > LARGEST:
            wrong = "this whole number is too large", "use one of at most 63 bits"
        elif isinstance(value, float) and math.isnan(value):
            wrong = "`.nan` is no value to compute with", "use a number"
        elif isinstance(value, float) and math.isinf(value) and written_out:
            wrong = "this number is too large for a float", "write `.inf` for infinity"
        else:
            return value
        self.report.error(node.span, *wrong)
        return _Wrong()

    def shape(self, node: Node | None) -> Shape | None:
        if node is None:
            return None
        if not isinstance(node, Sequence):
            self.report.error(
                node.span, "a shape is a list of axes", "write `[batch, ..., features]`"
            )
            return None
        axes = []
        for item in node.items:
            code = self.code(item)
            if code is None:
                return None
            axes.append(code)
        dots = [axis for axis in axes if axis.text.startswith("...")]
        for axis in dots:
            if not _REST.fullmatch(axis.text) or iskeyword(axis.text[3:]):
                self.report.error(
                    axis.span,
                    f"`{axis.text}` is not a name for any number of axes",
                    "write `...`, or `...` and a name where several inputs have their own",
                )
                return None
        if len(dots) > 1:
            self.report.error(
                dots[1].span, "a shape takes `...` once", "name the other axes"
            )
            return None
        return Shape(tuple(axes), node.span)


def _literal(node: Scalar) -> Literal:
    """The value of a scalar by YAML 1.2's core schema, whatever PyYAML thinks."""
    text = node.text
    if not node.plain:
        return text
    if text in _NULLS:
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        # Python refuses to read more than 4,300 digits.
        return int(text) if len(text) < 4300 else LARGEST + 1
    if _FLOAT.fullmatch(text):
        return float(text)
    return _SPECIAL.get(text.lower(), text)


def _list(names) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _first_line(span: Span) -> Span:
    return Span.point(span.line, span.column)
