"""Values of arguments that the suite tries: the example's, and others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from layersmith.language.analyse import Analysis
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.plan.oracle.functions import definitions
from layersmith.plan.suite.asked import asked_in_example
from layersmith.plan.suite.boundaries import boundary_values
from layersmith.plan.suite.started import starts_weights
from layersmith.spec.fits import fits
from layersmith.spec.model import Argument, Name

Values = dict[str, object]

_OTHERS = {
    "activation": ("tanh", "sigmoid", "softplus"),
    "initializer": ("he_normal", "glorot_normal", "lecun_normal", "random_normal"),
    "regularizer": ("l2", "l1", "L1L2"),
    "constraint": ("non_neg", "unit_norm", "max_norm"),
}
# Another value might take away what is to be tested, or not fit the inputs.
_KEPT = frozenset({"bool", "constraint", "layer", "data_format", "any"})
COMBINATIONS = 16


def settings(analysis: Analysis) -> tuple[Argument, ...]:
    """The arguments of `__init__`, those of a layer that is extended included."""
    inherited = []
    for name, value in analysis.spec.examples[0].arguments:
        if name.text in analysis.scope.inherited:
            kind = {bool: "bool", int: "int", float: "float", tuple: "shape"}.get(
                type(value.value), "str"
            )
            inherited.append(_argument(name, kind))
    return (*inherited, *analysis.spec.arguments)


def _argument(name: Name, kind: str) -> Argument:
    return Argument(name, kind, None, None, None, None, None, (), "")


def example_values(analysis: Analysis, index: int = 0) -> Values:
    """Arguments of an example, the others with values that are not their defaults.

    A switch keeps its default: turned, it might take away what is to be tested. No two
    arguments have one value where they need not: exchanged, they would not be noticed.
    """
    given = {n.text: v.value for n, v in analysis.spec.examples[index].arguments}
    values: Values = {}
    for argument in settings(analysis):
        name = argument.name.text
        default = argument.default.value if argument.default is not None else None
        values[name] = given.get(name, default)
        keeps = argument.type in _KEPT or is_axis(argument) or positive(argument)
        if name in given or keeps or argument.choices:
            continue
        taken = [*values.values(), *given.values()]
        candidates = [v for v in others(argument, default) if v is not None]
        candidates.sort(key=lambda v: v in taken)
        for other in candidates:
            if allowed(analysis, {**values, **given, name: other}):
                values[name] = other
                break
    return values


def changes(analysis: Analysis, values: Values) -> list[Values]:
    """Changes of the arguments under which the layer takes the same inputs.

    For each argument at least one other value; for each condition on an argument,
    values on both sides; the switches in all ways, where those are few.
    """
    found: list[Values] = []
    for argument in settings(analysis):
        name = argument.name.text
        if not _comparable(analysis, argument):
            continue
        for other in _tried(analysis, argument, values):
            found.append({name: other})
    found.extend(_combinations(analysis, values))
    return _distinct(found)


def kept_alone(analysis: Analysis, values: Values) -> list[Values]:
    """Changes that need other inputs, or that no output shows: parts of a configuration."""
    found = []
    for argument in settings(analysis):
        name = argument.name.text
        if not _comparable(analysis, argument):
            tried = _tried(analysis, argument, values)
            chosen = [*tried[:1], *(other for other in tried[1:] if other is None)]
            found += [{name: other} for other in chosen]
        for value in in_other_examples(analysis, argument):
            for form in (value, *_shorter_forms(analysis, argument, value)):
                if allowed(analysis, {**values, name: form}):
                    found.append({name: form})
    return _distinct(found)


def _distinct(found: list[Values]) -> list[Values]:
    return [change for index, change in enumerate(found) if change not in found[:index]]


def in_other_examples(analysis: Analysis, argument: Argument) -> list[object]:
    """Shapes, or values of any type, that it has in examples behind the first."""
    if argument.type not in ("shape", "partial_shape", "any"):
        return []
    first, *others = (
        [v.value for n, v in example.arguments if n.text == argument.name.text]
        for example in analysis.spec.examples
    )
    return [value for given in others for value in given if value not in first]


def _comparable(analysis: Analysis, argument: Argument) -> bool:
    """Whether a call with another value than the example's can show it."""
    if positive(argument) or starts_weights(analysis, argument):
        return False
    return same_inputs(analysis, argument)


