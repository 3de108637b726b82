"""What a train script needs to know about its layer: the plan of the script."""

from __future__ import annotations

from typing import Literal

from layersmith.record import record

Packing = Literal["arguments", "list", "dict"]


@record
class TrainInput:
    """One input of the layer.

    Attributes:
        name: The parameter of `call`; the key in a `.npz` file of several inputs.
        shape: The example's sizes, the batch axis left out.
        dtype: The name of a TensorFlow dtype.
        upper: For integers: values run from 0 to `upper - 1`.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    upper: int | None = None

    @property
    def is_integer(self) -> bool:
        return "int" in self.dtype


@record
class TrainOutput:
    """The first output of the layer, which the head of the model reads.

    Attributes:
        rank: The batch axis counts; None where it follows the input's rank.
        static: Whether a fixed input shape fixes every axis but the batch.
        is_complex: Whether it holds complex numbers, which a dense head cannot answer
            from; integers and booleans it can.
        pick: Source behind the layer's result that picks this output: empty for
            a layer with one output, else `[0]` or `["name"]`.
    """

    rank: int | None = 2
    static: bool = True
    is_complex: bool = False
    pick: str = ""


@record
class TrainPlan:
    """Everything that the train script of a layer says about this layer.

    Attributes:
        layer: Class name.
        module: Import path of the class.
        arguments: `(name, Python source)` of the arguments the model is built with.
        inputs: The inputs, the main one first. A boolean `mask` is not one.
        output: The output that is trained on.
        title: Heading of the plots.
        script: File name of the script, for its docstring.
        draws: Whether the layer draws at random in inference too.
        packing: How `call` takes several inputs.
        training: Import path of the project's `training` package; empty for a
            script that stands alone.
        wrapper: Keras layer that the layer is put into; empty for none.
    """

    layer: str
    module: str
    arguments: tuple[tuple[str, str], ...]
    inputs: tuple[TrainInput, ...]
    output: TrainOutput
    title: str
    script: str
    draws: bool = False
    packing: Packing = "arguments"
    training: str = ""
    wrapper: str = ""

    @property
    def single(self) -> bool:
        return len(self.inputs) == 1

    @property
    def sequential(self) -> bool:
        """Whether the model is a plain stack of layers."""
        output = self.output
        plain = output.static and not output.is_complex and not output.pick
        return plain and self.single

    @property
    def integers(self) -> tuple[TrainInput, ...]:
        return tuple(given for given in self.inputs if given.is_integer)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the arrays in a data file."""
        inputs = ("x",) if self.single else tuple(given.name for given in self.inputs)
        return (*inputs, "y")
