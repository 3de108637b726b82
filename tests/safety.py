"""What emitted code must not do, told from its syntax tree."""

from __future__ import annotations

import ast
import warnings

# Names that reach files, processes or Python's inside.
FORBIDDEN = frozenset(
    {
        *("exec", "eval", "compile", "open", "input", "breakpoint", "__import__"),
        *("globals", "locals", "vars", "getattr", "setattr", "delattr", "memoryview"),
        *("system", "popen", "abort", "remove", "rmtree", "import_module"),
        *("gi_frame", "f_globals", "func_globals", "mro", "subclasses"),
    }
)
MODULES = frozenset({"keras", "tensorflow", "numpy"})
FROM_KERAS = frozenset(
    {"layers", "activations", "constraints", "initializers", "regularizers"}
)
DUNDERS = frozenset({"__init__", "__class__"})


def fault(
    texts: tuple[str, str, str], known_modules: frozenset[str] = frozenset()
) -> str | None:
    """What is wrong with the texts of a layer, its suite and its script; None if nothing.

    Args:
        texts: The three texts.
        known_modules: Modules of other specs, which the layer may import.
    """
    for text in texts:
        try:
            text.encode("utf-8")
            with warnings.catch_warnings():
                warnings.simplefilter("error", SyntaxWarning)
                compile(text, "emitted", "exec")
        except (SyntaxError, SyntaxWarning, ValueError) as error:
            return f"does not compile: {error}"
    return layer_fault(texts[0], known_modules)


def layer_fault(text: str, known_modules: frozenset[str] = frozenset()) -> str | None:
    """What a layer's module holds that does not belong there; None if nothing."""
    tree = ast.parse(text)
    docstring, *rest = tree.body
    if not isinstance(docstring, ast.Expr) or not isinstance(
        docstring.value, ast.Constant
    ):
        return "the module does not begin with a docstring"
    for node in rest:
        if not isinstance(
            node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
        ):
            return (
                f"a {type(node).__name__} at the top of the module, line {node.lineno}"
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            strange = {alias.name for alias in node.names} - MODULES
        elif isinstance(node, ast.ImportFrom):
            own = node.module in known_modules
            strange = (
                set() if own else {alias.name for alias in node.names} - FROM_KERAS
            )
        else:
            name = getattr(node, "id", getattr(node, "attr", ""))
            hidden = name.startswith("__") and name not in DUNDERS
            strange = {name} if name in FORBIDDEN or hidden else set()
        if strange:
            return f"`{strange.pop()}` in line {getattr(node, 'lineno', 0)}"
    return None
