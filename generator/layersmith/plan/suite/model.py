"""The plan of a layer's pytest suite: tables of plain data, and what to test."""

from __future__ import annotations

from layersmith.plan.oracle import OraclePlan
from layersmith.record import record

Pairs = tuple[tuple[str, str], ...]
# As many combinations are tried in one test, each once or twice, before some are left out.
MOST = 60


@record
class SuiteInput:
    """An input, as the suite makes it.

    Attributes:
        dtype: NumPy dtype.
        upper: For integers: values run from 0 to `upper - 1`.
    """

    name: str
    dtype: str
    upper: int | None
    optional: bool
    state: bool
    many: bool


@record
class MaskPlan:
    """A mask that the layer takes.

    Attributes:
        owner: The input that it is of.
        source: Of its values; `none`: of values that keep nothing.
        steps: Whether it is one of the steps of a sequence.
        any_dtype: Whether the layer casts it, so that it may be of any dtype.
    """

    name: str
    owner: str
    source: str
    none: str
    steps: bool
    any_dtype: bool


@record
class InputPlan:
    """What the layer is called on.

    Attributes:
        form: `one` tensor, `many` in a list of any length, a `list`, a `dict`, or
            several `arguments`.
        masks: Those that the layer takes, as far as their shapes are known.
        mask_table: Name and source of what the layer is given them by.
        calls: Name and source of each way to call the layer besides the plain one.
        cases: Source of the shapes of each case, in that form.
        other_rank: Whether the last case has another rank than the first.
        builds: Whether the layer has anything to build.
        shape_names: Parameters of `build`.
        symbolic: Of each input in a model with unknown axes: name, and source of its
            shape without the batch; empty where it is left out.
        announced: Source of the shape of each output of that model; empty where the
            spec does not say it.
        refused: Source of shapes that a check of the spec refuses, and its message.
        unknown: Source of shapes that all checks let pass, with an unknown axis.
    """

    form: str
    inputs: tuple[SuiteInput, ...]
    masks: tuple[MaskPlan, ...]
    mask_table: Pairs
    calls: Pairs
    cases: tuple[str, ...]
    other_rank: bool
    builds: bool
    shape_names: tuple[str, ...]
    symbolic: Pairs
    announced: tuple[str, ...]
    refused: Pairs
    unknown: tuple[str, ...]

    @property
    def single(self) -> bool:
        """Whether the layer is called on one array."""
        return self.form == "one"


@record
class ArgumentPlan:
    """Arguments of `__init__`, all values as source.

    Attributes:
        values: Of the layer under test.
        settled: Name of each argument that the layer keeps in another form, and
            source of that form, from the arguments `a`.
        changes: Changes of them, each as (name, source) pairs.
        kept_alone: Changes that are tried in the configuration alone.
        defaults: Name and source of each default.
        objects: Kind of each argument that is serialized: `activations`, ...
        layers: Arguments that are layers.
        activations: Source of the NumPy function by source of the name.
        refused: Values that must be refused.
        taken: Outermost values that must be taken.
        tuples: A tuple for each argument that is kept as one.
        broken: For each check: changes that it refuses, and its message.
        kept: Changes at the bound of a check, which it lets pass.
    """

    values: Pairs
    settled: Pairs
    changes: tuple[Pairs, ...]
    kept_alone: tuple[Pairs, ...]
    defaults: Pairs
    objects: Pairs
    layers: tuple[str, ...]
    activations: Pairs
    refused: Pairs
    taken: Pairs
    tuples: Pairs
    broken: tuple[tuple[Pairs, str], ...]
    kept: tuple[Pairs, ...]

    @property
    def has_tuples(self) -> bool:
        """Whether some value is a tuple, which a configuration in JSON has as a list."""
        tables = (self.values, *self.changes, *self.kept_alone)
        return any(source.startswith("(") for table in tables for _, source in table)

    @property
    def initializers(self) -> tuple[str, ...]:
        """Names of the arguments that are initializers."""
        return tuple(n for n, kind in self.objects if kind == "keras.initializers")


