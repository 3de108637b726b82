"""The judge: which faults it seeds, which it leaves out, and that it tells them apart."""

import ast
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import mutation
from faults import mutants

LAYER = dedent(
    '''
    """Scaled: an example."""

    import keras
    import tensorflow as tf
    from keras import initializers, layers


    @keras.saving.register_keras_serializable()
    class Scaled(layers.Layer):
        """An example.

        Args:
            units: Positive integer.
        """

        def __init__(self, units, momentum=0.9, seed=None, **kwargs):
            super().__init__(**kwargs)
            if units <= 0:
                raise ValueError(f"`units` must be positive. Received: units={units}")
            self.units = units
            self.momentum = momentum
            self.seed = seed
            self.seed_generator = keras.random.SeedGenerator(seed)
            self.norm = layers.LayerNormalization(dtype=self.dtype_policy, name="norm")

        def build(self, input_shape):
            self.kernel = self.add_weight(
                name="kernel",
                shape=(input_shape[-1], self.units),
                initializer="glorot_uniform",
                regularizer=self.kernel_regularizer,
            )
            self.total = self.add_weight(
                name="total", shape=(self.units,), initializer="zeros", trainable=False
            )

        def call(self, inputs, mask=None, training=None):
            y = tf.matmul(tf.cast(inputs, self.compute_dtype), self.kernel)
            mean = tf.reduce_mean(y - self.total, axis=0, keepdims=True)
            if training and self.units > 1:
                self.total.assign(self.total * self.momentum + mean * (1 - self.momentum))
                y = keras.random.dropout(y, 0.5, seed=self.seed_generator)
            return tf.where(mask, self.norm(y, training=training), -y)

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], self.units)

        def get_config(self):
            config = super().get_config()
            config.update({"units": self.units, "momentum": self.momentum})
            return config
    '''
).lstrip()


def changed_lines(text):
    """What stands in the mutant and not in the original, without its margin."""
    old = set(LAYER.splitlines())
    return "\n".join(line.strip() for line in text.splitlines() if line not in old)


@pytest.fixture(scope="module")
def faults():
    """Lines of each mutant that are not in the layer, by kind."""
    found = {}
    for mutant in mutants(LAYER):
        found.setdefault(mutant.kind, []).append(changed_lines(mutant.text))
    return found


def test_every_mutant_is_python_and_means_something_else():
    texts = [mutant.text for mutant in mutants(LAYER)]
    meanings = [ast.dump(ast.parse(text)) for text in texts]
    assert ast.dump(ast.parse(LAYER)) not in meanings
    assert len(set(meanings)) == len(meanings) > 100


def test_a_layer_has_the_same_mutants_each_time():
    assert mutants(LAYER) == mutants(LAYER)


def test_each_line_of_code_is_deleted_unless_nothing_is_left_that_runs():
    lines = LAYER.split("\n")
    deleted = {"\n".join(lines[:i] + lines[i + 1 :]) for i in range(len(lines))}
    found = [m for m in mutants(LAYER) if m.kind == "line deleted"]
    assert {m.text for m in found} <= deleted
    assert "import tensorflow as tf" in {lines[m.line - 1] for m in found}


