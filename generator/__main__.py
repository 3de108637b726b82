"""Runs the generator from a checkout: `python <checkout>/generator generate ...`."""

from layersmith.cli import main

raise SystemExit(main())
