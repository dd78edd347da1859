"""Which names may stand in braces in a text of the configuration, and what is wrong with a text."""

from __future__ import annotations

from string import Formatter
from typing import Final

NAMES: Final = (
    "number", "name", "did", "trunk", "queue", "direction", "date", "time", "wait", "talk", "extension",
)  # fmt: skip
"""Values of a call; what each is, `filing.texts` knows."""


def mistake(template: str) -> str:
    """What is wrong with a template, "" if nothing is."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return "a brace stands alone; write {{ or }} where one is meant"
    for _, name, detail, conversion in parts:
        if name is not None and (name not in NAMES or detail or conversion):
            return f"there is no {{{name}}}; write one of: {', '.join(f'{{{each}}}' for each in NAMES)}"
    return ""
