"""A run, from its options to its report."""

import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import keras
import tensorflow as tf

from . import artefacts, data, options, report
from .checkpoints import Checkpoints, last_progress
from .compare import compare, table
from .loop import Loop, best_epoch, best_weights
from .trainer import Trainer, is_chief, learning_rate, make_strategy


def run(make_model, inputs, argv=None, title="Model"):
    """Trains a model as the command line says.

    Args:
        make_model: Function of the shape of x, without the batch axis, and of the size
            of the head. Where x is a dict of several inputs, so are the shapes.
        inputs: The `Input` of the model, or a dict of them by name.
        argv: The options; None for those of the process.
        title: Heading of the plots and of the report.

    Returns:
        The loss of each epoch; with --compare the times, by way to train.

    Raises:
        SystemExit: 2 where the options or the data are wrong, 128 and the number of
            the signal where the process was asked to end; the run is saved then.
    """
    parser = options.make_parser(title)
    args = parser.parse_args(argv)
    with contextlib.ExitStack() as stack:
        try:
            strategy = make_strategy(args.strategy)
            if args.mode == "xla" and strategy.num_replicas_in_sync > 1:
                raise ValueError("--mode xla runs on one device")
            if args.compare and args.strategy != "none":
                raise ValueError("--compare runs on one device")
            samples = get_data(make_model, inputs, args)
            args.steps = args.steps or max(1, samples.size // args.batch_size)
            args.save_every = args.save_every or args.steps
            chief = is_chief(strategy)
            if chief and not args.compare:
                clear(args)
        except (OSError, ValueError, tf.errors.OpError) as error:
            parser.error(" ".join(str(error).split()))
        directory = args.out
        if not chief:  # every process writes, one to keep
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        directory.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(args.seed)
        keras.config.set_dtype_policy(args.policy)
        if args.compare:
            return run_compare(make_model, samples, args, title)
        return run_training(make_model, samples, args, title, strategy, directory)


def get_data(make_model, inputs, args):
    """Raises ValueError, in one line, where the data do not suit the model."""
    keras.config.set_dtype_policy("float32")  # the same data for every policy
    if not args.data:
        return data.made_up(make_model, inputs, args.validation)
    try:
        return data.load(args, make_model, inputs)
    except (OSError, data.DataError, tf.errors.OpError) as error:
        raise ValueError(f"--data {args.data}: {error}") from None


def clear(args):
    """Makes room for the checkpoints of a new run.

    Raises:
        ValueError: It would lose a run that is not done, or not go on with the old one.
    """
    directory = args.out / "checkpoints"
    last = last_progress(directory)
    if last is None:
        return
    if args.resume:
        for name, value in options.settings(args).items():
            if last.settings.get(name, value) != value:
                option = f"--{name.replace('_', '-')} {last.settings[name]}"
                raise ValueError(f"--resume: that run was started with {option}")
    elif not last.finished:
        raise ValueError(
            f"a run in {args.out} is not done: add --resume, or choose another --out"
        )
    else:
        shutil.rmtree(directory)


def run_training(make_model, samples, args, title, strategy, directory):
    """Trains, and writes all that is left of it into the directory."""
    chief = is_chief(strategy)
    rate = learning_rate(args.learning_rate, args.schedule, args.epochs * args.steps)
    trainer = Trainer(make_model, samples, args.mode, strategy, rate, args.clip)
    settings = options.settings(args)
    checkpoints = Checkpoints(trainer, settings, directory / "checkpoints")
    if args.resume:
        checkpoints.restore(args.out / "checkpoints")
    loop = Loop(trainer, samples, args, checkpoints, directory, quiet=not chief)
    if stopped := loop.run():
        print(f"Stopped at step {checkpoints.progress.step}; --resume goes on.")
        sys.exit(128 + stopped)
    history = checkpoints.progress.history
    if args.patience and best_epoch(history) + 1 < len(history):
        trainer.model.load_weights(best_weights(args.out))

    x = samples.some(3)
    files = artefacts.save(trainer.model, x, directory, args.policy)
    if args.serve_check and chief:
        artefacts.serve_check(trainer.model, x, directory, args.policy)
        print("A new process has loaded saved_model and gives the same answers.")
    files.append(artefacts.plot_history(history, title, directory))
    results = {"options": options.as_text(args), "history": history}
    (directory / "run.json").write_text(json.dumps(results, indent=1), "utf-8")
    report.write(directory, title)
    if chief:
        print(f"Wrote {', '.join(files)}, run.json and report.md to {args.out}")
        final = history[best_epoch(history) if args.patience else -1]
        for name in ("held-out accuracy", "held-out loss"):
            if name in final:
                print(f"{name}: {final[name]:.4f}")
                break
    return [results["loss"] for results in history]


def run_compare(make_model, samples, args, title):
    """Times the ways to train; prints, draws and returns the times."""
    times = compare(make_model, samples, args)
    print("\n".join(table(times)))
    artefacts.plot_times(times, title, args.out)
    (args.out / "comparison.json").write_text(json.dumps(times, indent=1), "utf-8")
    report.write(args.out, title)
    print(f"Wrote comparison.png, comparison.json and report.md to {args.out}")
    return times
