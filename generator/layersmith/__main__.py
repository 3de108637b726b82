"""Runs the command line as `python -m layersmith`."""

from layersmith.cli import program

raise SystemExit(program())
