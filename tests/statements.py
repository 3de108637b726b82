"""Random statements, and what `ruff format` makes of them."""

import random
import subprocess
import sys

NAMES = [
    "x",
    "units",
    "inputs",
    "hidden",
    "scores",
    "mask",
    "training",
    "None",
    "3",
    "0.5",
    "self.kernel",
    "self.moving_mean",
    "self.kernel_initializer",
    "self.compute_dtype",
    "input_shape[-1]",
    "x.shape[-1]",
    "tf.float32",
    "initializer_of_the_kernel",
    '"text"',
    'a["units"]',
    'w["kernel"]',
]
FUNCTIONS = [
    "tf.matmul",
    "tf.where",
    "tf.nn.dropout",
    "tf.reduce_sum",
    "np.concatenate",
    "self.activation",
    "self.add_weight",
    "layers.Dense",
    "softmax",
    "f",
]
TARGETS = [
    "x",
    "outputs",
    "hidden",
    "self.kernel",
    "self.input_spec",
    "mean,~variance",
    "scores:~Any",
    'weights["kernel"]',
    "self.kernel_initializer",
]
# How tight an expression binds, from the loosest.
LAMBDA, CONDITION, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(10)


class Statements:
    """Random statements of the forms that the emitter makes, each on one line."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def statement(self):
        """A statement, and how far it is indented."""
        pick = self.random.choice
        depth = self.random.randint(2, 4)
        target = pick(TARGETS).replace("~", " ")
        forms = {
            f"{target} = {self.expression(depth)}": 9,
            f"{target} = {self.call(depth)}": 4,
            f"x += {self.expression(depth)}": 1,
            f"return {self.expression(depth)}": 4,
            f"return {self.expression(1)}, {self.expression(2)}": 1,
            f"{target} = {self.expression(2)}, {self.expression(2)}": 1,
            f"assert {self.expression(depth)}": 2,
            f"if {self.expression(depth)}:": 2,
            f"elif {self.expression(depth)}:": 0,
            f"for name in {self.expression(depth, OR)}:": 1,
            f"for name, value in {self.call(depth)}:": 1,
            self.call(depth): 3,
            f"with {self.call(depth)}:": 1,
            self.error(): 1,
            self.definition(): 1,
        }
        text = self.random.choices(list(forms), list(forms.values()))[0]
        return text, 0 if text.startswith("def ") else pick((0, 4, 8))

    def expression(self, depth, least=LAMBDA):
        """An expression that binds at least so tight, else in parentheses."""
        chance, pick, inner = self.random.random(), self.random.choice, depth - 1
        if depth <= 0 or chance < 0.2:
            return pick(NAMES)
        if chance < 0.5:
            return self.call(depth)
        if chance < 0.66:
            sign = pick(["+", "-", "*", "/", "//", "@"])
            tight = SUM if sign in "+-" else PRODUCT
            left = self.expression(inner, tight)
            text = f"{left} {sign} {self.expression(inner, tight + 1)}"
        elif chance < 0.72:
            sign = pick(["<", ">=", "==", "is not", "in", "not in", "!="])
            tight = COMPARISON
            text = f"{self.expression(inner, SUM)} {sign} {self.expression(inner, SUM)}"
        elif chance < 0.76:
            tight = pick((OR, AND))
            word = " or " if tight == OR else " and "
            count = self.random.randint(2, 3)
            text = word.join(self.expression(inner, tight + 1) for _ in range(count))
        elif chance < 0.78:
            tight, text = NOT, f"not {self.expression(inner, COMPARISON)}"
        elif chance < 0.80:
            parts = [self.expression(inner, OR) for _ in range(3)]
            tight, text = CONDITION, "{} if {} else {}".format(*parts)
        elif chance < 0.82:
            tight, text = SIGN, "-" + pick(("x", "units", "self.kernel"))
        else:
            return self.container(depth)
        return text if tight >= least else f"({text})"

    def call(self, depth):
        inner = depth - 1
        parts = [self.expression(inner) for _ in range(self.random.randint(0, 3))]
        if self.random.random() < 0.1:
            parts.append(self.random.choice(("*inputs", "*input_shape[:-1]")))
        for name in ("axis", "name", "dtype"):
            if self.random.random() < 0.3:
                parts.append(f"{name}={self.expression(depth - 2)}")
        return f"{self.random.choice(FUNCTIONS)}({', '.join(parts)})"

    def container(self, depth):
        chance, inner = self.random.random(), depth - 1
        parts = [self.expression(inner) for _ in range(self.random.randint(0, 3))]
        if chance < 0.3:
            return f"[{', '.join(parts)}]"
        if chance < 0.5:
            keys = ("a", "units", "kernel_initializer")
            entries = (f'"{k}": {v}' for k, v in zip(keys, parts, strict=False))
            return f"{{{', '.join(entries)}}}"
        if chance < 0.7:
            first = self.random.choice(("*input_shape[:-1]", "x"))
            return f"({first}, {', '.join([*parts, 'units'])})"
        if chance < 0.8:
            each = self.expression(inner, OR)
            return f"[{self.expression(inner)} for name in {each}]"
        if chance < 0.87:
            each = self.expression(inner, OR)
            return f"tuple({self.expression(inner)} for size in {each} if size)"
        index = self.random.choice(
            ("0", "..., tf.newaxis", ":, 0", ":-1", "1:", "::2", ":units, x:-x:2")
        )
        return f"{self.call(depth)}[{index}]"

    def error(self):
        more = " and more words" * self.random.randint(0, 3)
        name = self.random.choice(("rate", "kernel_initializer"))
        return (
            f'raise ValueError("`{name}` must be in the range [0, 1){more}. " '
            f'f"Received: {name}={{{name}}}")'
        )

    def definition(self):
        parameters = [
            "self",
            "inputs",
            'kernel_initializer="glorot_uniform"',
            "mask=None",
        ]
        parameters += ["training=False", "use_bias=True", "activation=None", "**kwargs"]
        count = self.random.randint(1, len(parameters))
        name = self.random.choice(("call", "__init__", "compute_output_shape"))
        return f"def {name}({', '.join(parameters[:count])}):"


def program(text, indent, layout=lambda text, indent: " " * indent + text):
    """A module around a statement, laid out or not."""
    around = {0: "", 4: "def f():\n", 8: "def f():\n    if x:\n"}[indent]
    body = " " * (indent + 4) + "pass\n" if text.endswith(":") else ""
    return f"{around}{layout(text, indent)}\n{body}"


def ruff(programs):
    """Each program as `ruff format` lays it out; all in one run."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"],
        input="\n\nNEXT\n\n\n".join(programs),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [text.strip() for text in done.stdout.split("\nNEXT\n")]
