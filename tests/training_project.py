"""Train scripts in a folder, with layers to train, and ways to run them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import layersmith
from layersmith.emit.train import render
from layersmith.train_plan import TrainInput, TrainOutput, TrainPlan

TRAINING = Path(layersmith.__file__).parent / "templates" / "training"
# The textbook layer, one whose output depends on what it remembers, and one that draws
# at random in inference too.
LAYERS = """
import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tests")
class MyCustomLayer(keras.layers.Layer):
    def __init__(self, output_dim, rate=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.output_dim, self.rate, self.seed = output_dim, rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.output_dim),
            initializer="random_normal",
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.output_dim,), initializer="zeros"
        )

    def call(self, inputs, training=None):
        outputs = tf.matmul(inputs, self.kernel) + self.bias
        if training:
            outputs = keras.random.dropout(outputs, self.rate, seed=self.generator)
        return outputs

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.output_dim)

    def get_config(self):
        own = {"output_dim": self.output_dim, "rate": self.rate, "seed": self.seed}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="tests")
class MovingCenter(keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(
            name="scale",
            shape=input_shape[-1:],
            initializer="ones",
            regularizer="l2",
        )
        self.mean = self.add_weight(
            name="mean",
            shape=input_shape[-1:],
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )

    def call(self, inputs, training=None):
        outputs = (inputs - tf.cast(self.mean, inputs.dtype)) * self.scale
        if training:
            mean = tf.cast(tf.reduce_mean(inputs, axis=0), self.mean.dtype)
            self.mean.assign(0.9 * self.mean + 0.1 * mean)
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="tests")
class AlwaysDropout(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = keras.random.SeedGenerator()

    def call(self, inputs):
        return keras.random.dropout(inputs, 0.2, seed=self.generator)
"""


def _plan(layer, arguments, *inputs, module="keras.layers", **output):
    return TrainPlan(
        layer=layer,
        module=module,
        arguments=tuple(arguments.items()),
        inputs=inputs,
        output=TrainOutput(**output),
        title=layer,
        script=f"train_{layer.lower()}.py",
    )


FEATURES = TrainInput("inputs", (8,))
PLANS = {
    "dense": _plan("Dense", {"units": "16"}, FEATURES, rank=None),
    "classic": _plan(
        "MyCustomLayer",
        {"output_dim": "64", "rate": "0.5"},
        TrainInput("inputs", (64,)),
        module="small_layers",
        rank=None,
    ),
    "center": _plan("MovingCenter", {}, FEATURES, module="small_layers"),
    "drawing": replace(
        _plan("AlwaysDropout", {}, FEATURES, module="small_layers"), draws=True
    ),
    "norm": _plan("BatchNormalization", {"momentum": "0.9"}, FEATURES),
    "dropout": _plan("Dropout", {"rate": "0.25"}, FEATURES),
    "embedding": _plan(
        "Embedding",
        {"input_dim": "20", "output_dim": "4"},
        TrainInput("inputs", (7,), dtype="int32", upper=20),
        rank=3,
    ),
    "attention": _plan(
        "MultiHeadAttention",
        {"num_heads": "2", "key_dim": "8"},
        TrainInput("query", (5, 8)),
        TrainInput("value", (6, 8)),
        rank=3,
    ),
    "lstm": _plan(
        "LSTM",
        {"units": "16", "return_state": "True"},
        TrainInput("inputs", (7, 4)),
        pick="[0]",
    ),
}


def write(folder, plans, training=""):
    """Writes the scripts and the layers; and the training package where it is named."""
    (folder / "small_layers.py").write_text(LAYERS, encoding="utf-8")
    if training:
        shutil.copytree(TRAINING, folder / training)
    for name, plan in plans.items():
        text = render(replace(plan, training=training))
        (folder / f"train_{name}.py").write_text(text, encoding="utf-8")


# Runs `main` of a script after it has given the CPU two parts, as two devices.
START = """
import importlib, json, sys
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)
module, *options = sys.argv[1:]
print("RESULT", json.dumps(importlib.import_module(module).main(options)))
"""
# Runs `main` many times with options that it must refuse.
REFUSED = """
import importlib, json, sys
module, sets = sys.argv[1:]
main = importlib.import_module(module).main
for options in json.loads(sets):
    try:
        main(options)
    except SystemExit as error:
        assert error.code == 2, error.code
    else:
        sys.exit(f"{options} were taken")
"""


@dataclass(frozen=True)
class Done:
    """What a script printed, and what its `main` returned."""

    stdout: str
    result: object = None


def environment(**more):
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ".", **more}


def start(folder, *command, **more):
    """Starts Python in the folder; `more` goes into its environment."""
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    try:
        stdout, stderr = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 0, stdout[-2000:] + stderr[-4000:]
    return stdout


def run(folder, name, *options):
    """Runs `main` of a script with two devices, or the code behind `-c`."""
    if name == "-c":
        return Done(finish(start(folder, "-c", *options)))
    stdout = finish(start(folder, "-c", START, f"train_{name}", *options))
    stdout, _, result = stdout.rpartition("RESULT ")
    return Done(stdout, json.loads(result))


def last_line(done):
    return done.stdout.strip().splitlines()[-1]


def refusals(folder, name, *sets):
    """What a script says to each set of options, all of which it must refuse."""
    texts = json.dumps([[str(option) for option in options] for options in sets])
    process = start(folder, "-c", REFUSED, f"train_{name}", texts)
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr[-4000:]
    assert "Traceback" not in stderr
    lines = [line for line in stderr.splitlines() if ": error: " in line]
    assert len(lines) == len(sets), stderr
    return lines
