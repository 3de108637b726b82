"""Runs the generator from a checkout: `python <checkout>/generator generate ...`."""

import sys
from pathlib import Path

if sys.dont_write_bytecode:
    from layersmith import compiled

    compiled.use(Path(compiled.__file__).parent)

from layersmith.cli import main

raise SystemExit(main())
