"""Reads one call of an operation as the language does, and runs what the table says.

A case is a call over named axes. It is read by the interpreter, translated by the
oracle's own translator, and run in TensorFlow for several sizes of its axes.
"""

from __future__ import annotations

import ast
import dataclasses
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from layersmith.errors import Report
from layersmith.language import numpy_meanings, operations
from layersmith.language.analyse import Analysis
from layersmith.language.dims import Dim, Rest, Shape
from layersmith.language.evaluate import evaluate
from layersmith.language.interpret import Interpreter
from layersmith.language.parse import parse_body
from layersmith.language.scope_builder import build_scope
from layersmith.language.values import Items, Tensor, Value
from layersmith.plan.oracle import plan_oracle
from layersmith.plan.template import fill
from layersmith.spec import read_spec

# What each letter is unless a case says otherwise: axes, then what numbers it holds.
INPUTS = {
    "x": "batch time features",
    "y": "batch time features",
    "z": "batch time features",
    "v": "features",
    "w": "features",
    "k": "features units",
    "s": "",
    "r": "batch ... features",
    "b": "batch time features bool",
    "c": "batch time features bool",
    "i": "batch time int32<3",
    "j": "batch int32<2",
    "h": "batch height width channels",
    "n": "batch time features int32<9",
    "q": "batch time features complex",
    "sq": "batch features features square",
    "spd": "batch features features definite",
}
ARGUMENTS = {
    "units": ("int", 5),
    "size": ("int", 2),
    "axis": ("int", 1),
    "flag": ("bool", True),
    "rate": ("float", 0.5),
}
SIZES = (
    {
        "batch": 2,
        "time": 3,
        "features": 4,
        "height": 6,
        "width": 4,
        "channels": 4,
        "...": (),
    },
    {
        "batch": 3,
        "time": 4,
        "features": 6,
        "height": 4,
        "width": 8,
        "channels": 8,
        "...": (2,),
    },
    {
        "batch": 1,
        "time": 1,
        "features": 2,
        "height": 8,
        "width": 6,
        "channels": 4,
        "...": (2, 3),
    },
)


@dataclass(frozen=True)
class Case:
    """A call to try.

    Attributes:
        text: The call, or an expression around it.
        inputs: Other inputs than INPUTS has, by name.
        sizes: Other sizes of axes, in every trial.
        open: Whether the announced shape may leave something unknown.
        tolerance: Relative and absolute, between NumPy and TensorFlow in float64.
        wide: Whether TensorFlow runs it in float64 too.
        trials: How many of SIZES are tried.
    """

    text: str
    inputs: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    open: bool = False
    tolerance: float = 1e-10
    trials: int = 3

    @property
    def names(self) -> list[str]:
        """Names of the inputs that it reads, in the order of reading."""
        names = [
            n.id for n in ast.walk(ast.parse(self.text)) if isinstance(n, ast.Name)
        ]
        named = [n for n in names if n in {**INPUTS, **self.inputs}]
        # A layer has an input, whatever its call reads.
        return list(dict.fromkeys([*named, *self.inputs])) or ["x"]

    @property
    def arguments(self) -> list[str]:
        names = {
            n.id for n in ast.walk(ast.parse(self.text)) if isinstance(n, ast.Name)
        }
        return [name for name in ARGUMENTS if name in names]

    def described(self, name: str) -> str:
        return {**INPUTS, **self.inputs}[name]


def case(
    text: str,
    open: bool = False,
    tolerance: float = 1e-10,
    trials: int = 3,
    sizes=None,
    **inputs,
):
    return Case(text, inputs, sizes or {}, open, tolerance, trials)


@dataclass(frozen=True)
class Reading:
    """What the language knows of a case."""

    value: Value
    analysis: Analysis
    report: Report

    @property
    def operation(self):
        """The row of the outermost call, as it holds for this call."""
        return self.analysis.facts.calls[-1][2]

    @property
    def given(self) -> dict[str, object]:
        node = self.analysis.facts.calls[-1][0]
        return self.analysis.facts.bound[id(node)]


