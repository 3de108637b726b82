"""The training package of a project: its scripts, run as processes."""

import csv
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from training_project import (
    PLANS,
    environment,
    finish,
    last_line,
    refusals,
    run,
    start,
    write,
)

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KILLS", "4"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write(folder, PLANS, training="training")
    return folder


@pytest.fixture(scope="module")
def arrays():
    found = pytest.importorskip("sklearn.datasets").load_digits()
    return {"x": found.data / 16, "y": found.target}


def history(directory):
    """The results of each epoch, by name."""
    epochs = json.loads((directory / "run.json").read_text())["history"]
    return {name: [results[name] for results in epochs] for name in epochs[0]}


def assert_same(directory, other, atol=0.0):
    first, second = history(directory), history(other)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], atol=atol, err_msg=name)


def weights(directory):
    h5py = pytest.importorskip("h5py")
    values = {}

    def visit(name, node):
        if isinstance(node, h5py.Dataset):
            values[name] = node[()]

    with h5py.File(directory / "model.weights.h5") as file:
        file.visititems(visit)
    assert values
    return values


# The numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["norm", "attention"])
def test_eager_graph_and_xla_give_the_same_first_ten_losses(folder, tmp_path, name):
    one_step_each = ("--epochs", "10", "--steps", "1")
    for mode in ("eager", "graph", "xla"):
        run(folder, name, "--mode", mode, *one_step_each, "--out", tmp_path / mode)
    assert_same(tmp_path / "eager", tmp_path / "graph", atol=1e-4)
    assert_same(tmp_path / "eager", tmp_path / "xla", atol=1e-4)


def test_many_steps_in_a_call_give_the_numbers_of_one_by_one(folder, tmp_path):
    run(folder, "classic", "--epochs", "3", "--out", tmp_path / "one")
    many = ("--steps-per-call", "50")
    run(folder, "classic", "--epochs", "3", *many, "--out", tmp_path / "many")
    assert_same(tmp_path / "one", tmp_path / "many")


def test_two_replicas_and_two_workers_give_the_losses_of_one_device(folder, tmp_path):
    twenty = ("--epochs", "20", "--steps", "1")
    run(folder, "center", *twenty, "--out", tmp_path / "one")
    mirrored = ("--strategy", "mirrored")
    run(folder, "center", *twenty, *mirrored, "--out", tmp_path / "mirrored")
    run_workers(folder, *twenty, "--out", tmp_path / "workers")
    assert_same(tmp_path / "one", tmp_path / "mirrored", atol=1e-4)
    assert_same(tmp_path / "one", tmp_path / "workers", atol=1e-4)


