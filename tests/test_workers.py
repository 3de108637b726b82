"""Work that is spread over processes gives what it gives in one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layersmith import workers

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "generator" / "layersmith" / "recipes"
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# In a process of its own: pytest may have threads, and then there is no spreading.
PROGRAM = """
import os, sys
from layersmith import pipeline, workers
from layersmith.pipeline import SpecFile, Target, check, generate
sys.path.insert(0, {tests!r})
workers._processors = lambda: 3
text = open({recipe!r}).read()
started = []
fork = os.fork
def counting():
    pid = fork()
    started.append(pid)
    return pid
os.fork = counting
"""


def run(body, recipe="dense"):
    start = PROGRAM.format(
        tests=str(ROOT / "tests"), recipe=str(RECIPES / f"{recipe}.yaml")
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    done = subprocess.run(
        [sys.executable, "-c", start + body],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@FORKS
def test_specs_are_generated_by_several_processes_as_by_one():
    out = run("""
first = text.split("\\n", 1)[1]
files = [SpecFile(f"{n}.yaml", f"layer: Layer{n}\\n{first}") for n in range(200)]
files[7] = SpecFile("7.yaml", files[7].text.replace("tf.", "tff."))
spread = generate(files, Target())
assert len(started) == 2, started
workers._processors = lambda: 1
alone = generate(files, Target())
assert len(started) == 2
assert [item.source.name for item in spread[0]] == [f"{n}.yaml" for n in range(200) if n != 7]
assert spread == alone
assert spread[1] and {p.file for p in spread[1]} == {"7.yaml"}
print("same", check(files) == spread[1])
""")
    assert out == "same True\n"


@FORKS
def test_layers_made_of_others_are_right_in_every_process():
    out = run("""
from layersmith.errors import render
first = text.split("\\n", 1)[1]
base = SpecFile("base.yaml", "layer: Base\\n" + first.replace("tf.", "tff."))
def user(n, part):
    return SpecFile(f"{n}.yaml", f'''layer: User{n}
summary: Uses another.
inputs: {{x: {{shape: [batch, ..., features]}}}}
sublayers: {{part: {part}}}
call: return part(x)
outputs: {{shape: [batch, ..., 3]}}
examples: [{{inputs: {{x: [5, 3]}}}}]
''')
good = SpecFile("good.yaml", "layer: Good\\n" + first)
files = [*(user(n, "Good(3)") for n in range(150)), good, base, user(150, "Base(3)")]
spread = generate(files, Target())
assert len(started) == 1
workers._processors = lambda: 1
assert spread == generate(files, Target())
print(sorted({p.file for p in spread[1]}), len(spread[0]))
""")
    assert out == "['150.yaml', 'base.yaml'] 151\n"


@FORKS
def test_a_process_that_dies_is_no_loss():
    out = run("""
import signal
parent = os.getpid()
def work(items):
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return list(items)
found = workers.spread(work, list(range(90)), 10)
assert len(started) == 2
print(sorted(n for part in found for n in part) == list(range(90)))
""")
    assert out == "True\n"


@FORKS
def test_a_mistake_of_the_tool_is_told_by_the_first_process():
    out = run("""
def work(items):
    if 50 in items:
        raise KeyError("fifty")
    return list(items)
try:
    workers.spread(work, list(range(90)), 10)
except KeyError as error:
    print(error)
""")
    assert out == "'fifty'\n"


def test_few_items_are_done_here():
    assert workers.spread(sum, [1, 2, 3], 2) in ([6], [1, 5])
    assert workers.spread(sum, [1, 2, 3], 64) == [6]


def test_a_long_chain_of_layers_is_read():
    out = run("""
def user(n, part):
    return SpecFile(f"{n}.yaml", f'''layer: User{n}
summary: Uses another.
inputs: {{x: {{shape: [batch, features]}}}}
sublayers: {{part: {part}}}
call: return part(x)
outputs: {{shape: [batch, 3]}}
examples: [{{inputs: {{x: [5, 3]}}}}]
''')
files = [user(n, f"User{n + 1}()") for n in range(1200)] + [user(1200, "Dense(3)")]
print(len(check(files)))
""")
    assert out == "0\n"
