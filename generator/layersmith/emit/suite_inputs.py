"""Functions of a suite whose text depends on the form that the inputs come in."""

from __future__ import annotations

from layersmith.emit import layout
from layersmith.plan.suite.model import InputPlan, SuiteInput

_SHAPE = "shape = (batch or shape[0], *shape[1:])"


def sampler(plan: InputPlan) -> str:
    """`sample`: random values for inputs of given shapes."""
    if plan.single:
        lines = [
            "def sample(shape=SHAPES[0], batch=None, seed=0):",
            "    rng = np.random.default_rng(seed)",
            f"    {_SHAPE}",
            f"    return {_values(plan.inputs[0])}",
        ]
    else:
        lines = [
            "def sample(shapes=SHAPES[0], batch=None, seed=0):",
            "    rng = np.random.default_rng(seed)",
            "",
            f"    def values({'name, ' if _by_name(plan) else ''}shape):",
            f"        {_SHAPE}",
            *(f"        {line}" for line in _choice(plan)),
            "",
            f"    return {_structure(plan)}",
        ]
    return layout.code("\n".join(lines))


def _values(one: SuiteInput) -> str:
    if one.dtype == "bool":
        return "rng.integers(0, 2, shape).astype(bool)"
    if one.upper is not None:
        return f'rng.integers(0, {one.upper}, shape).astype("{one.dtype}")'
    if one.dtype.startswith("complex"):
        return f'(rng.normal(0.5, 2.0, shape) + 1j).astype("{one.dtype}")'
    return f'rng.normal(0.5, 2.0, shape).astype("{one.dtype}")'


def _by_name(plan: InputPlan) -> bool:
    """Whether inputs differ in the values that they take."""
    return len({_values(one) for one in plan.inputs}) > 1


def _choice(plan: InputPlan) -> list[str]:
    """Statements that return values, by the input's name where they differ."""
    groups: dict[str, list[str]] = {}
    for one in plan.inputs:
        groups.setdefault(_values(one), []).append(one.name)
    ordered = sorted(groups.items(), key=lambda group: "normal" in group[0])
    lines = []
    for values, names in ordered[:-1]:
        listed = ", ".join(f'"{name}"' for name in names)
        test = f"name == {listed}" if len(names) == 1 else f"name in ({listed})"
        lines += [f"if {test}:", f"    return {values}"]
    return [*lines, f"return {ordered[-1][0]}"]


def _structure(plan: InputPlan) -> str:
    """What `sample` returns, in the form that the layer is called on."""
    named = _by_name(plan)
    if plan.form in ("many", "list"):
        if not named:
            return "[values(shape) for shape in shapes]"
        names = ", ".join(f'"{one.name}"' for one in plan.inputs)
        return f"[values(name, shape) for name, shape in zip(({names}), shapes)]"
    one = "values(name, shape)" if named else "values(shape)"
    if any(i.many or i.state for i in plan.inputs):
        each = (
            "[values(name, each) for each in shape]"
            if named
            else "[values(each) for each in shape]"
        )
        one = f"{each} if isinstance(shape, list) else {one}"
    return f"{{name: {one} for name, shape in shapes.items()}}"


def shapes_of(plan: InputPlan) -> str:
    """`shapes_of`: the shapes of inputs, as `build` takes them."""
    if plan.form in ("many", "list"):
        body = "[each.shape for each in x]"
    elif plan.form == "dict":
        body = "{name: each.shape for name, each in x.items()}"
    else:
        shape = "each.shape"
        if any(i.many for i in plan.inputs):
            shape = "[v.shape for v in each] if isinstance(each, list) else each.shape"
        asked = {name.partition("=")[0] for name in plan.shape_names}
        others = [i.name for i in plan.inputs if f"{i.name}_shape" not in asked]
        every = "for name, each in x.items()"
        if len(others) == 1:
            every += f' if name != "{others[0]}"'
        elif others:
            every += f" if name not in {tuple(others)!r}".replace("'", '"')
        body = f'{{f"{{name}}_shape": {shape} {every}}}'
    lines = [
        "def shapes_of(x):",
        '    """Shapes of the inputs, as `build` takes them."""',
        f"    return {body}",
    ]
    return layout.code("\n".join(lines))


def model_inputs(plan: InputPlan) -> str:
    """Statement that makes the inputs of a model."""
    made = {
        one.name: _keras_input(one, dict(plan.symbolic)[one.name], plan)
        for one in plan.inputs
        if dict(plan.symbolic)[one.name]
    }
    if plan.single:
        return f"inputs = {next(iter(made.values()))}"
    if plan.form == "many":
        one = next(iter(made.values()))
        return f"inputs = [{one} for _ in SHAPES[0]]"
    if plan.form == "list":
        return f"inputs = [{', '.join(made.values())}]"
    states = [made[i.name] for i in plan.inputs if i.state]
    many = {i.name for i in plan.inputs if i.many}
    parts = [
        f'"{i.name}": [{made[i.name]} for _ in SHAPES[0]["{i.name}"]]'
        if i.name in many
        else f'"{i.name}": {made[i.name]}'
        for i in plan.inputs
        if not i.state and i.name in made
    ]
    if states:
        parts.append(f'"states": [{", ".join(states)}]')
    return f"inputs = {{{', '.join(parts)}}}"


def _keras_input(one: SuiteInput, shape: str, plan: InputPlan) -> str:
    parts = [shape]
    if one.dtype != "float32":
        parts.append(f'dtype="{one.dtype}"')
    if plan.form in ("arguments", "dict") and not one.state and not one.many:
        parts.append(f'name="{one.name}"')
    return f"keras.Input({', '.join(parts)})"


def stated_inputs(plan: InputPlan, values: bool) -> str:
    """Source of the inputs of an example whose outputs are stated."""
    made = "np.array(each, dtype)" if values else "np.ones(each, dtype)"
    dtypes = {one.name: one.dtype for one in plan.inputs}
    if plan.form in ("many", "list"):
        kind = next(iter(dtypes.values()))
        return f"[{made.replace('dtype', repr(kind))} for each in inputs]".replace(
            "'", '"'
        )
    table = ", ".join(f'"{name}": "{dtype}"' for name, dtype in dtypes.items())
    one = made.replace("dtype", f"{{{table}}}[name]")
    return f"{{name: {one} for name, each in inputs.items()}}"
