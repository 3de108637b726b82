"""Times the train step of a small model with emitted layers beside Keras's own layers.

    python benchmarks/layer_speed.py [NAME ...] [--rounds N] [--width N]

Each model is a stack of one kind of layer between two of Keras's dense layers, once with the
emitted class and once with Keras's, with the same weights. Ten steps run within one graph, so
that Python's share does not hide the layers', and the two models take turns. A ratio is the
median over the turns of the emitted layer's time by Keras's; below 1 the emitted one is the
faster. The last line has the geometric mean.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from keras_conformance import generate

BATCH = 32
STEPS = 10
MODES = ("graph", "xla")
GOAL = 1.02
# Sizes between the batch and the features, by rank.
INNER = {2: (), 3: (16,), 4: (8, 8)}


@dataclass(frozen=True)
class Kind:
    """A layer, with the source of its arguments and the ranks that it takes."""

    recipe: str
    name: str
    arguments: dict
    ranks: tuple[int, ...] = (2, 3, 4)


KINDS = (
    Kind("dense", "Dense", {"units": "width", "activation": "relu"}),
    Kind("layer_normalization", "LayerNormalization", {}),
    Kind("batch_normalization", "BatchNormalization", {}),
    Kind("dropout", "Dropout", {"rate": 0.5}),
    Kind(
        "multi_head_attention",
        "MultiHeadAttention",
        {"num_heads": 4, "key_dim": 16},
        (3, 4),
    ),
)


def make_model(cls, kind: Kind, rank: int, width: int, depth: int):
    """The model, with the same weights for each class."""
    import keras

    keras.utils.set_random_seed(0)
    arguments = {k: width if v == "width" else v for k, v in kind.arguments.items()}
    inputs = x = keras.Input((*INNER[rank], width), BATCH)
    x = keras.layers.Dense(width)(x)
    for _ in range(depth):
        layer = cls(**arguments)
        x = layer(x, x) if kind.name == "MultiHeadAttention" else layer(x)
    return keras.Model(inputs, keras.layers.Dense(1)(x))


def make_steps(model, mode: str):
    """Functions that take ten steps forward, and ten train steps."""
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.SGD(1e-3)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=mode == "xla")
    def forward(x):
        return tf.reduce_sum(tf.square(model(x, training=True)))

    @tf.function(jit_compile=mode == "xla")
    def train(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - 1.0))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    def many(step):
        @tf.function
        def run(x):
            total = 0.0
            for _ in tf.range(STEPS):
                total += step(x)
            return total

        return run

    return {"forward": many(forward), "train": many(train)}


def seconds(step, x, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        result = step(x)
    result.numpy()  # waits for it
    return (time.perf_counter() - start) / repeats / STEPS


def compare(ours, theirs, x, rounds: int) -> tuple[float, float, float]:
    """Median seconds of a step of each, and the median of the ratios."""
    for step in (ours, theirs):
        seconds(step, x, 2)
    # A turn takes long enough for the clock, and short enough for both to meet the
    # same load.
    repeats = max(1, round(0.02 / STEPS / seconds(theirs, x, 2)))
    pairs = []
    for number in range(rounds):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        times = {step: seconds(step, x, repeats) for step in order}
        pairs.append((times[ours], times[theirs]))
    own, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    return own, other, statistics.median(a / b for a, b in pairs)


def rows(kinds, classes: dict[str, type], options) -> list[tuple]:
    """Prints a row for each kind, rank and mode; returns the ratios."""
    import keras
    import numpy as np
    import tensorflow as tf

    print("| layer | rank | mode | forward | train step | Keras's | ratio |")
    print("|---|---:|---|---:|---:|---:|---:|")
    found = []
    for kind in kinds:
        for rank in kind.ranks:
            shape = (BATCH, *INNER[rank], options.width)
            x = tf.constant(np.random.default_rng(0).normal(size=shape), "float32")
            for mode in MODES:
                pair = [
                    make_steps(
                        make_model(cls, kind, rank, options.width, options.depth), mode
                    )
                    for cls in (classes[kind.name], getattr(keras.layers, kind.name))
                ]
                forward, train = (
                    compare(pair[0][part], pair[1][part], x, options.rounds)
                    for part in ("forward", "train")
                )
                print(
                    f"| {kind.name} | {rank} | {mode} | {forward[2]:.3f} "
                    f"| {train[0] * 1e3:.3f} ms | {train[1] * 1e3:.3f} ms "
                    f"| {train[2]:.3f} |",
                    flush=True,
                )
                found.append((forward[2], train[2]))
    return found


def geometric_mean(ratios) -> float:
    return math.exp(statistics.fmean(map(math.log, ratios)))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [kind.recipe for kind in KINDS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--threads", type=int, default=1, help="0: all the cores")
    parser.add_argument("--rounds", type=int, default=21, help="turns of each pair")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--depth", type=int, default=4, help="layers in a model")
    options = parser.parse_args(argv)
    if unknown := set(options.names) - set(names):
        parser.error(f"no such layer: {', '.join(sorted(unknown))}")
    kinds = [kind for kind in KINDS if kind.recipe in (options.names or names)]
    # What else runs on the machine delays one thread less than several that wait for
    # each other. TensorFlow reads these when it is imported.
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        if options.threads:
            os.environ[name] = str(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        classes = generate([kind.recipe for kind in kinds], Path(folder))
        found = rows(kinds, classes, options)
    forward, train = (geometric_mean(ratios) for ratios in zip(*found, strict=True))
    print(f"\nGeometric means: forward {forward:.3f}, train step {train:.3f}")
    print(f"The train step's must be at most {GOAL}.")
    return 0 if train <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
