"""Bad days of a portal and of the line to the PBX, chosen by dice: the same seed gives the same days."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

Rule = dict[str, Any]
"""A fault as the sandbox portal takes it (`itgrix_core.sandbox.bitrix.faults.Fault`)."""

ANY = "*"
CALLS = "telephony.externalCall.*"
WRITING = (CALLS, "batch", "crm.activity.update", "telephony.externalCall.attachRecord", ANY)
ODD_RESULTS: tuple[Any, ...] = ([], {}, "unexpected", None, 5, False)


def slow(dice: random.Random) -> Rule:
    """Every answer is late, as on the samples of the documentation."""
    return {"kind": "timeout", "seconds": dice.uniform(0.05, 1.0), "times": 0, "for_seconds": 2}


def storm(_dice: random.Random) -> Rule:
    """Somebody else on this address has drained the portal's bucket."""
    return {"error": "QUERY_LIMIT_EXCEEDED", "times": 0, "share": 0.6, "for_seconds": 1.5}


def closed(_dice: random.Random) -> Rule:
    """A method has had its time."""
    return {"error": "OPERATION_TIME_LIMIT", "method": "telephony.externalCall.finish", "times": 2}


def done_and_500(dice: random.Random) -> Rule:
    """The portal did it and says 500."""
    return {
        "kind": "answer",
        "is_executed": True,
        "method": dice.choice(WRITING),
        "times": dice.randint(1, 4),
    }


def refused_500(dice: random.Random) -> Rule:
    """The portal did nothing and says 500."""
    return {
        "kind": "answer",
        "is_executed": False,
        "method": dice.choice(WRITING),
        "times": dice.randint(1, 4),
    }


def done_and_cut(dice: random.Random) -> Rule:
    """The portal did it and the connection ends."""
    return {"kind": "cut", "method": dice.choice(WRITING), "times": dice.randint(1, 4)}


def done_and_silent(dice: random.Random) -> Rule:
    """The portal did it and answers after our patience is over."""
    return {"kind": "timeout", "seconds": 4, "method": dice.choice(WRITING), "times": dice.randint(1, 2)}


def gone(dice: random.Random) -> Rule:
    """Nothing is there for a while."""
    return {"kind": "cut", "is_executed": False, "times": 0, "for_seconds": dice.uniform(0.5, 3)}


def gateway(dice: random.Random) -> Rule:
    """A page of nginx instead of JSON."""
    return {"kind": "html", "is_executed": dice.random() < 0.5, "times": dice.randint(1, 6)}


def odd(dice: random.Random) -> Rule:
    """Another type than the method answers; not to questions, where an empty list is an answer."""
    return {
        "kind": "wrong",
        "value": dice.choice(ODD_RESULTS),
        "method": dice.choice(WRITING[:-1]),
        "times": 2,
    }


def trickle(dice: random.Random) -> Rule:
    """The answer byte by byte."""
    return {"kind": "trickle", "seconds": dice.uniform(0.5, 2), "times": dice.randint(1, 4)}


TROUBLES: tuple[Callable[[random.Random], Rule], ...] = (
    slow, storm, closed, done_and_500, refused_500, done_and_cut, done_and_silent, gone, gateway, odd,
    trickle,
)  # fmt: skip


def weather(dice: random.Random) -> Iterator[Rule]:
    """One to three troubles at once, none of a kind twice; a method where they name none is any."""
    for trouble in dice.sample(TROUBLES, dice.randint(1, 3)):
        yield {"method": ANY, "seed": dice.randrange(1000), **trouble(dice)}
