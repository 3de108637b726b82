"""The operation table: its rows are whole, its shapes exact, its messages helpful."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from layersmith.language import numpy_meanings, operations
from layersmith.language.operations.random import refused
from layersmith.language.tables import tensorflow_functions
from layersmith.language.values import Items, Tensor
from layersmith.plan.template import fill
from operation_bench import case, outer_call, read
from operation_cases import CASES, RANDOM, STATELESS

ROWS = operations.rows()
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

# Parameters that change no number: a name, a seed that is refused, a check.
WITHOUT_EFFECT = {"name", "seed", "validate_indices", "message", "stable", "out_type"}
# These say which row holds or what the shape is, and so need not stand in the meaning.
DECIDED_BY_VARIANT = {
    "tf.constant": {"shape"},
    "tf.where": {"x", "y"},
    "tf.nn.bias_add": {"data_format"},
    "tf.nn.top_k": {"sorted", "index_type"},
    "tf.image.resize": {"preserve_aspect_ratio", "antialias"},
    "tf.linalg.inv": {"adjoint"},
    "tf.linalg.solve": {"adjoint"},
    "tf.linalg.triangular_solve": {"adjoint"},
    "tf.linalg.svd": {"full_matrices", "compute_uv"},
    "tf.signal.dct": {"type", "norm"},
    "tf.unstack": {"num"},
    "tf.ensure_shape": {"shape"},
}
ONLY_A_DTYPE = {"dtype", "output_type"}


def placeholders(template):
    return set(re.findall(r"\{(\w+)", template))


# Rows ------------------------------------------------------------------------------


@each_row
def test_row_goes_by_tensorflows_own_name(row):
    if row.name not in tensorflow_functions():
        # Public, but not listed among the functions of a forward pass.
        assert row.rule is refused
        return
    assert tensorflow_functions()[row.name].canonical == row.name


@each_row
def test_row_has_tensorflows_parameters_in_their_order(row):
    if row.name not in tensorflow_functions():
        return
    known = tensorflow_functions()[row.name]
    names = [n for n in row.parameter_names if n != "name" and not n.startswith("*")]
    if known.variadic:
        return
    theirs = [n for n in known.names if n != "name"]
    assert names == theirs[: len(names)]
    assert len(names) == len(theirs)
    for name, optional in row.parameters:
        assert optional is (name not in known.required), name
    if "name" in known.names[: len(names)]:
        assert row.parameter_names.index("name") == known.names.index("name")


@each_row
def test_meanings_speak_of_parameters(row):
    names = {name.lstrip("*") for name in row.parameter_names} | {"inputs"}
    for template in filter(None, (row.numpy, row.keras)):
        assert placeholders(template) <= names
    if row.layer is not None:
        assert placeholders(row.layer) <= names | {"seed", "dtype"}
        assert "{seed}" in row.layer


@each_row
def test_meaning_follows_every_parameter(row):
    if row.numpy is None:
        return
    names = {name.lstrip("*") for name in row.parameter_names}
    ignored = names - placeholders(row.numpy) - WITHOUT_EFFECT - row.beyond
    ignored -= DECIDED_BY_VARIANT.get(row.name, set()) | ONLY_A_DTYPE
    # A transposition is a flag of another argument; a format is refused.
    ignored -= {name for name in ignored if f":{name}" in row.numpy}
    ignored -= {"data_format"}
    assert not ignored


@each_row
def test_meaning_holds_each_argument_once(row):
    """Calls within calls would make it grow by powers; a helper gives it a name."""
    if row.numpy is None or row.random:  # random draws stand alone
        return
    held = re.findall(r"\{(\w+)", row.numpy)
    assert len(held) == len(set(held))


@each_row
def test_meaning_is_python_and_names_its_helpers(row):
    if row.numpy is None:
        assert not row.helpers
        return
    arguments = {name.lstrip("*"): name.lstrip("*") for name in row.parameter_names}
    text = fill(row.numpy, {**arguments, "inputs": "x, y"})
    called = {
        node.func.id
        for node in ast.walk(ast.parse(text, mode="eval"))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & numpy_meanings.names() == set(row.helpers)
    assert called <= set(row.helpers) | {"sum", "slice", "list"}
    required = {n: n for n, optional in row.parameters if not optional and n[0] != "*"}
    # These have a default in TensorFlow, and must be given all the same.
    required |= {n: n for n in ("labels", "logits") if n in arguments}
    if row.name == "tf.where":
        required |= {"x": "x", "y": "y"}
    ast.parse(fill(row.numpy, {**required, "inputs": "x, y"}), mode="eval")


@each_row
def test_random_row_draws_from_the_layers_generator(row):
    assert row.random is (row.layer is not None)
    if row.random:
        assert row.numpy is not None
        assert "draws." in row.numpy


@each_row
def test_row_that_takes_no_half_precision_says_so(row):
    assert set(row.precisions) <= {"float16", "bfloat16", "float32", "float64"}
    assert row.precisions
    if row.mixed:
        return
    names = [n for n, optional in row.parameters if not optional]
    calls = [
        replace(
            c,
            inputs={
                name: text.replace("float32", "") for name, text in c.inputs.items()
            },
        )
        for c in (*CASES, *RANDOM)
        if outer_call(c.text) == row.name
    ]
    found = [p for c in calls for p in read(c, "float").report.problems]
    assert names
    assert any("does not take" in problem.message for problem in found)


def test_no_row_goes_without_a_case():
    tried = {read(c).operation.name for c in (*CASES, *RANDOM, *STATELESS)}
    assert {row.name for row in ROWS if row.rule is not refused} == tried


def test_public_operations_of_public_layers_are_all_there():
    # The most used in public layers, in the order of how many need them.
    for name in [
        "shape",
        "reshape",
        "cast",
        "expand_dims",
        "transpose",
        "concat",
        "matmul",
        "reduce_sum",
        "nn.softmax",
        "reduce_mean",
        "stack",
        "gather",
        "sqrt",
        "square",
        "squeeze",
        "tile",
        "where",
        "einsum",
        "multiply",
        "range",
        "split",
        "repeat",
        "nn.relu",
        "add",
        "sigmoid",
        "pad",
        "convert_to_tensor",
        "clip_by_value",
        "nn.bias_add",
        "reduce_max",
        "math.rsqrt",
        "exp",
        "minimum",
        "zeros",
        "ones",
        "broadcast_to",
        "zeros_like",
        "nn.silu",
        "cos",
        "equal",
        "constant",
        "maximum",
        "sin",
        "math.top_k",
        "pow",
        "random.uniform",
        "ones_like",
        "nn.gelu",
        "one_hot",
        "unstack",
        "tanh",
        "abs",
        "logical_and",
        "nn.conv1d",
        "nn.conv2d",
        "nn.conv3d",
        "floor",
        "math.log",
        "nn.moments",
        "random.normal",
    ]:
        assert operations.find(f"tf.{name}") is not None, name


# Finding ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("tf.math.reduce_sum", "tf.reduce_sum"),
        ("tf.nn.sigmoid", "tf.sigmoid"),
        ("tf.nn.swish", "tf.nn.silu"),
        ("tf.math.floormod", "tf.math.mod"),
        ("tf.linalg.matmul", "tf.matmul"),
        ("tf.nn.local_response_normalization", "tf.nn.lrn"),
    ],
)
def test_row_is_found_by_each_of_its_names(name, row):
    assert operations.find(name).name == row


@pytest.mark.parametrize(
    "name", ["tf.rsqrt", "tf.softmax", "tf.no_such", "tf.math.relu"]
)
def test_name_that_tensorflow_has_not_is_not_found(name):
    assert operations.find(name) is None


def test_table_is_plain_and_quick_to_build():
    root = Path(operations.__file__).parents[3]
    code = (
        f"import sys, time; sys.path.insert(0, {str(root)!r})\n"
        "from layersmith.language import interpret\n"
        "start = time.process_time()\n"
        "from layersmith.language import operations\n"
        "operations.rows()\n"
        "print(time.process_time() - start)\n"
        "assert not {'numpy', 'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        for _ in range(3)
    ]
    assert min(float(run.stdout) for run in runs) < 0.05


# Shapes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("tf.matmul(x, k)", "[batch, time, units]"),
        ("tf.matmul(r, k)", "[batch, ..., units]"),
        ("tf.matmul(x, y, transpose_b=True)", "[batch, time, time]"),
        ("tf.einsum('btf,bsf->bts', x, x)", "[batch, time, time]"),
        ("tf.einsum('...f,fu->...u', r, k)", "[batch, ..., units]"),
        ("tf.concat([x, y], -1)", "[batch, time, 2 * features]"),
        ("tf.concat([r, r], axis=-1)", "[batch, ..., 2 * features]"),
        ("tf.stack([x, y], axis=1)", "[batch, 2, time, features]"),
        ("tf.reshape(x, [batch, -1])", "[batch, features * time]"),
        (
            "tf.reshape(x, [batch, time, size, features // size])",
            "[batch, time, size, features // size]",
        ),
        ("tf.reshape(x, [batch, time, 2, -1])", "[batch, time, 2, features // 2]"),
        ("tf.reshape(r, [-1, features])", "[?, features]"),
        ("tf.reduce_mean(x, axis=[0, 1])", "[features]"),
        ("tf.reduce_mean(x, -1, keepdims=True)", "[batch, time, 1]"),
        ("tf.reduce_sum(r, axis=-1)", "[batch, ...]"),
        ("tf.reduce_sum(x, axis=axis)", "[?, ?]"),
        ("tf.expand_dims(r, -1)", "[batch, ..., features, 1]"),
        ("tf.tile(x, [1, units, 2])", "[batch, time * units, 2 * features]"),
        ("tf.gather(x, i, axis=1, batch_dims=1)", "[batch, time, features]"),
        ("tf.one_hot(i, units)", "[batch, time, units]"),
        ("tf.pad(x, [[0, 0], [2, 1], [0, 0]])", "[batch, time + 3, features]"),
        ("tf.transpose(x, [0, 2, 1])", "[batch, features, time]"),
        ("tf.nn.conv1d(x, w, 2, 'SAME')", "[batch, (time + 1) // 2, units]"),
        ("tf.nn.conv1d(x, w, 1, 'VALID')", "[batch, time - 2, units]"),
        ("tf.nn.conv1d(x, w, size, 'VALID')", "[batch, (time - 3) // size + 1, units]"),
        (
            "tf.nn.max_pool2d(h, 2, 2, 'VALID')",
            "[batch, height // 2, width // 2, channels]",
        ),
        (
            "tf.nn.max_pool2d(h, 3, 2, 'SAME')",
            "[batch, (height + 1) // 2, (width + 1) // 2, channels]",
        ),
        (
            "tf.nn.space_to_depth(h, 2)",
            "[batch, height // 2, width // 2, 4 * channels]",
        ),
        ("tf.image.resize(h, [2 * height, 9])", "[batch, 2 * height, 9, channels]"),
        ("tf.boolean_mask(x, b)", "[?]"),
        ("tf.zeros(tf.shape(x)[:-1])", "[batch, time]"),
        ("tf.range(tf.shape(x)[1])", "[time]"),
        ("tf.linalg.diag(x)", "[batch, time, features, features]"),
        ("tf.where(b, x, 0.0)", "[batch, time, features]"),
        ("tf.nn.top_k(x, units)[0]", "[batch, time, units]"),
        ("tf.split(x, 2, axis=-1)[0]", "[batch, time, features // 2]"),
        ("tf.split(x, [1, -1], axis=-1)[1]", "[batch, time, features - 1]"),
        ("tf.unstack(tf.shape(x))[1]", "[]"),
    ],
)
def test_shape_is_announced_over_named_axes(text, shape):
    inputs = {"w": "3 features units"} if "conv1d" in text else {}
    reading = read(case(text, **inputs))
    assert [p.message for p in reading.report.problems] == []
    assert str(reading.value.shape) == shape


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("tf.exp(x)", "float"),
        ("tf.sqrt(2.0)", "float32"),
        ("tf.zeros([2])", "float32"),
        ("tf.zeros([2], dtype=x.dtype)", "float"),
        ("tf.cast(b, compute_dtype)", "float"),
        ("tf.constant([1, 2])", "int32"),
        ("tf.constant([1, 2.0])", "float32"),
        ("tf.argmax(x, -1)", "int64"),
        ("tf.argmax(x, -1, output_type=tf.int32)", "int32"),
        ("tf.divide(i, 2)", "float64"),
        ("tf.equal(x, y)", "bool"),
        ("tf.random.normal([2])", "float"),
        ("tf.random.normal([2], dtype=tf.float32)", "float32"),
        ("tf.random.uniform([2], maxval=5, dtype=tf.int32)", "int32"),
        ("tf.abs(q)", "float32"),
        ("tf.image.resize(h, [4, 4])", "float32"),
        ("tf.image.resize(h, [4, 4], method='nearest')", "float"),
        ("tf.math.count_nonzero(x)", "int64"),
        ("tf.maximum(x, 0)", "float"),
    ],
)
def test_dtype_is_announced(text, dtype):
    reading = read(case(text))
    assert [p.message for p in reading.report.problems] == []
    assert reading.value.dtype == dtype


def test_several_results_are_announced_one_by_one():
    value = read(case("tf.nn.moments(x, axes=[0, 1])")).value
    assert isinstance(value, Items)
    assert [str(part.shape) for part in value.values] == ["[features]"] * 2
    unknown = read(case("tf.split(x, size, axis=-1)")).value
    assert unknown.values is None
    assert isinstance(unknown.each, Tensor)
    assert str(unknown.each.shape) == "[batch, time, features // size]"


@pytest.mark.parametrize(
    ("text", "opaque"),
    [
        ("tf.matmul(x, y, adjoint_b=True)", True),
        ("tf.matmul(x, y, transpose_b=True)", False),
        ("tf.image.resize(h, [4, 4], method='bicubic')", True),
        ("tf.image.resize(h, [4, 4])", False),
        ("tf.linalg.svd(x)", True),
        ("tf.linalg.svd(x, compute_uv=False)", False),
        ("tf.nn.top_k(x, 2, sorted=False)", True),
    ],
)
def test_setting_beyond_a_row_leaves_the_meaning_to_tensorflow(text, opaque):
    assert (read(case(text)).operation.numpy is None) is opaque


# Mistakes --------------------------------------------------------------------------

MISTAKES = [
    ("tf.matmul(x, y)", "`features` is not `time`", "the last axis of the first"),
    (
        "tf.matmul(v, k)",
        "tf.matmul takes matrices; the shape here is [features]",
        "tf.linalg.matvec",
    ),
    ("tf.reshape(x, [batch, features])", "elements", "product of the sizes"),
    ("tf.reshape(x, [-1, -1])", "tf.reshape takes -1 once", "name the other sizes"),
    ("tf.concat([x, k], 1)", "different numbers of axes", "tf.newaxis"),
    ("tf.concat([x, y], 3)", "no axis 3", "axes count from 0"),
    (
        "tf.stack([x, v])",
        "tf.stack of [batch, time, features] and [features]",
        "one shape",
    ),
    ("tf.squeeze(x)", "drops every axis", "name the axis"),
    ("tf.squeeze(x, axis=1)", "the axis `time` is not 1", "size 1"),
    ("tf.reduce_sum(x, axis=3)", "no axis 3 in the shape", "axes count from 0"),
    ("tf.reduce_sum(x, axis=[0, 0])", "is named twice", "once"),
    ("tf.reduce_mean(n)", "the mean of integers is rounded to int32", "tf.cast"),
    (
        "tf.sqrt(units)",
        "takes floating-point numbers, and this is int32",
        "units ** 0.5",
    ),
    (
        "tf.exp(n)",
        "takes floating-point numbers, and this is int32",
        "tf.cast(..., compute_dtype)",
    ),
    ("tf.maximum(0.0, x)", "the number comes first", "put the tensor first"),
    ("tf.where(b, 0.0, x)", "the number comes first", "put the tensor first"),
    (
        "tf.maximum(n, 0.5)",
        "a number with a fraction meets a tensor of int32",
        "tf.cast",
    ),
    (
        "tf.add(x, n)",
        "of dtype int32 meets one of the compute dtype",
        "tf.cast(..., x.dtype)",
    ),
    (
        "tf.add(x, tf.ones([3]))",
        "a float32 tensor meets one of the layer's dtype",
        "dtype=x.dtype",
    ),
    ("tf.multiply(x, k)", "shapes that do not go together", "tf.newaxis"),
    (
        "tf.where(x, x, y)",
        "takes bool tensors, and this is of the compute dtype",
        "compare it",
    ),
    ("tf.where(b, x)", "takes `x` and `y`, or none of them", "give both"),
    ("tf.logical_and(x, b)", "takes bool tensors", "compare it"),
    (
        "tf.transpose(x, [0, 1])",
        "does not order the axes",
        "name each axis number once",
    ),
    ("tf.transpose(x, [0, -1, 1])", "the gradient of tf.transpose fails", "[0, 2, 1]"),
    (
        "tf.gather(x, y)",
        "the indices of tf.gather are integers",
        "tf.cast(..., tf.int32)",
    ),
    ("tf.one_hot(x, 3)", "tf.one_hot takes integers", "tf.cast(..., tf.int32)"),
    (
        "tf.split(x, 3, axis=1)",
        "an axis of `7` does not split into 3",
        "size of each part",
    ),
    ("tf.split(x, [1, 2], axis=1)", "the parts make up `3`, the axis is `7`", "add up"),
    ("tf.tile(x, [1, 2])", "one number for each axis", "give 1"),
    ("tf.pad(x, [[1, 1]])", "one pair for each axis", "[before, after]"),
    ("tf.pad(x, [[0, 0]] * 3, mode='WRAP')", "no mode 'WRAP'", "REFLECT"),
    ("tf.broadcast_to(x, [batch, 2, features])", "does not broadcast to", "tf.newaxis"),
    ("tf.einsum('btf,fu->btu', x, y)", "`fu` names 2 axes", "one letter"),
    (
        "tf.einsum('btf,bfu->btu', x, y)",
        "`f` is both `features` and `7`",
        "one letter is one size",
    ),
    ("tf.einsum('btf->btz', x)", "`z` is in the result alone", "in a term before"),
    ("tf.einsum('btf,btf', x)", "speaks of 2 tensors, 1 are given", "commas"),
    (
        "tf.nn.conv1d(x, k, 1, 'VALID')",
        "takes [*size, channels, filters], 3 axes",
        "tf.newaxis",
    ),
    (
        "tf.nn.conv2d(h, w, 1, 'SAME')",
        "the input has `channels` channels",
        "channels of the input",
    ),
    ("tf.nn.conv1d(x, c, 1, 'valid')", "no padding 'valid'", '"VALID" or "SAME"'),
    (
        "tf.nn.max_pool2d(h, 2, 2, 'SAME', data_format='NCHW')",
        "channels last only",
        "transpose",
    ),
    ("tf.nn.bias_add(x, w)", "a bias has one axis", "add it with `+`"),
    ("tf.nn.bias_add(x, s)", "`features` is not `units`", "size of the last axis"),
    (
        "tf.linalg.inv(tf.cast(x, variable_dtype))",
        "takes square matrices",
        "name equal axes alike",
    ),
    ("tf.linalg.inv(sq)", "does not take bfloat16", "variable_dtype"),
    ("tf.signal.fft(x)", "takes complex numbers", "rfft"),
    ("tf.nn.dropout(x, 1.5)", "a rate of 1.5", "from 0 up to 1"),
    ("tf.random.normal([2], seed=3)", "a seed is not given here", "argument `seed`"),
    ("tf.random.uniform([2], dtype=tf.int32)", "drawn below `maxval`", "maxval=10"),
    (
        "tf.random.poisson([2], 3.0)",
        "not from the layer's own",
        "seeded with the layer",
    ),
    (
        "tf.image.random_flip_left_right(h)",
        "not from the layer's own",
        "tf.random.uniform",
    ),
    ("tf.nn.top_k(x, 9)", "the last axis is `7`, and `k` is 9", "take fewer"),
    ("tf.nn.softmax(x, axis=3)", "no axis 3", "axes count from 0"),
    ("tf.segment(x)", "TensorFlow has no public `tf.segment`", ""),
    ("tf.reduce_sum(x, axes=1)", "has no parameter `axes`", "did you mean `axis`?"),
    ("tf.reshape(x)", "tf.reshape needs `shape`", "its parameters are"),
    (
        "tf.nn.sparse_softmax_cross_entropy_with_logits(y, x)",
        "are integers",
        "class numbers",
    ),
    ("tf.math.segment_sum(x, m)", "`9` is not `batch`", "one id for each row"),
]
INPUTS_OF_MISTAKES = {
    "tf.split(x, 3, axis=1)": {"x": "batch 7"},
    "tf.split(x, [1, 2], axis=1)": {"x": "batch 7"},
    "tf.nn.top_k(x, 9)": {"x": "batch 7"},
    "tf.einsum('btf,bfu->btu', x, y)": {"y": "batch 7 units"},
    "tf.nn.conv2d(h, w, 1, 'SAME')": {"w": "3 3 features units"},
    "tf.nn.conv1d(x, c, 1, 'valid')": {"c": "3 features units"},
    "tf.nn.bias_add(x, w)": {"w": "time features"},
    "tf.nn.bias_add(x, s)": {"s": "units"},
    "tf.math.segment_sum(x, m)": {"m": "9 int32<3"},
}


@pytest.mark.parametrize(
    ("text", "message", "hint"), MISTAKES, ids=[m[0] for m in MISTAKES]
)
def test_mistake_is_said_where_it_is_and_how_to_mend_it(text, message, hint):
    reading = read(case(text, **INPUTS_OF_MISTAKES.get(text, {})), "float")
    found = [p for p in reading.report.problems if message in p.message]
    assert found, [p.message for p in reading.report.problems]
    assert hint in found[0].hint
    assert found[0].span.line > 1
    assert found[0].span.column > 2


def test_mistake_points_at_the_argument():
    (problem,) = read(case("tf.reduce_sum(x, axis=3)")).report.problems
    line = "return tf.reduce_sum(x, axis=3)"
    assert problem.span.end_column - problem.span.column == 1
    assert line[problem.span.column - 3] == "3"


# The page --------------------------------------------------------------------------


@pytest.mark.parametrize("made", ["page", "index"])
def test_page_and_index_tell_what_the_table_says(made):
    import make_operations_doc as tool

    path, text = {"page": (tool.PAGE, tool.page), "index": (tool.INDEX, tool.index)}[
        made
    ]
    assert path.read_text(encoding="utf-8") == text(), (
        "run tools/make_operations_doc.py"
    )
