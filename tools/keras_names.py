"""What Keras's layers, initializers and their like take, found by asking them."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from importlib import import_module

VARIADIC = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def keras_table() -> dict:
    """What keras.json holds."""
    import keras

    names = {
        name: value
        for name, value in vars(keras.layers).items()
        if isinstance(value, type) and issubclass(value, keras.Layer)
    }
    layers, aliases = {}, {}
    for name, cls in names.items():
        # GroupQueryAttention is public, its class has another name.
        public = cls.__name__ if names.get(cls.__name__) is cls else name
        if public == name:
            layers[name] = _layer(cls)
        else:
            aliases[name] = public
    table = {
        "made_from": {"keras": keras.__version__},
        "layers": layers,
        "layer_aliases": aliases,
        "layer_members": dict.fromkeys(_layer_members()),
    }
    for kind in ("initializer", "regularizer", "constraint", "activation"):
        identifiers, objects = _identifiers(kind)
        table[f"{kind}_identifiers"] = identifiers
        table[f"{kind}_parameters"] = objects
    return table


def _layer(cls) -> dict:
    call = list(inspect.signature(cls.call).parameters.values())[1:]
    call = [p for p in call if p.kind not in VARIADIC]
    tensors = [p.name for p in call if p.default is p.empty and p.name != "training"]
    inputs, ranks = "unknown", []
    if len(tensors) > 1:
        inputs = "several"
    elif tensors:
        inputs, ranks = _tried_inputs(cls)
    parameters = [_parameter(p) for p in _init_parameters(cls)]
    layer = _called(cls, inputs, ranks) or _example(cls)
    return {
        "init": parameters,
        "base": _base_arguments_taken(cls),
        "call": [_parameter(p) for p in call],
        "inputs": inputs,
        "ranks": [] if cls.__name__ in RANKS_BY_ARGUMENT else ranks,
        "supports_masking": layer is not None and layer.supports_masking,
        "stateful": layer is not None and bool(layer.non_trainable_weights),
        "random": any(parameter[0] == "seed" for parameter in parameters),
        "saves_its_own": layer is not None and _saves_its_own(layer),
    }


def _parameter(parameter) -> list:
    if parameter.default is parameter.empty:
        return [parameter.name]
    try:
        json.dumps(parameter.default)
    except TypeError:
        return [parameter.name, repr(parameter.default)]
    return [parameter.name, parameter.default]


def _init_parameters(cls) -> list[inspect.Parameter]:
    """Those of `__init__`, and those that its **kwargs hand to a parent layer."""
    own = list(inspect.signature(cls.__init__).parameters.values())[1:]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in own)
    own = [p for p in own if p.kind not in VARIADIC]
    known = {p.name for p in own} | set(_base_arguments())
    for parent in cls.__mro__[1:] if open_ended else ():
        if parent.__name__ in ("Layer", "Operation") or "__init__" not in vars(parent):
            continue
        for p in list(inspect.signature(parent.__init__).parameters.values())[1:]:
            if p.kind in VARIADIC or p.default is p.empty or p.name in known:
                continue
            if _example(cls, **{p.name: p.default}) is not None:
                own.append(p.replace(kind=p.KEYWORD_ONLY))
                known.add(p.name)
    return own


def _base_arguments() -> list[str]:
    import keras

    parameters = inspect.signature(keras.Layer.__init__).parameters
    return [name for name in parameters if name not in ("self", "kwargs")]


def _base_arguments_taken(cls) -> list[str]:
    own = inspect.signature(cls.__init__).parameters
    if any(p.kind is p.VAR_KEYWORD for p in own.values()):
        return _base_arguments()
    return [name for name in _base_arguments() if name in own]


def _example(cls, **more):
    """An instance, or None where these arguments are refused."""
    values = {**_values(cls), **more}
    parameters = inspect.signature(cls.__init__).parameters
    chosen = {
        name: values[name]
        for name, p in parameters.items()
        if name in values and (p.default is p.empty or name in GIVEN)
    }
    try:
        return cls(**{**chosen, **more})
    except Exception:  # noqa: BLE001 - whatever a layer raises, it refuses
        return None


# Arguments that have a default under which the layer cannot be called.
GIVEN = (
    "bin_boundaries",
    "fft_length",
    "frame_length",
    "groups",
    "mean",
    "num_tokens",
    "variance",
    "vocabulary",
)
# Layers whose input rank is chosen by an argument or by the layer inside.
RANKS_BY_ARGUMENT = (
    "Bidirectional",
    "EinsumDense",
    "Permute",
    "SpectralNormalization",
    "TimeDistributed",
)


def _values(cls) -> dict:
    """Values for the arguments that an example needs."""
    from keras import activations, layers

    rank = int((re.search(r"(\d)D", cls.__name__) or "01")[1])
    inner = layers.LSTM(4) if cls is layers.Bidirectional else layers.Dense(4)
    return {
        "activation": "relu",
        "addition_factor": 0.5,
        "axes": -1,
        "bin_boundaries": [0.5],
        "cell": layers.LSTMCell(4),
        "cells": [layers.LSTMCell(4)],
        "dims": (1,),
        "equation": "a,ab->b",
        "factor": 4 if cls is layers.RandomPosterization else 0.5,
        "fft_length": 2,
        "filters": 4,
        "frame_length": 2,
        "function": activations.relu,
        "groups": 1,
        "head_dim": 4,
        "height": 2,
        "height_factor": 0.1,
        "input_dim": 9,
        "kernel_size": 1,
        "key_dim": 4,
        "layer": inner,
        "layers": [],
        "max_number": 3,
        "mean": 0.0,
        "n": 2,
        "num_bins": 4,
        "num_heads": 2,
        "num_key_value_heads": 1,
        "num_query_heads": 2,
        "num_tokens": 9,
        "output_dim": 4,
        "output_shape": 4,
        "output_size": (2,) * rank if rank > 1 else 2,
        "pool_size": 1,
        "rate": 0.5,
        "scale": 2.0,
        "stddev": 0.5,
        "target_shape": (-1,),
        "units": 4,
        "variance": 1.0,
        "vocabulary": [1, 2] if cls is layers.IntegerLookup else ["1", "2"],
        "width": 2,
        "width_factor": 0.1,
    }


def _tried_inputs(cls) -> tuple[str, list[int]]:
    """Whether `call` takes one tensor or a list of them, and of which ranks."""
    for inputs in ("single", "list"):
        ranks = [rank for rank in range(1, 7) if _called(cls, inputs, [rank])]
        if ranks:
            return inputs, ranks
    return "unknown", []


def _called(cls, inputs: str, ranks: list[int]):
    """An example that was called on inputs of such a rank, or None where none can be."""
    import tensorflow as tf

    for rank in ranks[:1]:
        # Images have three channels.
        shape = (2,) + (4,) * (rank - 2) + (3,) * (rank > 1)
        for dtype in ("float32", "int32", "string"):
            spec = tf.TensorSpec(shape, dtype)
            layer = _example(cls)
            # Traced, not run: some kernels end the process on a wrong rank.
            trace = tf.function(lambda x, layer=layer: layer(x))
            try:
                trace.get_concrete_function(
                    spec if inputs == "single" else [spec, spec]
                )
            except Exception:  # noqa: BLE001, S112
                continue
            return layer
    return None


def _saves_its_own(layer) -> bool:
    """Whether it writes its own weights one by one, and so not those of a subclass."""
    import keras

    if type(layer).save_own_variables is keras.Layer.save_own_variables:
        return False
    store: dict = {}
    layer.save_own_variables(store)
    return 0 < len(layer.weights) == len(store)


# Attributes that a layer has ----------------------------------------------------


def _layer_members() -> list[str]:
    """Names that an attribute of a custom layer must not take."""
    import keras

    class Probe(keras.Layer):
        def call(self, x, training=None):
            return x

    members = set(dir(Probe()))
    probe = Probe()
    probe(keras.Input((3,)))
    members |= set(dir(probe))
    # Private attributes that Keras and TensorFlow set or look for later.
    for cls in keras.Layer.__mro__[:-1]:
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(cls)))):
            if isinstance(node, ast.Attribute):
                name = node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
            else:
                continue
            if re.fullmatch(r"_[a-z]\w*", name):
                members.add(name)
    return sorted(members)


# Identifiers ---------------------------------------------------------------------


def _identifiers(kind: str) -> tuple[dict, dict]:
    """The strings that `get` takes, and the parameters of every class or function.

    A string may be refused though its class is public: `constant` needs a value.
    """
    package = {"activation": "activations"}.get(kind, f"{kind}s")
    public = import_module(f"keras.{package}")
    hidden = import_module(f"keras.src.{package}").ALL_OBJECTS_DICT
    named = {n: v for n, v in vars(public).items() if not n.startswith("_")}
    named = {**hidden, **named}
    for name in ("get", "serialize", "deserialize", kind, kind.title()):
        named.pop(name, None)
    identifiers, objects = {}, {}
    for name, value in named.items():
        if not isinstance(name, str) or not callable(value):
            continue
        objects[value.__name__] = [_parameter(p) for p in _init_parameters_of(value)]
        try:
            public.get(name)
        except Exception:  # noqa: BLE001, S112
            continue
        identifiers[name] = value.__name__
    return identifiers, objects


def _init_parameters_of(made) -> list[inspect.Parameter]:
    parameters = inspect.signature(made).parameters.values()
    return [p for p in parameters if p.kind not in VARIADIC]
