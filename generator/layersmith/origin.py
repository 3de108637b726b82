"""Where this layersmith came from: the template that it belongs to lies there too."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import layersmith
from layersmith.record import record

# Of the package and not of this module, which may be a compiled copy.
CHECKOUT = Path(layersmith.__file__).resolve().parents[2]


@record
class Origin:
    """A template as Copier takes it.

    Attributes:
        template: Folder or URL of a repository.
        ref: Commit; empty for Copier's own choice.
    """

    template: str
    ref: str = ""


def find_origin(checkout: Path = CHECKOUT) -> Origin | None:
    """The template of this very version; None where that is not known.

    It is the checkout that this module lies in, or what pip wrote down of the
    repository or the folder that it installed layersmith from.
    """
    if (checkout / "copier.yml").is_file():
        # HEAD: this checkout as it is, and not the newest tag.
        return Origin(str(checkout), "HEAD" if (checkout / ".git").exists() else "")
    return _from_installation(_direct_url())


def _direct_url() -> Any:
    """What pip wrote down (PEP 610); None for an installation from an index."""
    try:
        text = metadata.distribution("layersmith").read_text("direct_url.json")
        return json.loads(text) if text else None
    except (metadata.PackageNotFoundError, ValueError):
        return None


def _from_installation(record: Any) -> Origin | None:
    url = record.get("url", "") if isinstance(record, dict) else ""
    vcs = record.get("vcs_info", {}) if url else {}
    if vcs.get("vcs") == "git" and not record.get("subdirectory"):
        # Copier takes a URL with neither for a folder.
        template = url if url.endswith(".git") else f"git+{url}"
        return Origin(template, vcs.get("commit_id", ""))
    if url.startswith("file:") and "dir_info" in record:
        folder = Path(url2pathname(urlsplit(url).path))
        if (folder / "copier.yml").is_file():
            return Origin(str(folder), "HEAD" if (folder / ".git").exists() else "")
    return None