def run_workers(folder, *options):
    """Runs two processes that are the workers of a cluster on this machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [f"127.0.0.1:{server.getsockname()[1]}" for server in sockets]
    for server in sockets:
        server.close()
    command = ("train_center.py", "--strategy", "multiworker", *options)
    processes = []
    for index in range(2):
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": addresses}, "task": task}
        processes.append(start(folder, *command, TF_CONFIG=json.dumps(config)))
    for process in processes:
        finish(process)


def test_workers_go_on_from_the_checkpoint_of_the_first(folder, tmp_path):
    run(folder, "center", "--epochs", "4", "--steps", "5", "--out", tmp_path / "one")
    for epochs in ("2", "4"):
        more = ("--epochs", epochs, "--steps", "5", "--resume")
        run_workers(folder, *more, "--out", tmp_path / "workers")
    assert_same(tmp_path / "one", tmp_path / "workers", atol=1e-4)


def test_one_trace_serves_every_batch_size(folder):
    code = (
        "import tensorflow as tf\n"
        "from train_dense import INPUTS, make_model\n"
        "from training.data import made_up\n"
        "from training.trainer import Trainer\n"
        "data = made_up(make_model, INPUTS, validation=0.2)\n"
        "for mode in ('graph', 'xla'):\n"
        "    trainer = Trainer(make_model, data, mode, tf.distribute.get_strategy())\n"
        "    for size in (32, 16, 7):\n"
        "        batches = iter(data.batches(size, seed=0))\n"
        "        for steps in (1, 5):\n"
        "            trainer.train(batches, steps)\n"
        "    print(mode, trainer.traces)\n"
    )
    assert run(folder, "-c", code).stdout.split() == ["graph", "1", "xla", "1"]


# Nothing lost -------------------------------------------------------------------------


def test_a_killed_run_ends_with_the_weights_of_one_that_never_stopped(folder, tmp_path):
    options = ("train_classic.py", "--epochs", str(15 * KILLS), "--steps", "50")
    options = (*options, "--save-every", "20", "--steps-per-call", "7")
    finish(start(folder, *options, "--out", tmp_path / "whole"))
    out, moments = tmp_path / "killed", random.Random(0)
    for number in range(KILLS):
        process = start(folder, *options, "--resume", "--out", out)
        if number:  # the first one dies while TensorFlow starts
            wait_for_a_checkpoint(process, out)
        time.sleep(moments.uniform(0, 1))
        assert process.poll() is None, "the run was over before it was killed"
        process.kill()
        process.communicate()
    finish(start(folder, *options, "--resume", "--out", out))
    whole, killed = weights(tmp_path / "whole"), weights(out)
    for name in whole:
        np.testing.assert_array_equal(whole[name], killed[name], err_msg=name)
    assert_same(tmp_path / "whole", out)


def wait_for_a_checkpoint(process, out):
    """Waits until the process has written another one, or is done."""
    before = set(out.glob("checkpoints/*.index"))
    while process.poll() is None and not set(out.glob("checkpoints/*.index")) - before:
        time.sleep(0.02)


@pytest.fixture
def interrupted(folder, tmp_path):
    """The directory of a run that was interrupted, and its options."""
    options = ("--epochs", "3", "--steps", "3000", "--policy", "mixed_float16")
    options = (*options, "--schedule", "cosine", "--save-every", "500")
    out = tmp_path / "interrupted"
    process = start(folder, "train_dense.py", *options, "--out", out)
    wait_for_a_checkpoint(process, out)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT, stderr[-2000:]
    assert "--resume goes on" in stdout
    return out, options


def test_an_interrupted_run_is_saved_and_goes_on(folder, tmp_path, interrupted):
    out, options = interrupted
    unfinished, other_seed = refusals(
        folder,
        "dense",
        (*options, "--out", out),
        (*options, "--out", out, "--resume", "--seed", "1"),
    )
    assert "add --resume" in unfinished
    assert "started with --seed 0" in other_seed
    run(folder, "dense", *options, "--out", out, "--resume")
    run(folder, "dense", *options, "--out", tmp_path / "whole")
    assert_same(out, tmp_path / "whole")


def test_a_run_that_is_done_is_replaced_or_made_longer(folder, tmp_path):
    run(folder, "dense", "--epochs", "2", "--out", tmp_path)
    short = history(tmp_path)["loss"]
    run(folder, "dense", "--epochs", "2", "--out", tmp_path)
    assert history(tmp_path)["loss"] == short
    losses = run(folder, "dense", "--epochs", "3", "--resume", "--out", tmp_path).result
    assert losses[:2] == short
    assert len(losses) == 3


# Data ---------------------------------------------------------------------------------


def csv_file(path, x, y):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["y", *(f"pixel {i}" for i in range(64))])
        writer.writerows([label, *row] for row, label in zip(x, y, strict=True))
    return path


def tfrecord_file(path, x, y):
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for row, label in zip(x, y, strict=True):
            floats = tf.train.Feature(float_list=tf.train.FloatList(value=row))
            number = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
            features = tf.train.Features(feature={"x": floats, "y": number})
            writer.write(tf.train.Example(features=features).SerializeToString())
    return path


def function(path, x, y):
    np.savez(path / "digits.npz", x=x, y=y)
    (path / "digits.py").write_text(
        "import numpy as np\n"
        "import tensorflow as tf\n\n\n"
        "def samples():\n"
        f"    file = np.load({str(path / 'digits.npz')!r})\n"
        "    return tf.data.Dataset.from_tensor_slices((file['x'], file['y']))\n"
    )
    return "digits:samples"


@pytest.mark.parametrize("form", ["npz", "csv", "tfrecord", "function"])
def test_every_form_of_data_is_learnt(folder, tmp_path, arrays, form):
    if form == "npz":
        np.savez(tmp_path / "digits.npz", **arrays)
        source = tmp_path / "digits.npz"
    elif form == "csv":
        source = csv_file(tmp_path / "digits.csv", **arrays)
    elif form == "tfrecord":
        source = tfrecord_file(tmp_path / "digits.tfrecord", **arrays)
    else:
        source = function(folder, **arrays)
    done = run(folder, "classic", "--data", source, "--out", tmp_path / "out")
    name, accuracy = last_line(done).split(": ")
    assert name == "held-out accuracy"
    assert float(accuracy) >= 0.9


def test_held_out_samples_of_a_function_are_read_once(folder):
    (folder / "counted.py").write_text(
        "import numpy as np\n"
        "import tensorflow as tf\n\n"
        "passes = []\n\n\n"
        "def numbers():\n"
        "    passes.append(1)\n"
        "    for row in np.random.default_rng(0).normal(size=(90, 8)):\n"
        "        yield row, row[:1]\n\n\n"
        "def samples():\n"
        "    shapes = (tf.TensorSpec(8), tf.TensorSpec(1))\n"
        "    return tf.data.Dataset.from_generator(numbers, output_signature=shapes)\n"
    )
    code = (
        "import counted\n"
        "from train_dense import INPUTS, make_model\n"
        "from training.data import from_dataset\n"
        "data = from_dataset(counted.samples(), INPUTS, 'auto', 0.2)\n"
        "counted.passes.clear()\n"
        "first, *others = [\n"
        "    [y for _, y in data.held_out_batches(4).as_numpy_iterator()]\n"
        "    for _ in range(3)\n"
        "]\n"
        "assert sum(map(len, first)) == data.held_out_size == 18\n"
        "assert all((a == b).all() for o in others for a, b in zip(first, o))\n"
        "print(len(counted.passes))\n"
    )
    assert last_line(run(folder, "-c", code)) == "1"


def test_the_task_may_be_told(folder, tmp_path, arrays):
    np.savez(tmp_path / "digits.npz", **arrays)
    regression = ("--task", "regression", "--epochs", "2")
    data = ("--data", tmp_path / "digits.npz")
    done = run(folder, "classic", *data, *regression, "--out", tmp_path / "out")
    assert last_line(done).startswith("held-out loss: ")
    assert "error" in history(tmp_path / "out")


def bad_data(folder):
    """Sources with something wrong, and what is said about each."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 8)), np.arange(40) % 3
    named = {
        "no `y`": {"x": x},
        "`x` must hold finite": {"x": np.where(x > 2, np.nan, x), "y": y},
        "`y` must hold finite": {"x": x, "y": np.array(["a", "b"] * 20)},
        "(30, 8), but y has 40": {"x": x[:30], "y": y},
        "(0, 8), but y has 0": {"x": x[:0], "y": y[:0]},
        "one a sample": {"x": x, "y": np.eye(3, dtype=int)[y]},
        "from 0 up": {"x": x, "y": y - 1},
        "min_ndim=2, found ndim=1": {"x": x[:, 0], "y": y},
    }
    for number, (said, content) in enumerate(named.items()):
        np.savez(folder / f"{number}.npz", **content)
        yield folder / f"{number}.npz", said
    texts = {
        "line 3: 'two' is no number": "a,b,y\n1,2,0\n1,two,1\n",
        "line 2 has 2 columns": "1,2,0\n1,2\n",
        "no rows of numbers": "a,b,y\n",
    }
    for number, (said, text) in enumerate(texts.items()):
        (folder / f"{number}.csv").write_text(text)
        yield folder / f"{number}.csv", said
    (folder / "text.tfrecord").write_text("no records of any kind")
    yield folder / "text.tfrecord", "corrupted record"
    (folder / "text.npz").write_text("no archive")
    yield folder / "text.npz", "not a .npz file"
    (folder / "image.png").write_text("")
    yield folder / "image.png", "nor package.module:function"
    for suffix in ("npz", "csv", "tfrecord"):
        yield folder / f"absent.{suffix}", "o such file"
    yield "no_such_module:samples", "No module named"
    yield "json:no_such_function", "no attribute"
    yield "json:JSONDecoder", "not a dataset"


