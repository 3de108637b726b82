"""Ctrl-C at any question and while the generator runs: no half project is left."""

import os
import pty
import select
import signal
import sys
import time

import pytest

from projects import ALL_RECIPES, files

# Each runs Copier at a terminal of its own.
pytestmark = pytest.mark.slow

QUESTIONS = (
    "Name of the project",
    "Package to import",
    "Your own spec",
    "Recipes to start from",
    "Who holds the copyright",
    "Licence of the project",
    "Where the checks run",
    "A documentation site",
)


class Terminal:
    """A command at a terminal of its own, where Ctrl-C can be pressed."""

    def __init__(self, *command):
        self.output = ""
        self.process, self.keys = pty.fork()
        if self.process == 0:
            # No questions to the terminal itself, such as where its cursor is.
            os.environ["TERM"] = "dumb"
            os.execvp(command[0], [str(part) for part in command])

    def wait_for(self, text, since=0):
        """Waits until the text is on the screen; the place behind it."""
        end = time.monotonic() + 60
        while text not in self.output[since:]:
            assert time.monotonic() < end, self.output
            assert self._read(), f"{text} is not in: {self.output}"
        return self.output.index(text, since) + len(text)

    def wait_for_another_in_front(self):
        """Waits until the terminal belongs to a process that the command has started."""
        end = time.monotonic() + 60
        while os.tcgetpgrp(self.keys) == self.process:
            assert time.monotonic() < end, self.output
            if select.select([self.keys], [], [], 0.01)[0]:
                assert self._read(), self.output

    def press(self, key):
        os.write(self.keys, key)

    def status(self):
        """The exit status, once the command has ended."""
        while self._read():
            pass
        os.close(self.keys)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def _read(self):
        if not select.select([self.keys], [], [], 60)[0]:
            os.kill(self.process, signal.SIGKILL)
            return False
        try:
            data = os.read(self.keys, 4096)
        except OSError:  # the other side is closed
            return False
        self.output += data.decode("utf-8", "replace")
        return bool(data)


def copier_copy(template, folder, *options):
    return Terminal(sys.executable, "-m", "copier", "copy", *options, template, folder)


@pytest.mark.parametrize("last", range(len(QUESTIONS)), ids=QUESTIONS)
def test_at_any_question_nothing_is_written(template, tmp_path, last):
    terminal = copier_copy(template, tmp_path / "p", "--trust")
    place = 0
    for question in QUESTIONS[:last]:
        place = terminal.wait_for(question, place)
        terminal.press(b"\r")
    terminal.wait_for(QUESTIONS[last], place)
    terminal.press(b"\x03")
    assert terminal.status() != 0
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("existed", [False, True])
def test_while_the_generator_runs_a_new_folder_goes_and_an_old_one_stays(
    template, tmp_path, existed
):
    folder = tmp_path / "p"
    if existed:
        folder.mkdir()
        (folder / "notes.txt").write_text("mine\n", encoding="utf-8")
    recipes = f"recipes=[{','.join(ALL_RECIPES)}]"
    terminal = copier_copy(template, folder, "--trust", "--defaults", "-d", recipes)
    terminal.wait_for("Running task 1 of 1")
    terminal.wait_for_another_in_front()
    terminal.press(b"\x03")
    assert terminal.status() != 0
    assert "Traceback" not in terminal.output
    assert folder.exists() == existed
    if existed:
        assert (folder / "notes.txt").exists()
        # Nothing is there by halves: the same command can be run again.
        assert not [name for name in files(folder) if name.startswith("src/p/layers/a")]


def test_without_an_interrupt_the_terminal_is_given_back(template, tmp_path):
    terminal = copier_copy(template, tmp_path / "p", "--trust", "--defaults")
    terminal.wait_for("make test")
    assert terminal.status() == 0, terminal.output
    assert "src/p/layers/my_custom_layer.py" in files(tmp_path / "p")
