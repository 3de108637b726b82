"""The emitted train scripts: how they are laid out, and what they do when run alone."""

import ast
import itertools
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from layersmith.emit.train import render
from layersmith.pipeline import SpecFile, Target, generate
from layersmith.train_plan import TrainInput, TrainOutput
from training_project import PLANS, last_line, refusals, run, write

IDS = TrainInput("ids", (7,), dtype="int32", upper=20)
QUERY = TrainInput("query", (5, 8))
OPTIONS = ", ".join(f"option_{i}={i}" for i in range(12))
ARGUMENTS = (
    (),
    (("units", "16"),),
    (("units", "16"), ("a_rather_long_name_of_an_argument", "0.25"), ("name", '"x"')),
    (("kernel_initializer", "keras.initializers.RandomNormal(mean=0.0, stddev=0.05)"),),
    (
        ("path", f'"{"x" * 60}"'),
        ("sizes", str(list(range(100, 130)))),
        ("size", "(1, 2)"),
    ),
    (("layer", f"keras.layers.Dense({OPTIONS})"),),
)
INPUTS = (
    (TrainInput("x", (3,)),),
    (IDS,),
    (TrainInput("x", (3, 4), dtype="float64"),),
    (QUERY, TrainInput("value", (6, 8))),
    (QUERY, IDS, TrainInput("keep", (5,), dtype="bool")),
    tuple(TrainInput(f"input_number_{i}_with_a_name", (4, 4, 4)) for i in range(5)),
)
OUTPUTS = (
    TrainOutput(),
    TrainOutput(rank=None),
    TrainOutput(rank=1),
    TrainOutput(rank=3, is_complex=True, pick="[0]"),
    TrainOutput(rank=4, static=False, pick='["scores"]'),
)
MODULES = {
    "Norm": "norm",
    "Gated" * 8: "my_layers.layers.norm",
    "AVeryLongNameOfALayer" * 4: "a_long_package.of.layers." * 3 + "norm",
}


def plans():
    """Plans whose texts differ wherever the layout depends on the plan."""
    packings = itertools.cycle(("arguments", "list", "dict"))
    chosen = itertools.product(
        MODULES, ARGUMENTS, INPUTS, OUTPUTS, ("", "norm.training")
    )
    for layer, arguments, inputs, output, training in chosen:
        yield replace(
            PLANS["dense"],
            layer=layer,
            module=MODULES[layer],
            arguments=arguments,
            inputs=inputs,
            output=output,
            packing=next(packings),
            title=layer,
            script=f"train_{layer.lower()}.py",
            training=training,
        )


def test_every_script_is_python_and_says_only_what_its_layer_needs():
    for plan in plans():
        text = render(plan)
        ast.parse(text)
        assert not {"{%", "{{", "\n\n\n\n"} & {
            text[i : i + 2] for i in range(len(text))
        }
        assert text.endswith("main()\n")
        assert ("upper" in text.lower()) == bool(plan.integers)
        assert ("shapes" in text) == (not plan.single)


SPEC = """
layer: Spectrum
summary: What the layer finds in a signal.
inputs:
  inputs: {shape: [batch, time]}
call: |
  return RESULT
outputs: {shape: [batch, time]}
examples:
  - inputs: {inputs: [5, 4]}
"""


@pytest.mark.parametrize(
    ("result", "is_real_part"),
    [
        ("tf.signal.fft(tf.cast(inputs, tf.complex64))", True),
        ("tf.cast(inputs, tf.int32)", False),
        ("inputs > 0", False),
    ],
)
def test_the_head_reads_the_real_part_of_complex_numbers(result, is_real_part):
    spec = SpecFile("spectrum.yaml", SPEC.replace("RESULT", result))
    (made,), problems = generate([spec], Target())
    assert problems == []
    assert ("keras.ops.real(features)" in made.script) == is_real_part


def test_a_script_can_be_read_in_one_sitting():
    for plan in PLANS.values():
        assert len(render(plan).splitlines()) < 300
        assert len(render(replace(plan, training="training")).splitlines()) < 60


def test_ruff_finds_nothing_to_change(tmp_path):
    ruff = [sys.executable, "-m", "ruff"]
    if subprocess.run(
        [*ruff, "--version"], check=False, capture_output=True
    ).returncode:
        pytest.skip("ruff is not installed")
    for number, plan in enumerate(plans()):
        (tmp_path / f"train_{number}.py").write_text(render(plan), encoding="utf-8")
        for name in filter(None, (plan.module, plan.training)):
            module = tmp_path / f"{name.replace('.', '/')}.py"
            module.parent.mkdir(parents=True, exist_ok=True)
            module.touch()
    for check in (["check"], ["format", "--diff"]):
        command = [*ruff, *check, "--isolated", "--no-cache", "."]
        done = subprocess.run(
            command, check=False, cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[:3000] + done.stderr[-500:]


# What a script does that stands alone --------------------------------------------


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Scikit-learn's 1,797 handwritten digits of 8 x 8 pixels, from 0 to 1."""
    found = pytest.importorskip("sklearn.datasets").load_digits()
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, x=found.data / 16, y=found.target)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    write(folder, PLANS)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_a_layer_learns_from_its_teacher_with_no_options(folder, tmp_path, name):
    done = run(folder, name, "--out", tmp_path)
    losses = done.result
    assert len(losses) == 10
    assert losses[-1] < 0.5 * losses[0]
    assert last_line(done).startswith("held-out loss: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "loss.png",
        "model.keras",
        "saved_model",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        "--mode eager --epochs 2 --steps 20 --validation 0",
        "--mode xla --epochs 3",
        "--strategy mirrored --epochs 3",
        "--policy mixed_float16 --epochs 3 --batch-size 16",
        "--policy mixed_bfloat16 --epochs 3 --seed 7",
    ],
)
def test_every_mode_strategy_and_policy_trains(folder, tmp_path, options):
    losses = run(folder, "norm", *options.split(), "--out", tmp_path).result
    assert losses[-1] < losses[0]


