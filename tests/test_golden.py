"""Golden folders: every emitted file of every case, byte for byte, and ruff-clean.

`python tools/regenerate_cases.py` rewrites them and shows what changed.
"""

import ast
import subprocess
import sys

import pytest

from regenerate_cases import CASES, cases, emitted, expected

SPECS = cases()


@pytest.mark.parametrize("case", SPECS)
def test_every_emitted_file_is_as_expected(case):
    assert emitted(SPECS[case]) == expected(case)


@pytest.mark.parametrize("case", SPECS)
def test_emitting_twice_gives_the_same_bytes(case):
    assert emitted(SPECS[case]) == emitted(SPECS[case])


@pytest.mark.parametrize("case", SPECS)
def test_no_emitted_file_knows_that_it_was_generated(case):
    for name, text in expected(case).items():
        for word in ("layersmith", "yaml", "jinja", "{{", "{%"):
            assert word not in text.lower() or (word == "{{" and 'f"' in text), (
                name,
                word,
            )


@pytest.mark.parametrize("case", SPECS)
def test_emitted_files_end_with_one_newline_and_hold_no_stray_whitespace(case):
    for name, text in expected(case).items():
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        assert not [line for line in text.split("\n") if line != line.rstrip()], name
        assert "\t" not in text, name


@pytest.mark.parametrize("case", SPECS)
def test_emitted_layers_need_tensorflow_keras_and_numpy_alone(case):
    allowed = {"keras", "tensorflow", "numpy", "pytest", "matplotlib"}
    allowed |= {name.removesuffix(".py") for every in SPECS for name in expected(every)}
    for name, text in expected(case).items():
        for node in ast.walk(ast.parse(text)):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module]
            for module in modules:
                top = module.split(".")[0]
                assert top in allowed or top in sys.stdlib_module_names, (name, module)


def test_there_is_no_golden_folder_without_a_spec():
    folders = {path.parent.name for path in CASES.glob("*/expected")}
    assert folders == set(SPECS)


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]])
def test_every_emitted_file_is_clean_under_the_defaults_of_ruff(command):
    # The files of a case lie in one folder, so they are each other's own modules.
    own = ["--config", 'src = ["tests/cases/*/expected"]']
    ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache"]
    done = subprocess.run(
        [*ruff, *own, CASES],
        cwd=CASES.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