def test_docstrings_messages_and_imports_stay():
    for mutant in mutants(LAYER):
        for line in ('"""An example.', "units: Positive integer.", "import keras"):
            imported = line == "import keras" and mutant.kind == "line deleted"
            assert line in mutant.text or mutant.kind == "method dropped" or imported
        if "raise ValueError" in mutant.text:
            assert "`units` must be positive. Received: units={units}" in mutant.text


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (
            "operator swapped",
            "mean = tf.reduce_mean(y + self.total, axis=0, keepdims=True)",
        ),
        ("operand dropped", "mean = tf.reduce_mean(y, axis=0, keepdims=True)"),
        (
            "operands swapped",
            "mean = tf.reduce_mean(self.total - y, axis=0, keepdims=True)",
        ),
        (
            "operator dropped",
            "return tf.where(mask, self.norm(y, training=training), y)",
        ),
        (
            "arguments swapped",
            "y = tf.matmul(self.kernel, tf.cast(inputs, self.compute_dtype))",
        ),
        (
            "transposed",
            "y = tf.matmul(tf.cast(inputs, self.compute_dtype), self.kernel, transpose_b=True)",
        ),
        (
            "keyword axis dropped",
            "mean = tf.reduce_mean(y - self.total, keepdims=True)",
        ),
        ("keyword keepdims dropped", "mean = tf.reduce_mean(y - self.total, axis=0)"),
        ("constant +1", "y = keras.random.dropout(y, 1.5, seed=self.seed_generator)"),
        (
            "constant -1",
            "mean = tf.reduce_mean(y - self.total, axis=-1, keepdims=True)",
        ),
        ("constant", "mean = tf.reduce_mean(y - self.total, axis=0, keepdims=False)"),
        ("comparison", "if units < 0:"),
        ("comparison", "if training and self.units >= 1:"),
        ("branch forced", "if True:"),
        ("branch negated", "if not (units <= 0):"),
        ("validation dropped", "if False:"),
        ("training = not training", "training = not training"),
        ("training=True", "return tf.where(mask, self.norm(y, training=True), -y)"),
        ("mask ignored", "mask = None"),
        ("seed ignored", "self.seed_generator = keras.random.SeedGenerator()"),
        ("one seed for ever", "y = keras.random.dropout(y, 0.5, seed=7)"),
        (
            "m and 1 - m exchanged",
            "self.total.assign(self.total * (1 - self.momentum) + mean * (self.momentum))",
        ),
        (
            "one function for another",
            "mean = tf.reduce_sum(y - self.total, axis=0, keepdims=True)",
        ),
        ("call replaced by its argument", "y = tf.matmul(inputs, self.kernel)"),
        ("input returned", "return inputs"),
        (
            "two swapped",
            "y = tf.matmul(tf.cast(inputs, self.compute_dtype), self.total)",
        ),
        ("initializer", 'initializer="ones",'),
        ("trainable", "regularizer=self.kernel_regularizer, trainable=False)"),
        ("weight shape", "shape=(input_shape[-1] + 1, self.units),"),
        ("regularizer", "regularizer=None,"),
        ("keyword dtype dropped", 'self.norm = layers.LayerNormalization(name="norm")'),
        ("keyword ** dropped", "super().__init__()"),
        ("argument ignored", "self.momentum = 0.9"),
        ("config entry dropped", 'config.update({"units": self.units, })'),
        (
            "config entry None",
            'config.update({"units": None, "momentum": self.momentum})',
        ),
        ("output shape", "return ((*input_shape[:-1], self.units))[:-1]"),
        ("decorator dropped", ""),
        ("method dropped", "pass"),
        ("statement dropped", "pass"),
    ],
)
def test_this_fault_is_seeded(faults, kind, line):
    assert any(line in found for found in faults[kind]), faults[kind]


def test_what_returns_nothing_in_either_case_is_no_fault():
    layer = LAYER.replace("return config", "return None  # none")
    dropped = [m for m in mutants(layer) if m.kind == "statement dropped"]
    assert not any(
        m.text.splitlines()[m.line - 1].strip() == "pass" and m.line > 60
        for m in dropped
    )


def test_a_mutant_shows_as_a_diff_of_its_line():
    mutant = next(m for m in mutants(LAYER) if m.kind == "operator swapped")
    diff = mutant.diff(LAYER, "scaled.py")
    assert diff.startswith("--- scaled.py\n+++ scaled.py (operator swapped)\n")
    assert diff.count("\n-") == diff.count("\n+") - 0 or diff.count("\n+++") == 1


def test_equivalent_mutants_have_a_reason_and_are_of_a_recipe():
    import yaml

    listed = yaml.safe_load((ROOT / "benchmarks" / "equivalent.yaml").read_text()) or {}
    recipes = {
        path.stem for path in (ROOT / "generator/layersmith/recipes").glob("*.yaml")
    }
    assert set(listed) <= recipes | {"all"}
    for entries in listed.values():
        for entry in entries:
            assert len(entry["why"].split()) > 4, entry
            assert {line[0] for line in entry["diff"].strip().split("\n")} <= {"+", "-"}


def test_an_equivalent_covers_what_its_diff_says_and_no_more():
    swapped = next(m for m in mutants(LAYER) if m.kind == "operator swapped")
    other = next(m for m in mutants(LAYER) if m.kind == "operand dropped")
    text = mutation.changed_lines(swapped, LAYER)
    removed, _ = text.split("\n")
    for diff in (text, f"{removed}\n+..."):
        one = mutation.Equivalent(diff, "it is the same for all")
        assert one.covers(swapped, LAYER)
    assert not mutation.Equivalent(text, "", "operand dropped").covers(swapped, LAYER)
    assert not mutation.Equivalent(text, "").covers(other, LAYER)
