"""What a run leaves behind: the model in three forms, and the curves."""

import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

TOLERANCE = {"float32": 1e-4, "mixed_float16": 1e-2, "mixed_bfloat16": 5e-2}
# Runs in a process of its own, which has TensorFlow and not the code of the layer.
SERVE = """
import sys
import numpy as np
import tensorflow as tf

directory, request, answer = sys.argv[1:]
arrays = {name: tf.constant(array) for name, array in np.load(request).items()}
served = tf.saved_model.load(directory)
x = arrays["x"] if list(arrays) == ["x"] else arrays
np.save(answer, served.serve(x))
"""


def save(model, x, directory, policy):
    """Writes the model, loads it back, and compares the answers to x.

    Returns:
        The names of what was written.

    Raises:
        AssertionError: What was loaded answers otherwise.
    """
    model.save(directory / "model.keras")
    model.save_weights(directory / "model.weights.h5")
    model.export(directory / "saved_model", verbose=False)

    loaded = keras.models.load_model(directory / "model.keras")
    served = tf.saved_model.load(directory / "saved_model")
    states = [state.numpy() for state in random_states(model)]
    expected = model(x, training=False)
    set_random_states(loaded, states)
    assert_same(loaded(x, training=False), expected, policy)
    for weight in loaded.trainable_weights:
        weight.assign(tf.zeros_like(weight))
    loaded.load_weights(directory / "model.weights.h5")
    set_random_states(loaded, states)
    assert_same(loaded(x, training=False), expected, policy)
    assert_same(served.serve(x), expected, policy)
    set_random_states(model, states)
    return ["model.keras", "model.weights.h5", "saved_model"]


def random_states(model):
    """Of its random generators: a SavedModel holds them, a file for Keras does not."""
    return [v for v in model.variables if v.name == "seed_generator_state"]


def set_random_states(model, values):
    """Makes the model draw what another one drew from the same states."""
    for state, value in zip(random_states(model), values, strict=True):
        state.assign(value)


def serve_check(model, x, directory, policy):
    """Asks the SavedModel in a fresh process that knows TensorFlow alone."""
    with tempfile.TemporaryDirectory() as scratch:
        request, answer = (Path(scratch, "request.npz"), Path(scratch, "answer.npy"))
        np.savez(request, **(x if isinstance(x, dict) else {"x": x}))
        command = [sys.executable, "-I", "-c", SERVE, directory / "saved_model"]
        subprocess.run([*command, request, answer], check=True)
        answered = np.load(answer)
    assert_same(answered, model(x, training=False), policy)


def assert_same(answers, expected, policy):
    """Raises AssertionError where they differ by more than the rounding of the policy."""
    tolerance = TOLERANCE[policy]
    np.testing.assert_allclose(answers, expected, rtol=tolerance, atol=tolerance)


def plot_history(history, title, directory):
    """Draws a curve of each loss and metric; returns the name of the file."""
    names = [name for name in history[0] if not name.startswith("held-out ")]
    figure, axes = _subplots(len(names))
    epochs = range(1, len(history) + 1)
    for axis, name in zip(axes, names, strict=True):
        for curve in (name, f"held-out {name}"):
            if curve in history[0]:
                axis.plot(epochs, [results[curve] for results in history], label=curve)
        axis.set(xlabel="epoch", ylabel=name)
        axis.legend()
    axes[0].set_title(title)
    figure.savefig(directory / "curves.png")
    return "curves.png"


def plot_times(times, title, directory):
    """Draws the median time of a step, with its quartiles; returns the file's name."""
    figure, (axis,) = _subplots(1)
    medians = [row["median"] for row in times.values()]
    spread = [
        [row["median"] - row["low"] for row in times.values()],
        [row["high"] - row["median"] for row in times.values()],
    ]
    bars = axis.barh(list(times), medians, xerr=spread)
    axis.bar_label(bars, fmt="%.3g", padding=4)
    axis.invert_yaxis()
    axis.set(xscale="log", xlabel="ms a step (logarithmic)", title=title)
    figure.savefig(directory / "comparison.png")
    return "comparison.png"


def _subplots(rows):
    from matplotlib.figure import Figure  # slow to import

    figure = Figure(figsize=(7, 3.5 * rows), layout="constrained")
    return figure, figure.subplots(rows, squeeze=False)[:, 0]
