"""Judges the recipes of Keras's own layers by Keras's own unit tests.

    python benchmarks/keras_conformance.py [NAME ...] [--failures] [--left-out]

The layer of a recipe is generated and put in the place of Keras's: in `keras.layers`, in
`keras.src.layers` and in the module that defines it. Then the test file that the Keras
wheel ships for it runs, under the TensorFlow backend. A test counts for a layer when
it makes one: the file of the merging layers tests seven classes, and a recipe answers
for its own alone. What a recipe does not answer for is left out by the rules below.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import inspect
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "generator"))

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

# Recipes by the tests that judge them, which are found by `test_files`.
GROUPS = (
    ("dense",),
    ("embedding",),
    ("batch_normalization",),
    ("layer_normalization",),
    ("rms_normalization",),
    ("dropout",),
    ("spatial_dropout1d", "spatial_dropout2d", "spatial_dropout3d"),
    ("gaussian_noise",),
    ("prelu",),
    ("leaky_relu",),
    ("softmax",),
    ("relu",),
    ("add", "concatenate"),
    ("repeat_vector",),
    ("zero_padding2d",),
    (
        "global_average_pooling1d",
        "global_average_pooling2d",
        "global_average_pooling3d",
    ),
    ("attention",),
    ("multi_head_attention",),
    ("lstm_cell",),
)

# What a recipe does not answer for: a reason, and what in a test's name or source
# gives it away.
LEFT_OUT = (
    ("quantization", r"quantiz|int4|int8|float8|gptq|awq"),
    ("LoRA", r"lora\b|lora_|LoRA"),
    ("sparse or ragged tensors", r"sparse(?!_categorical)|ragged"),
    ("private attributes", r"(?<!self)\._[a-z]|def _[a-z]"),
    ("fused kernels", r"with_flash_attention|cudnn|CuDNN"),
    ("legacy formats", r"legacy"),
)
# A test that asks for the text of errors and for nothing else.
_TEXT = re.compile(r"\bassert(Raises|Warns)Regex\b")
_ASSERTION = re.compile(r"self\.(assert(?!RaisesRegex|WarnsRegex)\w+|run_layer_test)\(")


@dataclass
class Verdict:
    """What came of one test file.

    Attributes:
        passed, failed: Names of tests; with the last line of the error.
        left_out: Names of tests that were not run, with the reason.
    """

    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def run(self) -> int:
        return len(self.passed) + len(self.failed)


def reason_to_leave_out(name: str, source: str) -> str | None:
    """Why a test is not run; None for one that is."""
    for reason, pattern in LEFT_OUT:
        if re.search(pattern, f"{name}\n{source}"):
            return reason
    if _TEXT.search(source) and not _ASSERTION.search(source):
        return "exact error texts"
    return None


def test_files(layer: type) -> list[Path]:
    """The files that test a layer: of its module, of its family or of its folder.

    A recurrent cell is tested by the layers that run it, which lie in its folder.

    Raises:
        LookupError: where the Keras wheel has none.
    """
    path = Path(inspect.getfile(layer))
    if hasattr(layer, "get_initial_state"):
        return sorted(path.parent.glob("*_test.py"))
    for name in (path.stem, re.sub(r"\dd$", "", path.stem), path.parent.name):
        found = path.with_name(f"{name}_test.py")
        if found.exists():
            return [found]
    raise LookupError(f"the Keras wheel holds no tests of {layer.__name__}")


class Swap:
    """Layers of recipes in the place of Keras's.

    Args:
        classes: Generated classes by name.
    """

    def __init__(self, classes: dict[str, type]):
        self.classes = classes
        self.made = 0

    def install(self) -> list[Path]:
        """Puts the classes in place; the files that test them."""
        import keras

        files: dict[Path, None] = {}
        for name, generated in self.classes.items():
            original = getattr(keras.layers, name)
            files.update(dict.fromkeys(test_files(original)))
            module = sys.modules[original.__module__]
            self._count(generated)
            for place in (keras.layers, sys.modules["keras.src.layers"], module):
                setattr(place, name, generated)
        return list(files)

    def _count(self, generated: type) -> None:
        original = generated.__init__

        def __init__(layer, *args, **kwargs):
            self.made += 1
            original(layer, *args, **kwargs)

        # Keras looks at the parameters of `__init__`.
        __init__.__signature__ = inspect.signature(original)
        generated.__init__ = __init__


class Judge:
    """A pytest plugin: leaves tests out by the rules, and keeps what came of the others."""

    def __init__(self, swap: Swap):
        self.swap = swap
        self.verdict = Verdict()
        self._before = 0

    def pytest_collection_modifyitems(self, items: list) -> None:
        kept = []
        for item in items:
            function = inspect.unwrap(getattr(item.obj, "__func__", item.obj))
            # Without decorators, which say under what circumstances it is skipped.
            source = inspect.getsource(function)
            source = source[source.index("def ") :]
            reason = reason_to_leave_out(item.name, source)
            if reason is None:
                kept.append(item)
            else:
                self.verdict.left_out[_title(item)] = reason
        items[:] = kept

    def pytest_runtest_setup(self, item) -> None:
        self._before = self.swap.made

    def pytest_runtest_logreport(self, report) -> None:
        name = _title(report)
        if report.skipped:
            self.verdict.left_out[name] = "left out by Keras under TensorFlow"
        elif report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            text = str(crash.message if crash else report.longrepr)
            self.verdict.failed[name] = text.strip()
        elif report.when == "call":
            if self.swap.made == self._before:
                self.verdict.left_out[name] = "makes no layer of these recipes"
            else:
                self.verdict.passed.append(name)


def _title(test) -> str:
    """`lstm_test: test_basics` for an item or a report of pytest."""
    file, _, name = test.location
    return f"{Path(file).stem}: {name.rpartition('.')[2]}"


def spec_text(name: str) -> str:
    path = ROOT / "generator/layersmith/recipes" / f"{name}.yaml"
    return path.read_text(encoding="utf-8")


def generate(names: Sequence[str], folder: Path) -> dict[str, type]:
    """The classes of recipes, generated into a folder and imported from it.

    Raises:
        ValueError: for a recipe with an error in it.
    """
    from layersmith.emit.layer import render
    from layersmith.errors import Report
    from layersmith.errors import render as shown
    from layersmith.language.analyse import analyse
    from layersmith.plan.layer import plan_layer
    from layersmith.spec import read_spec

    classes = {}
    for name in names:
        text = spec_text(name)
        report = Report(f"{name}.yaml")
        spec = read_spec(text, report)
        analysis = None if spec is None else analyse(spec, report)
        if analysis is None or report.failed:
            raise ValueError("\n".join(shown(p, text) for p in report.problems))
        path = folder / f"{spec.snake}.py"
        path.write_text(
            render(plan_layer(analysis, "conformance")), encoding="utf-8", newline="\n"
        )
        loader = importlib.util.spec_from_file_location(f"generated_{name}", path)
        module = importlib.util.module_from_spec(loader)
        loader.loader.exec_module(module)
        classes[spec.layer.text] = getattr(module, spec.layer.text)
    return classes


def judge(names: Sequence[str]) -> Verdict:
    """Keras's own tests of some recipes' layers, run in this process."""
    import pytest

    with tempfile.TemporaryDirectory() as folder:
        swap = Swap(generate(names, Path(folder)))
        tests = [str(path) for path in swap.install()]
        watch = Judge(swap)
        options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        options += ["-p", "no:xdist", "-c", os.devnull, "--rootdir", folder]
        options += ["-W", "ignore", "--basetemp", f"{folder}/tmp"]
        pytest.main([*options, *tests], plugins=[watch])
        return watch.verdict


def verdicts(groups: Sequence[Sequence[str]]) -> Iterator[Verdict]:
    """A verdict for each group, each from a process of its own.

    TensorFlow is imported once, before the forks; nothing of it has run then, so that it
    has no threads that a fork would lose.
    """
    import keras  # noqa: F401
    import tensorflow  # noqa: F401

    for names in groups:
        with tempfile.TemporaryDirectory() as scratch:
            answer, output = Path(scratch, "answer.json"), Path(scratch, "output.txt")
            child = os.fork()
            if not child:
                _answer(names, answer, output)
            os.waitpid(child, 0)
            if answer.exists():
                yield Verdict(**json.loads(answer.read_text(encoding="utf-8")))
            else:
                text = output.read_text(encoding="utf-8", errors="replace")
                yield Verdict(failed={"(the run itself)": text.strip()[-4000:]})


def _answer(names: Sequence[str], answer: Path, output: Path) -> None:
    """Judges in a fork, and ends it."""
    stream = os.open(output, os.O_WRONLY | os.O_CREAT)
    os.dup2(stream, 1)
    os.dup2(stream, 2)
    with contextlib.suppress(SystemExit):
        try:
            found = judge(names)
            answer.write_text(json.dumps(found.__dict__), encoding="utf-8")
        except BaseException as error:  # noqa: BLE001
            output.write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
    os._exit(0)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="recipes; all by default")
    parser.add_argument("--failures", action="store_true", help="say why tests fail")
    parser.add_argument(
        "--left-out", action="store_true", help="say what is left out, and why"
    )
    options = parser.parse_args(arguments)
    chosen = [
        group for group in GROUPS if not options.names or set(group) & {*options.names}
    ]
    unknown = {*options.names} - {name for group in GROUPS for name in group}
    if unknown:
        parser.error(f"no such recipes: {', '.join(sorted(unknown))}")
    passed = run = 0
    print(f"{'recipes':<76} passed / run")
    for group, verdict in zip(chosen, verdicts(chosen)):
        passed += len(verdict.passed)
        run += verdict.run
        print(f"{', '.join(group):<76} {len(verdict.passed):>6} / {verdict.run}")
        if options.failures:
            for name, text in verdict.failed.items():
                print(f"    {name}\n        " + text[:3000].replace("\n", "\n        "))
        if options.left_out:
            for name, reason in sorted(verdict.left_out.items()):
                print(f"    {name}: {reason}")
        sys.stdout.flush()
    print(f"{'all':<76} {passed:>6} / {run}")
    return 0 if passed == run else 1


if __name__ == "__main__":
    sys.exit(main())
