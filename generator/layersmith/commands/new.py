"""`layersmith new`: a project from the template, through Copier's Python API."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from layersmith.errors import LayersmithError
from layersmith.origin import Origin, find_origin


def run(arguments: argparse.Namespace) -> int:
    """Asks the questions of the template and makes the project."""
    try:
        import copier
    except ModuleNotFoundError as error:
        if error.name != "copier":
            raise
        raise LayersmithError(
            "`layersmith new` needs Copier: install `copier>=9.19` beside layersmith"
        ) from error
    given = arguments.template is not None
    origin = Origin(arguments.template) if given else find_origin()
    if origin is None:
        raise LayersmithError(
            "the template's place is not known, for layersmith was not installed from "
            "its repository: say it with --template URL"
        )
    existed = arguments.dest.exists()
    try:
        copier.run_copy(
            origin.template,
            arguments.dest,
            _data(arguments.data, arguments.data_file),
            vcs_ref=arguments.vcs_ref or origin.ref or None,
            defaults=arguments.defaults,
            overwrite=arguments.overwrite,
            quiet=arguments.quiet,
            # The task of its own template is this program, which runs already.
            unsafe=arguments.trust or not given,
        )
    except KeyboardInterrupt:
        if not existed:
            shutil.rmtree(arguments.dest, ignore_errors=True)
        raise
    except copier.errors.TaskError as error:
        return int(error.returncode)  # the generator has said why
    except copier.errors.UnsafeTemplateError as error:
        raise LayersmithError(
            f"{origin.template} runs its generator in the new project: allow it with --trust"
        ) from error
    except (LayersmithError, OSError):
        raise
    except Exception as error:
        raise LayersmithError(_words(error)) from error
    return 0


def _data(pairs: Sequence[str], file: Path | None) -> dict[str, Any]:
    """Answers given beforehand; those on the command line count more."""
    answers: dict[str, Any] = {}
    if file is not None:
        import yaml

        try:
            loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise LayersmithError(f"{file}: {_words(error)}") from error
        if not isinstance(loaded, dict):
            raise LayersmithError(f"{file}: write `question: answer`, one a line")
        answers.update(loaded)
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise LayersmithError(f"--data {pair}: write --data NAME=VALUE")
        answers[name] = value
    return answers


def _words(error: Exception) -> str:
    """What went wrong, on one line; of git, its own last words."""
    text = getattr(error, "stderr", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
