"""What authors write is emitted as `ruff format` would have it."""

import ast
import random
import re
import textwrap

import pytest

from layersmith.emit.layout import code
from layersmith.pipeline import SpecFile, Target, generate
from layersmith.plan import spelling
from layersmith.plan.tidy import tidied
from layersmith.tokens import tokens_of
from statements import Statements, program, ruff

LINES = """
x = 1E3 + 1E+3 + 1.e5 + .5 + 5. + 0XFf + 0B1 + 1J + 1_0.5E-3 + 1e-05 + 0o17 + .0J
y = (x + 1)
y = ((a))
y = (a, b)
y = (a for a in(b))
a = b = (c)
a , b = c
x += (1)
x = (a := 3)
z=z+(y)
x = a **-b + a ** -b.c + (a) ** b + a.b ** 2 + a[0] ** 2
x = f(x) ** 2 + f(x).y ** 2 + 2 ** a ** b + (-1) ** 2
x = a ** (b) + a ** True + a**2j + a ** ~b + a.b(1).c ** 2 + 5 ** f["hi"] + (a+b) ** 2
x = '''a'''
x = 'it\\'s'
x = 'say "x"'
x = '\\'"'
x = "\\""
x = "\\"'"
x = ''
x = R'\\d'
x = r'\\d"'
x = F'{x}'
x = f'{x["a"]}'
x = f"{x['a']}"
x = f'"{x}"'
x = u'a' + U"b"
x = B'a' + b'\\''
x = 'a\\"b'
x = '{"a": 1}'
x = lambda:0
x = lambda x,*a,y=1 : x
x = lambda x,y=1:x+y
x = (lambda: 0)
x = {a:b,**c}
x = {'a':1,'b' : [1,2]}
x = a if(b)else(c)
x = (a)if(b)else(c)
x = a if not(b) else c
x = a if b else-c
x = not  a
x = not(a)
x = (not a)
x = - a + ~ b
x = a - -b
x = a--b
x = a*-1
x = f(- 1, a, -1)
x = a[1 :2, ::3, b+1:]
x = a[ ..., :a['units'] ]
x = a[:, - 1]
x = a[-1 :]
x = a[(a, b)]
x = a[(a)]
x = a [1] (2)
x = f(x)(y) [0]
x = a.shape [-1]
x = a.b . c
x = [ * a , b ]
x = a  if b   else c
x = print (a)
x = (  )
x = [ ]
x = a<b<c!=d
x = a<-b
x = a@b
x = a&b|c^d<<2>>1
x = a[...,0] if(c)else ...
x : int=3
x = f(a = 1,b= 2)
x = f(x=- 1)
x = f(x = not a)
x = f(* a,** b)
x = a and(not b)
x = a or(b and c)
x = 'a' in b
x = f('a'"b")
x = '%d' % x
x = [ x for x in y if(x) ]
del (a)
del x[ 0 ]
raise(ValueError)
raise ValueError('a' + b)
assert (a)
assert (a), (b)
assert(a, b)
return (a)
return((a))
return not(a)
return (a, b)
x = y #comment
x = y  # a comment
#comment
""".strip().split("\n")


def function(line):
    return f"def f():\n    {line}\n    pass\n"


def test_a_line_is_spelled_as_ruff_spells_it():
    made = [function(code(spelling.line(line), 4).lstrip()) for line in LINES]
    wanted = ruff([function(line) for line in LINES])
    assert [text.strip() for text in made] == wanted


def test_the_power_of_a_number_with_a_sign_is_in_parentheses():
    # So ruff has it since its style of 2026, and leaves it before.
    assert spelling.line("y = tf.exp(-x ** 2 / 2)") == "y = tf.exp(-(x**2) / 2)"
    assert spelling.line("y = -f(x)[0].y ** -z + 1") == "y = -(f(x)[0].y ** -z) + 1"
    assert spelling.line("y = a ** -b") == "y = a**-b"


