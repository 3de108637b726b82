"""Faults in calls: arguments, keywords, one function for another, none at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from faults.text import Mutant, Source

# Functions that are taken for one another, by the last part of the name.
TAKEN_FOR = {
    "reduce_sum": "reduce_mean",
    "reduce_mean": "reduce_sum",
    "reduce_max": "reduce_min",
    "reduce_min": "reduce_max",
    "reduce_prod": "reduce_sum",
    "reduce_any": "reduce_all",
    "reduce_all": "reduce_any",
    "reduce_std": "reduce_variance",
    "reduce_variance": "reduce_std",
    "reduce_logsumexp": "reduce_max",
    "argmax": "argmin",
    "argmin": "argmax",
    "maximum": "minimum",
    "minimum": "maximum",
    "cumsum": "cumprod",
    "sqrt": "rsqrt",
    "rsqrt": "sqrt",
    "sin": "cos",
    "cos": "sin",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "tanh": "sigmoid",
    "sigmoid": "tanh",
    "relu": "abs",
    "softmax": "sigmoid",
    "log_softmax": "softmax",
    "floor": "ceil",
    "ceil": "floor",
    "square": "abs",
    "expand_dims": "squeeze",
    "logical_and": "logical_or",
    "logical_or": "logical_and",
    "assign": "assign_add",
    "assign_add": "assign",
    "assign_sub": "assign_add",
}
# What a call of these in place of their argument would not be a fault of the layer.
MAKERS = ("add_weight", "InputSpec", "super")


def mutants(source: Source) -> Iterator[Mutant]:
    for node in source.walk(ast.Call):
        yield from _arguments(source, node)
        if isinstance(source.parents[node], ast.ClassDef):
            continue  # a decorator
        yield from _function(source, node)


def _arguments(source: Source, node: ast.Call) -> Iterator[Mutant]:
    items = sorted([*node.args, *node.keywords], key=source.extent)
    for index, item in enumerate(items):
        if isinstance(item, ast.keyword):
            name = item.arg or "**"
            yield source.drop(f"keyword {name} dropped", items, index)
        elif index:
            yield source.drop("argument dropped", items, index)
    if len(node.args) > 1:
        for one, other in zip(node.args, node.args[1:]):
            yield source.swap("arguments swapped", one, other)
    if _name(node).endswith("SeedGenerator"):
        yield source.drop("seed ignored", items, 0)


def _function(source: Source, node: ast.Call) -> Iterator[Mutant]:
    name = _name(node)
    last = name.rpartition(".")[2]
    if node.args and last not in MAKERS and not isinstance(node.args[0], ast.Starred):
        yield source.replace(
            "call replaced by its argument", node, source.operand(node.args[0])
        )
    if isinstance(node.func, ast.Attribute):
        if not node.args and not node.keywords and last not in ("get_config",):
            yield source.replace("call dropped", node, source.of(node.func.value))
        if last in TAKEN_FOR and name != f"self.{last}":
            module = source.of(node.func.value)
            if last in (
                "sqrt",
                "tanh",
                "sigmoid",
                "relu",
                "softmax",
                "log_softmax",
                "floor",
            ):
                module = _module(TAKEN_FOR[last])
            yield source.replace(
                "one function for another", node.func, f"{module}.{TAKEN_FOR[last]}"
            )
    if last == "matmul":
        flags = {k.arg for k in node.keywords}
        start, end = source.extent(node)
        for flag in ("transpose_a", "transpose_b"):
            if flag not in flags:
                text = source.text[start : end - 1].rstrip().rstrip(",")
                yield source.replace("transposed", node, f"{text}, {flag}=True)")
    if last in ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min"):
        if "keepdims" not in {k.arg for k in node.keywords}:
            start, end = source.extent(node)
            text = source.text[start : end - 1].rstrip().rstrip(",")
            yield source.replace("keepdims", node, f"{text}, keepdims=True)")


def _module(name: str) -> str:
    return {
        "rsqrt": "tf.math",
        "sigmoid": "tf",
        "tanh": "tf",
        "abs": "tf",
        "softmax": "tf.nn",
        "ceil": "tf.math",
    }.get(name, "tf")


def _name(node: ast.Call) -> str:
    return ast.unparse(node.func)
