"""Random specs that are right, or nearly so: with every part, and with hostile texts in it.

No Hypothesis here: `benchmarks/fuzz.py` uses this too, and runs without it.
"""

from __future__ import annotations

import random
import re
from typing import Any

import yaml

# Texts that break out of strings, docstrings, f-strings, comments and templates, if they can.
HOSTILE = (
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    '\\"',
    '\\"""',
    'ends with a quote"',
    "ends with a backslash\\",
    '"starts with a quote',
    '""" + __import__("os").system("true") + """',
    '"""\nimport os\nos.abort()\n"""',
    "'); import os; os.abort(); ('",
    "{",
    "}",
    "{}",
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "{# comment #}",
    "{0.__class__.__init__.__globals__}",
    '{__import__("os").abort()}',
    "%s %(x)s $x ${x}",
    "\\n \\x41 \\u0041 \\N{BULLET} \\",
    "# a comment",
    "a\nb\n\nc",
    "x" * 300,
    "word " * 60,
    "größe 日本語 🎉 Ωmega",
    "``` `x` **b** <script>",
    "coding: latin-1",
    "-*- coding: utf-7 -*-",
    "...",
    ".",
    "Args:\n    x: y",
    "noqa: F821",
    "type: ignore",
    "fmt: off",
)
PLAIN = (
    "Size of the last axis.",
    "whether to add a bias",
    "Fraction to drop",
    "Scales by a factor.",
)
NAMES = (
    "units rank rate scale factor alpha beta_value mode flag depth heads size value a w x1 l O "
    "epsilon momentum use_bias activation_name gate_units data temperature kernel_size index "
    "layers layer keras_name initializers seed axis dtype_name y z out input_dim features_out "
    "print_it match case np_value tf_value draws oracle make "
    "inputs_ self_ cls args kwargs_ call_ build_ result expected shape_ test pytest_ model"
).split()
AXES = (
    "batch steps features channels height width time heads_axis n m k in_ a b".split()
)
TYPES = (
    "int",
    "float",
    "bool",
    "str",
    "activation",
    "initializer",
    "regularizer",
    "constraint",
    "shape",
)
UNARY = (
    "tf.abs tf.tanh tf.exp tf.sigmoid tf.square tf.nn.relu tf.nn.gelu tf.nn.softplus tf.sin "
    "tf.negative tf.nn.elu tf.math.log1p tf.stop_gradient tf.identity tf.nn.swish"
).split()