def test_what_is_wrong_with_the_data_is_said_in_one_line(folder, tmp_path):
    sources = list(bad_data(tmp_path))
    lines = refusals(folder, "dense", *(("--data", source) for source, _ in sources))
    for (source, said), line in zip(sources, lines, strict=True):
        assert said in line
        assert f"--data {source}: " in line


# What is left of a run ------------------------------------------------------------------


def test_a_run_leaves_a_model_in_three_forms_and_a_report(folder, tmp_path):
    options = ("--epochs", "2", "--serve-check", "--tensorboard", "--profile")
    done = run(folder, "attention", *options, "--out", tmp_path)
    assert "A new process has loaded saved_model" in done.stdout
    report = (tmp_path / "report.md").read_text()
    for name in ("model.keras", "model.weights.h5", "saved_model", "curves.png"):
        assert (tmp_path / name).exists()
        assert name in report
    assert list(tmp_path.glob("tensorboard/events*"))
    assert list(tmp_path.glob("profile/**/*.xplane.pb"))
    assert "| --epochs | 2 |" in report


def test_a_model_that_draws_at_random_answers_alike_when_it_is_loaded(folder, tmp_path):
    options = ("--epochs", "1", "--steps", "20", "--serve-check", "--out", tmp_path)
    assert "gives the same answers" in run(folder, "drawing", *options).stdout


