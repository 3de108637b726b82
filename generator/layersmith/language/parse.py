"""Python text to a syntax tree that holds nothing but what the language allows."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
import warnings

from layersmith.errors import Report
from layersmith.language.parsed import Parsed
from layersmith.language.trees import children
from layersmith.spec.model import Code

MAX_CODE = 50_000
MAX_DEPTH = 60
# Calls within calls: a NumPy meaning may hold an argument twice.
MAX_CALLS = 12
# The interpreter reads the body of a loop twice, so nested ones cost powers of two.
MAX_LOOPS = 5
LARGEST = 2**63 - 1
# A name, as most expressions are: there is nothing more to find out about it.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NO_NAMES = frozenset({"self", *keyword.kwlist})
_FOLDS = frozenset({"all", "any", "list", "max", "min", "sorted", "sum", "tuple"})

_EXPRESSIONS = (
    ast.Expression,
    ast.BoolOp,
    ast.BinOp,
    ast.UnaryOp,
    ast.IfExp,
    ast.Compare,
    ast.Call,
    ast.keyword,
    ast.Constant,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Name,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Starred,
    ast.Lambda,
    ast.ListComp,
    ast.comprehension,
    ast.arguments,
    ast.arg,
)
# Of these there are many, all of them allowed.
_SIGNS = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
_STATEMENTS = (
    ast.Module,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Expr,
    ast.Return,
    ast.If,
    ast.For,
    ast.FunctionDef,
    ast.Pass,
)
_WHY_NOT = {
    ast.Import: (
        "`import` is not allowed",
        "`tf` is there already; anything else is a sublayer",
    ),
    ast.ImportFrom: (
        "`import` is not allowed",
        "`tf` is there already; anything else is a sublayer",
    ),
    ast.NamedExpr: ("`:=` is not allowed", "assign in a line of its own"),
    ast.JoinedStr: ("f-strings are not allowed", "a layer has no text to make"),
    ast.While: ("`while` is not allowed", "write `for`, or `tf.while_loop`"),
    ast.Try: ("`try` is not allowed", "an operation fails for all inputs or for none"),
    ast.With: ("`with` is not allowed", "leave the context out"),
    ast.ClassDef: (
        "classes are not allowed in `call`",
        "write another spec and use it as a sublayer",
    ),
    ast.Global: (
        "`global` is not allowed",
        "keep state in a weight with `trainable: false`",
    ),
    ast.Nonlocal: ("`nonlocal` is not allowed", "return the value"),
    ast.Raise: (
        "`raise` is not allowed in `call`",
        "put conditions on arguments under `checks:`",
    ),
    ast.Assert: (
        "`assert` is not allowed in `call`",
        "put conditions on arguments under `checks:`",
    ),
    ast.Delete: ("`del` is not allowed", "leave the name be"),
    ast.Await: ("`await` is not allowed", "`call` runs as a graph"),
    ast.Yield: ("`yield` is not allowed", "return a list"),
    ast.Set: ("sets are not allowed", "their order changes: write a list"),
    ast.GeneratorExp: ("generators are not allowed", "write a list: `[... for ...]`"),
}


def parse_body(code: Code, report: Report) -> Parsed | None:
    """The statements of `call`; None when it is not Python, or not allowed."""
    return _parse(code, report, "exec", (*_EXPRESSIONS, *_STATEMENTS))


def parse_expression(code: Code, report: Report) -> Parsed | None:
    """One expression; None when it is not Python, or not allowed."""
    if "\n" in code.text.strip():
        report.error(
            code.span,
            "an expression stands on one line",
            "write it after `>`, which joins lines, or name a part of it under `derived:`",
        )
        return None
    if _PLAIN.fullmatch(code.text) and code.text not in _NO_NAMES:
        end = len(code.text)
        name = ast.Name(
            code.text,
            ast.Load(),
            lineno=1,
            col_offset=0,
            end_lineno=1,
            end_col_offset=end,
        )
        return Parsed(name, code, (code.text,))
    parsed = _parse(code, report, "eval", _EXPRESSIONS)
    return parsed if parsed is None or _without_comment(parsed, report) else None


def _without_comment(parsed: Parsed, report: Report) -> bool:
    """Says when an expression, which is emitted within a line, would end that line."""
    text = parsed.code.text
    for token in _tokens(text) if "#" in text else ():
        if token.type == tokenize.COMMENT:
            span = parsed.code.origin.span(0, token.start[1], 0, len(text.rstrip()))
            report.error(
                span,
                "a comment is not part of an expression",
                "put it outside of the quotes, or on a line of its own",
            )
            return False
    return True


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def _parse(code: Code, report: Report, mode: str, allowed: tuple) -> Parsed | None:
    if len(code.text) > MAX_CODE:
        report.error(
            code.span,
            f"more than {MAX_CODE:,} characters of code",
            "split the layer up",
        )
        return None
    # Form feeds would make Python and this file count lines differently.
    for bad in ("\x00", "\f", "\v", "\x85", "\u2028", "\u2029", "\r"):
        if bad in code.text:
            report.error(
                code.span, f"the character {bad!r} is not allowed here", "delete it"
            )
            return None
    lines = tuple(code.text.split("\n"))
    for number, line in enumerate(lines):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            span = code.origin.span(number, 0, number, 1)
            report.error(span, "a tab in front of a line", "indent with spaces")
            return None
    try:
        with warnings.catch_warnings():
            # What Python only warns of, such as `1in x`, later ones refuse.
            warnings.simplefilter("error")
            tree = ast.parse(code.text, mode=mode)
    except SyntaxError as error:
        line = max(1, min(error.lineno or 1, len(lines)))
        column = max((error.offset or 1) - 1, 0)
        span = code.origin.span(line - 1, column, line - 1, column + 1)
        report.error(
            span, f"not Python: {error.msg}", "this part is read as Python code"
        )
        return None
    except (ValueError, RecursionError, MemoryError) as error:
        report.error(code.span, f"not Python: {error}", "write simpler code")
        return None
    parsed = Parsed(tree.body if mode == "eval" else tree, code, lines)
    if not _allowed(parsed, report, allowed) or not _spelled(parsed, report):
        return None
    return parsed if _compiles(parsed, report) else None


def _spelled(parsed: Parsed, report: Report) -> bool:
    """Says when a name has letters that Python takes for others: `ﬁ` is `fi`."""
    if parsed.code.text.isascii():
        return True
    for token in _tokens(parsed.code.text):
        if token.type == tokenize.NAME and not token.string.isascii():
            (line, start), (_, end) = token.start, token.end
            report.error(
                parsed.code.origin.span(line - 1, start, line - 1, end),
                f"the name `{token.string}` is not allowed",
                "use ASCII letters, digits and `_`: others can look like them",
            )
            return False
    return True


def _compiles(parsed: Parsed, report: Report) -> bool:
    """Says what Python finds wrong beyond the grammar, such as `def f(x, x)`.

    Compiling runs nothing.
    """
    place = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
    if isinstance(parsed.tree, ast.Module):
        body = parsed.tree.body or [ast.Pass(**place)]
    else:
        body = [ast.Return(parsed.tree, **place)]
    nothing = ast.arguments([], [], None, [], [], None, [])
    module = ast.Module([ast.FunctionDef("call", nothing, body, [], **place)], [])
    try:
        with warnings.catch_warnings():
            # Such as `1(x)` and `x is 1`.
            warnings.simplefilter("error", SyntaxWarning)
            compile(module, "call", "exec")
    except SyntaxError as error:
        line = max(1, min(error.lineno or 1, len(parsed.lines)))
        column = max((error.offset or 1) - 1, 0)
        report.error(
            parsed.code.origin.span(line - 1, column, line - 1, column + 1),
            f"not Python: {error.msg}",
            "this part is read as Python code",
        )
        return False
    return True


def _allowed(parsed: Parsed, report: Report, allowed: tuple) -> bool:
    before = len(report.problems)
    stack: list[tuple[ast.AST, int, int, int]] = [(parsed.tree, 0, 0, 0)]
    folded: set[int] = set()
    while stack:
        node, depth, loops, calls = stack.pop()
        loops += isinstance(node, ast.For)
        calls += isinstance(node, ast.Call)
        if depth > MAX_DEPTH or calls > MAX_CALLS:
            what = f"{MAX_CALLS} calls" if calls > MAX_CALLS else f"{MAX_DEPTH} parts"
            report.error(
                parsed.span(node),
                f"more than {what} within each other",
                "assign this one to a name on a line of its own",
            )
            break
        if loops > MAX_LOOPS:
            report.error(
                parsed.span(node),
                f"more than {MAX_LOOPS} loops within each other",
                "use an operation on whole tensors, or another spec as a sublayer",
            )
            break
        if isinstance(node, ast.Call):
            folded |= _folded(node)
        if not isinstance(node, allowed) and id(node) not in folded:
            reason, hint = _WHY_NOT.get(
                type(node),
                (
                    f"`{type(node).__name__}` is not part of the language",
                    "write it with operations",
                ),
            )
            report.error(parsed.span(node), reason, hint)
            continue
        _check_names(parsed, report, node)
        stack.extend(
            (child, depth + 1, loops, calls)
            for child in children(node)
            if not isinstance(child, _SIGNS)
        )
    return len(report.problems) == before


def _folded(call: ast.Call) -> set[int]:
    """A generator that a builtin reads to its end, as in `all(x > 0 for x in sizes)`."""
    if not isinstance(call.func, ast.Name) or call.func.id not in _FOLDS:
        return set()
    return {id(node) for node in call.args if isinstance(node, ast.GeneratorExp)}


# Builtins that nobody should find in an emitted file, not even as a local name.
_DANGEROUS = frozenset(
    {"exec", "eval", "compile", "open", "globals", "locals", "vars", "input"}
)


def _check_names(parsed: Parsed, report: Report, node: ast.AST) -> None:
    names = []
    if isinstance(node, ast.Name):
        names = [node.id]
    elif isinstance(node, ast.Attribute):
        names = [node.attr]
    elif isinstance(node, (ast.arg, ast.keyword)):
        names = [node.arg] if node.arg else []
    elif isinstance(node, ast.FunctionDef):
        names = [node.name]
        if node.decorator_list:
            report.error(
                parsed.span(node.decorator_list[0]),
                "decorators are not allowed",
                "remove it",
            )
    for name in names:
        hidden = name.startswith("__") or (
            name.startswith("_") and isinstance(node, ast.Attribute)
        )
        bound = isinstance(node, (ast.arg, ast.FunctionDef)) or (
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        if hidden or not name.isascii() or (bound and name in _DANGEROUS):
            report.error(
                parsed.span(node),
                f"the name `{name}` is not allowed",
                "use public names in ASCII letters, digits and `_`",
            )
    if isinstance(node, ast.Name) and node.id == "self":
        report.error(
            parsed.span(node), "`self` is left out in a spec", "write the name alone"
        )
    if isinstance(node, ast.Constant):
        _check_constant(parsed, report, node)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        _check_power(parsed, report, node)


def _check_constant(parsed: Parsed, report: Report, node: ast.Constant) -> None:
    if isinstance(node.value, (bytes, complex)):
        report.error(
            parsed.span(node), "this kind of constant is not allowed", "use a number"
        )
    elif isinstance(node.value, int) and abs(node.value) > LARGEST:
        report.error(
            parsed.span(node),
            "this whole number is too large",
            "use one of at most 63 bits",
        )
    elif isinstance(node.value, str) and node.lineno != node.end_lineno:
        report.error(
            parsed.span(node),
            "a text over several lines is not allowed",
            "put notes in comments",
        )


def _check_power(parsed: Parsed, report: Report, node: ast.BinOp) -> None:
    """Python works a power of whole numbers out, however many digits it has."""
    exponent = node.right
    tower = isinstance(exponent, ast.BinOp) and isinstance(exponent.op, ast.Pow)
    number = exponent.value if isinstance(exponent, ast.Constant) else 0
    if tower or (isinstance(number, int) and number > 64):
        report.error(
            parsed.span(exponent),
            "this exponent is too large",
            "write the number itself, or a float: `10.0 ** 100`",
        )
