"""Python text from syntax trees, as a person would write it."""

from __future__ import annotations

import ast
import re

from layersmith.language.trees import fresh_tree
from layersmith.plan import spelling

# A string as `ast.unparse` writes it: on one line, without a prefix.
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
# A slice as a name, until the text is made: `ast.unparse` sets no spaces in it.
_SLICE = re.compile(r"SLICE_([0-9a-f]+)_")


def statement_lines(node: ast.stmt) -> list[str]:
    """Lines of a statement, indented within its blocks."""
    text = ast.unparse(_with_lines(node))
    lines = [_written(line) for line in text.split("\n")]
    return with_blank_lines(lines)


def _with_lines(node: ast.stmt) -> ast.stmt:
    """`ast.unparse` asks statements, and nothing else, for their line."""
    node.lineno = 1
    for part in ("body", "orelse"):
        for inner in getattr(node, part, ()):
            _with_lines(inner)
    return node


def _written(line: str) -> str:
    written = _bare_generators(_bare_tuple(_unmarked(double_quoted(line))))
    if "**" not in written:
        return written
    code = written.lstrip()
    return written[: -len(code)] + spelling.line(code)


def _bare_generators(line: str) -> str:
    """`tuple(n for n in sizes)`, where `ast.unparse` writes two pairs of parentheses."""
    start = line.find("((")
    while start >= 0:
        end = _closing(line, start + 1)
        if end is not None and line[end + 1 : end + 2] == ")":
            inner = line[start + 1 : end + 1]
            try:
                alone = isinstance(expression(inner), ast.GeneratorExp)
            except SyntaxError:
                alone = False
            if alone:
                line = line[: start + 1] + inner[1:-1] + line[end + 1 :]
        start = line.find("((", start + 1)
    return line


def _closing(line: str, start: int) -> int | None:
    """Place of the parenthesis that closes the one at `start`."""
    depth = 0
    for index in range(start, len(line)):
        depth += (line[index] == "(") - (line[index] == ")")
        if not depth:
            return index
    return None


def with_blank_lines(lines: list[str], within: bool = False) -> list[str]:
    """A blank line around each function within another.

    Args:
        within: Whether all of the lines stand in a function.
    """
    found: list[str] = []
    inner: list[int] = []
    for line in lines:
        if not line:
            found.append(line)
            continue
        depth = len(line) - len(line.lstrip())
        ended = False
        while inner and depth <= inner[-1]:
            inner.pop()
            ended = True
        nested = (within or depth > 0) and line.lstrip().startswith("def ")
        opened = bool(found) and found[-1].endswith(":")
        if found and (ended or nested) and not opened and found[-1]:
            found.append("")
        found.append(line)
        if nested:
            inner.append(depth)
    return found


def marked_slice(node: ast.Slice) -> ast.expr:
    """A slice whose colon has spaces around it, as a name that stands for it."""
    bounds = [node.lower, node.upper, *([] if node.step is None else [node.step])]
    text = " : ".join("" if b is None else source(b) for b in bounds).strip()
    return ast.Name(f"SLICE_{text.encode().hex()}_", ast.Load())


def _unmarked(line: str) -> str:
    while _SLICE.search(line):
        line = _SLICE.sub(lambda match: bytes.fromhex(match[1]).decode(), line)
    return line


def plain_slice(node: ast.Slice) -> bool:
    """Whether ruff sets no spaces around the colon: bounds are names or numbers."""
    bounds = [b for b in (node.lower, node.upper, node.step) if b is not None]
    return all(_plain(bound) for bound in bounds)


def _plain(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, (ast.Constant, ast.Name))


def expression(text: str) -> ast.expr:
    return fresh_tree(text)


def source(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    text = _bare_generators(double_quoted(ast.unparse(node)))
    # `x**2`, where `ast.unparse` writes spaces.
    return spelling.expression(text) if "**" in text else text


def _bare_tuple(line: str) -> str:
    """`a, b = (x, y)` without the parentheses that nobody writes."""
    head, equals, value = line.partition(" = (")
    if not equals or not value.endswith(")") or not re.fullmatch(r"[\w ,]+", head):
        return _bare_target(line)
    try:
        alone = isinstance(ast.parse("(" + value, mode="eval").body, ast.Tuple)
    except SyntaxError:
        return _bare_target(line)
    bare = f"{head} = {value[:-1]}" if alone and not value.endswith(",)") else line
    return _bare_target(bare)


def _bare_target(line: str) -> str:
    """`a, b = x` and `return a, b`, where `ast.unparse` writes parentheses."""
    match = re.fullmatch(r"(\s*)\(([\w, ]+[^,])\) = (.*)", line)
    if match:
        return f"{match[1]}{match[2]} = {match[3]}"
    match = re.fullmatch(r"(\s*)return \((.*[^,])\)", line)
    if match:
        try:
            value = ast.parse(f"({match[2]})", mode="eval").body
        except SyntaxError:
            return line
        if isinstance(value, ast.Tuple):
            return f"{match[1]}return {match[2]}"
    return line


def double_quoted(line: str) -> str:
    """A line of `ast.unparse` with double quotes, as ruff writes strings."""
    return _STRING.sub(_in_double_quotes, line) if "'" in line else line


def _in_double_quotes(match: re.Match[str]) -> str:
    text = match.group()
    return text if '"' in text else f'"{text[1:-1]}"'
