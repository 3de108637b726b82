"""What public layers need: each row of the survey has a spec that shows it.

The rows are those of `docs/coverage.md`, word for word.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from layersmith.errors import Report
from layersmith.language.tables import keras_layers
from layersmith.spec import read_spec
from layersmith.spec.model import Code, Spec
from regenerate_cases import cases, expected

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coverage.md"


@dataclass(frozen=True)
class Shown:
    """A spec that shows a row, and the layer that it becomes."""

    spec: Spec
    layer: str

    @property
    def types(self) -> set[str]:
        return {argument.type for argument in self.spec.arguments}

    @property
    def names(self) -> set[str]:
        """Names that `call` reads, those behind dots included: `tf.cond`."""
        nodes = ast.walk(ast.parse(self.spec.call.text))
        kinds = (ast.Name, ast.Attribute)
        return {ast.unparse(node) for node in nodes if isinstance(node, kinds)}

    @property
    def sublayers(self) -> set[str]:
        """Classes of the sublayers."""
        texts = (part.layer.text for part in self.spec.sublayers)
        return {text.partition("(")[0] for text in texts}

    def asks(self, code: Code | None) -> bool:
        """Whether a condition asks an argument."""
        words = set(re.findall(r"\w+", code.text)) if code is not None else set()
        return any(a.name.text in words for a in self.spec.arguments)

    def branches_on(self, names: set[str]) -> bool:
        """Whether `call` has an `if` on one of these names."""
        nodes = ast.walk(ast.parse(self.spec.call.text))
        return any(
            isinstance(part, ast.Name) and part.id in names
            for node in nodes
            if isinstance(node, (ast.If, ast.IfExp))
            for part in ast.walk(node.test)
        )

    @property
    def axes_of_weights(self) -> list[str]:
        return [
            axis.text
            for weight in self.spec.weights
            if not isinstance(weight.shape, Code)
            for axis in weight.shape.axes
        ]


def plain(shown: Shown) -> bool:
    spec = shown.spec
    more = (spec.sublayers, spec.weights, spec.call_arguments, spec.constants)
    one = len(spec.inputs) == 1 == len(spec.outputs)
    return one and bool(spec.arguments) and not any(more)


def with_condition(shown: Shown) -> bool:
    parts = (*shown.spec.weights, *shown.spec.sublayers)
    conditional = any(shown.asks(part.when) for part in parts)
    switches = {a.name.text for a in shown.spec.arguments}
    return conditional or shown.branches_on(switches)


def with_product(shown: Shown) -> bool:
    """A weight over axes of two inputs, multiplied."""
    found = []
    for axis in shown.axes_of_weights:
        words = set(re.findall(r"\w+", axis))
        owners = {
            i.name.text for i in shown.spec.inputs if words & {*i.shape.texts[1:]}
        }
        found.append("*" in axis and len(owners) > 1)
    return any(found)


def with_loop(shown: Shown) -> bool:
    return any(shown.asks(part.repeat) for part in shown.spec.sublayers)


# The words of the row, the spec that shows it, and whether a spec does.
ROWS: list[tuple[str, str, Callable[[Shown], bool]]] = [
    (
        "one tensor in, expressions, plain hyperparameters",
        "one_tensor_in",
        plain,
    ),
    (
        "sublayers from Keras",
        "gated_residual_network",
        lambda s: bool(s.sublayers & set(keras_layers())),
    ),
    ("a condition on a hyperparameter", "textbook_dense", with_condition),
    ("own weights", "highway", lambda s: bool(s.spec.weights)),
    (
        "`training` passed through",
        "temporal_block",
        lambda s: "training=training" in s.layer and "training" not in s.names,
    ),
    (
        "sublayers that are other custom layers",
        "transformer_encoder",
        lambda s: bool(s.sublayers - set(keras_layers()) - {"Sequential"}),
    ),
    ("repeat or loop over a hyperparameter", "transformer_encoder", with_loop),
    (
        "list or tuple input",
        "concatenate",
        lambda s: s.spec.packing == "list" or any(i.many for i in s.spec.inputs),
    ),
    (
        "inherit from or extend another layer",
        "lora_dense",
        lambda s: s.spec.extends is not None and "base" in s.names,
    ),
    ("extra call arguments", "attention", lambda s: bool(s.spec.call_arguments)),
    (
        "a mask argument",
        "gated_attention_pooling",
        lambda s: any(
            i.name.text.endswith("mask") and i.optional and i.name.text in s.names
            for i in s.spec.inputs
        ),
    ),
    (
        "several outputs",
        "several_outputs",
        lambda s: len([o for o in s.spec.outputs if o.when is None]) > 1,
    ),
    (
        "`data_format`",
        "spatial_dropout2d",
        lambda s: "data_format" in s.types and "data_format" in s.names,
    ),
    (
        "Keras `.get` arguments (initializer, regularizer, constraint, activation)",
        "dense",
        lambda s: {"initializer", "regularizer", "constraint", "activation"} <= s.types,
    ),
    (
        "mask propagation (`supports_masking`, `compute_mask`)",
        "embedding",
        lambda s: (
            s.spec.supports_masking is not None and s.spec.compute_mask is not None
        ),
    ),
    (
        "a layer as an argument",
        "a_layer_as_an_argument",
        lambda s: "layer" in s.types,
    ),
    (
        "an inner Sequential or functional model",
        "an_inner_sequential",
        lambda s: "Sequential" in s.sublayers,
    ),
    (
        "weight shapes over a variable axis, rank or slice",
        "layer_normalization",
        lambda s: any(
            isinstance(w.shape, Code) and "input_shape[" in w.shape.text
            for w in s.spec.weights
        ),
    ),
    (
        "tensor control flow (`cond`)",
        "tensor_control_flow_cond",
        lambda s: "tf.cond" in s.names,
    ),
    (
        "tensor control flow (`map_fn`)",
        "tensor_control_flow_map_fn",
        lambda s: "tf.map_fn" in s.names,
    ),
    (
        "tensor control flow (`while_loop`)",
        "tensor_control_flow_while_loop",
        lambda s: "tf.while_loop" in s.names,
    ),
    (
        "tensor control flow (`scan`)",
        "tensor_control_flow_scan",
        lambda s: "tf.scan" in s.names,
    ),
    (
        "a branch on `training`",
        "dropout",
        lambda s: s.branches_on({"training"}),
    ),
    (
        "random operations",
        "gaussian_noise",
        lambda s: any(name.startswith("tf.random.") for name in s.names),
    ),
    ("`add_loss`", "vector_quantizer", lambda s: "add_loss" in s.names),
    (
        "non-trainable state with `assign`",
        "moving_norm",
        lambda s: any(
            not w.trainable and f"{w.name}.assign" in s.names for w in s.spec.weights
        ),
    ),
    (
        "constants computed with NumPy",
        "alibi_attention",
        lambda s: any("np." in c.value.text for c in s.spec.constants),
    ),
    (
        "weight shapes from a product or from several inputs",
        "weight_shapes_from_several_inputs",
        with_product,
    ),
    (
        "recurrent cells (state in, state out)",
        "lstm_cell",
        lambda s: any(i.state for i in s.spec.inputs),
    ),
    (
        "dict input",
        "dict_input",
        lambda s: s.spec.packing == "dict" and len(s.spec.inputs) > 1,
    ),
]
IDS = [words for words, _, _ in ROWS]

# A layer with none of it but an own weight.
BARE = """\
layer: Bare
summary: Adds a learned number.
inputs: [batch, ...]
weights: {shift: []}
call: return inputs + shift
outputs: [batch, ...]
examples: [{inputs: {inputs: [5, 3]}}]
"""


@cache
def shown(case: str) -> Shown:
    spec = read(cases()[case].read_text(encoding="utf-8"))
    files = expected(case)
    (layer,) = (n for n in files if not n.startswith(("test_", "train_")))
    return Shown(spec, files[layer])


def read(text: str) -> Spec:
    report = Report("spec.yaml")
    spec = read_spec(text, report)
    assert spec is not None, report.problems
    return spec


@pytest.mark.parametrize(("words", "case", "shows"), ROWS, ids=IDS)
def test_a_spec_shows_the_row(words, case, shows):
    assert shows(shown(case))


@pytest.mark.parametrize(("words", "case", "shows"), ROWS, ids=IDS)
def test_a_layer_without_it_does_not_show_the_row(words, case, shows):
    bare = Shown(read(BARE), "return inputs + self.shift")
    assert shows(bare) == (words == "own weights")


def table() -> list[tuple[str, str]]:
    """Words and name of the spec of each row on the page."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    found = []
    for row in rows[1:]:
        link = re.fullmatch(r"\[(.*)\]\((.*)\)", row[-1])
        assert link, row
        assert (PAGE.parent / link[2]).resolve() == cases()[link[1]], row
        found.append((row[0], link[1]))
    return found


def test_the_page_lists_every_row_with_its_spec():
    assert table() == [(words, case) for words, case, _ in ROWS]


# What no row is about: sizes computed from others, and asked by checks and sublayers;
# outputs that are no floats, or come in a dict; replicas that work as one.
FURTHER = {
    "computed_size",
    "size_of_the_larger",
    "check_of_axes",
    "check_of_two_inputs",
    "check_beside_a_mask",
    "sublayers_of_many_kinds",
    "sublayers_of_the_width",
    "named_outputs",
    "places_of_the_largest",
    "mean_of_all_replicas",
}


def test_every_case_with_a_spec_of_its_own_shows_a_row():
    own = {name for name, path in cases().items() if path.name == "spec.yaml"}
    assert own - FURTHER <= {case for _, case, _ in ROWS}
