"""Runs the generator from a checkout: `python <checkout>/generator generate ...`."""

import gc
import sys
from pathlib import Path

gc.disable()  # until `program`: nothing that is imported goes before the end

if sys.dont_write_bytecode:
    from layersmith import compiled

    compiled.use(Path(compiled.__file__).parent)

from layersmith.cli import program

raise SystemExit(program())
