"""Every key that a spec may hold: the reader's table, and the editor schema's."""

from __future__ import annotations

from layersmith.record import record

ARGUMENT_TYPES = (
    "int",
    "float",
    "bool",
    "str",
    "shape",
    "partial_shape",
    "any",
    "activation",
    "initializer",
    "regularizer",
    "constraint",
    "layer",
    "axis",
    "data_format",
)
NUMBERS = ("int", "float")
DTYPES = (
    "float",
    "int32",
    "int64",
    "bool",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "uint8",
    "complex64",
)


@record
class Key:
    """A key of a mapping in a spec.

    Attributes:
        kind: How its value is read: a method of `reader.Reader`.
        doc: What it means, for people and for editors.
        choices: The values it may have, where they are few.
    """

    kind: str
    doc: str
    required: bool = False
    choices: tuple[str, ...] = ()


SPEC = {
    "format": Key("integer", "Version of the spec's format; this is 1."),
    "layer": Key(
        "class_name", "Name of the layer's class, in CamelCase.", required=True
    ),
    "summary": Key("text", "One line that says what the layer does.", required=True),
    "description": Key("text", "Paragraphs for the docstring of the class."),
    "reference": Key("text", "Where the layer comes from: a paper or a URL."),
    "package": Key(
        "identifier", "Registration package, where it is not the project's."
    ),
    "arguments": Key("mapping", "Arguments of `__init__`, by name, in order."),
    "derived": Key(
        "mapping", "Values computed from the arguments: `head_dim: units // heads`."
    ),
    "checks": Key("sequence", "Conditions on the arguments, each with its message."),
    "inputs": Key(
        "mapping", "Tensors that `call` takes, by name, in order.", required=True
    ),
    "pack_inputs": Key(
        "choice",
        "How `call` takes several inputs: as arguments, or as one list or dict.",
        choices=("arguments", "list", "dict"),
    ),
    "states": Key("mapping", "States of a recurrent cell, as `inputs` are written."),
    "extends": Key("class_name", "Keras layer that this one extends."),
    "constants": Key(
        "mapping", "NumPy values computed once: `slopes: np.arange(heads)`."
    ),
    "functions": Key("code", "Helper functions beside the class, as Python `def`s."),
    "weights": Key("mapping", "Weights made in `build`, by name, in order."),
    "sublayers": Key("mapping", "Layers held by this one: `gate: Dense(units)`."),
    "call_arguments": Key(
        "mapping",
        "Python values that `call` takes besides tensors, each with its default.",
    ),
    "call": Key(
        "code", "The forward pass: a Keras `call` with `self.` left out.", required=True
    ),
    "outputs": Key("outputs", "Shape of what `call` returns.", required=True),
    "compute_output_shape": Key(
        "code", "Body of the method, where `outputs` cannot say the shape."
    ),
    "compute_mask": Key("code", "Body of the method, where a mask is made or changed."),
    "examples": Key(
        "sequence", "Arguments and input shapes for the tests.", required=True
    ),
    "autocast": Key(
        "boolean",
        "False: compute in the variable dtype under a mixed policy. Default: true, "
        "and false for a layer that keeps floating-point state.",
    ),
    "supports_masking": Key(
        "code",
        "Whether a mask of the input is also one of the output: true, false, or a "
        "condition on the arguments. Default: derived.",
    ),
}

ARGUMENT = {
    "type": Key(
        "choice", "What the argument takes.", required=True, choices=ARGUMENT_TYPES
    ),
    "default": Key("literal", "Its default; without one the argument is required."),
    "min": Key("number", "Least value that is allowed."),
    "max": Key("number", "Greatest value that is allowed."),
    "above": Key("number", "The value must be greater than this."),
    "below": Key("number", "The value must be less than this."),
    "choices": Key("literals", "The values that are allowed."),
    "convert": Key(
        "code", "Expression that it becomes before it is checked: `tuple(sizes)`."
    ),
    "doc": Key("text", "What it is, for the docstring."),
}

CALL_ARGUMENT = {
    "type": Key(
        "choice",
        "What the argument takes.",
        required=True,
        choices=("bool", "int", "float", "str"),
    ),
    "default": Key("literal", "Its default.", required=True),
    "doc": Key("text", "What it is, for the docstring."),
}

CHECK = {
    "that": Key(
        "code",
        "Condition that must hold, on arguments; on input shapes too, in `build`.",
        required=True,
    ),
    "message": Key(
        "text", "Message of the ValueError where it does not.", required=True
    ),
}

INPUT = {
    "shape": Key(
        "shape", "Its axes: names, numbers, and `...` for any.", required=True
    ),
    "dtype": Key("choice", "Its dtype; `float` follows the policy.", choices=DTYPES),
    "optional": Key("boolean", "Whether it may be left out (None)."),
    "list": Key("boolean", "Whether it is a list of any number of such tensors."),
    "rank": Key("integers", "Ranks that are allowed, batch included: `[3, 4, 5]`."),
    "doc": Key("text", "What it is, for the docstring."),
}

WEIGHT = {
    "shape": Key(
        "shape",
        "Axes of inputs, arguments, and arithmetic on them; or an expression in quotes.",
        required=True,
    ),
    "initializer": Key(
        "code",
        "An argument, or a Keras initializer. Default: the argument "
        "`<weight>_initializer`, else glorot_uniform.",
    ),
    "regularizer": Key(
        "code",
        "An argument, or a Keras regularizer. Default: the argument "
        "`<weight>_regularizer`, if there is one.",
    ),
    "constraint": Key(
        "code",
        "An argument, or a Keras constraint. Default: the argument "
        "`<weight>_constraint`, if there is one.",
    ),
    "trainable": Key("boolean", "False for state that `call` assigns."),
    "dtype": Key(
        "choice", "Its dtype, where it is not the variable dtype.", choices=DTYPES
    ),
    "when": Key("code", "Condition on the arguments under which it exists."),
    "inherited": Key("boolean", "True for a weight that the extended layer makes."),
    "doc": Key("text", "What it is."),
}

CONSTANT = {
    "value": Key("code", "NumPy expression on arguments.", required=True),
    "shape": Key("shape", "Its axes."),
}

SUBLAYER = {
    "layer": Key("code", "The call that makes it: `Dense(units)`.", required=True),
    "repeat": Key("code", "How many of it there are: an argument, or a number."),
    "when": Key("code", "Condition on the arguments under which it exists."),
}

OUTPUT = {
    "shape": Key(
        "shape",
        "Its axes, in the names of the inputs' axes; or an expression in quotes.",
        required=True,
    ),
    "when": Key("code", "Call argument on which it is returned besides the first."),
}

EXAMPLE = {
    "arguments": Key("values", "Values of the arguments.", required=False),
    "inputs": Key("values", "Shape of each input: `{x: [5, 3]}`.", required=True),
    "outputs": Key("literals", "Values that `call` must return, as nested lists."),
}

# Keys of the entries under a key of the spec.
ENTRIES = {
    "arguments": ARGUMENT,
    "call_arguments": CALL_ARGUMENT,
    "checks": CHECK,
    "inputs": INPUT,
    "states": INPUT,
    "constants": CONSTANT,
    "weights": WEIGHT,
    "sublayers": SUBLAYER,
    "outputs": OUTPUT,
    "examples": EXAMPLE,
}