def positive(argument: Argument) -> bool:
    """Whether an initializer's weight may be a variance, as it starts with ones."""
    default = argument.default.value if argument.default is not None else None
    return argument.type == "initializer" and default == "ones"


def same_inputs(analysis: Analysis, argument: Argument) -> bool:
    """Whether the layer takes the same inputs for every value of an argument."""
    name = argument.name.text
    if argument.type == "layer" or (
        argument.type == "data_format" and _places_channels(analysis)
    ):
        return False
    for layer_input in analysis.spec.inputs:
        if any(axis.text == name for axis in layer_input.shape.axes):
            return False
    return True


def _places_channels(analysis: Analysis) -> bool:
    """Whether the place of the channels matters to more than the layer's own code.

    It does to weights and masks, and to TensorFlow's convolutions and pools, which on
    a CPU take channels last alone.
    """
    named = [name for _, name, _ in analysis.facts.calls]
    masked = any(i.dtype == "bool" for i in analysis.spec.inputs)
    convolved = any(word in name for name in named for word in ("conv", "pool"))
    return bool(analysis.spec.weights) or masked or convolved


def _tried(analysis: Analysis, argument: Argument, values: Values) -> list[object]:
    name = argument.name.text
    every = bool(argument.choices) or argument.type == "bool"
    taken = [values[n] for n in values if n != name]
    candidates = list(others(argument, values[name]))
    candidates.sort(key=lambda v: not every and any(v is t or v == t for t in taken))
    tried: list[object] = []
    for other in candidates:
        if allowed(analysis, {**values, name: other}):
            tried.append(other)
            if not every:
                break
    more: list[object] = list(boundary_values(analysis, argument))
    if argument.nullable and argument.type not in _OTHERS:
        more.append(None)
    if argument.type in ("any", "shape") and argument.default is not None:
        more.append(argument.default.value)  # it may have another form
    if argument.type == "axis":
        # In no order: it should not matter.
        more.append((-1, -2) if _rank(analysis) > 2 else (-1,))
    for other in more:
        fine = other != values[name] and fits(argument, other) is None
        if fine and other not in tried and allowed(analysis, {**values, name: other}):
            tried.append(other)
    return [*tried, *_shorter_forms(analysis, argument, values[name])]


def _shorter_forms(
    analysis: Analysis, argument: Argument, value: object
) -> list[object]:
    """The number alone, where a conversion makes a tuple of it."""
    if argument.type != "shape" or not isinstance(value, tuple) or not value:
        return []
    return [value[0]] if converts(analysis, argument, value[0]) else []


def converts(analysis: Analysis, argument: Argument, value: object) -> bool | None:
    """Whether a value fits once it is converted; None where that cannot be told."""
    parsed = analysis.scope.conversions.get(argument.name.text)
    if parsed is None:
        return None
    known = {**definitions(analysis), argument.name.text: value}
    try:
        made = evaluate(parsed.tree, known)
    except Unknowable:
        return None
    return fits(argument, tuple(made) if isinstance(made, list) else made) is None


def _rank(analysis: Analysis) -> int:
    """Number of axes of the first input in the first example."""
    name = analysis.spec.inputs[0].name.text
    given = {n.text: v.value for n, v in analysis.spec.examples[0].inputs}
    return len(given.get(name, ()))


def _combinations(analysis: Analysis, values: Values) -> list[Values]:
    """Two or more switches turned at once."""
    turned = []
    for argument in analysis.spec.arguments:
        if argument.type == "bool" or argument.choices:
            if same_inputs(analysis, argument):
                name = argument.name.text
                ways = [values[name], *others(argument, values[name])]
                turned.append([(name, way) for way in ways])
    count = 1
    for ways in turned:
        count *= len(ways)
    if len(turned) < 2 or count > COMBINATIONS:
        return []
    found = []
    for way in product(*turned):
        change = {name: value for name, value in way if value != values[name]}
        if len(change) > 1 and allowed(analysis, {**values, **change}):
            found.append(change)
    return found