AXES_END = (
    "bool",
    "complex",
    "square",
    "definite",
    "lower",
    "positive",
    "unit",
    "share",
    "sorted",
)


def axes_of(described: str) -> tuple[list[str], str]:
    """Axes and kind of an input."""
    words = described.split()
    if words and (words[-1] in AXES_END or words[-1].startswith(("int", "float"))):
        return words[:-1], words[-1]
    return words, "float"


def read(given: Case, floats: str | None = None) -> Reading:
    """Reads a case as the body of `call`.

    Args:
        given: The case.
        floats: Dtype of the inputs: the compute dtype, or the variable dtype, in which
            operations that take no float16 are used.
    """
    if floats is None:
        row = operations.find(outer_call(given.text))
        half = row is None or row.mixed
        floats = "float" if half else "variable"
    lines = ["layer: Case", "summary: Case.", "inputs:"]
    for name in given.names:
        axes, kind = axes_of(given.described(name))
        dtype = {"bool": "bool", "complex": "complex64"}.get(kind, "float")
        if kind.startswith(("int", "float")):
            dtype = kind.partition("<")[0]
        lines.append(f"  {name}: {{shape: [{', '.join(axes)}], dtype: {dtype}}}")
    if given.arguments:
        lines.append("arguments:")
        lines += [
            f"  {name}: {{type: {ARGUMENTS[name][0]}}}" for name in given.arguments
        ]
    lines += [
        f"call: return {given.text}",
        "outputs: {shape: [batch]}",
        "examples: [{inputs: {x: [1]}}]",
    ]
    report = Report("case.yaml")
    text = "\n".join(lines).replace("dtype: complex64", "dtype: float32")
    spec = read_spec(text.replace("call: return ", "call: |\n  return "), report)
    assert spec is not None, [p.message for p in report.problems]
    parsed = parse_body(spec.call, report)
    scope = build_scope(spec, floats, report)
    for name in given.names:
        if axes_of(given.described(name))[1] == "complex":
            scope.values[name] = dataclasses.replace(
                scope.values[name], dtype="complex64"
            )
    interpreter = Interpreter(parsed, scope, floats, report, {})
    interpreter.run()
    facts = interpreter.facts
    known = {
        "spec": spec,
        "scope": scope,
        "facts": facts,
        "call": parsed,
        "floats": floats,
    }
    known |= {
        "makers": {},
        "objects": {},
        "conditions": {},
        "checks": (),
        "outputs": (),
    }
    names = {f.name for f in dataclasses.fields(Analysis)}
    analysis = Analysis(**{name: part for name, part in known.items() if name in names})
    value = facts.returns[0][1] if facts.returns else None
    return Reading(value, analysis, report)


def sizes_of(given: Case, trial: int) -> dict[str, object]:
    arguments = {
        name: value for name, (kind, value) in ARGUMENTS.items() if kind == "int"
    }
    return {**SIZES[trial], **arguments, **given.sizes}


def drawn(
    described: str, sizes: dict[str, object], dtype: str, seed: int
) -> np.ndarray:
    """Numbers of an input for some sizes of its axes."""
    axes, kind = axes_of(described)
    shape: list[int] = []
    for axis in axes:
        known = sizes.get(axis)
        shape.extend(
            known
            if isinstance(known, tuple)
            else [int(axis) if known is None else known]
        )
    rng = np.random.default_rng(seed)
    if kind.startswith("int"):
        name, _, below = kind.partition("<")
        return rng.integers(0, int(below or 5), shape).astype(name)
    if kind == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    x = rng.normal(size=shape)
    if kind == "complex":
        wide = "complex128" if dtype == "float64" else "complex64"
        return (x + 1j * rng.normal(size=shape)).astype(wide)
    if kind == "positive":
        x = np.abs(x) + 0.5
    elif kind == "unit":
        x = np.tanh(x) * 0.9
    elif kind == "share":
        x = np.abs(x) + 0.1
        x = x / x.sum(-1, keepdims=True)
    elif kind == "sorted":
        x = np.sort(x, -1)
    elif kind == "square":
        x = x * 0.2 + 2 * np.eye(shape[-1])
    elif kind == "lower":
        x = np.tril(x * 0.2 + 2 * np.eye(shape[-1]))
    elif kind == "definite":
        x = x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])
    return (
        x
        if dtype == "bfloat16"
        else x.astype("float32" if kind == "float32" else dtype)
    )


