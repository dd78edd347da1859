"""Pydantic's findings in plain words, each with the way out.

Pydantic finds every wrong value, but says it to programmers ("Input should be a valid integer, unable to
parse string as an integer"). The table below says the same to an operator.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_LONGEST_SHOWN = 60


def nearest(name: str, known: Sequence[str]) -> str:
    """The way out for a name that does not exist: the nearest one that does, else all of them."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"


def shown(value: Any) -> str:
    """A wrong value as the operator wrote it, cut where it is long."""
    if isinstance(value, Mapping):
        return "a section"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return f'"{text[:_LONGEST_SHOWN]}…"' if len(text) > _LONGEST_SHOWN else f'"{text}"'


def _literal(value: Any, context: Mapping[str, Any]) -> str:
    choices = [choice.strip("'") for choice in str(context["expected"]).replace(" or ", ", ").split(", ")]
    close = difflib.get_close_matches(str(value), choices, n=1)
    end = f"; did you mean {close[0]}?" if close else f"; write {choices[0]}" if len(choices) == 1 else ""
    return f"{shown(value)} is not known here; choose from: {', '.join(choices)}{end}"


_WHOLE = "is not a whole number; write digits only"
_NUMBER = "is not a number; write digits, with a point for fractions"
_YES_NO = "is neither true nor false; write true or false"
_TEXT = "is not a text; write one value behind the colon, in quotes if need be"
_SECTION = "is not a section; write its settings below it, indented, one `key: value` per line"
_LIST = "is not a list; write [one, two] or a line `- one` for each"

_SAME_WORDS = {
    _WHOLE: ("int_parsing", "int_type", "int_from_float", "int_parsing_size"),
    _NUMBER: ("float_parsing", "float_type", "finite_number"),
    _YES_NO: ("bool_parsing", "bool_type"),
    _TEXT: ("string_type", "path_type"),
    _SECTION: ("model_type", "model_attributes_type", "dict_type"),
    _LIST: ("list_type",),
}
_WORDS = {kind: words for words, kinds in _SAME_WORDS.items() for kind in kinds}

_SENTENCES: dict[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "literal_error": _literal,
    "greater_than": lambda value, limit: (
        f"{shown(value)} is too small; write more than {_figure(limit['gt'])}"
    ),
    "greater_than_equal": lambda value, limit: (
        f"{shown(value)} is too small; write {_figure(limit['ge'])} or more"
    ),
    "less_than_equal": lambda value, limit: (
        f"{shown(value)} is too large; write {_figure(limit['le'])} or less"
    ),
    "value_error": lambda value, limit: f"{shown(value)}: {limit['error']}",
    "too_short": lambda _, __: "holds nothing; write at least one entry, see `itgrix config --example`",
}


def _figure(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def sentence(error: Mapping[str, Any]) -> str:
    """One of pydantic's `errors()` as an operator's sentence with the way out."""
    if error["type"] in _WORDS:
        return f"{shown(error['input'])} {_WORDS[error['type']]}"
    say = _SENTENCES.get(error["type"])
    if say is None:  # a constraint that the schema gained later: better pydantic's words than none
        return f"{error['msg']}; see `itgrix config --example`"
    return say(error["input"], error.get("ctx", {}))
