"""`layersmith schema`: the JSON Schema of specs, for editors."""

from __future__ import annotations

import argparse
import json

from layersmith.schema import schema


def run(arguments: argparse.Namespace) -> int:
    """Prints the schema."""
    print(json.dumps(schema(), indent=2))
    return 0
