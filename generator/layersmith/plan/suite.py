"""Plans a layer's suite: from the spec's examples to tables of cases."""

from __future__ import annotations

import ast

from layersmith.language.analyse import Analysis
from layersmith.language.dims import Axis, Dim, Rest
from layersmith.language.evaluate import Unknowable, evaluate
from layersmith.language.numpy_meanings import imports, paste
from layersmith.plan import names, values
from layersmith.plan.arguments import MODULES, literal
from layersmith.plan.call import takes_training
from layersmith.plan.layer import keeps_mask, needs_seed
from layersmith.plan.oracle import activation_source, plan_oracle
from layersmith.plan.suite_model import BadArgument, SuiteInput, SuitePlan

SEED = 7
NUMPY_DTYPES = {"float": "float32", "string": "str", "bfloat16": "float32"}


def plan_suite(
    analysis: Analysis, module: str, package: str | None = None
) -> SuitePlan:
    """The plan of a suite.

    Args:
        analysis: The spec, understood.
        module: Import path of the layer.
        package: Name that Keras registers the class under.
    """
    spec = analysis.spec
    oracle = plan_oracle(analysis)
    arguments = values.example_arguments(analysis)
    changes = values.variants(analysis, arguments)
    seeded = needs_seed(analysis)
    helpers = list(oracle.helpers)
    activations = _activations(analysis, arguments, changes, helpers)
    inputs = _inputs(analysis)
    sizes = _sizes(analysis)
    sources = [(name, literal(value)) for name, value in arguments.items()]
    defaults = [
        (a.name.text, literal(a.default.value))
        for a in spec.arguments
        if a.default is not None
    ]
    variants = [tuple((n, literal(v)) for n, v in change.items()) for change in changes]
    if seeded:
        sources.append(("seed", str(SEED)))
        defaults.append(("seed", "None"))
        variants.append((("seed", str(SEED + 1)),))
    first = names.tensors(analysis)[0]
    shape = analysis.scope.shapes[first]
    shapes = _shapes(analysis, first)
    rest = len(shapes[-1]) - shape.least_rank
    mask = next(
        (i.name.text for i in spec.inputs if names.is_mask(analysis, i.name.text)), None
    )
    used_helpers = tuple(dict.fromkeys(helpers))
    return SuitePlan(
        name=spec.layer.text,
        snake=spec.snake,
        module=module,
        package=spec.package or package or "Custom",
        arguments=tuple(sources),
        defaults=tuple(defaults),
        variants=tuple(variants),
        objects=tuple(
            (a.name.text, f"keras.{MODULES[a.type]}")
            for a in spec.arguments
            if a.type in MODULES
        ),
        activations=activations,
        helpers=paste(used_helpers).rstrip("\n"),
        helper_imports=tuple(
            i for i in imports(*used_helpers) if i != "import numpy as np"
        ),
        oracle=oracle,
        oracle_parameters=_oracle_parameters(analysis, oracle),
        inputs=inputs,
        mask=mask,
        mask_shape=_example_shape(analysis, mask) or () if mask else (),
        shapes=shapes,
        symbolic=_tuple(_symbolic(analysis, shape.axes[1:], sizes, arguments, rest)),
        symbolic_output=_tuple(
            (
                "None",
                *_symbolic(analysis, analysis.output.axes[1:], sizes, arguments, rest),
            )
        ),
        weights=_expected_weights(analysis),
        weight_names=tuple(w.name.text for w in spec.weights),
        sublayers=tuple(s.name.text for s in spec.sublayers),
        axes=tuple(
            (a, sizes[a])
            for a in analysis.scope.axes
            if a in analysis.scope.static_axes
        ),
        state=tuple(analysis.facts.updates),
        untrained=tuple(w.name.text for w in spec.weights if not w.trainable),
        initial=_initial(analysis),
        initialized=_served(analysis, "initializer"),
        regularized=_served(analysis, "regularizer"),
        constrained=_served(analysis, "constraint"),
        bad=tuple(
            BadArgument(a.name.text, _source(bad))
            for a in spec.arguments
            for bad in values.bad_values(a)
        ),
        edges=tuple(
            BadArgument(a.name.text, _source(edge))
            for a in spec.arguments
            for edge in values.edge_values(a)
            if values.allowed(analysis, {**arguments, a.name.text: edge})
        ),
        least_rank=shape.least_rank,
        rank=shape.rank,
        width=_checks_width(analysis, first),
        random=analysis.facts.random,
        seeded=analysis.facts.random,
        training=takes_training(analysis),
        learns=any(w.trainable for w in spec.weights) or bool(spec.sublayers),
        floats=analysis.floats,
        keeps_mask=keeps_mask(analysis),
        script_module=f"train_{spec.snake}",
    )


def _activations(analysis, arguments, changes, helpers) -> tuple[tuple[str, str], ...]:
    """NumPy functions of the activations that any case uses, by source of the name."""
    used: dict[object, None] = {}
    for argument in analysis.spec.arguments:
        if argument.type == "activation":
            name = argument.name.text
            used[arguments[name]] = None
            used.update(dict.fromkeys(c[name] for c in changes if name in c))
            if argument.default is not None:
                used[argument.default.value] = None
    return tuple((literal(name), activation_source(name, helpers)) for name in used)


