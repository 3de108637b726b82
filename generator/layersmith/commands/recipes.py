"""`layersmith recipes`: the gallery."""

from __future__ import annotations

import argparse
import sys

from layersmith.gallery import recipe, recipes


def run(arguments: argparse.Namespace) -> int:
    """Lists the recipes, or prints the one that is named."""
    if arguments.name is not None:
        sys.stdout.write(recipe(arguments.name))
        return 0
    found = recipes()
    width = max(map(len, found))
    for name, summary in found.items():
        print(f"{name:<{width}}  {summary}")
    return 0
