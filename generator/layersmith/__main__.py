"""Runs the command line as `python -m layersmith`."""

from layersmith.cli import main

raise SystemExit(main())
