"""Plans to texts, laid out in 88 columns."""

from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
