"""The inputs of a spec: which are masks, which `build` knows, and by which name."""

from __future__ import annotations

from layersmith.spec.model import Input, Spec


def input_of(spec: Spec, name: str) -> Input:
    """The input of this name."""
    return next(i for i in spec.inputs if i.name.text == name)


def is_mask(spec: Spec, name: str) -> bool:
    """Whether an input is a Keras mask: optional, bool, and named like one."""
    found = next((i for i in spec.inputs if i.name.text == name), None)
    if found is None or found.dtype != "bool" or not found.optional:
        return False
    others = {i.name.text for i in spec.inputs}
    return name == "mask" or (
        name.endswith("_mask") and name[: -len("_mask")] in others
    )


def tensors(spec: Spec) -> tuple[str, ...]:
    """Names of the inputs that `build` gets the shape of: all but masks and states."""
    return tuple(
        i.name.text
        for i in spec.inputs
        if not i.state and not is_mask(spec, i.name.text)
    )


def shape_parameter(spec: Spec, name: str) -> str:
    """Source of an input's shape in `build`; of a list of tensors, that of the first."""
    if spec.packing == "list":
        return f"input_shape[{tensors(spec).index(name)}]"
    if spec.packing == "dict":
        return f'input_shape["{name}"]'
    alone = len(tensors(spec)) == 1
    parameter = "input_shape" if alone else f"{name}_shape"
    return f"{parameter}[0]" if input_of(spec, name).many else parameter
