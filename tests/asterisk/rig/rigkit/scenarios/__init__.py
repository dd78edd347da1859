"""The scenarios: each makes real calls happen and states what truly happened.

A scenario is an async function that takes a `Stage`; its docstring becomes the recording's description.
Those of `RECORDED` are what `record` knows by name: a new one is a function and the decorator. Those of
`PAIRED` take a `Pair`.
"""

from rigkit.scenarios import (
    basics,
    clicks,
    crossing,
    freepbx,
    freepbx_devices,
    freepbx_followme,
    freepbx_queues,
    groups,
    inbound,
    internal,
    macro_clicks,
    macro_groups,
    macro_inbound,
    macro_internal,
    macro_outbound,
    macro_rooms,
    macro_transfers,
    outbound,
    queues,
    restarts,
    rooms,
    transfers,
)
from rigkit.scenarios.everyday import inbound_answered, inbound_missed, outbound_answered
from rigkit.scenarios.steps import PAIRED, RECORDED

__all__ = [
    "PAIRED",
    "RECORDED",
    "basics",
    "clicks",
    "crossing",
    "freepbx",
    "freepbx_devices",
    "freepbx_followme",
    "freepbx_queues",
    "groups",
    "inbound",
    "inbound_answered",
    "inbound_missed",
    "internal",
    "macro_clicks",
    "macro_groups",
    "macro_inbound",
    "macro_internal",
    "macro_outbound",
    "macro_rooms",
    "macro_transfers",
    "outbound",
    "outbound_answered",
    "queues",
    "restarts",
    "rooms",
    "transfers",
]
