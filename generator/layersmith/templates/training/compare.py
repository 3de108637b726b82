"""Times the ways to train side by side: eager, graph, XLA and `model.fit`."""

import time

import keras
import numpy as np
import tensorflow as tf

from .trainer import Trainer, make_loss, make_metrics, make_optimizer

ROUNDS = 20
SECONDS = 90  # the rounds end then, but not before the third
EAGER_STEPS = 5


def compare(make_model, data, args):
    """Returns the seconds of the first call and the ms of a step, by way to train.

    The ways take turns, so that whatever else the machine does hits them alike. Of
    the times the median and the quartiles are given, the first calls left out.
    """
    many = args.steps_per_call if args.steps_per_call > 1 else 50
    ways = {
        "eager": Custom(make_model, data, args, "eager", 1, EAGER_STEPS),
        "graph": Custom(make_model, data, args, "graph", 1, 2 * many),
        "xla": Custom(make_model, data, args, "xla", 1, 2 * many),
        f"graph x{many}": Custom(make_model, data, args, "graph", many, 2 * many),
        f"xla x{many}": Custom(make_model, data, args, "xla", many, 2 * many),
        "fit": Fit(make_model, data, args, 1, 2 * many),
        f"fit x{many}": Fit(make_model, data, args, many, 2 * many),
    }
    start = time.perf_counter()
    first = {name: _seconds(way.first_call) for name, way in ways.items()}
    times = {name: [] for name in ways}
    for round_ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append(1000 * way.seconds_a_step())
        if round_ >= 2 and time.perf_counter() - start > SECONDS:
            break
    table = {}
    for name, values in times.items():
        low, median, high = np.percentile(values, [25, 50, 75])
        table[name] = {"first": first[name], "low": low, "median": median, "high": high}
    return table


class Custom:
    """The steps of a `Trainer`, some of them in one call."""

    def __init__(self, make_model, data, args, mode, steps_per_call, steps):
        strategy = tf.distribute.get_strategy()
        self._trainer = Trainer(make_model, data, mode, strategy)
        self._batches = iter(data.batches(args.batch_size, args.seed))
        (self._steps_per_call, self._steps) = steps_per_call, steps

    def first_call(self):
        self._trainer.train(self._batches, self._steps_per_call)
        self._trainer.results()

    def seconds_a_step(self):
        start = time.perf_counter()
        for _ in range(self._steps // self._steps_per_call):
            self._trainer.train(self._batches, self._steps_per_call)
        self._trainer.results()  # waits for the last step
        return (time.perf_counter() - start) / self._steps


class Fit(keras.callbacks.Callback):
    """The same steps by `model.fit`, its start and its end left out."""

    def __init__(self, make_model, data, args, steps_per_execution, steps):
        super().__init__()
        model = make_model(data.shapes, data.outputs)
        model.compile(
            make_optimizer(3e-3),
            make_loss(data.classification, "sum_over_batch_size"),
            metrics=[make_metrics(data.classification)[-1]],
            steps_per_execution=steps_per_execution,
        )
        self._model, self._steps = (model, steps + steps_per_execution)
        self._steps_per_execution = steps_per_execution
        self._batches = data.batches(args.batch_size, args.seed)

    def first_call(self):
        self._fit(self._steps_per_execution)

    def seconds_a_step(self):
        self._ends = []
        self._fit(self._steps)
        (first, start), (last, end) = (self._ends[0], self._ends[-1])
        return (end - start) / (last - first)

    def on_train_batch_end(self, batch, logs=None):
        self._ends.append((batch, time.perf_counter()))

    def _fit(self, steps):
        self._ends = []
        self._model.fit(
            self._batches,
            steps_per_epoch=steps,
            shuffle=False,
            callbacks=[self],
            verbose=0,
        )


def _seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def table(times):
    """The lines of a table for the terminal, which are Markdown too."""
    lines = [
        "| way | first call | ms a step | quartiles | x eager | x fit |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, row in times.items():
        cells = (
            f"{name:<10}",
            f"{row['first']:6.2f} s",
            f"{row['median']:8.3f}",
            f"{row['low']:8.3f} to {row['high']:8.3f}",
            f"{times['eager']['median'] / row['median']:6.1f}",
            f"{times['fit']['median'] / row['median']:6.2f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines
