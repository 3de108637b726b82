"""Decides what will be emitted: an analysed spec to plans."""
