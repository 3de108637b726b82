"""A spec is untrusted text: what it says is emitted as text, refused, or harmless."""

import ast
import builtins
import keyword
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from grammar import HOSTILE
from layersmith.language.tables import layer_members
from layersmith.pipeline import SpecFile, Target, generate
from layersmith.spec.model import snake_case

SPEC = {
    "layer": "Scale",
    "summary": "Scales by a factor.",
    "arguments": {"factor": {"type": "float", "default": 2.0}},
    "inputs": {"x": {"shape": ["batch", "features"]}},
    "weights": {"kernel": {"shape": ["features"]}},
    "call": "return x * factor * kernel\n",
    "outputs": {"shape": ["batch", "features"]},
    "examples": [{"inputs": {"x": [5, 3]}}],
}


def changed(**parts):
    return yaml.safe_dump({**SPEC, **parts}, sort_keys=False, allow_unicode=True)


def made(text):
    """The three emitted texts, or None; and the problems. It takes no long time."""
    start = time.perf_counter()
    generated, problems = generate([SpecFile("spec.yaml", text)], Target())
    assert time.perf_counter() - start < 2
    if problems:
        assert generated == []
        for problem in problems:
            assert 1 <= problem.span.line <= text.count("\n") + 1
            assert problem.hint
        return None, problems
    (files,) = generated
    return (files.layer, files.suite, files.script), []


def refused(text):
    texts, problems = made(text)
    assert texts is None
    return problems


def emitted(text):
    texts, problems = made(text)
    assert not problems, problems
    return texts


def assert_nothing_but_a_layer(texts):
    """The layer's module holds imports, functions and one class, and reaches nothing else."""
    for text in texts:
        compile(text, "emitted", "exec")
        text.encode("utf-8")
    tree = ast.parse(texts[0])
    docstring, *rest = tree.body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    assert all(isinstance(node, kinds) for node in rest)
    imported = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    assert imported <= {
        "keras", "tensorflow", "numpy", "layers", "activations", "constraints",
        "initializers", "regularizers",
    }  # fmt: skip
    for node in ast.walk(tree):
        name = getattr(node, "id", getattr(node, "attr", ""))
        assert name not in (
            "exec",
            "eval",
            "open",
            "__import__",
            "compile",
            "system",
            "abort",
        )
        assert not name.startswith("__") or name in ("__init__", "__class__"), name


# Texts of the author.

TEXTS = {
    "summary": lambda text: {"summary": " ".join(text.split()) or "x"},
    "description": lambda text: {"description": text},
    "reference": lambda text: {"reference": text},
    "doc of an argument": lambda text: {
        "arguments": {"factor": {"type": "float", "default": 2.0, "doc": text}}
    },
    "doc of an input": lambda text: {
        "inputs": {"x": {"shape": ["batch", "features"], "doc": text}}
    },
    "doc of a weight": lambda text: {
        "weights": {"kernel": {"shape": ["features"], "doc": text}}
    },
    "message": lambda text: {"checks": [{"that": "factor > 1", "message": text}]},
    "comment": lambda text: {
        "call": f"# {' '.join(text.split())}\nreturn x * factor * kernel  # {' '.join(text.split())}\n"
    },
    "default": lambda text: {
        "arguments": {
            "factor": {"type": "float", "default": 2.0},
            "mode": {"type": "str", "default": text},
        },
        "call": 'if mode == "a":\n    return x * kernel\nreturn x * factor * kernel\n',
    },
    "choice": lambda text: {
        "arguments": {
            "factor": {"type": "float", "default": 2.0},
            "mode": {"type": "str", "choices": [text, "a"], "default": "a"},
            "other": {"type": "str", "choices": [text, "a"], "default": "a"},
        },
        "call": "if mode == other:\n    return x * kernel\nreturn x * factor * kernel\n",
    },
    "constant in call": lambda text: {
        "call": f"y = tf.identity(x, name={text!r})\nreturn y * factor * kernel\n"
    },
    "argument of a sublayer": lambda text: {
        "sublayers": {"gate": f"Activation({text!r})"},
        "call": "return gate(x) * factor * kernel\n",
    },
}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("part", TEXTS)
def test_a_hostile_text_stays_text(part, text):
    assert_nothing_but_a_layer(emitted(changed(**TEXTS[part](text))))


