"""Every recipe of the gallery and golden case: its emitted suite passes, and Keras's too."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import pytest

from layersmith.pipeline import SpecFile, Target, generate
from regenerate_cases import cases

ROOT = Path(__file__).resolve().parents[1]
RECIPES = sorted((ROOT / "generator" / "layersmith" / "recipes").glob("*.yaml"))
SPECS = cases()  # the recipes among them
FIRST = (
    "textbook_dense",
    "low_rank_dense",
    "dropout",
    "moving_norm",
    "gated_attention_pooling",
)


@cache
def generated():
    files = {
        name: SpecFile(str(path), path.read_text("utf-8"))
        for name, path in SPECS.items()
    }
    made, problems = generate(list(files.values()), Target())
    assert problems == []
    by_file = {item.source: item for item in made}
    return {name: by_file[file] for name, file in files.items()}


@pytest.fixture(scope="session")
def gallery(tmp_path_factory):
    """All files of all recipes and cases in one folder."""
    folder = tmp_path_factory.mktemp("gallery")
    made = generated()
    for item in made.values():
        (folder / f"{item.snake}.py").write_text(item.layer, encoding="utf-8")
        (folder / f"test_{item.snake}.py").write_text(item.suite, encoding="utf-8")
        (folder / f"train_{item.snake}.py").write_text(item.script, encoding="utf-8")
    return folder, made


@pytest.fixture(scope="session")
def results(gallery):
    """Outcomes of all emitted suites, run in one process: failures by module."""
    folder, _ = gallery
    report = folder / "report.xml"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        f"--junitxml={report}",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, "--rootdir", folder, folder],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
    )
    outcomes: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        module = case.get("classname", "").rpartition(".")[2]
        failed = outcomes.setdefault(module, [])
        for kind in ("failure", "error"):
            if case.find(kind) is not None:
                failed.append(f"{case.get('name')}: {case.find(kind).get('message')}")
    assert outcomes, done.stdout[-2000:] + done.stderr[-2000:]
    return outcomes


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_names_its_source(path):
    text = path.read_text(encoding="utf-8")
    assert "\nreference: " in text


def test_the_median_spec_is_at_most_a_third_as_long_as_its_layer():
    def length(text):
        return sum(bool(line.strip()) for line in text.splitlines())

    lengths = [
        length(path.read_text(encoding="utf-8")) / length(generated()[path.stem].layer)
        for path in RECIPES
    ]
    assert median(lengths) <= 1 / 3


@pytest.mark.slow
@pytest.mark.parametrize("case", SPECS)
def test_emitted_suite_passes(results, gallery, case):
    item = gallery[1][case]
    module = f"test_{item.snake}"
    assert module in results, f"{module} ran no test"
    assert results[module] == []


LAYER_TEST = """
import sys
sys.path.insert(0, sys.argv[1])
import importlib
from keras.src.testing import TestCase

for line in sys.argv[2:]:
    module, name, arguments, shape = line.split("|")
    layer = getattr(importlib.import_module(module), name)
    TestCase("run").run_layer_test(
        layer, init_kwargs=eval(arguments), input_shape=eval(shape), supports_masking=None
    )
    print("passed", module)
"""


@pytest.mark.slow
def test_keras_run_layer_test_passes_on_the_first_recipes(gallery):
    folder, made = gallery
    lines = []
    for name in FIRST:
        item = made[name]
        arguments = {
            "textbook_dense": {"output_dim": 4, "use_dropout": True},
            "low_rank_dense": {"units": 4, "rank": 2, "rate": 0.5},
            "dropout": {"rate": 0.5},
            "moving_norm": {},
            "gated_attention_pooling": {"units": 4},
        }[name]
        shape = (2, 5, 3) if name == "gated_attention_pooling" else (5, 3)
        lines.append(f"{item.snake}|{item.class_name}|{arguments}|{shape}")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", LAYER_TEST, folder, *lines],
        env=environment,
        text=True,
        capture_output=True,
    )
    assert done.stdout.count("passed") == len(FIRST), done.stderr[-3000:]
