"""YAML text to nodes that know their place: the only module that reads YAML."""

from __future__ import annotations

import re

import yaml

from layersmith.errors import Report, Span
from layersmith.places import Origin
from layersmith.record import record

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 24
MAX_NODES = 20_000

# Control characters, line ends that Python and editors count otherwise than YAML, and
# invisible characters that make text read otherwise than it runs (CVE-2021-42574).
_REFUSED = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e"
    "\\u2060-\\u206f\\ud800-\\udfff\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff\\U000e0000-\\U000e007f]"
)
_REFUSED_HINT = (
    "delete it: what cannot be seen can make text read otherwise than it runs"
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@record
class Scalar:
    """A single value; `plain` tells `1` from `"1"`."""

    text: str
    plain: bool
    span: Span
    origin: Origin


@record
class Sequence:
    items: tuple[Node, ...]
    span: Span


@record
class Mapping:
    entries: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        for name, value in self.entries:
            if name.text == key:
                return value
        return None


Node = Scalar | Sequence | Mapping


class _Stop(Exception):
    """Ends the reading of a file whose rest cannot be trusted."""


def read(text: str, report: Report) -> Node | None:
    """The root node of a YAML document, or None when it cannot be read.

    Problems go to `report`: syntax errors, tags, duplicate keys, characters that
    hide what the text says, and documents too large or too deep to be a spec.
    """
    text = text.replace("\r\n", "\n")
    if len(text) > MAX_CHARACTERS:
        report.error(
            Span.point(1, 1),
            f"the file holds more than {MAX_CHARACTERS:,} characters",
            "a spec describes one layer: is this the right file?",
        )
        return None
    if match := _REFUSED.search(text):
        report.error(
            _place(text, match.start()),
            f"the character U+{ord(match[0]):04X} is not allowed",
            _REFUSED_HINT,
        )
        return None
    try:
        return _Composer(text, report).compose()
    except _Stop:
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(
            error, "context_mark", None
        )
        # The end of a file may be told as a line that is not there.
        line, column = (mark.line, mark.column) if mark else (0, 0)
        line = min(line, text.count("\n"))
        message = (
            getattr(error, "problem", None)
            or getattr(error, "context", None)
            or str(error)
        )
        report.error(
            Span.point(line + 1, column + 1), f"not YAML: {message}", _hint(message)
        )
    return None


def _place(text: str, offset: int) -> Span:
    before = text[:offset]
    line = before.count("\n")
    return Span.point(line + 1, offset - (before.rfind("\n") + 1) + 1)


def _hint(message: str) -> str:
    if "mapping values are not allowed" in message:
        return 'put quotes around text that holds ": "'
    if "tab" in message or "'\\t'" in message:
        return "indent with spaces"
    if "found unexpected end of stream" in message or "expected ',' or" in message:
        return "close the bracket or the quote"
    return "check indentation, colons and quotes on this line and the one above"


class _Composer:
    """Builds nodes from YAML events with an own stack, so that depth is bounded."""

    def __init__(self, text: str, report: Report):
        self.report = report
        self.lines = tuple(text.split("\n"))
        self.events = yaml.parse(text, Loader=_LOADER)
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.count = 0

    def compose(self) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(
                        event, "a second document starts here", "keep one spec a file"
                    )
                root = self._node(next(self.events), 0)
        if root is None or (isinstance(root, Scalar) and root.plain and not root.text):
            self.report.error(
                Span.point(1, 1),
                "the file is empty",
                "start with `layer: MyLayer`; `layersmith recipes` lists specs to copy",
            )
            return None
        return root

    def _stop(self, event: yaml.Event, message: str, hint: str) -> None:
        self.report.error(_span(event), message, hint)
        raise _Stop

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self._stop(event, f"nested more than {MAX_DEPTH} deep", "flatten this part")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                self._stop(
                    event, f"no anchor &{event.anchor} before this", "define it first"
                )
            node, size = self.anchors[event.anchor]
            self._grow(event, size)
            return node
        if event.tag is not None and event.tag != "!":
            self._stop(
                event,
                f"a spec takes no YAML tags, such as {event.tag}",
                "remove the tag",
            )
        before = self.count
        self._grow(event, 1)
        if isinstance(event, yaml.ScalarEvent):
            node: Node = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = (node, self.count - before)
        return node

    def _grow(self, event: yaml.Event, size: int) -> None:
        self.count += size
        if self.count > MAX_NODES:
            self._stop(
                event, f"more than {MAX_NODES:,} values", "a spec describes one layer"
            )

    def _sequence(self, start: yaml.Event, depth: int) -> Sequence:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Sequence(tuple(items), _span(start, event))

    def _mapping(self, start: yaml.Event, depth: int) -> Mapping:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Span] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self.events), depth + 1)
            if not isinstance(key, Scalar):
                self.report.error(
                    key.span, "a key must be a name", "write `name: value`"
                )
            elif key.text in seen:
                self.report.error(
                    key.span,
                    f"`{key.text}` stands here twice",
                    f"the first is in line {seen[key.text].line}; keep one",
                )
            else:
                seen[key.text] = key.span
                entries.append((key, value))
        return Mapping(tuple(entries), _span(start, event))

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        span = _span(event)
        # The first search cannot see what is written as an escape.
        if event.style == '"' and (match := _REFUSED.search(event.value)):
            self.report.error(
                span,
                f"this text holds the character U+{ord(match[0]):04X}, which is not allowed",
                "leave it out",
            )
        # The C parser says '' where pure Python says None.
        style = event.style or ""
        start = event.start_mark
        return Scalar(
            event.value,
            not style,
            span,
            Origin(event.value, style, start.line, start.column, self.lines),
        )


def _span(start: yaml.Event, end: yaml.Event | None = None) -> Span:
    first, last = (start.start_mark, (end or start).end_mark)
    return Span(first.line + 1, first.column + 1, last.line + 1, last.column + 1)
