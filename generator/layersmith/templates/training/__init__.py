"""Training of a layer: what the train scripts of this project share.

`run` is the whole of it; a script hands it a model and the inputs of that model.
"""

from .data import Input
from .run import run

__all__ = ["Input", "run"]