def others(argument: Argument, value: object) -> Iterator[object]:
    """Values that the argument may have and that are not this one."""
    for candidate in _candidates(argument, value):
        if type(candidate) is type(value) and candidate == value:
            continue
        if fits(argument, candidate) is None:
            yield candidate


def _candidates(argument: Argument, value: object) -> Iterator[object]:
    if argument.choices:
        yield from (choice.value for choice in argument.choices)
        if argument.nullable:
            yield None
    elif argument.type == "bool":
        yield not value
    elif is_axis(argument):
        # Not the batch, and there in an input of two axes.
        yield from (1, -1)
    elif argument.type == "any":
        yield from _greater(value)
    elif argument.type == "int":
        start = value if isinstance(value, int) else 1
        half = start // 2
        yield from (start + 1, start - 1, start * 2, half, start + 2, start + 3, 1, 0)
    elif argument.type == "float":
        yield from (0.25, 0.75, 0.5, 0.1, 0.01, 2.0, 1e-3)
        for bound in (argument.minimum, argument.maximum):
            if bound is not None:
                yield float(bound.value)
    elif argument.type == "shape":
        # What sizes would do for None, only the author knows.
        if isinstance(value, tuple):
            yield tuple(size + 1 for size in value)
            yield tuple(size * 2 for size in value)
    elif argument.type == "data_format":
        yield from ("channels_first", "channels_last")
    else:
        yield from _OTHERS.get(argument.type, ())


def is_axis(argument: Argument) -> bool:
    """Whether the values of an argument are places among the axes of an input."""
    named = argument.name.text in ("axis", "axes") and argument.type == "int"
    return argument.type == "axis" or named


def _greater(value: object) -> Iterator[object]:
    """Nested values with each whole number one greater."""
    if isinstance(value, tuple):
        yield tuple(next(_greater(item), item) for item in value)
    elif type(value) is int:
        yield value + 1


def allowed(analysis: Analysis, values: Mapping[str, object]) -> bool:
    """Whether the spec's checks hold for these arguments, and the example's shapes."""
    if not analysis.checks:
        return True
    known = {**asked_in_example(analysis), **values}
    return all(holds(analysis, index, known) for index in range(len(analysis.checks)))


def holds(analysis: Analysis, index: int, values: Mapping[str, object]) -> bool:
    """Whether one of the spec's checks holds; so where that cannot be told."""
    try:
        known = with_derived(analysis, values)
        return bool(evaluate(analysis.checks[index].tree, known))
    except Unknowable:
        return True


def with_derived(analysis: Analysis, values: Mapping[str, object]) -> dict[str, object]:
    """The arguments as the layer keeps them, and what is derived from them.

    The spec's functions are there too, and the shapes of the first example's inputs.
    """
    known: dict[str, object] = {**definitions(analysis), **_shapes(analysis), **values}
    for name, parsed in analysis.scope.conversions.items():
        try:
            known[name] = evaluate(parsed.tree, known)
        except Unknowable:
            continue
    for derived in analysis.spec.derived:
        name = derived.name.text
        try:
            known[name] = evaluate(analysis.scope.derived[name].tree, known)
        except Unknowable:
            continue
    return known


def _shapes(analysis: Analysis) -> dict[str, object]:
    """Shapes of the first example's inputs, by the names that `build` has for them."""
    given = {n.text: v.value for n, v in analysis.spec.examples[0].inputs}
    found: dict[str, object] = {f"{name}_shape": shape for name, shape in given.items()}
    first = analysis.spec.inputs[0]
    shape = given.get(first.name.text)
    if first.many:
        shape = (shape, shape)
    return {"input_shape": shape, **found}