def inputs_of(given: Case, trial: int, dtype: str = "float64") -> dict[str, np.ndarray]:
    sizes = sizes_of(given, trial)
    return {
        name: drawn(given.described(name), sizes, dtype, seed)
        for seed, name in enumerate(given.names)
    }


def shape_of(shape: Shape | None, sizes: dict[str, object]) -> list[int | None] | None:
    """An announced shape with numbers for its names."""
    if shape is None:
        return None
    numbers: list[int | None] = []
    for axis in shape.axes:
        if isinstance(axis, Rest):
            numbers.extend(sizes["..."])
        else:
            numbers.append(None if axis is None else number_of(axis, sizes))
    return numbers


def number_of(dim: Dim, sizes: dict[str, object]) -> int:
    return int(evaluate(ast.parse(str(dim), mode="eval").body, sizes))


def is_known(value: Value) -> bool:
    """Whether all of an announced shape is known."""
    if isinstance(value, Tensor):
        return value.shape is not None and None not in value.shape.axes
    if isinstance(value, Items) and value.values is not None:
        return all(map(is_known, value.values))
    return False


def in_numpy(reading: Reading, given: Case, trial: int, draws: object = None) -> object:
    """What the oracle gives for the case."""
    plan = plan_oracle(reading.analysis)
    assert not plan.opaque, plan.opaque
    scope: dict[str, object] = {}
    imports = {"import numpy as np", *numpy_meanings.imports(*plan.helpers)}
    # No spec has complex inputs; here they stand for what a transform gives.
    kept = {
        f"{name} = {name}.astype(float)"
        for name in given.names
        if axes_of(given.described(name))[1] == "complex"
    }
    body = "\n".join(f"    {line}" for line in plan.body if line not in kept)
    parameters = ", ".join(["a", "draws", *given.names])
    source = "\n".join(
        [
            *sorted(imports),
            numpy_meanings.paste(plan.helpers),
            f"def oracle({parameters}):",
            body,
        ]
    )
    exec(source, scope)  # noqa: S102
    inputs = inputs_of(given, trial)
    arguments = {name: value for name, (_, value) in ARGUMENTS.items()}
    arguments |= {name: size for name, size in given.sizes.items() if name in arguments}
    return scope["oracle"](
        arguments, draws, *(np.copy(inputs[name]) for name in given.names)
    )


def keras_source(reading: Reading) -> str | None:
    """The case in keras.ops, where the row has a meaning of it."""
    operation = reading.operation
    if operation.keras is None:
        return None
    given = {
        name: argument for name, argument in reading.given.items() if name != "name"
    }
    if any("{" + name not in operation.keras and name != "*" for name in given):
        return None
    return fill(operation.keras, sources(given), keras_conversion)


def keras_conversion(name: str, how: str, text: str) -> str:
    return text.lower() if how == "lower" else text


def sources(given: dict[str, object]) -> dict[str, str]:
    """Source of each argument of a call."""
    found = {}
    for name, argument in given.items():
        if name == "*":
            found["inputs"] = ", ".join(ast.unparse(item) for item in argument)
        else:
            text = ast.unparse(argument)
            bare = isinstance(argument, (ast.Name, ast.Constant, ast.List, ast.Tuple))
            found[name] = text if bare else f"({text})"
    return found


@cache
def row_names() -> tuple[str, ...]:
    return tuple(row.name for row in operations.rows())


def outer_call(text: str) -> str:
    """Name of the function that a case is about: the outermost call."""
    node = ast.parse(text, mode="eval").body
    while not isinstance(node, ast.Call):
        node = node.left if isinstance(node, ast.BinOp) else node.value
    return ast.unparse(node.func)
