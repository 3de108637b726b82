"""What the user wrote: a spec as frozen dataclasses, read from positioned YAML."""

from layersmith.spec.model import Spec
from layersmith.spec.read import read_spec

__all__ = ["Spec", "read_spec"]
