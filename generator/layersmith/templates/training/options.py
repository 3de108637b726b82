"""The options of a train script."""

import argparse
from pathlib import Path

from .trainer import MODES, SCHEDULES, STRATEGIES

POLICIES = ("float32", "mixed_float16", "mixed_bfloat16")
# The numbers of a run depend on these, so it goes on with the same ones only.
SETTINGS = (
    *("data", "task", "validation", "batch_size", "steps", "seed"),
    *("learning_rate", "schedule", "clip", "policy"),
)


def make_parser(title):
    """Returns the parser; its defaults train on made-up data in half a minute."""
    parser = argparse.ArgumentParser(
        description=f"Trains {title}.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument_group("data").add_argument
    add("--data", metavar="SOURCE", help=".npz, .csv, .tfrecord, or module:function")
    add("--task", choices=("auto", "classification", "regression"), default="auto")
    add("--validation", type=_share, default=0.2, metavar="F", help="held-out share")
    add("--batch-size", type=_count, default=32, metavar="N", help="of all replicas")
    add("--seed", type=int, default=0, metavar="N")

    add = parser.add_argument_group("training").add_argument
    add("--epochs", type=_count, default=10, metavar="N")
    add("--steps", type=_count, metavar="N", help="per epoch; None: all the data")
    add("--learning-rate", type=float, default=3e-3, metavar="F")
    add("--schedule", choices=SCHEDULES, default="constant")
    add("--clip", type=float, metavar="NORM", help="bound of the gradients' norm")
    add("--patience", type=_count, metavar="N", help="stop after N epochs no better")
    add("--policy", choices=POLICIES, default="float32")

    add = parser.add_argument_group("execution").add_argument
    add("--mode", choices=MODES, default="graph")
    add("--steps-per-call", type=_count, default=1, metavar="N", help="in one graph")
    add("--strategy", choices=STRATEGIES, default="none")
    add("--compare", action="store_true", help="time the ways to train, and end")

    add = parser.add_argument_group("output").add_argument
    add("--out", type=Path, default=Path("out"), metavar="DIR")
    add("--resume", action="store_true", help="go on from the last checkpoint")
    add("--save-every", type=_count, metavar="N", help="steps; None: an epoch")
    add("--serve-check", action="store_true", help="ask the export in a new process")
    add("--tensorboard", action="store_true", help="write a log for TensorBoard")
    add("--profile", action="store_true", help="trace the second call")
    return parser


def settings(args):
    """The options that make the numbers of a run, as JSON gives them back."""
    chosen = {name: getattr(args, name) for name in SETTINGS}
    if args.schedule != "constant":
        chosen["epochs"] = args.epochs  # the schedule ends with the last one
    return chosen


def as_text(args):
    """Every option with its value, for the report."""
    return {f"--{k.replace('_', '-')}": str(v) for k, v in vars(args).items()}


def _count(text):
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _share(text):
    if not 0 <= (share := float(text)) < 1:
        raise argparse.ArgumentTypeError("must be from 0 to below 1")
    return share
