"""Dialling at the CRM's request: by which Asterisk and line, whose phone first, what is dialled then. Pure.

A number that comes from a CRM is a stranger's text, and it ends in a dialplan, where `&` and `,` would dial
second numbers. So it is what a phone's keys can dial, or it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from itgrix_hooks.params import OriginateParams
from itgrix_hooks.values import PhoneNumber

_WRITTEN_BETWEEN = re.compile(r"[ \u00a0().\-/]")
_KEYS = re.compile(r"\+?[0-9*#]{1,40}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class DialRules:
    """How one Asterisk dials.

    Attributes:
        channel: the employee's phone, with {extension} in it.
        context: of the dialplan; what is behind the employee is dialled in it.
        timeout_seconds: how long his phone rings.
        auto_answer: header with which his phone answers by itself, "Name: value"; "" for none.
        variables: of the new channel; their values may hold {extension}, {number} and {line}.
    """

    channel: str = "Local/{extension}@from-internal"
    context: str = "from-internal"
    timeout_seconds: float = 30.0
    auto_answer: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineRules:
    """What is different for a line that was chosen in the CRM; "" is as usual.

    Attributes:
        asterisk: which one dials.
        context: as in `DialRules`.
        prefix: what is dialled before the number.
        variables: more of them, or others.
    """

    asterisk: str = ""
    context: str = ""
    prefix: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClickRules:
    """What an account's clicks and callbacks lead to.

    Attributes:
        asterisk: which one dials.
        lines: by the CRM's LINE_NUMBER.
        good_seconds: an older click is not dialled any more; `callback_good_seconds` likewise.
        repeat_seconds: a second click on the same number within that time is the first one's.
        callback_extension: whom a callback rings first; "" for the client's responsible.
    """

    asterisk: str
    lines: Mapping[str, LineRules] = field(default_factory=dict)
    good_seconds: float = 20.0
    callback_good_seconds: float = 900.0
    repeat_seconds: float = 5.0
    callback_extension: str = ""

    def line(self, number: str) -> LineRules:
        """The rules of a line, however its number is written."""
        known = self.lines.get(number)
        if known or not number:
            return known or LineRules()
        wanted = PhoneNumber(number)
        return next(
            (rules for name, rules in self.lines.items() if wanted.same_as(PhoneNumber(name))), LineRules()
        )


def to_dial(text: str) -> str:
    """A number as it is dialled: "+7 (916) 000-00-01" → "+79160000001".

    Raises:
        ValueError: it is none; the text says why and holds nothing of it.
    """
    if _CONTROL.search(text):
        raise ValueError("it holds control characters, as somebody would write who wants to inject a header")
    bare = _WRITTEN_BETWEEN.sub("", text)
    number = bare[:1] + bare[1:].replace("+", "")
    if not _KEYS.fullmatch(number):
        raise ValueError("it holds what no phone can dial" if number else "it is empty")
    return number


def originate_params(
    rules: DialRules, line: LineRules, pbx: str, extension: str, number: str, line_number: str = ""
) -> OriginateParams:
    """What Asterisk is told to dial, before hooks.

    Args:
        rules: of this Asterisk.
        line: of the chosen line.
        pbx: its name.
        extension: whose phone rings first.
        number: what it dials then.
        line_number: the line's.

    Raises:
        ValueError: the number is none (`to_dial`).
    """
    values = {"extension": extension, "number": number, "line": line_number}
    variables = {**rules.variables, **line.variables}
    return {
        "pbx": pbx,
        "channel": rules.channel.replace("{extension}", extension),
        "context": line.context or rules.context,
        "extension": to_dial(line.prefix + number),
        "priority": 1,
        "caller_id": f"<{number}>",
        "timeout_seconds": rules.timeout_seconds,
        "variables": {name: _filled(text, values) for name, text in variables.items()},
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
