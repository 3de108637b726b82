"""Spells numbers and texts as ruff does: `1e-3` for `1E-3`, `"a"` for `'a'`."""

from __future__ import annotations

import re

_STRING = re.compile(r"(?P<prefix>[A-Za-z]*)(?P<quote>'''|\"\"\"|'|\")", re.DOTALL)


def number(text: str) -> str:
    if text[:2] in ("0x", "0X"):
        return "0x" + text[2:].upper()
    text = text.lower().replace("e+", "e")
    if text[:2] in ("0b", "0o"):
        return text
    text = re.sub(r"^\.", "0.", text)
    return re.sub(r"\.(?=$|[ej])", ".0", text)


def string(text: str) -> str:
    match = _STRING.match(text)
    if match is None:
        return text
    prefix, quote = match["prefix"], match["quote"]
    body = text[match.end() : -len(quote)]
    if prefix.lower() in ("f", "b", "u"):
        prefix = prefix.lower().replace("u", "")
    if len(quote) == 3:
        plain = "\\" not in body and '"' not in body
        return f'{prefix}"""{body}"""' if plain else text
    if "r" in prefix.lower():
        return text if '"' in body else f'{prefix}"{body}"'
    if "f" in prefix and re.search(r"\{[^{}]*['\"]", body):
        return _formatted(body, text)
    content = re.sub(r"\\(['\"])", r"\1", body)
    quote = "'" if content.count('"') > content.count("'") else '"'
    escaped = re.sub(r"(?<!\\)((?:\\\\)*)\\(['\"])", r"\1\2", body)
    return prefix + quote + escaped.replace(quote, "\\" + quote) + quote


def _formatted(body: str, text: str) -> str:
    """An f-string with quotes in its fields, which become those that it has not."""
    fields = re.findall(r"\{[^{}]*\}", body)
    rest = re.sub(r"\{[^{}]*\}", "", body)
    if "\\" in body or "{" in rest or "'" in "".join(fields) or '"' in rest:
        return text
    return 'f"' + body.replace('"', "'") + '"'
