"""Projects from the template at work: their suites, their targets, their CI."""

import os
import re
import sys
from pathlib import Path

import pytest
import yaml

from projects import ALL_RECIPES, GIT, ROOT, commit_all, copy, git, run

pytestmark = pytest.mark.slow


def test_the_suites_of_all_recipes_pass_in_one_project(template, tmp_path):
    project = copy(template, tmp_path / "p", recipes=ALL_RECIPES)
    done = run(
        sys.executable, "-m", "pytest", "-q", cwd=project, env={"PYTHONPATH": "src"}
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def test_with_copier_alone_a_copy_tests_itself_and_trains(
    template, tmp_path, bare_copier
):
    """The promise of the front door, with the commands of the README."""
    project = tmp_path / "my layers"
    command = ("copy", "--trust", "--defaults", template, project)
    done = run(bare_copier, *command, cwd=tmp_path, env=GIT)
    assert done.returncode == 0, done.stderr

    train = ("train", "LAYER=my_custom_layer", "ARGS=--epochs 1 --steps 5")
    for target in (["test"], ["check"], train):
        done = run("make", f"PYTHON={sys.executable}", *target, cwd=project)
        assert done.returncode == 0, (target, done.stdout[-5000:], done.stderr[-3000:])
    assert (project / "out/model.keras").exists()


def test_make_docs_builds_a_site_with_a_page_for_each_layer(template, tmp_path):
    recipes = ["moving_norm", "transformer_encoder", "swiglu"]
    project = copy(template, tmp_path / "my layers", docs=True, recipes=recipes)
    done = run("make", f"PYTHON={sys.executable}", "docs", cwd=project)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    page = (project / "site/layers/moving_norm/index.html").read_text("utf-8")
    for part in ("arguments", "inputs-and-outputs", "weights"):
        table = page.partition(f'id="{part}"')[2].partition("<h2")[0]
        assert "<table>" in table, part
    assert '<pre class="mermaid"><code>flowchart TD' in page
    index = (project / "site/layers/index.html").read_text("utf-8")
    assert all(f'href="{name}/"' in index for name in recipes)


def steps(workflow):
    """`(job, commands, environment)` of every step that runs something, values filled in."""
    for job, content in workflow["jobs"].items():
        # The last row of a matrix: the newest versions.
        row = content.get("strategy", {}).get("matrix", {}).get("include", [{}])[-1]
        for step in content["steps"]:
            if "run" in step:
                environment = {**content.get("env", {}), **step.get("env", {})}
                for name, value in environment.items():
                    for key in row:
                        value = value.replace("${{ matrix." + key + " }}", row[key])
                    environment[name] = value
                yield (job, step["run"], environment)


def test_a_fresh_project_passes_the_steps_of_its_own_workflow(template, tmp_path):
    project = copy(template, tmp_path / "my-layers")
    commit_all(project, "from the template")
    workflow = yaml.safe_load((project / ".github/workflows/ci.yml").read_text("utf-8"))
    # Each job starts from a clone, as it does on the forge; environments are shared here.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    jobs = set()
    for job, command, environment in steps(workflow):
        checkout = tmp_path / job
        if job not in jobs:
            git(tmp_path, "clone", "--quiet", str(project), str(checkout))
        jobs.add(job)
        done = run(
            "bash", "-e", "-c", command, cwd=checkout, env={**environment, "PATH": path}
        )
        assert done.returncode == 0, (command, done.stdout[-5000:], done.stderr[-3000:])
    assert jobs == {"check", "test", "wheel"}

    # Where the wheel was installed, a model that was saved elsewhere is loaded.
    trained = tmp_path / "test"
    arguments = ("train", "LAYER=my_custom_layer", "ARGS=--epochs 1 --steps 5")
    done = run("make", *arguments, cwd=trained)
    assert done.returncode == 0, done.stderr[-3000:]
    code = f"import keras, my_layers; keras.models.load_model({str(trained / 'out/model.keras')!r})"
    done = run("clean/bin/python", "-c", code, cwd=tmp_path / "wheel")
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_demo_reaches_what_it_promises(tmp_path):
    done = run(
        sys.executable, ROOT / "tools/demo.py", "--project", tmp_path / "demo", cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
    accuracy = re.search(r"^held-out accuracy: (.+)$", done.stdout, re.MULTILINE)
    assert accuracy
    assert float(accuracy[1]) >= 0.9
    assert all(
        re.search(rf"^\| {mode} .*\d", done.stdout, re.MULTILINE)
        for mode in ("eager", "graph", "xla")
    )
    for name in ("curves.png", "model.keras", "saved_model/saved_model.pb"):
        assert (tmp_path / "demo/out" / name).exists()
        assert f"out/{name}" in done.stdout
