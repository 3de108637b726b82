"""Fills the meaning templates of the operation table with source."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_OPTIONAL = re.compile(r"\[(,[^\[\]]*\{(\w+)(?::\w+)?\}[^\[\]]*)\]")


def fill(
    template: str,
    arguments: Mapping[str, str],
    convert: Callable[[str, str, str], str] = lambda name, how, text: text,
) -> str:
    """Source of an operation's meaning.

    Args:
        template: Text with `{x}` for an argument, `{x:how}` for one to convert,
            `{x|default}` for one with a default, which stands as it is, and `[, axis={axis}]` for a part
            that stands only where its argument is given.
        arguments: Source of each given argument, by parameter name.
        convert: Called as `convert(name, how, source)` for `{x:how}`.
    """

    def optional(match: re.Match) -> str:
        return match[1] if match[2] in arguments else ""

    def argument(match: re.Match) -> str:
        name, how, default = (match[1], match[2], match[3])
        text = arguments.get(name, default)
        if text is None:
            text = ""
        return convert(name, how, text) if how and name in arguments else text

    text = _OPTIONAL.sub(optional, template)
    return re.sub(r"\{(\w+)(?::(\w+))?(?:\|([^{}]*))?\}", argument, text)
