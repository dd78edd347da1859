"""What happened to calls of which only CEL and CDR tell: the events that the tracker would have told live.

The rows become the tracker's own words (`itgrix_core.wire.cel`), so keys, conversations and ids are those of
the live call, and a repeat is known as one. What no row could tell is named in `Call.untold`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from itgrix_core.calls.events import CallEvent, Told
from itgrix_core.calls.learnt import dump, key_of, parse
from itgrix_core.calls.topology import ChannelKind, Topology
from itgrix_core.calls.tracker import Tracker
from itgrix_core.wire.cdr import rows_of_cdrs
from itgrix_core.wire.cel import messages_of
from itgrix_core.wire.lives import Life, lives_of
from itgrix_core.wire.messages import make_message
from itgrix_core.wire.rows import CdrRow, CelRow
from itgrix_hooks.values import Call, Direction

NOBODY_LIVES = (
    make_message(("Response", "Success"), ("EventList", "start"), ("Message", "Channels will follow")),
    make_message(("Event", "CoreShowChannelsComplete"), ("EventList", "Complete")),
)
"""The answer of a PBX without channels: what still lives when a log ends is lost sight of."""
NO_END = "CEL has no end of it"
BY_CDR_ONLY = ("answered_at", "legs", "transfers", "wait_s", "talk_s")
"""What a CDR counts from the PBX's answer, or shows as a further call."""


def retell(
    pbx: str,
    rows: Sequence[CelRow],
    cdrs: Sequence[CdrRow],
    topology: Topology,
    timezone: str,
    learnt: bytes = b"",
) -> list[Told]:
    """The events of one cluster of calls.

    Args:
        pbx: the Asterisk's name, first part of every key.
        rows: its CEL; without any, the CDRs alone must do.
        cdrs: of its channels.
        topology: as for `Tracker`.
        timezone: as for `Tracker`.
        learnt: what the PBX said of its endpoints, as a tracker saved it; b"" where none did.
    """
    is_by_cdr = not rows
    topology = replace(topology, learnt=parse(learnt) or topology.learnt)
    if is_by_cdr:
        rows = rows_of_cdrs(cdrs, lambda name: topology.kind_of(name) is ChannelKind.TRUNK)
    tracker = Tracker(pbx, topology, timezone)
    tracker.load({key_of(pbx): dump(topology.learnt)})
    told: list[Told] = []
    for message, at in messages_of(rows, cdrs):
        told += tracker.feed(message, at)
    if tracker.live_calls:
        for message in NOBODY_LIVES:
            told += tracker.feed(message, rows[-1].at)
    lives = lives_of(rows, cdrs)
    known = _Known(lives, is_by_cdr, topology.learnt.has_devices)
    return [_marked(event, known) if isinstance(event, CallEvent) else event for event in told]


class _Known(NamedTuple):
    """What there was to understand a cluster by; `has_blacklist`: AstDB may have had something to say."""

    lives: Mapping[str, Life]
    is_by_cdr: bool
    has_blacklist: bool


def _marked(event: CallEvent, known: _Known) -> CallEvent:
    call = event.call
    untold = tuple(dict.fromkeys(_untold(call, known)))
    by = None if "hangup_by" in untold else call.hangup_by
    lost = NO_END if call.lost_sight else ""
    return replace(event, call=replace(call, untold=untold, hangup_by=by, lost_sight=lost))


def _untold(call: Call, known: _Known) -> Iterator[str]:
    """Names, in the words of `--json`, of what the rows do not say of this call."""
    lives = known.lives
    first = lives.get(call.linkedid)
    if first is None or not first.has_begin:
        yield "started_at"
    if call.direction is Direction.OUTBOUND or any(each.was_rung for each in call.conversations):
        yield "rang_at"
    if not any(life.has_extra for life in lives.values()):
        yield from ("hangup_by", "legs", "transfers", "disposition")
    elif call.transfers:
        yield "transfers.how"
    if call.direction is Direction.OUTBOUND and any(life.has_guessed_number for life in lives.values()):
        yield "external_number"
    if call.is_click_to_call:
        yield "action_id"
    if call.is_answered and not call.recordings:
        yield "recordings"
    if known.has_blacklist and call.direction is Direction.INBOUND and not call.conversations:
        yield "blacklisted"
    if known.is_by_cdr:
        yield from BY_CDR_ONLY
        if call.direction is Direction.INBOUND and not call.did:
            yield "did"
