"""A spec is untrusted text: what it says is emitted as text, refused, or harmless."""

import ast
import builtins
import keyword
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from grammar import HOSTILE
from layersmith.language import operations
from layersmith.language.parse import MAX_CALLS
from layersmith.language.tables import layer_members
from layersmith.pipeline import SpecFile, Target, generate
from layersmith.spec.model import snake_case
from safety import fault

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
    start = time.process_time()
    generated, problems = generate([SpecFile("spec.yaml", text)], Target())
    assert time.process_time() - start < 2
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
    """The texts compile, and the layer's module holds nothing but a layer."""
    assert fault(texts) is None, texts[0]


# Texts of the author.


def everywhere(text):
    """A spec that has a text in every place that takes one."""
    line = " ".join(text.split()) or "x"
    number = {"type": "float", "default": 2.0, "doc": text}
    choice = {"type": "str", "choices": [text, "a"], "default": "a"}
    return changed(
        summary=line,
        description=text,
        reference=text,
        arguments={
            "factor": number,
            "mode": {"type": "str", "default": text},
            "one": choice,
            "other": choice,
        },
        checks=[{"that": "factor > 1", "message": text or "x"}],
        inputs={"x": {"shape": ["batch", "features"], "doc": text}},
        weights={"kernel": {"shape": ["features"], "doc": text}},
        sublayers={"gate": f"Rescaling({text!r})"},
        call=(
            f"# {line}\n"
            f"y = gate(tf.identity(x, name={text!r}))  # {line}\n"
            f"if mode == one or mode == other or one == {text!r}:\n"
            f"    y = y + 1  # {line}\n"
            "return y * factor * kernel\n"
        ),
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_stays_text(text):
    assert_nothing_but_a_layer(emitted(everywhere(text)))


ANY_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]),
    max_size=40,
) | st.text(st.sampled_from("\"'\\{}#%\n ab$`.N"), max_size=40)


@given(ANY_TEXT)
@settings(max_examples=60)
def test_any_text_stays_text(text):
    texts, _ = made(everywhere(text))
    if texts is not None:
        assert_nothing_but_a_layer(texts)


@given(ANY_TEXT)
@settings(max_examples=30)
def test_a_default_is_emitted_with_its_value(text):
    arguments = {**SPEC["arguments"], "mode": {"type": "str", "default": "TEXT"}}
    call = 'if mode == "a":\n    return x * kernel\nreturn x * factor * kernel\n'
    # In quotes, as people must write it too where it reads as a number: `0E0`.
    quoted = yaml.safe_dump(text, default_style='"', width=10**6).strip()
    spec = changed(arguments=arguments, call=call).replace("TEXT", quoted)
    layer, _, _ = emitted(spec)
    functions = [
        n for n in ast.walk(ast.parse(layer)) if isinstance(n, ast.FunctionDef)
    ]
    (init,) = [node for node in functions if node.name == "__init__"]
    assert init.args.defaults[-1].value == text


def test_a_message_is_emitted_with_its_words():
    message = 'It is "so", {really} \\ not\nthat'
    layer, _, _ = emitted(changed(checks=[{"that": "factor > 1", "message": message}]))
    texts = [n.value for n in ast.walk(ast.parse(layer)) if isinstance(n, ast.Constant)]
    whole = " ".join(" ".join(t for t in texts if isinstance(t, str)).split())
    assert 'It is "so", {really} \\ not that' in whole


# Names.

BAD_NAMES = sorted(
    {
        *keyword.kwlist,
        "__class__",
        "__init__",
        "größe",
        "\uff58",
        "a b",
        "a-b",
        "1a",
        "",
    }
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


PARTS = {
    "arguments": {"type": "int", "default": 1},
    "inputs": {"shape": ["batch"]},
    "weights": {"shape": ["features"]},
    "sublayers": "Dense(3)",
    "derived": "3",
}


@pytest.mark.parametrize("part", PARTS)
def test_what_is_no_name_is_refused(part):
    for name in BAD_NAMES:
        problems = refused(changed(**{part: {name: PARTS[part]}}))
        words = (repr(name), f"`{name}`")
        assert any(word in p.message for p in problems for word in words), name


@pytest.mark.parametrize("part", ["arguments", "weights", "sublayers"])
def test_a_name_with_a_meaning_of_its_own_is_refused(part):
    for name in TAKEN:
        parts = {**SPEC.get(part, {}), name: PARTS[part]}
        call = f"return x * factor * kernel * {name}(x)\n"
        assert refused(changed(**{part: parts}, call=call)), name


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


def test_no_argument_hides_a_builtin_in_emitted_code():
    for name in dir(builtins):
        arguments = {**SPEC["arguments"], name: PARTS["arguments"]}
        call = f"return x * factor * kernel * {name}\n"
        assert refused(changed(arguments=arguments, call=call)), name


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
    "def a(v): return v + v\n"
    + "".join(
        f"def {f}(v): return {g}({g}({g}({g}(v))))\n" for f, g in zip("bcde", "abcd")
    )
    + "y = e(e(e(e(e(x)))))",
    "".join(f"{' ' * n}for {v} in [x] * 30:\n" for n, v in enumerate("abcdef"))
    + "      y = x",
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
    "kernel = x",  # a local name, within a function
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
    texts, _ = made(changed(**parts))
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
    texts, _ = made(text)
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


@pytest.mark.parametrize("name", sorted(operations.names()))
def test_calls_within_calls_do_not_grow_by_powers(name):
    depth = MAX_CALLS
    call = f"y = {f'{name}(' * depth}x{')' * depth}\nreturn x * factor * kernel\n"
    texts, _ = made(changed(call=call))
    if texts is not None:
        assert all(len(text) < 100_000 for text in texts)


@pytest.mark.parametrize(
    "line",
    [
        "y{0} = tf.where(y > 0, y + y, tf.nn.silu(y) * y)\ny = y{0}\n",
        "if factor > {0}:\n    y = y + {0}\nelse:\n    y = y * {0}\n",
        "def f{0}(v):\n    return v + v\ny = f{0}(f{0}(y))\n",
        "parts = parts + parts\n",
        "parts = [parts, parts]\n",
        "size = size * (size + {0})\ny = y + tf.reduce_sum(tf.zeros([size], y.dtype))\n",
    ],
    ids=["values", "branches", "functions", "lists", "pairs", "sizes"],
)
def test_line_after_line_does_not_grow_by_powers(line):
    lines = "".join(line.format(n) for n in range(40))
    call = f"y = x\nparts = [x]\nsize = 2\n{lines}return y * factor * kernel\n"
    made(changed(call=call))


def test_ten_thousand_unknown_keys_are_told_in_short_time():
    text = changed() + "".join(f"key{n}: {n}\n" for n in range(9_000))
    start = time.process_time()
    generate([SpecFile("spec.yaml", text)], Target())
    assert time.process_time() - start < 2


def test_a_thousand_wrong_functions_are_told_in_short_time():
    lines = "".join(f"y{n} = tf.wrong{n}.name{n}(x)\n" for n in range(1_000))
    start = time.process_time()
    generate(
        [SpecFile("spec.yaml", changed(call=lines + "return x * factor * kernel\n"))],
        Target(),
    )
    assert time.process_time() - start < 2


def test_a_thousand_lines_are_read_in_short_time():
    lines = "".join(f"y{n + 1} = tf.nn.relu(y{n}) + kernel\n" for n in range(1_000))
    call = f"y0 = x\n{lines}return y1000 * factor\n"
    start = time.process_time()
    generate([SpecFile("spec.yaml", changed(call=call))], Target())
    assert time.process_time() - start < 4