@pytest.mark.slow
def test_eager_graph_and_xla_give_the_same_first_ten_losses(folder, tmp_path):
    def losses(mode):
        one_step_each = ("--epochs", "10", "--steps", "1", "--out", tmp_path)
        return run(folder, "norm", "--mode", mode, *one_step_each).result

    eager = losses("eager")
    np.testing.assert_allclose(losses("graph"), eager, atol=1e-4)
    np.testing.assert_allclose(losses("xla"), eager, atol=1e-4)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_losses(folder, tmp_path):
    options = ("--epochs", "2", "--out", tmp_path)
    first, second = (run(folder, "dropout", *options).result for _ in range(2))
    other = run(folder, "dropout", *options, "--seed", "1").result
    assert first == second
    assert first != other


@pytest.mark.slow
def test_compare_shows_that_the_graph_is_faster(folder, tmp_path):
    lines = run(folder, "dense", "--compare", "--out", tmp_path).stdout.splitlines()
    times = {line.split(":")[0].strip(): float(line.split()[1]) for line in lines}
    assert list(times) == ["eager", "graph", "xla"]
    assert times["graph"] < 0.5 * times["eager"]


@pytest.mark.slow
def test_the_classic_layer_reads_handwritten_digits(folder, digits, tmp_path):
    done = run(folder, "classic", "--data", digits, "--out", tmp_path)
    name, accuracy = last_line(done).split(": ")
    assert name == "held-out accuracy"
    assert float(accuracy) >= 0.9


@pytest.mark.slow
def test_one_trace_serves_every_batch_size(folder):
    code = (
        "import train_dense as script, tensorflow as tf\n"
        "x, y = script.make_data(64)\n"
        "strategy = tf.distribute.get_strategy()\n"
        "spec = script.make_batches(strategy, x, y, 32).element_spec\n"
        "step, _, _ = script.make_train_step('graph', strategy, x, y, spec)\n"
        "for size in (32, 16, 7, 1):\n"
        "    step(tf.constant(x[:size]), tf.constant(y[:size]))\n"
        "print(step.experimental_get_tracing_count())\n"
    )
    assert last_line(run(folder, "-c", code)) == "1"


@pytest.mark.slow
def test_without_matplotlib_the_model_is_written_all_the_same(folder, tmp_path):
    code = (
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "import train_dense as script\n"
        f"script.main(['--epochs', '1', '--steps', '2', '--out', {str(tmp_path)!r}])\n"
    )
    said = run(folder, "-c", code).stdout
    assert "Wrote no loss.png: " in said
    assert "matplotlib" in said
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["model.keras", "saved_model"]


def bad_files(folder):
    """Files with something wrong, and what is said about each."""
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(40, 8)), np.arange(40) % 3)
    arrays = {
        "no array `y`": {"x": x},
        "`x` must hold finite": {"x": np.where(x > 2, np.nan, x), "y": y},
        "`y` must hold finite": {"x": x, "y": np.array(["a", "b"] * 20)},
        "`x` must have one row": {"x": x[:30], "y": y},
        "`y` must have one row": {"x": x[:0], "y": y[:0]},
        "min_ndim=2, found ndim=1": {"x": x[:, 0], "y": y},
        "one a sample, from 0 up": {"x": x, "y": y - 1},
        "one a sample": {"x": x, "y": np.eye(3, dtype=int)[y]},
        "allow_pickle": {"x": x, "y": np.array([None] * 40)},
    }
    for number, (said, named) in enumerate(arrays.items()):
        path = folder / f"{number}.npz"
        np.savez(path, **named)
        yield path, said
    (folder / "text.npz").write_text("no archive")
    yield (folder / "text.npz", "not a .npz file")
    yield (folder / "absent.npz", "no such file")


@pytest.mark.slow
def test_what_is_wrong_with_the_data_is_said_in_one_line(folder, tmp_path):
    files = list(bad_files(tmp_path))
    lines = refusals(folder, "dense", *(("--data", path) for path, _ in files))
    for (path, said), line in zip(files, lines, strict=True):
        assert said in line
        assert path.name in line


@pytest.mark.slow
def test_integers_that_the_layer_does_not_know_are_refused(folder, tmp_path):
    np.savez(tmp_path / "ids.npz", x=np.full((40, 7), 20), y=np.arange(40) % 3)
    (line,) = refusals(folder, "embedding", ("--data", tmp_path / "ids.npz"))
    assert "integers from 0 to 19" in line


@pytest.mark.slow
def test_options_that_make_no_sense_are_refused(folder):
    refusals(
        folder,
        "dense",
        ("--epochs", "0"),
        ("--validation", "1"),
        ("--policy", "float31"),
    )


@pytest.mark.slow
def test_several_inputs_are_read_by_their_names(folder, tmp_path):
    rng = np.random.default_rng(0)
    query, value = (rng.normal(size=(400, 5, 8)), rng.normal(size=(400, 3, 8)))
    path = tmp_path / "pairs.npz"
    np.savez(path, query=query, value=value, y=query.mean(axis=(1, 2)))
    losses = run(folder, "attention", "--data", path, "--out", tmp_path).result
    assert losses[-1] < 0.5 * losses[0]
