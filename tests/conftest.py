"""What every test may use: the repository as a template, and Copier in this Python."""

from pathlib import Path

import pytest

from projects import snapshot


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """The template of this checkout in a folder of its own, without git."""
    return snapshot(tmp_path_factory.mktemp("template") / "layersmith")
