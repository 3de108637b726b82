"""Where the user's cache of this tool lies. All that is in it may be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path:
    """The folder, which may not be there yet.

    Raises:
        RuntimeError: if this user has no home.
    """
    base = os.environ.get("XDG_CACHE_HOME") or (
        os.environ.get("LOCALAPPDATA") if os.name == "nt" else None
    )
    return Path(base or Path.home() / ".cache") / "layersmith"
