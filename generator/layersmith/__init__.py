"""Layersmith: complete Keras layers, their tests and train scripts from a YAML spec."""

__version__ = "0.1.0"
