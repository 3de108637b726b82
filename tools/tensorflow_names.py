"""The public names of TensorFlow that may stand in a forward pass, found by walking it."""

from __future__ import annotations

import enum
import inspect
import math
import re

# Parts of `tf` whose functions may stand in a forward pass. Files, datasets, devices,
# training and export are left out, and so is raw_ops: it reaches files as well, and
# what a layer needs of it has a wrapper elsewhere.
TF_MODULES = (
    *("audio", "autodiff", "autograph", "bitwise", "debugging", "distribute", "dtypes"),
    *("experimental", "image", "io", "linalg", "lookup", "math", "nest", "nn"),
    *("quantization", "ragged", "random", "sets", "signal", "sparse", "strings"),
    "summary",
)
KERAS_MODULES = ("activations", "losses", "ops", "random")
# A spec is untrusted text: nothing that reads or writes files, loads code or objects,
# or opens a connection. And classes that are no use inside a layer.
LEFT_OUT = re.compile(
    r"(?i:file|writer|write_|record|load_|matching|dump|dlpack|tensorrt|trace_)"
    r"|proto$|Spec$|Strategy|ExtensionType|dispatch|\.dtensor"
    r"|\.((de)?serialize|get|from_config|experimental_type_proto)$"
    r"|\.(distribute|quantization|autograph)\.experimental|\.ops\.(nn|numpy|linalg|image)$"
    r"|\.distribute\.(cluster|coordinator|[A-Z](?!educeOp))|RNNCell"
    r"|\.(AggregationMethod|DType|Graph|Module|Operation|RegisterGradient|Tensor)$"
)


def tensorflow_table() -> dict:
    """What tensorflow.json holds."""
    import tensorflow as tf

    found: list[tuple[str, object, object]] = []
    constants: dict[str, list] = {}
    _walk(tf, "tf", TF_MODULES, found, constants)
    for part in KERAS_MODULES:
        _walk(getattr(tf.keras, part), f"tf.keras.{part}", (), found, constants)
    names: dict[object, list[str]] = {}
    objects = {}
    for name, key, value in found:
        names.setdefault(key, []).append(name)
        objects[key] = value
    functions, aliases = {}, {}
    for key, same in names.items():
        # The name that people write: tf.reduce_sum, not tf.math.reduce_sum.
        same.sort(
            key=lambda name: ("experimental" in name, name.count("."), len(name), name)
        )
        functions[same[0]] = _signature_text(objects[key])
        aliases.update(dict.fromkeys(same[1:], same[0]))
    return {
        "made_from": {"tensorflow": tf.__version__},
        "functions": functions,
        "aliases": aliases,
        "constants": constants,
    }


def _walk(module, path, submodules, found, constants) -> None:
    """Adds the public names under a module to what is found.

    `found` gets (name, identity, value): two names with one identity are aliases.
    """
    for attribute in dir(module):
        name = f"{path}.{attribute}"
        if attribute.startswith("_") or LEFT_OUT.search(name):
            continue
        value = getattr(module, attribute)
        if inspect.ismodule(value):
            own = value.__name__.startswith(("tensorflow", "keras"))
            if own and (path != "tf" or attribute in submodules):
                _walk(value, name, (), found, constants)
        elif isinstance(value, enum.EnumMeta):
            for member in value.__members__:
                constants[f"{name}.{member}"] = ["enum", member]
        elif isinstance(value, type):
            if not issubclass(value, BaseException):
                found.append((name, value, value))
                for method in _constructors(value, name):
                    bound = getattr(value, method)
                    found.append((f"{name}.{method}", (value, method), bound))
        elif callable(value):
            found.append((name, value, value))
        else:
            constant = _constant(value)
            if constant:
                constants[name] = constant


def _constant(value) -> list | None:
    if type(value).__name__ == "DType":
        return ["dtype", value.name]
    if value is None:
        return ["none", None]
    if isinstance(value, float):
        # JSON has no infinity.
        return ["float", value if math.isfinite(value) else str(value)]
    if isinstance(value, (bool, int, str)):
        return [type(value).__name__, value]
    return None


def _constructors(cls, path: str) -> list[str]:
    """Its public class and static methods: `tf.RaggedTensor.from_tensor`."""
    if not cls.__module__.startswith(("tensorflow", "keras")):
        return []
    return [
        name
        for name in dir(cls)
        if not name.startswith("_")
        and not LEFT_OUT.search(f"{path}.{name}")
        and isinstance(
            inspect.getattr_static(cls, name, None), (classmethod, staticmethod)
        )
    ]


def _signature_text(function) -> str:
    """Parameter names in order, `name=` where there is a default."""
    try:
        parameters = _parameters(function)
    except (TypeError, ValueError):
        return "*args, **kwargs"
    parts, star = [], False
    for index, parameter in enumerate(parameters):
        if parameter.kind is parameter.VAR_POSITIONAL:
            star = True
            parts.append("*" + parameter.name)
        elif parameter.kind is parameter.VAR_KEYWORD:
            parts.append("**" + parameter.name)
        else:
            if parameter.kind is parameter.KEYWORD_ONLY and not star:
                star = True
                parts.append("*")
            parts.append(
                parameter.name + ("" if parameter.default is parameter.empty else "=")
            )
        after = parameters[index + 1 : index + 2]
        if parameter.kind is parameter.POSITIONAL_ONLY and (
            not after or after[0].kind is not parameter.POSITIONAL_ONLY
        ):
            parts.append("/")
    return ", ".join(parts)


def _parameters(function) -> list[inspect.Parameter]:
    if isinstance(function, type) and "__init__" in vars(function):
        return list(inspect.signature(function.__init__).parameters.values())[1:]
    return list(inspect.signature(function).parameters.values())
