"""Assembles a spec from the nodes of its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import Any

from layersmith.errors import Report, Span, TooManyProblems
from layersmith.source import Mapping, Node, Scalar, Sequence, read
from layersmith.spec import keys
from layersmith.spec.fits import fits
from layersmith.spec.model import (
    Argument,
    Check,
    Code,
    Constant,
    Derived,
    Example,
    Input,
    Name,
    Output,
    Shape,
    Spec,
    Sublayer,
    Value,
    Weight,
)
from layersmith.spec.reader import Reader

# Keys of an entry by name; `Mapping` is a node here.
Table = dict[str, keys.Key]


def read_spec(text: str, report: Report) -> Spec | None:
    """The spec in a YAML text, or None with at least one error in `report`."""
    try:
        root = read(text, report)
        spec = None if root is None else _Assembler(report).spec(root)
    except TooManyProblems:
        return None
    return None if report.failed else spec


class _Assembler(Reader):
    def spec(self, root: Node) -> Spec | None:
        found = self.fields(root, keys.SPEC, "the spec", root.span)
        version = self.integer(found.get("format"))
        if version is not None and version != 1:
            self.report.error(
                found["format"].span,
                f"format {version} is not known to this version",
                "write `format: 1`, or upgrade layersmith",
            )
        layer = self.own_class_name(found.get("layer"))
        call = self.code(found.get("call"))
        inputs = (
            *self._inputs(found.get("inputs")),
            *(
                replace(s, state=True)
                for s in self._named(found, "states", self._input)
            ),
        )
        examples = self.items(found.get("examples"), "`examples`")
        parts: dict[str, Any] = {
            "summary": self._summary(found.get("summary")),
            "description": self.text(found.get("description")),
            "file_stem": PurePath(self.report.file).stem,
            "reference": self.text(found.get("reference")),
            "package": getattr(self.identifier(found.get("package")), "text", None),
            "arguments": self._named(found, "arguments", self._argument),
            "derived": self._named(found, "derived", self._derived),
            "checks": tuple(
                filter(
                    None, map(self._check, self.items(found.get("checks"), "`checks`"))
                )
            ),
            "inputs": inputs,
            "packing": self.choice(
                found.get("pack_inputs"), keys.SPEC["pack_inputs"].choices
            )
            or "arguments",
            "extends": self.class_name(found.get("extends")),
            "constants": self._named(found, "constants", self._constant),
            "functions": self.code(found.get("functions")),
            "compute_output_shape": self.code(found.get("compute_output_shape")),
            "compute_mask": self.code(found.get("compute_mask")),
            "weights": self._named(found, "weights", self._weight),
            "sublayers": self._named(found, "sublayers", self._sublayer),
            **self._outputs(found.get("outputs")),
            "examples": tuple(
                filter(None, (self._example(node, inputs) for node in examples))
            ),
            "autocast": self.boolean(found.get("autocast")),
            "supports_masking": self._condition(found.get("supports_masking")),
            "call_arguments": self._named(found, "call_arguments", self._call_argument),
        }
        self._no_empty(found)
        if layer is None or call is None or self.report.failed:
            return None
        return Spec(layer=layer, call=call, **parts)

    def _no_empty(self, found: dict[str, Node]) -> None:
        for name in ("inputs", "examples"):
            node = found.get(name)
            if isinstance(node, Scalar) or node is None:
                continue
            if not (node.entries if isinstance(node, Mapping) else node.items):
                self.report.error(
                    node.span, f"`{name}` is empty", f"give at least one of `{name}`"
                )

    def _named(self, found: dict[str, Node], key: str, build: Any) -> tuple:
        built = [
            build(name, node) for name, node in self.entries(found.get(key), f"`{key}`")
        ]
        return tuple(part for part in built if part is not None)

    def _inputs(self, node: Node | None) -> tuple[Input, ...]:
        """The inputs; a shape alone is that of one called `inputs`."""
        if isinstance(node, Sequence) and node.items:
            one = self._input(Name("inputs", node.span), node)
            return () if one is None else (one,)
        return self._named(
            {"inputs": node} if node is not None else {}, "inputs", self._input
        )

    def _shaped(
        self, node: Node, table: Table, what: str, span: Span
    ) -> dict[str, Node]:
        """The fields of an entry; a shape alone is its only one."""
        if isinstance(node, Sequence):
            return {"shape": node}
        return self.fields(node, table, what, span)

    def _summary(self, node: Node | None) -> str:
        text = self.text(node)
        if node is not None and not text:
            self.report.error(
                node.span, "`summary` is empty", "say what the layer does"
            )
        elif "\n" in text:
            self.report.error(
                node.span, "`summary` is one line", "move the rest to `description`"
            )
        return text

    def _argument(self, name: Name, node: Node) -> Argument | None:
        what = f"argument `{name}`"
        found = self.fields(node, keys.ARGUMENT, what, name.span)
        kind = self.choice(found.get("type"), keys.ARGUMENT_TYPES)
        bounds = {
            field: self.number(found.get(key))
            for field, key in (
                ("minimum", "min"),
                ("maximum", "max"),
                ("above", "above"),
                ("below", "below"),
            )
        }
        choices = []
        for item in self.items(found.get("choices"), "`choices`"):
            value = self.literal(item)
            if value is not None:
                choices.append(value)
        default = self.literal(found.get("default"))
        if kind is None:
            return None
        if kind not in keys.NUMBERS:
            for key in ("min", "max", "above", "below"):
                if key in found:
                    self.report.error(
                        found[key].span,
                        f"`{key}` does not apply to type `{kind}`",
                        "bounds are for `int` and `float`",
                    )
        argument = Argument(
            name,
            kind,
            default,
            **bounds,
            choices=tuple(choices),
            doc=self.text(found.get("doc")),
            convert=self.code(found.get("convert")),
        )
        if default is not None and default.value is not None:
            if kind == "layer":
                self.report.error(
                    default.span,
                    "a layer cannot be a default: all would hold the same one",
                    "write `default: null`, or leave it out and give it in the example",
                )
            else:
                self.check_value(argument, default)
        return argument

    def _call_argument(self, name: Name, node: Node) -> Argument | None:
        what = f"call argument `{name}`"
        found = self.fields(node, keys.CALL_ARGUMENT, what, name.span)
        kind = self.choice(found.get("type"), keys.CALL_ARGUMENT["type"].choices)
        default = self.literal(found.get("default"))
        if kind is None or default is None:
            return None
        doc = self.text(found.get("doc"))
        argument = Argument(name, kind, default, None, None, None, None, (), doc)
        self.check_value(argument, default)
        return argument

    def _condition(self, node: Node | None) -> bool | Code | None:
        """True, false, or an expression that decides."""
        if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
            return node.text == "true"
        return self.code(node)

    def check_value(self, argument: Argument, value: Value) -> None:
        """Says when a value does not fit the argument's type, bounds or choices."""
        expected = fits(argument, value.value)
        if expected:
            shown = "null" if value.value is None else repr(value.value)
            self.report.error(
                value.span,
                f"`{argument.name}` cannot be {shown}",
                f"expected {expected}",
            )

    def _derived(self, name: Name, node: Node) -> Derived | None:
        code = self.code(node)
        return None if code is None else Derived(name, code)

    def _check(self, node: Node) -> Check | None:
        found = self.fields(node, keys.CHECK, "a check", node.span)
        condition = self.code(found.get("that"))
        message = self.text(found.get("message"))
        return None if condition is None else Check(condition, message, node.span)

    def _input(self, name: Name, node: Node) -> Input | None:
        found = self._shaped(node, keys.INPUT, f"input `{name}`", name.span)
        shape = self.shape(found.get("shape"))
        dtype = self._dtype(found.get("dtype")) or "float"
        optional = bool(self.boolean(found.get("optional")))
        if shape is None:
            return None
        ranks = self.literal(found.get("rank"))
        numbers = () if ranks is None else ranks.value
        numbers = numbers if isinstance(numbers, tuple) else (numbers,)
        if not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
            self.report.error(
                ranks.span, "ranks are whole numbers", "write `[3, 4, 5]`"
            )
            return None
        return Input(
            name,
            shape,
            dtype,
            optional,
            self.text(found.get("doc")),
            many=bool(self.boolean(found.get("list"))),
            ranks=numbers,
        )

    def _dtype(self, node: Node | None) -> str | None:
        if isinstance(node, Scalar) and node.text == "string":
            self.report.error(
                node.span,
                "models of Keras 3 are not called on arrays of text",
                "look the texts up before the model, as `StringLookup` does, and take `int32`",
            )
            return None
        return self.choice(node, keys.DTYPES)

    def _constant(self, name: Name, node: Node) -> Constant | None:
        if isinstance(node, Scalar):
            return Constant(name, Code(node.text, node.span, node.origin), None)
        found = self.fields(node, keys.CONSTANT, f"constant `{name}`", name.span)
        value = self.code(found.get("value"))
        return (
            None
            if value is None
            else Constant(name, value, self.shape(found.get("shape")))
        )

    def _weight(self, name: Name, node: Node) -> Weight | None:
        found = self._shaped(node, keys.WEIGHT, f"weight `{name}`", name.span)
        given = found.get("shape")
        shape = self.code(given) if isinstance(given, Scalar) else self.shape(given)
        trainable = self.boolean(found.get("trainable"))
        if shape is None:
            return None
        return Weight(
            name,
            shape,
            self.code(found.get("initializer")),
            self.code(found.get("regularizer")),
            self.code(found.get("constraint")),
            trainable is not False,
            self._dtype(found.get("dtype")),
            self.code(found.get("when")),
            self.text(found.get("doc")),
            bool(self.boolean(found.get("inherited"))),
        )

    def _sublayer(self, name: Name, node: Node) -> Sublayer | None:
        if isinstance(node, Scalar):
            return Sublayer(name, Code(node.text, node.span, node.origin), None)
        found = self.fields(node, keys.SUBLAYER, f"sublayer `{name}`", name.span)
        layer = self.code(found.get("layer"))
        if layer is None:
            return None
        return Sublayer(
            name, layer, self.code(found.get("when")), self.code(found.get("repeat"))
        )

    def _outputs(self, node: Node | None) -> dict[str, Any]:
        """One output, a list of them (a tuple is returned), or a mapping (a dict is).

        A list of axes is the shape of one.
        """
        one = isinstance(node, Sequence) and any(
            isinstance(item, Scalar) for item in node.items
        )
        if isinstance(node, Sequence) and not one:
            shapes = [self._output(None, item) for item in node.items]
            outputs = tuple(output for output in shapes if output is not None)
            asked = any(output.when for output in outputs)
            # What is returned on request only stands beside a single output.
            return {
                "outputs": outputs,
                "output_packing": "single" if asked else "tuple",
            }
        if isinstance(node, Mapping) and node.entries and node.get("shape") is None:
            named = [
                self._output(n, item) for n, item in self.entries(node, "`outputs`")
            ]
            return {"outputs": tuple(filter(None, named)), "output_packing": "dict"}
        output = None if node is None else self._output(None, node)
        return {
            "outputs": () if output is None else (output,),
            "output_packing": "single",
        }

    def _output(self, name: Name | None, node: Node) -> Output | None:
        what = f"output `{name}`" if name else "`outputs`"
        found = self._shaped(node, keys.OUTPUT, what, node.span)
        when = self.identifier(found.get("when"))
        given = found.get("shape")
        if isinstance(given, Scalar):
            code = Code(given.text, given.span, given.origin)
            any_axes = Code("...", given.span, given.origin)
            return Output(name, Shape((any_axes,), given.span), when, code)
        shape = self.shape(given)
        return None if shape is None else Output(name, shape, when)

    def _example(self, node: Node, inputs: tuple[Input, ...]) -> Example | None:
        """An example; a list for its inputs is that of the first one."""
        found = self.fields(node, keys.EXAMPLE, "an example", node.span)
        arguments = self._values(found.get("arguments"), "`arguments`", mappings=True)
        given = found.get("inputs")
        if isinstance(given, Sequence) and inputs:
            value = self.literal(given)
            name = Name(inputs[0].name.text, given.span)
            shapes = () if value is None else ((name, value),)
        else:
            shapes = self._values(given, "`inputs`")
        return Example(arguments, shapes, node.span, self.literal(found.get("outputs")))

    def _values(
        self, node: Node | None, what: str, mappings: bool = False
    ) -> tuple[tuple[Name, Value], ...]:
        pairs = []
        for name, item in self.entries(node, what):
            value = self.literal(item, mappings)
            if value is not None:
                pairs.append((name, value))
        return tuple(pairs)
