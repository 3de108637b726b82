"""One page about the run whose files lie in a directory, in Markdown."""

import json

from .compare import table
from .loop import best_epoch

FILES = {
    "run.json": "options and results of each epoch",
    "comparison.json": "times of the ways to train",
    "model.keras": "the model, for Keras",
    "model.weights.h5": "its weights",
    "saved_model": "the model, for serving",
    "checkpoints": "to go on from with `--resume`",
    "tensorboard": "log for TensorBoard",
    "profile": "trace for TensorBoard's profiler",
}


def write(directory, title):
    """Writes report.md beside the files that it is about."""
    lines = [f"# {title}", ""]
    if run := _read(directory / "run.json"):
        lines += _results(run["history"])
        lines += ["", "![Curves](curves.png)", "", "| option | value |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in run["options"].items()]
        lines.append("")
    if times := _read(directory / "comparison.json"):
        lines += ["## Ways to train", "", *table(times)]
        lines += ["", "![Ways to train](comparison.png)", ""]
    lines += ["## Files", ""]
    lines += [f"- {n}: {text}" for n, text in FILES.items() if (directory / n).exists()]
    text = "\n".join(lines) + "\n"
    (directory / "report.md").write_text(text, encoding="utf-8")


def _read(path):
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def _results(history):
    """A table of the first, the best and the last epoch."""
    names = list(history[0])
    lines = [f"| epoch | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    for epoch in sorted({0, best_epoch(history), len(history) - 1}):
        values = " | ".join(f"{value:.4f}" for value in history[epoch].values())
        lines.append(f"| {epoch + 1} | {values} |")
    return lines