ANY_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]),
    max_size=40,
) | st.text(st.sampled_from("\"'\\{}#%\n ab$`.N"), max_size=40)


@given(st.sampled_from(sorted(TEXTS)), ANY_TEXT)
def test_any_text_stays_text(part, text):
    texts, _ = made(changed(**TEXTS[part](text)))
    if texts is not None:
        assert_nothing_but_a_layer(texts)


@given(ANY_TEXT)
def test_a_default_is_emitted_with_its_value(text):
    layer, _, _ = emitted(changed(**TEXTS["default"](text)))
    (call,) = [
        n for n in ast.walk(ast.parse(layer)) if getattr(n, "name", "") == "__init__"
    ]
    assert call.args.defaults[-1].value == text


def test_a_message_is_emitted_with_its_words():
    message = 'It is "so", {really} \\ not\nthat'
    layer, _, _ = emitted(changed(checks=[{"that": "factor > 1", "message": message}]))
    texts = [n.value for n in ast.walk(ast.parse(layer)) if isinstance(n, ast.Constant)]
    whole = " ".join(" ".join(t for t in texts if isinstance(t, str)).split())
    assert 'It is "so", {really} \\ not that' in whole


# Names.

BAD_NAMES = sorted(
    {*keyword.kwlist, "__class__", "__init__", "größe", "ｘ", "a b", "a-b", "1a", ""}
)
# Names with a meaning in the emitted code, or of Python's own.
TAKEN = (
    "tf",
    "keras",
    "np",
    "self",
    "training",
    "name",
    "dtype",
    "kwargs",
    "config",
    "build",
)


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize(
    "part", ["arguments", "inputs", "weights", "sublayers", "derived"]
)
def test_what_is_no_name_is_refused(part, name):
    value = {"arguments": {"type": "int", "default": 1}, "weights": {"shape": [3]}}.get(
        part, {"shape": ["batch"]} if part == "inputs" else "Dense(3)"
    )
    problems = refused(changed(**{part: {name: value}}))
    assert any(repr(name) in p.message or f"`{name}`" in p.message for p in problems)


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.parametrize("part", ["arguments", "weights", "sublayers"])
def test_a_name_with_a_meaning_of_its_own_is_refused(part, name):
    value = {
        "arguments": {"type": "int", "default": 1},
        "weights": {"shape": ["features"]},
    }.get(part, "Dense(3)")
    parts = {**SPEC.get(part, {}), name: value}
    assert refused(
        changed(**{part: parts}, call=f"return x * factor * kernel * {name}(x)")
    )


def test_no_argument_hides_an_attribute_of_keras_layers():
    for name in sorted(layer_members()):
        if name.startswith("_"):
            continue
        arguments = {**SPEC["arguments"], name: {"type": "int", "default": 1}}
        texts, problems = made(
            changed(arguments=arguments, call=f"return x * factor * kernel * {name}\n")
        )
        if texts is None:
            assert problems
        else:
            assert_nothing_but_a_layer(texts)


@pytest.mark.parametrize("name", [n for n in dir(builtins) if n.isidentifier()])
def test_no_name_hides_a_builtin_in_emitted_code(name):
    arguments = {**SPEC["arguments"], name: {"type": "int", "default": 1}}
    assert refused(
        changed(arguments=arguments, call=f"return x * factor * kernel * {name}\n")
    )