@record
class WeightPlan:
    """What the layer holds.

    Attributes:
        parameters: Of the function that tells the weights: axes with their sizes.
        full: Changes of the arguments under which the most weights are there.
        shapes: Name, condition and source of the shape of each.
        optional: Names of those that a condition switches off.
        untrained: Names of those that are not trainable.
        dtypes: Of those that are not of the variable dtype.
        state: Names of those that `call` updates.
        initial: Weight and source of the initializer, for fixed ones whose values
            are the same each time.
        drawn: The same for those that are drawn.
        computed: Name, condition and source of each initializer that the spec
            computes from the arguments `a`.
        starting: Functions that these call, in TensorFlow.
        initialized, regularized, constrained: Weights that each argument serves.
        cloned: Initializer arguments that serve more than one weight.
        only: Whether these are all of the layer's own weights.
        sublayers: Name, condition and source of each sublayer as the spec makes it.
        sublayer_parameters: Axes whose sizes these are made with, and their sizes.
        told: Names of sublayers that are told whether it is training.
        trains: Whether anything can be trained.
    """

    parameters: Pairs
    full: Pairs
    shapes: tuple[tuple[str, str, str], ...]
    optional: tuple[str, ...]
    untrained: tuple[str, ...]
    dtypes: Pairs
    state: tuple[str, ...]
    initial: Pairs
    drawn: Pairs
    computed: tuple[tuple[str, str, str], ...]
    starting: tuple[str, ...]
    initialized: tuple[tuple[str, tuple[str, ...]], ...]
    regularized: tuple[tuple[str, tuple[str, ...]], ...]
    constrained: tuple[tuple[str, tuple[str, ...]], ...]
    cloned: tuple[str, ...]
    only: bool
    sublayers: tuple[tuple[str, str, str], ...]
    sublayer_parameters: Pairs
    told: tuple[str, ...]
    trains: bool

    @property
    def any(self) -> bool:
        return bool(self.shapes or self.sublayers) or self.trains

    @property
    def repeats(self) -> bool:
        """Whether there are several sublayers of a kind."""
        return any(source.startswith("[") for _, _, source in self.sublayers)

    @property
    def asks_for_all(self) -> bool:
        """Whether some test needs changes under which all weights are there."""
        tested = (
            self.state,
            self.initial,
            self.drawn,
            self.computed,
            self.initialized,
            self.regularized,
            self.constrained,
        )
        return bool(self.full) and any(map(bool, tested))

    @property
    def fixed(self) -> tuple[str, ...]:
        """Names of the weights that nothing changes."""
        return tuple(name for name in self.untrained if name not in self.state)

    @property
    def counts(self) -> bool:
        """Whether some state is a whole number, as a counter is."""
        return any(n in self.state and "int" in dtype for n, dtype in self.dtypes)

    @property
    def optional_untrained(self) -> bool:
        return bool(set(self.untrained) & set(self.optional))

    @property
    def sequential(self) -> bool:
        """Whether some sublayer is a small model of others."""
        return any("keras.Sequential(" in source for _, _, source in self.sublayers)

    @property
    def seeded(self) -> bool:
        """Whether a sublayer is given a seed."""
        return any("seed=" in source for _, _, source in self.sublayers)


@record
class ExamplePlan:
    """A further example of the spec.

    Attributes:
        arguments: As (name, source) pairs.
        inputs: Source of the shapes, or of the values where `values`.
        outputs: Source of the values that the spec states, if it does.
    """

    arguments: Pairs
    inputs: str
    values: bool
    outputs: str


@record
class ReplicaPlan:
    """What two replicas are tested on; None for what this layer never does.

    Attributes:
        alone: Changes of the arguments under which each replica works on its own part
            of the batch, and the states are averaged.
        together: Those under which they do what one does on the whole batch.
    """

    alone: Pairs | None
    together: Pairs | None


