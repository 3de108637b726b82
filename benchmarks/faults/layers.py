"""Faults of Keras layers: weights, arguments, configuration, masks, training, shapes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from faults.text import Change, Mutant, Source

DTYPES = {"float32": "float16", "int32": "float32"}


def mutants(source: Source) -> Iterator[Mutant]:
    yield from _call(source)
    yield from _weights(source)
    yield from _swapped(source)
    yield from _arguments(source)
    yield from _config(source)
    yield from _output_shape(source)


def _first_statement(function: ast.FunctionDef) -> ast.stmt:
    first = function.body[0]
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1] if docstring and len(function.body) > 1 else first


def _call(source: Source) -> Iterator[Mutant]:
    """Masks and training ignored, the input returned."""
    call = source.function("call")
    if call is None:
        return
    first = _first_statement(call)
    start, _ = source.extent(first)
    margin = " " * first.col_offset
    names = [argument.arg for argument in call.args.args[1:]]
    for name in names:
        if name == "mask" or name.endswith("_mask"):
            yield source.change(
                "mask ignored", first, Change(start, start, f"{name} = None\n{margin}")
            )
        elif name == "training":
            for value in ("None", "True", "not training"):
                yield source.change(
                    f"training = {value}",
                    first,
                    Change(start, start, f"training = {value}\n{margin}"),
                )
    for node in ast.walk(call):
        if isinstance(node, ast.Return) and node.value is not None:
            yield source.replace("input returned", node.value, names[0])
        if isinstance(node, ast.keyword) and node.arg == "training":
            for value in ("True", "False"):
                yield source.replace(f"training={value}", node.value, value)
        if isinstance(node, ast.keyword) and node.arg == "seed":
            yield source.replace("one seed for ever", node.value, "7")


def _adds(source: Source) -> list[ast.Call]:
    return [
        node
        for node in source.walk(ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "add_weight"
    ]


def _weights(source: Source) -> Iterator[Mutant]:
    for add in _adds(source):
        for keyword in add.keywords:
            if keyword.arg == "initializer":
                for other in ("zeros", "ones", "glorot_uniform"):
                    if source.of(keyword.value) != f'"{other}"':
                        yield source.replace("initializer", keyword.value, f'"{other}"')
            elif keyword.arg == "shape" and isinstance(keyword.value, ast.Tuple):
                for size in keyword.value.elts:
                    yield source.replace("weight shape", size, f"{source.of(size)} + 1")
            elif keyword.arg == "name":
                yield source.replace("weight name", keyword.value, '"other"')
            elif keyword.arg in ("regularizer", "constraint"):
                yield source.replace(keyword.arg, keyword.value, "None")
            elif keyword.arg == "aggregation":
                yield source.replace("aggregation", keyword.value, '"sum"')
        if "trainable" not in {keyword.arg for keyword in add.keywords}:
            start, end = source.extent(add)
            text = source.text[start : end - 1].rstrip().rstrip(",")
            yield source.replace("trainable", add, f"{text}, trainable=False)")


def _swapped(source: Source) -> Iterator[Mutant]:
    """Two weights or sublayers exchanged, everywhere in `call` or in one place."""
    call, init, build = (source.function(n) for n in ("call", "__init__", "build"))
    if call is None:
        return
    made = []
    for function in (init, build):
        for node in ast.walk(function) if function is not None else ():
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                target, called = (node.targets[0], ast.unparse(node.value.func))
                weight = called == "self.add_weight"
                if isinstance(target, ast.Attribute) and (
                    weight or called.startswith("layers.")
                ):
                    if target.attr != "input_spec":
                        made.append((target.attr, weight))
    uses: dict[str, list[ast.Attribute]] = {name: [] for name, _ in made}
    for node in ast.walk(call):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            if node.attr in uses:
                uses[node.attr].append(node)
    for (one, kind), (other, same) in combinations(made, 2):
        if kind != same or not uses[one] or not uses[other]:
            continue
        changes = [Change(*source.extent(node), f"self.{other}") for node in uses[one]]
        changes += [Change(*source.extent(node), f"self.{one}") for node in uses[other]]
        yield source.change("two swapped", uses[one][0], *changes)
        for node in uses[one]:
            yield source.replace("one for another", node, f"self.{other}")
        for node in uses[other]:
            yield source.replace("one for another", node, f"self.{one}")


def _arguments(source: Source) -> Iterator[Mutant]:
    """An argument ignored: its default taken instead."""
    init = source.function("__init__")
    if init is None:
        return
    parameters = init.args.args
    defaults = dict(zip((p.arg for p in parameters[::-1]), init.args.defaults[::-1]))
    for name, default in defaults.items():
        if isinstance(default, ast.Constant) and isinstance(default.value, str):
            yield source.replace("default", default, '"zeros"')
        elif isinstance(default, ast.Constant) and default.value is None:
            yield source.replace("default", default, "0")
        for node in ast.walk(init):
            inner = (
                isinstance(node, ast.Name)
                and node.id == name
                and isinstance(node.ctx, ast.Load)
            )
            if inner and not _in_raise(source, node):
                yield source.replace("argument ignored", node, source.of(default))
    names = [p.arg for p in parameters[1:]]
    for node in ast.walk(init):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Name)
            and node.value.id in names
        ):
            for other in names:
                if other != node.value.id:
                    yield source.replace("one argument for another", node.value, other)
                    break


def _in_raise(source: Source, node: ast.AST) -> bool:
    while node in source.parents:
        node = source.parents[node]
        if isinstance(node, ast.Raise):
            return True
    return False


def _config(source: Source) -> Iterator[Mutant]:
    function = source.function("get_config")
    for node in ast.walk(function) if function is not None else ():
        if not isinstance(node, ast.Dict) or None in node.keys:  # `**other`
            continue
        for index, (key, value) in enumerate(zip(node.keys, node.values)):
            start = source.extent(key)[0]
            last = index + 1 == len(node.keys)
            end = (
                source.extent(value)[1]
                if last
                else source.extent(node.keys[index + 1])[0]
            )
            yield source.change("config entry dropped", key, Change(start, end, ""))
            yield source.replace("config entry None", value, "None")
            yield source.replace("config key wrong", key, f'"{key.value}_"')
            if not last:
                yield source.swap(
                    "config entries swapped", value, node.values[index + 1]
                )


def _output_shape(source: Source) -> Iterator[Mutant]:
    function = source.function("compute_output_shape")
    for node in ast.walk(function) if function is not None else ():
        if isinstance(node, ast.Return) and node.value is not None:
            text = source.of(node.value)
            yield source.replace("output shape", node.value, f"({text})[:-1]")
            yield source.replace("output shape", node.value, f"(*{text}, 1)")
            yield source.replace("output shape", node.value, f"tuple(reversed({text}))")
        if isinstance(node, ast.Tuple):
            for item in node.elts:
                if not isinstance(item, ast.Starred):
                    yield source.replace("output shape", item, "None")
                    yield source.replace("output shape", item, f"{source.of(item)} + 1")
