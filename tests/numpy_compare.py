"""What the comparisons of the NumPy meanings share.

What is compared is the text as it is pasted into an emitted suite, run on its own.
"""

import re
from functools import cache
from pathlib import Path

import numpy as np

from layersmith.language import numpy_meanings

RNG = np.random.default_rng(0)


@cache
def ours(name):
    """The function that the pasted text defines, with nothing else around it."""
    scope = {}
    lines = "\n".join(numpy_meanings.imports(name))
    exec(f"{lines}\n{numpy_meanings.paste([name])}", scope)  # noqa: S102
    return scope[name]


def defined_in(*modules):
    """Names of the functions in some modules of the meanings."""
    folder = Path(numpy_meanings.__file__).parent
    texts = [(folder / f"{module}.py").read_text("utf-8") for module in modules]
    return {
        name for text in texts for name in re.findall(r"^def (\w+)", text, re.MULTILINE)
    }


def normal(*shape):
    return RNG.normal(size=shape)


def compare(got, wanted, rtol=1e-11, atol=1e-12):
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            compare(one, other, rtol, atol)
        return
    got, wanted = (np.asarray(got), np.asarray(wanted))
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=atol)
