"""Calls of real Asterisks by name, as the service's tracker understood them, from the first ring to the end.

They lie in `recorded.jsonl.gz` beside this file, a line per recording, so that a hook's test needs neither
the tracker nor the log. `make calls` writes it anew from tests/recorded, and a test keeps the two equal.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from itgrix_hooks.reading import nearest
from itgrix_hooks.values import Call, Conversation, Stage

DATA = Path(__file__).with_name("recorded.jsonl.gz")
FIRST_FOLDER = "ast22"
"""Where a name without a folder is looked for first."""

_CALL = msgspec.json.Decoder(Call)


@dataclass(frozen=True, slots=True)
class Moment:
    """One of the moments of a call at which hooks are asked.

    Attributes:
        call: as it was known then.
        stage: what had just happened.
        conversation: the phone of which it was; `None` at the call's end.
    """

    call: Call
    stage: Stage
    conversation: Conversation | None = None


def recorded_names() -> tuple[str, ...]:
    """Every recording, as `folder/name`; the folder tells the Asterisk (tests/recorded/README.md)."""
    return tuple(_lines())


def recorded_call(name: str) -> Call:
    """The call of a recording, after its end.

    Args:
        name: `blind_transfer_refer`, or with its folder `ast16/blind_transfer_refer`.

    Raises:
        LookupError: there is no such recording; the nearest name is told.
        ValueError: it has several calls, or none: take `recorded_calls`.
    """
    calls = recorded_calls(name)
    if len(calls) != 1:
        raise ValueError(f"recording {name!r} has {len(calls)} calls: take one of recorded_calls({name!r})")
    return calls[0]


def recorded_calls(name: str) -> tuple[Call, ...]:
    """All calls of a recording, each after its end, in the order of their ends. Raises as `recorded_call`."""
    return tuple(moment.call for moment in recorded_moments(name) if moment.stage is Stage.CALL_ENDED)


def recorded_moments(name: str) -> tuple[Moment, ...]:
    """Every moment of a recording's calls, as it happened: for hooks that are asked while a phone rings.

    `ask("need_registration", plugin, call=m.call, conversation=m.conversation, stage=m.stage)` asks of one.
    Raises as `recorded_call`.
    """
    return tuple(_moment(*each) for each in json.loads(_line(name))["moments"])


def stored_call(text: str | bytes) -> Call:
    """A call out of its JSON, as the service keeps it and `itgrix replay --record` writes it beside a test.

    Raises:
        ValueError: the text is no call; the sentence says where it is not.
    """
    return _CALL.decode(text)


def _moment(stage: str, conversation: str, call: dict[str, Any]) -> Moment:
    known = msgspec.convert(call, Call)
    return Moment(known, Stage(stage), known.conversation(conversation))


@cache
def _lines() -> dict[str, str]:
    """Recording to its line, which is read when it is asked for."""
    lines = gzip.decompress(DATA.read_bytes()).decode().splitlines()
    return {json.loads(f"{line.partition(', ')[0]}}}")["name"]: line for line in lines}


def _line(name: str) -> str:
    lines = _lines()
    same: Sequence[str] = [known for known in lines if name in (known, known.partition("/")[2])]
    if not same:
        names = {each for known in lines for each in (known, known.partition("/")[2])}
        near = nearest(name, sorted(names)) if len(name) > 1 else ""
        hint = near if near.startswith("did you") else "recorded_names() tells all"
        raise LookupError(f"there is no recording {name!r}; {hint}")
    first = f"{FIRST_FOLDER}/{name}"
    return lines[first if first in same else same[0]]