@record
class SuitePlan:
    """Everything that the suite of a layer says.

    Attributes:
        registered: Name that Keras knows the class under.
        imports: Statements for what the oracle's helpers and the sublayers need.
        helpers: Text of the functions that the oracle calls.
        asked: Whether there are outputs that a call argument asks for.
        output_form: `single`, `tuple`, `dict` or `cell` (an output and new states).
        output_names: Keys of the outputs, where they come in a dict.
        output_dtypes: Of each output: a NumPy dtype, or empty for the compute dtype.
        modes: How the forward pass is run besides eagerly.
        exact: Whether float64 is float64 all through.
        least_rank, rank, most_rank: Of the input; 0 or None where any will do.
        width: Whether a wrong last axis is refused.
        known: Axes whose size must be known: source of which shape, and which axis.
        chosen: Axes that arguments choose and whose size is fixed once the layer is
            built, as source.
        cast: Whether Keras casts inputs and weights to the compute dtype.
        takes_whole: Whether the layer makes floats of whole numbers itself.
        seeded: Whether the layer has a seed generator of its own.
        random: Whether it draws, itself or in a sublayer, in training or always.
        always_random: Whether it draws in inference too.
        supports_masks: Source of the condition under which the layer says that it
            does; empty where it says nothing.
        held: Changes of the arguments under which gradients are those of the oracle
            with what no gradient passes held; empty where that is not compared.
        smooth: Whether gradients are those of the forward pass, in float64.
    """

    name: str
    snake: str
    module: str
    registered: str
    imports: tuple[str, ...]
    arguments: ArgumentPlan
    inputs: InputPlan
    weights: WeightPlan
    replicas: ReplicaPlan | None
    oracle: OraclePlan
    helpers: str
    examples: tuple[ExamplePlan, ...]
    asked: bool
    output_form: str
    output_names: tuple[str, ...]
    output_dtypes: tuple[str, ...]
    modes: tuple[str, ...]
    exact: bool
    least_rank: int
    rank: int | None
    most_rank: int | None
    width: bool
    known: Pairs
    chosen: tuple[str, ...]
    cast: bool
    takes_whole: bool
    training: bool
    seeded: bool
    random: bool
    always_random: bool
    held: tuple[Pairs, ...]
    smooth: bool
    floats: str
    keeps_mask: bool
    ends_mask: bool
    supports_masks: str
    supports_masking: bool
    script_module: str

    @property
    def whole_outputs(self) -> bool:
        """Whether some outputs are no floats, so that no gradient comes of them."""
        return any(map(_is_whole, self.output_dtypes))

    @property
    def complex_outputs(self) -> bool:
        """Whether some outputs are complex numbers."""
        return any(dtype.startswith("complex") for dtype in self.output_dtypes)

    @property
    def float_outputs(self) -> bool:
        """Whether some outputs are floats."""
        return not all(map(_is_whole, self.output_dtypes))

    @property
    def many_shapes(self) -> bool:
        """Whether changes and shapes are too many to try each with each."""
        return len(self.arguments.changes) * len(self.inputs.cases) > MOST

    @property
    def many_calls(self) -> bool:
        """Whether changes and ways to call the layer are."""
        return len(self.arguments.changes) * len(self.inputs.calls) > MOST

    @property
    def masked(self) -> bool:
        """Whether there is anything to test of masks."""
        own = self.inputs.masks or self.oracle.mask or self.supports_masks
        return bool(own) or self.hands_on_mask

    @property
    def hands_on_mask(self) -> bool:
        """Whether a mask that Keras makes of the input can be seen on the output."""
        one = self.inputs.single and self.inputs.inputs[0].dtype == "float32"
        masks = self.inputs.masks
        fits = not masks or masks[0].steps
        return self.keeps_mask and one and fits and self.output_form == "single"


def _is_whole(dtype: str) -> bool:
    return bool(dtype) and not dtype.startswith(("float", "bfloat", "complex"))
