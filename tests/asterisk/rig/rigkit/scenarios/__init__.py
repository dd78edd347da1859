"""The scenarios: each makes real calls happen and states what truly happened.

A scenario is an async function that takes a `Stage`; its docstring becomes the recording's description.
Those of `RECORDED` are what `record` knows by name: a new one is a function and the decorator.
"""

from rigkit.scenarios import (
    basics,
    clicks,
    groups,
    inbound,
    internal,
    outbound,
    queues,
    restarts,
    rooms,
    transfers,
)
from rigkit.scenarios.everyday import inbound_answered, inbound_missed, outbound_answered
from rigkit.scenarios.steps import RECORDED

__all__ = [
    "RECORDED",
    "basics",
    "clicks",
    "groups",
    "inbound",
    "inbound_answered",
    "inbound_missed",
    "internal",
    "outbound",
    "outbound_answered",
    "queues",
    "restarts",
    "rooms",
    "transfers",
]