@pytest.mark.parametrize(
    "layer",
    ["class", "True", "ValueError", "Lambda", "Import", "Random", "Json", "Keras", "Numpy",
     "../Up", "a/b", "A.B", "Größe", "A B", "A\nB", "A;import os", "", "lower", "__A__"],
)  # fmt: skip
def test_a_layer_with_a_name_that_would_do_harm_is_refused(layer):
    assert refused(changed(layer=layer))


@given(st.from_regex(r"[A-Z][A-Za-z0-9]{0,20}", fullmatch=True))
def test_a_file_is_named_in_letters_digits_and_underscores(layer):
    assert snake_case(layer).replace("_", "a").isalnum()


@pytest.mark.parametrize(
    "axis",
    [
        "None",
        "class",
        "lambda",
        "__x__",
        "self",
        "tf",
        "in",
        "²",
        "é",
        "a.b",
        "a b",
        "a;b",
    ],
)
def test_an_axis_that_is_no_name_is_refused(axis):
    assert refused(
        changed(
            inputs={"x": {"shape": ["batch", axis]}},
            outputs={"shape": ["batch", axis]},
            weights={"kernel": {"shape": [3]}},
        )
    )


# Code.

ATTACKS = [
    "import os",
    "from os import *",
    "from __future__ import braces",
    "exec('import os')",
    "y = eval('1')",
    "y = open('/etc/passwd').read()",
    "y = __import__('os').system('true')",
    "y = getattr(x, '__class__')",
    "y = globals()",
    "y = vars()",
    "y = type(x)",
    "y = compile('1', '', 'eval')",
    "y = x.__class__",
    "y = x.__class__.__mro__[1].__subclasses__()",
    "y = tf.__dict__",
    "y = tf._api",
    "y = tf.sys.modules",
    "y = tf.compat.v1.Session()",
    "y = x._keras_history",
    "y = (lambda: 0).__globals__",
    "y = (lambda: 0).func_globals",
    "y = [c for c in ().__class__.__base__.__subclasses__()]",
    "y = f'{x.__class__}'",
    "y = '{0.__class__}'.format(x)",
    "y = '%s' % x.__class__",
    "y = (z := x)",
    "y = lambda v: exec('import os')",
    "y = lambda: open('/etc/passwd')",
    "def f(v, w=open('/etc/passwd')): return v",
    "def f(v): return __builtins__",
    "@exec\ndef f(v): return v",
    "class A: pass",
    "while True: pass",
    "with open('x') as f: pass",
    "try:\n    y = 1\nexcept Exception:\n    y = 2",
    "raise SystemExit",
    "assert x",
    "del x",
    "global x",
    "y = yield x",
    "y = await x",
    "async def f(): pass",
    "match x:\n    case _: pass",
    "print(x)",
    "breakpoint()",
    "exit()",
    "help()",
    "y = input()",
    "self.x = 1",
    "tf.x = 1",
    "x.y = 1",
    "tf = x",
    "kernel = x",
    "y = np.fromfile('/etc/passwd')",
    "y = keras.utils.get_file('a', 'http://x')",
    "y = tf.keras.utils.get_file('a', 'http://x')",
    "y = tf.io.write_file('a', 'b')",
    "y = tf.io.read_file('/etc/passwd')",
    "y = tf.io.gfile.remove('a')",
    "y = tf.py_function(lambda: 0, [], tf.float32)",
    "y = tf.numpy_function(lambda: 0, [], tf.float32)",
    "y = tf.load_library('x.so')",
    "y = tf.saved_model.load('x')",
    "y = tf.summary.create_file_writer('x')",
    "tf.print(x, output_stream='file:///tmp/x')",
    "y = 9" + "9" * 400,
    "y = 0x" + "f" * 5000,
    "y = 10 ** 10 ** 10",
    "y = " + "(" * 300 + "x" + ")" * 300,
    "y = " + "-" * 5000 + "x",
    "y = " + " + ".join(["x"] * 5000),
    "y = x" + "[0]" * 500,
    "y = x" + ".a" * 500,
    "y = " + "lambda: " * 500 + "x",
    "y = [0] * 10 ** 9",
    "y = [x] * 9 * 9 * 9 * 9 * 9 * 9 * 9 * 9 * 9",
    "y = list(range(10 ** 12))",
    "y = range(0, 5, 0)",
    "y = range(10 ** 30)",
    "y = range(1, 2, 3, 4)",
    "def f(v): return f(v) + f(v)\ny = f(x)",
    "def f(v): return g(v)\ndef g(v): return f(v)\ny = f(x)",
    "def a(v): return v + v\ndef b(v): return a(a(a(a(v))))\ndef c(v): return b(b(b(b(v))))\n"
    "def d(v): return c(c(c(c(v))))\ndef e(v): return d(d(d(d(v))))\ny = e(e(e(e(e(x)))))",
    "for a in [x] * 30:\n  for b in [x] * 30:\n    for c in [x] * 30:\n      for d in [x] * 30:\n"
    "        for e in [x] * 30:\n          for f in [x] * 30:\n            y = x",
    "y = " + "tf.nn.dropout(" * 40 + "x" + ", 0.5)" * 40,
    "y = " + "tf.matmul(" * 40 + "x" + ", kernel)" * 40,
    "y = " + "tf.nn.silu(" * 50 + "x" + ")" * 50,
    "\ty = x",
    "y = x\fy = x",
    "y = x\\\n    + 1;  z = x",
    "y = '''\n'''",
    "y: [batch, features]",
    "(y): [batch, features] = x",
    "x, y",
    "*y, *z = x",
    "def f(v, v): return v",
    "y = f(v=1, v=2)",
    "return",
    "return *x",
    "y = x if x else",
    "y = 1e400",
    "y = 1j",
    "y = b'x'",
    "y = ...",
    "y = x[...][...][...]",
    "y = x[1:2:3, ::0]",
    "# coding: utf-7\n+ACIAIgAi-",
]
# Attacks that are right code: they may be emitted, where they do no harm.
HARMLESS = (
    "y = 1e400",
    "y = " + "tf.",
    "y = x[",
    "y = ...",
    "# coding",
    "(y)",
    "y = [0]",
    "y = range",
    "y = list",
    "for a",
    "y = x\\",
    "y = ' '",
    "def a(v)",
    "x, y",
    "return *x",
    "y = [x]",
)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
@pytest.mark.parametrize("part", ["call", "functions"])
def test_code_is_refused_or_harmless(part, attack):
    body = f"{attack}\nreturn x * factor * kernel\n"
    if part == "functions":
        inner = "".join(
            f"    {line}\n"
            for line in body.replace("* factor * kernel", "").split("\n")
        )
        parts = {
            "functions": f"def helper(x):\n{inner}",
            "call": "return helper(x) * factor * kernel\n",
        }
    else:
        parts = {"call": body}
    texts, problems = made(changed(**parts))
    if texts is None:
        return
    assert attack.startswith(HARMLESS), texts[0]
    assert_nothing_but_a_layer(texts)