def _inputs(analysis: Analysis) -> tuple[SuiteInput, ...]:
    found = []
    for layer_input in analysis.spec.inputs:
        name = layer_input.name.text
        if names.is_mask(analysis, name):
            continue
        dtype = NUMPY_DTYPES.get(layer_input.dtype, layer_input.dtype)
        upper = 4 if "int" in dtype else None
        found.append(
            SuiteInput(name, _example_shape(analysis, name) or (), dtype, upper)
        )
    return tuple(found)


def _example_shape(analysis: Analysis, name: str) -> tuple[int, ...] | None:
    shapes = {n.text: v.value for n, v in analysis.spec.examples[0].inputs}
    return shapes.get(name)


def _sizes(analysis: Analysis) -> dict[str, int]:
    """Size of each axis in the first example."""
    sizes: dict[str, int] = {}
    for axis, (name, position) in analysis.scope.axes.items():
        shape = _example_shape(analysis, name)
        if shape is not None:
            sizes[axis] = shape[position]
    return sizes


def _shapes(analysis: Analysis, name: str) -> tuple[tuple[int, ...], ...]:
    """Shapes to try: the example's, and one of another rank where `...` allows it."""
    shape = _example_shape(analysis, name)
    if analysis.scope.shapes[name].rest is None:
        return (shape,)
    return (shape, (2, *shape))


def _symbolic(
    analysis: Analysis, axes: tuple[Axis, ...], sizes: dict, arguments: dict, rest: int
) -> list[str]:
    """Sizes of axes with those unknown that may be; `...` is `rest` axes."""
    known = values.with_derived(analysis, arguments)
    fixed = names.fixed_axes(analysis)
    found = []
    for axis in axes:
        if isinstance(axis, Rest):
            found.extend(["None"] * rest)
            continue
        size = None
        if isinstance(axis, Dim):
            try:
                given = {**known, **{a: s for a, s in sizes.items() if a in fixed}}
                size = evaluate(ast.parse(str(axis), mode="eval").body, given)
            except Unknowable:
                size = None
        found.append(str(size))
    return found


def _tuple(parts) -> str:
    parts = list(parts)
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def _expected_weights(analysis: Analysis) -> tuple[str, ...]:
    """Statements that fill `weights` with the shape of each weight by name."""
    lines = []
    for weight in analysis.spec.weights:
        sizes = [_size(analysis, text) for text in weight.shape.texts]
        shape = _tuple(sizes) if sizes else "()"
        line = f'weights["{weight.name}"] = {shape}'
        condition = analysis.conditions.get(weight.name.text)
        if condition is None:
            lines.append(line)
        else:
            lines.extend(
                [f"if {_in_arguments(analysis, condition.tree)}:", f"    {line}"]
            )
    return tuple(lines)


def _size(analysis: Analysis, text: str) -> str:
    return _in_arguments(analysis, ast.parse(text, mode="eval").body)


def _in_arguments(analysis: Analysis, tree: ast.AST) -> str:
    """An expression in terms of `a["units"]`."""
    from layersmith.plan.oracle import double_quoted

    derived = {
        d.name.text: analysis.scope.derived[d.name.text] for d in analysis.spec.derived
    }

    def rename(name: str) -> str:
        if name in derived:
            return f"({_in_arguments(analysis, derived[name].tree)})"
        return f'a["{name}"]' if analysis.spec.argument(name) is not None else name

    fresh = ast.parse(ast.unparse(tree), mode="eval").body
    return double_quoted(ast.unparse(names._Renamer(rename).visit(fresh)))


def _initial(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """Weights whose initializer no argument sets."""
    found = []
    for weight in analysis.spec.weights:
        read = analysis.objects.get((weight.name.text, "initializer"))
        if read is None:
            found.append((weight.name.text, '"glorot_uniform"'))
        elif read.identifier is not None:
            found.append((weight.name.text, f'"{read.identifier}"'))
    return tuple(found)


def _served(analysis: Analysis, kind: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each argument of a kind: the weights that it serves, sublayers' included."""
    found = []
    for argument in analysis.spec.arguments:
        if argument.type != kind:
            continue
        name = argument.name.text
        served = [
            weight
            for (weight, of), read in analysis.objects.items()
            if of == kind and read.argument == name
        ]
        for sublayer, maker in analysis.makers.items():
            for parameter, node in maker.arguments.items():
                used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                if name in used and parameter.endswith(f"_{kind}"):
                    served.append(f"{sublayer}/{parameter[: -len(kind) - 1]}")
        found.append((name, tuple(served)))
    return tuple(found)


def _checks_width(analysis: Analysis, name: str) -> bool:
    last = analysis.scope.shapes[name].axes[-1]
    return isinstance(last, Dim) and str(last) in names.fixed_axes(analysis)


def _oracle_parameters(analysis: Analysis, oracle) -> tuple[str, ...]:
    parameters = []
    if any(name in analysis.makers for name in oracle.opaque):
        parameters.append("layer")
    text = "\n".join(oracle.body)
    parameters.append("a")
    parameters.append("w")
    for layer_input in sorted(analysis.spec.inputs, key=lambda i: i.optional):
        parameters.append(
            f"{layer_input.name}=None"
            if layer_input.optional
            else layer_input.name.text
        )
    if "training" in analysis.facts.used:
        parameters.append("training=False")
    if "draws." in text:
        parameters.append("draws=None")
    return tuple(parameters)


def _source(value: object) -> str:
    if isinstance(value, float) and value != value:
        return "np.nan"
    if isinstance(value, float):
        return repr(round(value, 12))
    return literal(value)