class Grammar:
    """Makes specs from one source of random numbers."""

    def __init__(self, source: random.Random, hostile: float = 0.3):
        self.random = source
        self.hostile = hostile

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, values: Any) -> Any:
        return self.random.choice(list(values))

    def words(self) -> str:
        """A text of the author: harmless, hostile, or several of both."""
        if not self.chance(self.hostile):
            return self.pick(PLAIN)
        count = self.random.randint(1, 3)
        return " ".join(self.pick((*HOSTILE, *PLAIN)) for _ in range(count))

    def text(self) -> str:
        """The spec as YAML."""
        spec = self.spec()
        call = spec.pop("call")
        width = self.pick((20, 80, 10_000))
        flow = self.pick((None, True, False))
        lines = yaml.safe_dump(
            spec,
            sort_keys=False,
            allow_unicode=True,
            width=width,
            default_flow_style=flow,
        )
        if flow:
            whole = {**spec, "call": "\n".join(call) + "\n"}
            return yaml.safe_dump(
                whole,
                sort_keys=False,
                allow_unicode=True,
                width=width,
                default_flow_style=True,
            )
        code = "\n".join(call).split("\n")
        body = "".join(f"  {line}\n" if line else "\n" for line in code)
        return f"{lines}call: |\n{body}"

    def spec(self) -> dict[str, Any]:
        """The spec as data; `call` is a list of lines."""
        self.taken = {"batch"}
        self.arguments = self._arguments()
        self.inputs = self._inputs()
        self.weights: dict[str, dict[str, Any]] = {}
        self.sublayers: dict[str, str] = {}
        self.functions: list[str] = []
        call, output = self._call()
        summary = " ".join(self.words().split()) or "x"
        spec: dict[str, Any] = {
            "layer": self.pick(("Scale", "MyLayer", "LowRankDense", "X"))
        }
        spec["summary"] = summary
        if self.chance(0.3):
            spec["description"] = self.words()
        if self.chance(0.3):
            spec["reference"] = self.pick(
                (self.words(), "https://arxiv.org/abs/1706.03762")
            )
        spec["arguments"] = self.arguments
        checks = self._checks()
        if checks:
            spec["checks"] = checks
        spec["inputs"] = self.inputs
        for key in ("weights", "sublayers"):
            if getattr(self, key):
                spec[key] = getattr(self, key)
        if self.functions:
            spec["functions"] = "\n".join(self.functions) + "\n"
        spec["call"] = call
        spec["outputs"] = {"shape": output}
        spec["examples"] = [self._example()]
        if not self.arguments:
            del spec["arguments"]
        return spec

    def name(self, names: Any = NAMES) -> str:
        """A name that is not taken yet."""
        name = self.pick(names)
        while name in self.taken:
            name += self.pick("abcxyz_12")
        self.taken.add(name)
        return name

    def _arguments(self) -> dict[str, dict[str, Any]]:
        return {self.name(): self._argument() for _ in range(self.random.randint(0, 4))}

    def _argument(self) -> dict[str, Any]:
        kind = self.pick(TYPES)
        argument: dict[str, Any] = {"type": kind}
        if kind == "int":
            low = self.pick((0, 1, 2, -3))
            argument.update(
                self.pick(({}, {"min": low}, {"min": low, "max": 9}, {"above": low}))
            )
            argument.update(self.pick(({}, {"default": 4})))
        elif kind == "float":
            argument.update(
                self.pick(
                    (
                        {},
                        {"min": 0, "below": 1},
                        {"above": -0.5},
                        {"min": 0, "max": 1.0},
                    )
                )
            )
            argument.update(self.pick(({}, {"default": 0.25}, {"default": None})))
        elif kind == "bool":
            argument["default"] = self.pick((True, False))
        elif kind == "str":
            choices = [self.words() for _ in range(self.random.randint(1, 3))]
            argument.update(
                self.pick(({}, {"choices": choices}, {"choices": ["sum", "mean"]}))
            )
            argument["default"] = argument.get("choices", [self.words()])[0]
        elif kind == "shape":
            argument["default"] = self.pick(([2, 3], [1], None))
        else:
            default = {"activation": "tanh", "initializer": "glorot_uniform"}.get(kind)
            argument["default"] = self.pick(
                (default, default or "l2" if kind == "regularizer" else default)
            )
        if self.chance(0.5):
            argument["doc"] = self.words()
        return argument

    def of_type(self, *kinds: str) -> list[str]:
        return [
            name for name, given in self.arguments.items() if given["type"] in kinds
        ]

    def sizes(self) -> list[str]:
        """Arguments that are positive integers."""
        return [n for n in self.of_type("int") if self.arguments[n].get("min", 0) >= 1]

    def _inputs(self) -> dict[str, dict[str, Any]]:
        last = self.name(AXES[1:])
        form = self.pick(("flat", "flat", "open", "steps", "fixed"))
        middle = {
            "flat": [],
            "open": ["..."],
            "steps": [self.name(AXES[1:])],
            "fixed": [4],
        }[form]
        self.axes = ["batch", *middle, last]
        self.main = self.name(("inputs", "x", "data_in", "q"))
        made = {self.main: {"shape": list(self.axes)}}
        if self.chance(0.3):
            made[self.name(("other", "context", "y_in"))] = {"shape": list(self.axes)}
        for given in made.values():
            if self.chance(0.3):
                given["doc"] = self.words()
        return made

    def _checks(self) -> list[dict[str, str]]:
        numbers = self.sizes()
        if not numbers or not self.chance(0.4):
            return []
        name = self.pick(numbers)
        that = self.pick(
            (f"{name} < 100", f"{name} % 1 == 0", f"not {name} > 99 and {name} > 0")
        )
        return [{"that": that, "message": self.words()}]

    def _call(self) -> tuple[list[str], list[Any]]:
        self.lines: list[str] = []
        self.values = {
            name: list(given["shape"]) for name, given in self.inputs.items()
        }
        current = self.main
        for other in list(self.inputs)[1:]:
            current = self.assign(f"{current} + {other}", self.values[current])
        for _ in range(self.random.randint(0, 6)):
            current = self.step(current)
        for name in self.unused():
            current = self.use(name, current)
        self.lines.append(f"return {current}")
        return self.lines, self.values[current]

    def assign(
        self, source: str, shape: list[Any], indent: str = "", name: str = ""
    ) -> str:
        name = name or self.name(
            ("h", "hidden", "y", "z", "scores", "a", "w", "out", "tmp", "softmax")
        )
        comment = f"  # {' '.join(self.words().split())}" if self.chance(0.1) else ""
        if self.chance(0.1) and "..." not in shape:
            stated = ", ".join(map(str, shape))
            self.lines.append(f"{indent}{name}: [{stated}] = {source}{comment}")
        else:
            self.lines.append(f"{indent}{name} = {source}{comment}")
        self.values[name] = list(shape)
        return name

    def step(self, x: str) -> str:
        """One more line or so; the name of the value that it makes."""
        shape = self.values[x]
        kind = self.pick(
            (
                "unary",
                "unary",
                "binary",
                "matmul",
                "reduce",
                "branch",
                "training",
                "layer",
            )
        )
        kind = self.pick(
            (kind, kind, "nested", "function", "comment", "lines", "slice")
        )
        if kind == "binary":
            sign = self.pick(("+", "-", "*", "/"))
            return self.assign(
                f"{x} {sign} {self.pick(('2', '0.5', x, f'({x} + 1)'))}", shape
            )
        if kind == "matmul" and len(shape) >= 2 and isinstance(shape[-1], str):
            size = self.pick([*self.sizes(), shape[-1]])
            name = self.name(
                ("kernel", "weight_a", "projection", "down", "up", "table")
            )
            self.weights[name] = self._weight([shape[-1], size])
            source = self.pick((f"tf.matmul({x}, {name})", f"{x} @ {name}"))
            return self.assign(source, [*shape[:-1], size])
        if kind == "reduce" and len(shape) == 3 and "..." not in shape:
            return self.assign(
                f"tf.reduce_{self.pick(('sum', 'mean', 'max'))}({x}, axis=1)",
                [shape[0], shape[2]],
            )
        if kind in ("branch", "training"):
            flags = self.of_type("bool") if kind == "branch" else ["training"]
            if flags:
                test = self.pick(flags)
                y = self.assign(f"{self.pick(UNARY)}({x})", shape)
                self.lines.append(self.pick((f"if {test}:", f"if not {test}:")))
                change = "tf.nn.dropout({0}, 0.5)" if kind == "training" else "{0} * 2"
                self.assign(change.format(y), shape, "    ", y)
                if self.chance(0.4):
                    self.lines.append("else:")
                    self.assign(f"{y} - 1", shape, "    ", y)
                return y
        if kind == "layer" and isinstance(shape[-1], str):
            size = self.pick([*self.sizes(), 3])
            name = self.name(("gate", "dense", "inner", "norm", "block"))
            makers = {
                f"Dense({size})": size,
                "LayerNormalization()": shape[-1],
                'Activation("relu")': shape[-1],
            }
            maker = self.pick(makers)
            self.sublayers[name] = maker
            return self.assign(f"{name}({x})", [*shape[:-1], makers[maker]])
        if kind == "nested":
            source = x
            for _ in range(self.random.randint(2, 7)):
                source = (
                    f"{self.pick(UNARY)}({source}{self.pick(('', ' + 1', ' * 2.0'))})"
                )
            return self.assign(source, shape)
        if kind == "function":
            name, argument = self.name(("twice", "helper", "f")), self.pick(("v", "t"))
            self.functions += [f"def {name}({argument}):", f"    return {argument} * 2"]
            return self.assign(f"{name}({x})", shape)
        if kind == "comment":
            self.lines.append("# " + " ".join(self.words().split()))
            if self.chance(0.5):
                self.lines.append("")
        if kind == "lines":
            return self.assign(
                f"tf.add(\n    {x},\n    {x}{self.pick((',', ''))}\n)", shape
            )
        if kind == "slice" and "..." not in shape:
            return self.assign(f"{x}[..., :]", shape)
        return self.assign(f"{self.pick(UNARY)}({x})", shape)

    def _weight(self, shape: list[Any]) -> dict[str, Any]:
        weight: dict[str, Any] = {"shape": shape}
        for kind, others in (
            ("initializer", ("zeros", "glorot_uniform", "RandomNormal(stddev=0.1)")),
            ("regularizer", ("l2", "L2(0.01)")),
            ("constraint", ("non_neg", "MaxNorm(2)")),
        ):
            if self.chance(0.4 if kind == "initializer" else 0.15):
                weight[kind] = self.pick((*self.of_type(kind), *others))
        if self.chance(0.2):
            weight["doc"] = self.words()
        return weight

    def unused(self) -> list[str]:
        text = "\n".join([*self.lines, str(self.weights), str(self.sublayers)])
        words = set(re.findall(r"\w+", text))
        return [name for name in self.arguments if name not in words]

    def use(self, name: str, x: str) -> str:
        """A line that reads an argument, so that it is not called unused."""
        shape, kind = self.values[x], self.arguments[name]["type"]
        if kind == "activation":
            return self.assign(f"{name}({x})", shape)
        if kind in ("initializer", "regularizer", "constraint"):
            weight = self.name(("extra", "bias", "offset"))
            last = shape[-1] if isinstance(shape[-1], str) else 3
            self.weights[weight] = {"shape": [last], kind: name}
            return self.assign(f"{x} + {weight}", shape)
        if (
            kind in ("int", "float")
            and self.arguments[name].get("default", 0) is not None
        ):
            return self.assign(f"{x} * {name}", shape)
        y = self.assign(f"{self.pick(UNARY)}({x})", shape)
        tests = {
            "bool": name,
            "str": f'{name} == "sum"',
            "float": f"{name} is not None",
        }
        self.lines.append(f"if {tests.get(kind, f'{name} is None')}:")
        self.assign(f"{y} + 1", shape, "    ", y)
        return y

    def _example(self) -> dict[str, Any]:
        values: dict[str, Any] = {"int": 4, "float": 0.5, "bool": True, "shape": [2, 3]}
        arguments = {
            name: values[given["type"]]
            for name, given in self.arguments.items()
            if "default" not in given or (given["type"] in values and self.chance(0.3))
        }
        size = {"batch": 5, "...": 2}
        sizes = [a if isinstance(a, int) else size.get(a, 3) for a in self.axes]
        example: dict[str, Any] = {
            "inputs": {name: list(sizes) for name in self.inputs}
        }
        return {"arguments": arguments, **example} if arguments else example