EXPRESSIONS = [
    "open('/etc/passwd')",
    "exec('import os')",
    "__import__('os')",
    "factor.__class__",
    "(lambda: exec('1'))()",
    "[c for c in ().__class__.__mro__]",
    "f'{factor}'",
    "(y := factor)",
    "factor  # comment",
    "factor\n+ 1",
    "factor; import os",
    "factor) or exec('1'",
    "0x" + "f" * 5000,
    "9" * 5000,
    "10 ** 10 ** 10",
    "((((9 ** 8) ** 8) ** 8) ** 8) ** 8",
    "[0] * 10 ** 9",
    "'a' * 10 ** 9",
    "-" * 3000 + "1",
    "(" * 300 + "1" + ")" * 300,
    "*factor",
    "yield factor",
    "lambda x, x: 1",
    'x["""\\nimport os\\n"""]',
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=range(len(EXPRESSIONS)))
@pytest.mark.parametrize(
    "part",
    ["derived", "checks", "shape", "when", "initializer", "sublayer", "constant", "axis", "output", "repeat"],
)  # fmt: skip
def test_an_expression_is_refused_or_harmless(part, expression):
    parts = {
        "derived": {
            "derived": {"d": expression},
            "call": "return x * factor * kernel * d\n",
        },
        "checks": {"checks": [{"that": expression, "message": "No."}]},
        "shape": {"weights": {"kernel": {"shape": [expression]}}},
        "when": {"weights": {"kernel": {"shape": ["features"], "when": expression}}},
        "initializer": {
            "weights": {"kernel": {"shape": ["features"], "initializer": expression}}
        },
        "sublayer": {
            "sublayers": {"gate": f"Dense({expression})"},
            "call": "return gate(x) * factor * kernel\n",
        },
        "constant": {
            "constants": {"c": expression},
            "call": "return x * factor * kernel * c\n",
        },
        "axis": {"inputs": {"x": {"shape": ["batch", expression]}}},
        "output": {"outputs": {"shape": ["batch", expression]}},
        "repeat": {
            "sublayers": {"gate": {"layer": "Dense(3)", "repeat": expression}},
            "call": "for g in gate:\n    x = g(x)\nreturn x * factor * kernel\n",
        },
    }[part]
    texts, _ = made(changed(**parts))
    if texts is not None:
        assert_nothing_but_a_layer(texts)


