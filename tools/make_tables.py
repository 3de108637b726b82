"""Makes generator/layersmith/language/tables/*.json from the installed TensorFlow and Keras.

    python tools/make_tables.py            # write both files
    python tools/make_tables.py --check    # exit 1 where a file would change

The generator reads these files instead of importing TensorFlow. Nothing in them is
written by hand: to follow a new version, install it and run this.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from keras_names import keras_table
from tensorflow_names import tensorflow_table

MAKERS = {"tensorflow": tensorflow_table, "keras": keras_table}
TABLES = Path(__file__).parents[1] / "generator/layersmith/language/tables"


def text(table: dict) -> str:
    """JSON with one name a line, sorted, so that a diff shows names."""
    sections = []
    for section, rows in table.items():
        lines = [
            f"{json.dumps(name)}: {json.dumps(rows[name], separators=(',', ':'))}"
            for name in sorted(rows)
        ]
        sections.append(f"{json.dumps(section)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    stale = 0
    for name, make in MAKERS.items():
        path, made = (TABLES / f"{name}.json", text(make()))
        if path.exists() and path.read_text(encoding="utf-8") == made:
            continue
        stale = 1
        print(f"{path}: {'stale' if options.check else 'written'}")
        if not options.check:
            path.write_text(made, encoding="utf-8", newline="\n")
    return stale if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