def test_compare_times_every_way_and_draws_it(folder, tmp_path):
    options = ("--compare", "--steps-per-call", "20", "--out", tmp_path)
    times = run(folder, "dense", *options).result
    ways = ["eager", "graph", "xla", "graph x20", "xla x20", "fit", "fit x20"]
    assert list(times) == ways
    assert times["graph"]["median"] < 0.5 * times["eager"]["median"]
    assert times["graph x20"]["median"] < times["graph"]["median"]
    assert (tmp_path / "comparison.png").stat().st_size > 1000
    assert "| graph x20" in (tmp_path / "report.md").read_text()


def test_training_stops_when_it_no_longer_helps_and_keeps_the_best(folder, tmp_path):
    # A learning rate that is far too high makes the held-out loss rise again.
    options = ("--learning-rate", "0.5", "--patience", "2", "--epochs", "50")
    run(folder, "dense", *options, "--out", tmp_path)
    losses = history(tmp_path)["held-out loss"]
    best = losses.index(min(losses))
    assert len(losses) < 50
    assert len(losses) == best + 3


def test_gradients_are_clipped(folder, tmp_path):
    options = ("--epochs", "1", "--steps", "20")
    free = run(folder, "dense", *options, "--out", tmp_path / "free").result
    tight = ("--clip", "1e-9")
    clipped = run(folder, "dense", *options, *tight, "--out", tmp_path / "tight").result
    assert free != clipped


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_learns(folder, tmp_path, policy):
    options = ("--policy", policy, "--epochs", "4", "--batch-size", "16")
    losses = run(folder, "norm", *options, "--out", tmp_path).result
    assert losses[-1] < 0.7 * losses[0]


def test_the_seed_and_the_schedule_make_the_numbers(folder, tmp_path):
    def losses(*options):
        few = ("--epochs", "2", "--steps", "20", "--out", tmp_path)
        return run(folder, "dropout", *few, *options).result

    first = losses("--seed", "7")
    assert losses("--seed", "7") == first
    assert losses("--seed", "8") != first
    assert losses("--seed", "7", "--schedule", "cosine") != first


def test_samples_are_held_out_and_batches_are_as_large_as_told(folder, tmp_path):
    one = ("--epochs", "1", "--out", tmp_path)
    half = run(folder, "dense", *one, "--validation", "0.5", "--batch-size", "64")
    assert ": 32/32 [" in half.stdout  # of 4096 samples
    assert "held-out loss" in history(tmp_path)
    none = run(folder, "dense", *one, "--validation", "0", "--batch-size", "128")
    assert ": 32/32 [" in none.stdout
    assert "held-out loss" not in history(tmp_path)


def test_a_terminal_shows_how_fast_it_goes_and_how_long_it_takes(folder, tmp_path):
    pty = pytest.importorskip("pty", reason="pseudo-terminals are of Unix")
    reader, writer = pty.openpty()
    options = ("--epochs", "1", "--steps", "20000", "--out", str(tmp_path))
    command = [sys.executable, "train_dense.py", *options]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(COLUMNS="200"), stdout=writer
    )
    os.close(writer)
    shown = ""
    try:
        while " s left - loss: " not in shown:
            shown += os.read(reader, 1000).decode()
    finally:
        process.kill()
        process.wait()
        os.close(reader)
    assert "/20000 [" in shown
    assert " steps/s - " in shown


def test_every_option_is_in_one_of_these_tests(folder):
    text = run(folder, "-c", "import train_dense; train_dense.main(['--help'])").stdout
    options = set(re.findall(r"^  (?:-h, )?(--[\w-]+)", text, re.MULTILINE))
    tests = Path(__file__).read_text("utf-8")
    assert {"--data", "--mode", "--out"} < options
    assert {o for o in options if f'"{o}"' not in tests} <= {"--help"}


def test_options_that_make_no_sense_are_refused(folder):
    lines = refusals(
        folder,
        "dense",
        ("--epochs", "0"),
        ("--validation", "1"),
        ("--strategy", "mirrored", "--compare"),
        ("--strategy", "multiworker"),
    )
    assert "TF_CONFIG" in lines[-1]
