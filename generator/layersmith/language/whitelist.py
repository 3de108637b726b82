"""The names and attributes that emitted code may hold at all.

The interpreter says what is wrong in the author's terms, but reads only what is called.
This check goes last and over every piece of code in a spec, called or not: what it does
not know is not emitted, so that no spec reaches a file, a process or Python's inside.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from layersmith.errors import Report
from layersmith.language.builtin_names import BUILTINS
from layersmith.language.parsed import Parsed
from layersmith.language.scope import Scope
from layersmith.language.subscripts import dotted_name
from layersmith.language.trees import walk
from layersmith.language.values import Layer
from layersmith.spec.model import Spec

BUILTIN_NAMES = frozenset(dir(builtins))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Attributes of tensors, dtypes, shapes, lists and dicts that neither run code given as
# text nor lead anywhere else.
ATTRIBUTES = _words(
    "T all_reduce append as_list assign assign_add assign_sub astype clear concat copy count cumsum dims "
    "dot dtype end enumerate extend flat_values from_tensor gather get imag index indices "
    "insert is_floating is_integer items keys len lower max mean merge_with min ndim ndims "
    "pop prod rank read real ravel remove reshape row_lengths row_splits scatter shape size "
    "sort split stack start std sum swapaxes to_list to_tensor transpose unstack update upper "
    "values value_rowids var with_values write"
)
NUMPY = _words(
    "abs absolute add all amax amin any append arange arccos arcsin arctan arctan2 argmax "
    "argmin argsort array asarray atleast_1d atleast_2d average bartlett blackman bool_ "
    "broadcast_to ceil clip column_stack concatenate cos cosh cross cumprod cumsum deg2rad "
    "diag diagonal diff divide dot dstack e einsum empty equal exp exp2 expand_dims expm1 eye "
    "fft.fft fft.ifft fft.irfft fft.rfft fft.fftfreq fft.rfftfreq finfo flip float16 float32 "
    "float64 floor full full_like gcd geomspace greater greater_equal hamming hanning "
    "histogram hstack hypot identity imag inf int32 int64 interp isfinite isin isnan kaiser "
    "kron lcm less less_equal linalg.det linalg.eig linalg.eigh linalg.inv "
    "linalg.matrix_power linalg.norm linalg.pinv linalg.qr linalg.solve linalg.svd linspace "
    "log log10 log1p log2 logaddexp logical_and logical_not logical_or logspace matmul max "
    "maximum mean median meshgrid min minimum mod moveaxis multiply nan negative newaxis "
    "nonzero not_equal ones ones_like outer pad percentile pi polyfit polyval power prod "
    "quantile rad2deg random.default_rng ravel real reciprocal repeat reshape roll rot90 "
    "round searchsorted sign sin sinc sinh size sort split sqrt square squeeze stack std "
    "subtract sum swapaxes take tan tanh tensordot tile trace transpose tri tril tril_indices "
    "triu triu_indices unique vander var vstack where zeros zeros_like"
)
# Public in TensorFlow, and no business of a layer: they reach files or Python itself.
REFUSED = (
    "tf.import_graph_def",
    "tf.keras.",
    "tf.numpy_function",
    "tf.py_function",
    "tf.register_tensor_conversion_function",
    "tf.summary.",
)


def check_allowed(
    spec: Spec, scope: Scope, call: Parsed, others: Iterable[Parsed], report: Report
) -> None:
    """Reports every name, function and attribute that must not be emitted.

    Args:
        spec: What the user wrote.
        scope: Its names.
        call: The forward pass.
        others: Expressions that are emitted as well.
        report: Takes what is refused.
    """
    known = {*scope.values, *scope.axes, *scope.stated, *scope.inherited, *BUILTINS}
    layers = {name for name, value in scope.values.items() if isinstance(value, Layer)}
    # What the methods are given that Keras calls: shapes and masks.
    given = {"input_shape", "mask", "previous_mask"}
    given |= {f"{i.name}_{what}" for i in spec.inputs for what in ("shape", "mask")}
    check = _Check(layers, report)
    check.read(call, known | {"tf", "add_loss"})
    for parsed in others:
        check.read(parsed, known | given | {"tf"} | _classes(parsed.tree))
    for parsed in scope.constants.values():
        check.read(parsed, known | {"np"})
    for parsed in (*scope.shape_codes.values(), *scope.conversions.values()):
        check.read(parsed, known | given)
    if scope.functions is not None:
        check.read(scope.functions, known | {"tf"})


class _Check:
    def __init__(self, layers: AbstractSet[str], report: Report):
        self.layers = layers
        self.report = report

    def read(self, parsed: Parsed, known: AbstractSet[str]) -> None:
        known = known | _bound(parsed)
        inner: set[int] = set()
        for node in parsed.nodes:
            if isinstance(node, ast.Attribute) and id(node) not in inner:
                inner |= (
                    {id(part) for part in walk(node.value)} if _dotted(node) else set()
                )
                self.attribute(parsed, node)
            elif isinstance(node, ast.Name) and node.id not in known:
                self.report.error(
                    parsed.span(node),
                    f"the name `{node.id}` is not known here",
                    "use what the spec declares, or a function of TensorFlow",
                )

    def attribute(self, parsed: Parsed, node: ast.Attribute) -> None:
        dotted = dotted_name(node)
        root = None if dotted is None else dotted.partition(".")[0]
        if dotted is not None and root == "np" and dotted[3:] not in NUMPY:
            self.report.error(
                parsed.span(node),
                f"`{dotted}` is not a function of NumPy that a constant may use",
                "use one that computes with arrays, such as np.arange or np.sqrt",
            )
        elif dotted is not None and root == "tf":
            if dotted.startswith(REFUSED):
                self.report.error(
                    parsed.span(node),
                    f"`{dotted}` does not belong in a layer",
                    "write it with operations on tensors, or as a sublayer",
                )
        elif root in self.layers:
            self.layer_attribute(parsed, node)
        elif root != "np" and node.attr not in ATTRIBUTES:
            self.report.error(
                parsed.span(node),
                f"the attribute `{node.attr}` is not known here",
                "use a function of `tf`",
            )

    def layer_attribute(self, parsed: Parsed, node: ast.Attribute) -> None:
        """A sublayer keeps what it may be asked for; what saves or loads stays shut."""
        if node.attr.startswith(
            ("save", "load", "export", "from_", "set_", "get_config")
        ):
            self.report.error(
                parsed.span(node),
                f"`{node.attr}` of a layer does not belong in `call`",
                "call the layer, or ask for one of its weights",
            )


def _classes(tree: ast.AST) -> set[str]:
    """What is called in capitals, and the call itself: known by whoever reads those."""
    calls = [n for n in walk(tree) if isinstance(n, ast.Call)]
    return {
        call.func.id
        for call in calls
        if isinstance(call.func, ast.Name)
        and (call is tree or call.func.id[:1].isupper())
        and call.func.id not in BUILTIN_NAMES
    }


def _dotted(node: ast.Attribute) -> bool:
    return dotted_name(node) is not None


def _bound(parsed: Parsed) -> set[str]:
    """Names that the code gives a meaning itself."""
    bound = set()
    for node in parsed.nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return bound
