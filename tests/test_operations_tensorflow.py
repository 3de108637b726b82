"""Every row of the operation table against TensorFlow: meaning, shape, dtype, XLA."""

import ast
from collections import Counter

import numpy as np
import pytest

from layersmith.language import operations
from layersmith.language.operations.random import refused
from layersmith.language.values import Items, Tensor
from layersmith.plan.template import fill
from operation_bench import (
    ARGUMENTS,
    SIZES,
    axes_of,
    in_numpy,
    inputs_of,
    is_known,
    keras_source,
    number_of,
    read,
    shape_of,
    sizes_of,
    sources,
)
from operation_cases import CASES, RANDOM, STATELESS

pytestmark = pytest.mark.slow
each_case = pytest.mark.parametrize("given", CASES, ids=lambda c: c.text)
PRECISIONS = ("float16", "bfloat16", "float32", "float64")


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def scope_of(tf, given, trial, dtype):
    """Names in a case as TensorFlow has them: tensors, sizes, arguments."""
    names = {"tf": tf, "compute_dtype": dtype, "variable_dtype": "float32"}
    names |= {n: v for n, v in sizes_of(given, trial).items() if n != "..."}
    names |= {n: v for n, (_, v) in ARGUMENTS.items() if n not in names}
    for name, array in inputs_of(given, trial, dtype).items():
        kind = axes_of(given.described(name))[1]
        plain = kind.startswith(("int", "float32")) or kind in ("bool", "complex")
        names[name] = tf.constant(array, None if plain else dtype)
    return names


def in_tensorflow(tf, given, trial, dtype="float64"):
    return eval(given.text, scope_of(tf, given, trial, dtype))


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def compare(got, wanted, tolerance):
    for one, other in zip(listed(got), listed(wanted), strict=True):
        if not hasattr(other, "numpy"):  # an operation may give a number of Python
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
            continue
        one, other = np.asarray(one), other.numpy()
        assert one.shape == other.shape
        if other.dtype.kind in "bi":
            np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def widest(operation):
    return operation.precisions[-1]


@each_case
def test_numpy_meaning_is_tensorflows(tf, given):
    reading = read(given)
    operation = reading.operation
    assert not reading.report.problems
    if operation.numpy is None:
        return
    dtype = widest(operation)
    tolerance = given.tolerance if dtype == "float64" else max(given.tolerance, 1e-5)
    for trial in range(given.trials):
        wanted = in_tensorflow(tf, given, trial, dtype)
        compare(in_numpy(reading, given, trial), wanted, tolerance)


@each_case
def test_announced_shape_is_the_real_one(tf, given):
    reading = read(given)
    dtype = widest(reading.operation)
    for trial in range(given.trials):
        sizes = sizes_of(given, trial)
        check_shape(tf, reading.value, in_tensorflow(tf, given, trial, dtype), sizes)
    assert is_known(reading.value) is not given.open


def check_shape(tf, announced, real, sizes):
    if isinstance(announced, Items):
        real = listed(real)
        values = announced.values
        if values is None:
            values = (announced.each,) * len(real)
        assert len(values) == len(real)
        for one, other in zip(values, real):
            check_shape(tf, one, other, sizes)
        return
    assert isinstance(announced, Tensor)
    real = tf.convert_to_tensor(real)
    wanted = shape_of(announced.shape, sizes)
    if wanted is not None:
        assert len(wanted) == len(real.shape)
        assert all(n in (None, m) for n, m in zip(wanted, real.shape))
    if announced.value is not None:
        known = announced.value
        if hasattr(known, "axes"):
            numbers = shape_of(known, sizes)
            assert all(
                n in (None, m) for n, m in zip(numbers, real.numpy(), strict=True)
            )
        else:
            assert number_of(known, sizes) == real.numpy()


@each_case
def test_announced_dtype_is_the_real_one(tf, given):
    reading = read(given)
    for dtype in PRECISIONS[:3]:
        if dtype in reading.operation.precisions:
            check_dtype(reading.value, in_tensorflow(tf, given, 0, dtype), dtype)


