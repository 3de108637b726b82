"""`layersmith check`: specs alone."""

from __future__ import annotations

import argparse

from layersmith.commands.output import Output
from layersmith.commands.specs import beside, spec_files
from layersmith.pipeline import check


def run(arguments: argparse.Namespace) -> int:
    """Checks the given specs, or every spec of the project."""
    files, project = spec_files(arguments.specs)
    output = Output(arguments, files)
    problems = check(files, beside(arguments.specs, project))
    return output.finish(problems, [], checked=len(files))
