"""Writes scikit-learn's bundled handwritten digits as a data file for a train script.

    python tools/digits.py digits.npz

1,797 real images of 8 x 8 pixels: `x` float32 of shape (1797, 64), scaled to [0, 1],
and `y` the digits 0 to 9 as integers. Nothing is downloaded.
"""

from __future__ import annotations

import sys
from pathlib import Path


def write_digits(path: Path) -> None:
    """Writes `x` and `y` to an .npz file at `path`."""
    # scikit-learn takes a second to import.
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    np.savez(path, x=(images / 16).astype("float32"), y=labels.astype("int64"))


if __name__ == "__main__":
    write_digits(Path(sys.argv[1]))