@each_case
def test_no_other_precision_would_do(tf, given):
    """A layer in it fails on a CPU, gets another dtype, or cannot be trained."""
    reading = read(given)
    operation = reading.operation
    kinds = {axes_of(given.described(name))[1] for name in given.names}
    if not any(is_float(kind) for kind in kinds):
        return
    failures = (AssertionError, LookupError, TypeError, ValueError, tf.errors.OpError)
    for dtype in sorted(set(PRECISIONS) - set(operation.precisions)):
        with pytest.raises(failures):
            check_training(tf, given, reading, dtype)


def is_float(kind):
    """Whether an input of a kind has the dtype of the trial."""
    return kind not in ("bool", "complex", "float32") and not kind.startswith("int")


def check_training(tf, given, reading, dtype):
    check_dtype(reading.value, in_tensorflow(tf, given, 0, dtype), dtype)
    if reading.operation.gradient:
        gradients_of(tf, given, dtype)


def check_dtype(announced, real, dtype):
    if isinstance(announced, Items):
        values = announced.values or (announced.each,) * len(real)
        for one, other in zip(values, listed(real)):
            check_dtype(one, other, dtype)
        return
    assert announced.dtype != "weak"
    if announced.dtype is not None and hasattr(real, "dtype"):
        wanted = dtype if announced.dtype in ("float", "variable") else announced.dtype
        assert real.dtype == wanted


@each_case
def test_graph_takes_what_eager_mode_takes(tf, given):
    operation = read(given).operation
    dtype = operation.precisions[0]
    scope = scope_of(tf, given, 0, dtype)
    graph = tf.function(lambda: eval(given.text, scope), autograph=False)
    compare(
        [np.asarray(x) for x in listed(graph())],
        listed(in_tensorflow(tf, given, 0, dtype)),
        2e-2,
    )


@each_case
def test_gradient_passes_as_the_row_says(tf, given):
    operation = read(given).operation
    if not isinstance(ast.parse(given.text, mode="eval").body, ast.Call):
        return
    try:
        gradients = gradients_of(tf, given, widest(operation))
    except LookupError:  # TensorFlow has no gradient of it, and says so
        assert not operation.gradient
        return
    if gradients is None:
        return
    real = [tf.convert_to_tensor(g) for g in gradients if g is not None]
    flows = any(np.any(np.asarray(gradient) != 0) for gradient in real)
    assert flows is operation.gradient


def gradients_of(tf, given, dtype, compiled=False):
    """Gradients of the floating-point inputs; None where there is nothing to derive."""
    scope = scope_of(tf, given, 0, dtype)
    used = {n.id for n in ast.walk(ast.parse(given.text)) if isinstance(n, ast.Name)}
    tensors = {n: v for n, v in scope.items() if n in used and tf.is_tensor(v)}
    if not any(is_differentiable(v) for v in tensors.values()):
        return None

    def derived(tensors):
        inputs = [v for v in tensors.values() if is_differentiable(v)]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            results = listed(eval(given.text, {**scope, **tensors}))
            outputs = [y for y in results if tf.is_tensor(y) and is_differentiable(y)]
            # By the sine no gradient vanishes, as that of the sum of a softmax does.
            reals = [tf.abs(y) if y.dtype.is_complex else y for y in outputs]
            loss = sum(tf.reduce_sum(tf.sin(y)) for y in reals)
        return tape.gradient(loss, inputs) if outputs else None

    call = tf.function(derived, jit_compile=True, autograph=False)
    return (call if compiled else derived)(tensors)


def is_differentiable(tensor):
    return tensor.dtype.is_floating or tensor.dtype.is_complex


@each_case
def test_xla_compiles_what_the_row_says(tf, given):
    operation = read(given).operation
    dtype = "float32"
    scope = scope_of(tf, given, 0, dtype)
    tensors = {n: v for n, v in scope.items() if tf.is_tensor(v)}

    @tf.function(jit_compile=True, autograph=False)
    def compiled(tensors):
        return eval(given.text, {**scope, **tensors})

    got, compiles = None, True
    try:
        got = compiled(tensors)
        if operation.gradient:
            gradients_of(tf, given, dtype, compiled=True)
    except (tf.errors.OpError, ValueError, TypeError):
        compiles = False
    assert compiles is operation.xla
    if compiles and operation.numpy is not None:  # else it may have no one result
        wanted = in_tensorflow(tf, given, 0, dtype)
        compare([np.asarray(x) for x in listed(got)], listed(wanted), 1e-3)


