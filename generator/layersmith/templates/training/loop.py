"""The epochs of a run: progress, checkpoints, early stopping, logs."""

import contextlib
import shutil
import signal
import sys
import threading
import time

import tensorflow as tf

TEST_BATCH = 256
# What `tf.summary.scalar` writes, which needs TensorBoard to be installed.
SCALAR = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"})


class Loop:
    """Trains from where the checkpoints stand to the end.

    Where the process is asked to end, it finishes the step and saves.
    """

    def __init__(self, trainer, data, args, checkpoints, directory, quiet=False):
        self.trainer = trainer
        self.data = data
        self.args = args
        self.checkpoints = checkpoints
        self.progress = checkpoints.progress
        self.directory = directory
        self.quiet = quiet
        self._calls = 0

    def run(self):
        """Returns the signal that ended it, or 0 where the end was reached."""
        self.progress.finished = self._at_end()
        self._log = tf.summary.create_noop_writer()
        if self.args.tensorboard:
            path = self.directory / "tensorboard"
            self._log = tf.summary.create_file_writer(str(path))
        with asked_to_stop() as self._stopped:
            while not self.progress.finished and not self._stopped:
                self._epoch()
        self._log.close()
        return 0 if self.progress.finished else self._stopped[0]

    def _at_end(self):
        history = self.progress.history
        if not history or len(history) >= self.args.epochs:
            return bool(history)
        waited = len(history) - 1 - best_epoch(history)
        return bool(self.args.patience) and waited >= self.args.patience

    def _epoch(self):
        epoch, done = divmod(self.progress.step, self.args.steps)
        batches = self.data.batches(self.args.batch_size, self.args.seed, epoch, done)
        iterator = iter(self.trainer.strategy.experimental_distribute_dataset(batches))
        if not done:
            self.trainer.reset()
        title = f"Epoch {epoch + 1}/{self.args.epochs}"
        bar = Bar(title, self.args.steps, done, self.quiet)
        while done < self.args.steps:
            # A call ends where a checkpoint is due.
            due = self.args.save_every - self.progress.step % self.args.save_every
            steps = min(self.args.steps_per_call, self.args.steps - done, due)
            self._call(iterator, steps)
            done += steps
            bar.update(done, self.trainer.results)
            if done < self.args.steps and (steps == due or self._stopped):
                self.checkpoints.save()
            if done < self.args.steps and self._stopped:
                return
        results = self.trainer.results() | self._held_out()
        bar.finish(results)
        self._end_epoch(epoch, results)

    def _call(self, iterator, steps):
        profiled = self.args.profile and self._calls == 1  # the first call compiles
        if profiled:
            tf.profiler.experimental.start(str(self.directory / "profile"))
        self.trainer.train(iterator, steps)
        self.progress.step += steps
        self._calls += 1
        if profiled:
            self.trainer.results()  # waits for the steps
            tf.profiler.experimental.stop()

    def _held_out(self):
        if not self.data.held_out_size:
            return {}
        steps = -(-self.data.held_out_size // TEST_BATCH)
        results = self.trainer.test(self.data.held_out_batches(TEST_BATCH), steps)
        return {f"held-out {name}": value for name, value in results.items()}

    def _end_epoch(self, epoch, results):
        with self._log.as_default(step=epoch + 1):
            for name, value in results.items():
                tf.summary.write(name, tf.constant(value), metadata=SCALAR)
        self.progress.history.append(results)
        if self.args.patience and best_epoch(self.progress.history) == epoch:
            save_weights(self.trainer.model, best_weights(self.directory))
        self.progress.finished = self._at_end()
        self.checkpoints.save()


def best_epoch(history):
    """Index of the epoch with the lowest loss, the held-out one where there is one."""
    name = "held-out loss" if "held-out loss" in history[0] else "loss"
    losses = [results[name] for results in history]
    return losses.index(min(losses))


def best_weights(directory):
    return directory / "best.weights.h5"


def save_weights(model, path):
    """Replaces the file in one move, so that it is never half written."""
    new = path.with_name(f"new-{path.name}")
    model.save_weights(new)
    new.replace(path)


@contextlib.contextmanager
def asked_to_stop():
    """Yields a list that gets the signal which asks the process to end.

    A second signal ends it at once.
    """
    received = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}

    def restore():
        for number, handler in before.items():
            signal.signal(number, handler)

    def receive(number, _frame):
        received.append(number)
        restore()

    for number in before:
        signal.signal(number, receive)
    try:
        yield received
    finally:
        restore()


class Bar:
    """The progress of an epoch in one line; in a log file, only as it is at its end."""

    def __init__(self, title, steps, done, quiet):
        self._title = title
        self._steps = steps
        self._first = done
        self._quiet = quiet
        self._live = sys.stdout.isatty() and not quiet
        self._start = self._shown = time.perf_counter()

    def update(self, done, results):
        """Shows the results some times a second: reading them waits for the steps."""
        now = time.perf_counter()
        if self._live and done < self._steps and now - self._shown > 0.2:
            self._shown = now
            columns = shutil.get_terminal_size().columns - 1
            line = self._line(done, results())[:columns]
            print(f"\r\x1b[K{line}", end="", flush=True)

    def finish(self, results):
        """Shows the results of the epoch."""
        if not self._quiet:
            start = "\r\x1b[K" if self._live else ""
            print(f"{start}{self._line(self._steps, results)}", flush=True)

    def _line(self, done, results):
        seconds = time.perf_counter() - self._start
        rate = (done - self._first) / seconds
        filled = "=" * (20 * done // self._steps)
        parts = [f"{self._title}: {done}/{self._steps} [{filled:<20}]"]
        parts.append(f"{rate:.0f} steps/s")
        if done < self._steps:
            parts.append(f"{(self._steps - done) / rate:.0f} s left")
        parts += [f"{name}: {value:.4f}" for name, value in results.items()]
        return " - ".join(parts)
