"""Makes docs/operations.md, and the index of the operation table, from the table.

python tools/make_operations_doc.py            # write both
python tools/make_operations_doc.py --check    # exit 1 where it would change
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "operations.md"
INDEX = ROOT / "generator/layersmith/language/operations/index.py"

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "generator"))

INTRODUCTION = """\
# Operations

Made by `python tools/make_operations_doc.py` from the table in
`generator/layersmith/language/operations/`; {count} operations.

Any public function of TensorFlow may be called in `call`, by any of its names. Of those
on this page more is known: the shape of the result over the axes that the spec names,
its dtype, what it computes in NumPy (which the emitted suite compares the layer with), what
it is in `keras.ops`, and whether XLA compiles it. A function that is not here is called
as it stands: its result has no known shape until a line states one
(`y: [batch, units] = tf.some.function(x)`), and the suite asks TensorFlow itself.

A parameter in *italics* is beyond what is known: a call that gives it is treated as that
of a function that is not here.

| note | meaning |
|---|---|
| no XLA | XLA does not compile it on a CPU, or not its gradient: `--mode xla` fails |
| no gradient | nothing before it learns through it |
| no half precision | it takes neither float16 nor bfloat16, or not both: under mixed precision a layer gives it `tf.cast(x, variable_dtype)` and casts what it gives back, and a spec that does not is refused |
| on a CPU: ... | the only floating-point dtypes that a CPU runs it in, with its gradient |
| seeded | drawn from the layer's own generator: the layer calls what stands here |
| refused | it draws from TensorFlow's generator, not from the layer's own |

In the meanings, `{{x}}` is an argument and `[, axis={{axis}}]` stands where it is given.
What is no function of `np` is written out in the suite, from
`generator/layersmith/language/numpy_meanings/`.
"""


INDEX_HEAD = '''\
"""Which module of this folder holds which operations, so that a run loads a few of them.

A new module is entered here by hand; `python tools/make_operations_doc.py` writes the rest.
"""

_TEXTS = {  # in the order of the documentation'''
INDEX_TAIL = """\
}

FAMILIES = {family: tuple(names.split()) for family, names in _TEXTS.items()}
"""


def page() -> str:
    """The text of docs/operations.md."""
    from layersmith.language import operations

    parts = [INTRODUCTION.format(count=len(operations.rows()))]
    for name in operations.FAMILIES:
        module = import_module(f"layersmith.language.operations.{name}")
        title, _, rest = (module.__doc__ or name).strip().partition("\n")
        parts.append(f"\n## {title.rstrip('.')}\n{rest}")
        parts.append(
            "| operation | in NumPy | in `keras.ops` | notes |\n|---|---|---|---|"
        )
        parts.extend(map(_line, operations.family(name)))
    return "\n".join(parts) + "\n"


def index() -> str:
    """The text of operations/index.py."""
    from layersmith.language import operations

    lines = [INDEX_HEAD]
    for name in operations.FAMILIES:
        names = " ".join(row.name for row in operations.family(name))
        wrapped = textwrap.wrap(names, 80, break_on_hyphens=False)
        lines += [
            f'    "{name}": """',
            *(f"        {line}" for line in wrapped),
            '    """,',
        ]
    return "\n".join([*lines, INDEX_TAIL])


def _line(row) -> str:
    cells = [
        _signature(row),
        _code(row.numpy),
        _code(row.keras),
        ", ".join(_notes(row)),
    ]
    return f"| {' | '.join(cells)} |"


def _signature(row) -> str:
    shown = []
    for name, _ in row.parameters:
        if name in row.beyond:
            shown.append(f"*{name}*")
        elif name != "name":
            shown.append(name.replace("*", "\\*"))
    return f"`{row.name}` ({', '.join(shown)})"


def _code(template: str | None) -> str:
    return f"`{template}`".replace("|", "\\|") if template else ""


def _notes(row) -> list[str]:
    from layersmith.language.operations.random import refused

    if row.rule is refused:
        return ["refused"]
    notes = []
    if not row.xla:
        notes.append("no XLA")
    if not row.gradient:
        notes.append("no gradient")
    if not row.mixed:
        notes.append("no half precision")
    elif len(row.precisions) < 4:
        notes.append(f"on a CPU: {' and '.join(row.precisions)}")
    if row.random:
        notes.append(f"seeded: {_code(row.layer)}")
    return notes


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(argv)
    stale = False
    for path, made in ((INDEX, index()), (PAGE, page())):
        if not path.exists() or path.read_text(encoding="utf-8") != made:
            stale = True
            print(f"{path}: {'stale' if options.check else 'written'}")
            if not options.check:
                path.write_text(made, encoding="utf-8", newline="\n")
    return int(stale and options.check)


if __name__ == "__main__":
    sys.exit(main())