@each_case
def test_keras_meaning_is_tensorflows(tf, given):
    import keras

    reading = read(given)
    source = keras_source(reading)
    node = ast.parse(given.text, mode="eval").body
    # In Keras a shape is a tuple, and no list of numbers is a tensor.
    if source is None or isinstance(node, ast.BinOp) or "tf.shape" in given.text:
        return
    dtype = widest(reading.operation)
    part = f"[{ast.unparse(node.slice)}]" if isinstance(node, ast.Subscript) else ""
    for trial in range(given.trials):
        scope = {**scope_of(tf, given, trial, dtype), "ops": keras.ops}
        got = [np.asarray(x) for x in listed(eval(f"({source}){part}", scope))]
        wanted = in_tensorflow(tf, given, trial, dtype)
        compare(got, listed(wanted), max(given.tolerance, 1e-5))


class Draws:
    """Repeats the draws of a generator from its start, as an emitted suite does."""

    def __init__(self, seed):
        import keras

        self.random, self.generator = keras.random, keras.random.SeedGenerator(seed)

    def dropout(self, shape, rate):
        ones = np.ones(shape, "float32")
        return np.asarray(self.random.dropout(ones, rate, seed=self.generator))

    def __getattr__(self, name):
        draw = getattr(self.random, name)
        return lambda x, **settings: np.asarray(
            draw(x, seed=self.generator, **settings)
        )


@pytest.mark.parametrize("given", RANDOM, ids=lambda c: c.text)
def test_layer_draws_from_its_own_generator(tf, given):
    import keras

    reading = read(given)
    assert not reading.report.problems
    operation = reading.operation
    scope = {**scope_of(tf, given, 0, "float32"), "keras": keras}
    scope["self_seed"] = keras.random.SeedGenerator(7)
    arguments = sources({n: a for n, a in reading.given.items() if n != "name"})
    arguments.setdefault("dtype", "compute_dtype")
    source = fill(operation.layer, {**arguments, "seed": "self_seed"})
    first, second = (eval(source, scope) for _ in range(2))
    assert not np.array_equal(first, second)
    check_shape(tf, reading.value, first, sizes_of(given, 0))
    check_dtype(reading.value, first, "float32")
    draws = Draws(7)
    np.testing.assert_allclose(
        in_numpy(reading, given, 0, draws), first, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    "given", [c for c in RANDOM if "x)" not in c.text], ids=lambda c: c.text
)
def test_layer_draws_what_tensorflow_would(tf, given):
    """The same distribution: smallest, largest, mean and spread of many draws."""
    import keras

    reading = read(given)
    sizes = {"batch": 300, "time": 40, "features": 5, "units": 40}
    large = type(given)(given.text.replace("[4, 5]", "[300, 40]"), given.inputs, sizes)
    scope = {**scope_of(tf, large, 0, "float32"), "keras": keras}
    scope["self_seed"] = keras.random.SeedGenerator(7)
    arguments = sources({n: a for n, a in read(large).given.items() if n != "name"})
    arguments.setdefault("dtype", "compute_dtype")
    source = fill(reading.operation.layer, {**arguments, "seed": "self_seed"})
    ours = np.asarray(eval(source, scope), "float64")
    theirs = np.asarray(eval(large.text, scope), "float64")
    assert ours.shape == theirs.shape
    spread = np.std(theirs)
    np.testing.assert_allclose(np.mean(ours), np.mean(theirs), atol=spread / 3)
    np.testing.assert_allclose(np.std(ours), spread, rtol=0.3)


@pytest.mark.parametrize("given", STATELESS, ids=lambda c: c.text)
def test_stateless_draws_have_the_announced_shape(tf, given):
    reading = read(given)
    real = in_tensorflow(tf, given, 0, "float32")
    check_shape(tf, reading.value, real, sizes_of(given, 0))
    check_dtype(reading.value, real, "float32")


def test_no_row_goes_without_a_case(tf):
    tried = Counter(read(c).operation.name for c in (*CASES, *RANDOM, *STATELESS))
    assert [
        row.name
        for row in operations.rows()
        if row.rule is not refused and row.name not in tried
    ] == []
    assert len(SIZES) == 3