class Mangled:
    """Statements in which spaces, quotes and parentheses are anywhere they may be."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.statements = Statements(seed)

    def statement(self):
        text, indent = self.statements.statement()
        return self.mangled(text), indent

    def mangled(self, text):
        pieces, before = [], None
        for token in tokens_of(text):
            word = token.text
            if token.kind == "string" and not re.search(r"['{\\]", word):
                word = self.random.choice((word, word.replace('"', "'")))
            needed = before is not None and self.needs_space(before, token)
            pieces.append(self.random.choice((" ", "  ") if needed else ("", " ")))
            pieces.append(word)
            before = token
        mangled = "".join(pieces).strip()
        head = re.match(r"(return|x \+=|x =) ", text)
        if head and "," not in text and self.random.random() < 0.3:
            return f"{head.group()}({text[head.end() :]})"
        return mangled

    @staticmethod
    def needs_space(before, token):
        words = ("name", "number", "string")
        if token.kind == "number" and token.text[0] == "." and token.text != "...":
            return False  # An attribute.
        if before.kind == "string" and token.kind == "string":
            return True
        return before.kind in words and token.kind in words


@pytest.mark.parametrize("seed", range(3))
def test_any_statement_is_spelled_as_ruff_spells_it(seed):
    made = Mangled(seed)
    statements = [made.statement() for _ in range(500)]
    formatted = ruff([program(text, indent) for text, indent in statements])
    for (text, indent), wanted in zip(statements, formatted, strict=True):
        spelled = program(spelling.line(text), indent, code).strip()
        assert spelled == wanted, text


@pytest.mark.parametrize("seed", range(3))
def test_spelling_never_changes_what_a_statement_says(seed):
    made = Mangled(1000 + seed)
    for _ in range(300):
        text, indent = made.statement()
        before, after = program(text, indent), program(spelling.line(text), indent)
        assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(before)), text


def test_what_is_spelled_well_stays_as_it_is():
    made = Statements(7)
    for _ in range(500):
        text, _ = made.statement()
        if not re.search(r"\[.*:", text):  # The spaces of slices are set later.
            assert code(spelling.line(text)) == code(text)


BODY = """
if x :
  y = 1
  # why

  for i in(1,2) : y += i


else : y = 2; z = 3
w = f(a,
  b)
v = [
  1,   # one
]
return(y)
""".strip()


def test_blocks_are_four_columns_deep_and_on_lines_of_their_own():
    assert tidied(BODY).split("\n") == [
        "if x:",
        "    y = 1",
        "    # why",
        "",
        "    for i in (1, 2):",
        "        y += i",
        "",
        "else:",
        "    y = 2",
        "    z = 3",
        "w = f(a, b)",
        "v = [",
        "  1,   # one",
        "]",
        "return y",
    ]


class Bodies:
    """Random bodies: blocks of any depth and width, on lines of their own or not."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.mangled = Mangled(seed)

    def body(self):
        return "\n".join(self.block(2, 0)).strip("\n")

    def block(self, depth, column):
        chance, lines = self.random.random, []
        margin = " " * column
        for _ in range(self.random.randint(1, 3)):
            if chance() < 0.2:
                lines.append("")
            if chance() < 0.15:
                lines.append(margin + self.random.choice(("# why", "#because")))
            if depth and chance() < 0.3:
                lines.append(margin + self.statement(r"(if|for)\b"))
                wider = self.random.choice((1, 2, 3, 4, 4, 8))
                lines += self.block(depth - 1, column + wider)
            elif depth and chance() < 0.1:
                head, rest = self.statement(r"(if|for)\b"), self.statement()
                lines.append(f"{margin}{head} {rest}")
            elif chance() < 0.1:
                lines.append(f"{margin}{self.statement()}; {self.statement()}")
            else:
                lines.append(margin + self.statement())
        return lines

    def statement(self, wanted=r"(?!return|raise)[^\n]*[^:]$"):
        while True:
            text, _ = self.mangled.statement()
            if re.match(wanted, text):
                return text


@pytest.mark.parametrize("seed", range(2))
def test_any_body_is_laid_out_as_ruff_does(seed):
    made = Bodies(seed)
    bodies = [made.body() for _ in range(100)]
    before = ["def f():\n" + textwrap.indent(body, "    ") for body in bodies]
    after = ["def f():\n" + code(tidied(body), 4) for body in bodies]
    for text, laid_out, wanted in zip(before, after, ruff(before), strict=True):
        assert laid_out.strip() == wanted, text
        assert ast.dump(ast.parse(laid_out)) == ast.dump(ast.parse(text))


SPEC = """
layer: Odd
summary: Is written oddly.
arguments:
  mode: {type: str, default: 'a', choices: ['a', "b"]}
derived: {factor: "{'a':1 , 'b' : 2 }[mode]"}
checks: [{that: "not(mode=='b')or len( mode )<9", message: "`mode` is 'odd'"}]
sublayers: {dense: "Dense(4 ,activation = 'relu')"}
inputs: {inputs: [batch, features]}
weights: {kernel: [features, features]}
functions: |
  def twice( x ): return( 2*x )
call: |
  y=tf.einsum('bf,fg->bg',inputs,kernel)
  if mode=='a':
    y=y**2+1E-3
  else: y = -y ** 2; y = y + 1
  return dense(twice(y)  +( inputs )*factor)
compute_output_shape: |
  return( input_shape[0],4 )
outputs: [batch, 4]
examples:
  - inputs: {inputs: [5, 3]}
"""


def test_a_layer_and_its_suite_are_as_ruff_formats_them():
    (result,), problems = generate([SpecFile("odd.yaml", SPEC)], Target())
    assert not [p for p in problems if p.level == "error"]
    texts = [result.layer, result.suite]
    assert ruff(texts) == [text.strip() for text in texts]