# Numbers and sizes.


@pytest.mark.parametrize(
    "number",
    [
        "9" * 5000,
        "1e400",
        "-1e400",
        ".nan",
        ".inf",
        "-.inf",
        "1_000",
        "0x10",
        "1e-400",
        "-0",
        "00",
        "1e5",
    ],
)
@pytest.mark.parametrize("kind", ["int", "float"])
def test_a_number_is_emitted_as_a_number_or_refused(kind, number):
    text = changed().replace(
        "type: float\n    default: 2.0", f"type: {kind}\n    default: {number}"
    )
    texts, problems = made(text)
    if texts is not None:
        assert_nothing_but_a_layer(texts)


@pytest.mark.parametrize("bound", ["min", "max", "above", "below"])
@pytest.mark.parametrize(
    "value", [".inf", "-.inf", ".nan", "9" * 30, "1e400", "a", "[1]", "1.5", "-1"]
)
def test_a_bound_is_emitted_as_a_number_or_refused(bound, value):
    for kind in ("int", "float"):
        text = changed().replace(
            "type: float\n    default: 2.0",
            f"type: {kind}\n    {bound}: {value}\n    default: 2",
        )
        texts, _ = made(text)
        if texts is not None:
            assert_nothing_but_a_layer(texts)


# Size and time.


def test_ten_thousand_unknown_keys_are_told_in_short_time():
    text = changed() + "".join(f"key{n}: {n}\n" for n in range(9_000))
    start = time.perf_counter()
    generate([SpecFile("spec.yaml", text)], Target())
    assert time.perf_counter() - start < 2


def test_a_thousand_wrong_functions_are_told_in_short_time():
    lines = "".join(f"y{n} = tf.wrong{n}.name{n}(x)\n" for n in range(1_000))
    start = time.perf_counter()
    generate(
        [SpecFile("spec.yaml", changed(call=lines + "return x * factor * kernel\n"))],
        Target(),
    )
    assert time.perf_counter() - start < 2


def test_a_thousand_lines_are_read_in_short_time():
    lines = "".join(f"y{n + 1} = tf.nn.relu(y{n}) + kernel\n" for n in range(1_000))
    call = f"y0 = x\n{lines}return y1000 * factor\n"
    start = time.perf_counter()
    generate([SpecFile("spec.yaml", changed(call=call))], Target())
    assert time.perf_counter() - start < 4
