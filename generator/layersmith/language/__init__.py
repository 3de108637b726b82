"""The language of `call`: Python's syntax, TensorFlow's names, shapes over named axes."""
