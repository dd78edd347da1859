"""The table on which the tracker keeps its calls, and the moves that every handler is made of.

A channel belongs to one call; calls are found by Linkedid, which is re-read from every event because Asterisk
changes it silently when calls join (docs/facts/asterisk.md 3). Everything here is ordered (dicts, lists),
never a set of objects: the same log has to give the same events in every process.
"""

from __future__ import annotations

from collections.abc import Callable

from itgrix_core.calls import events, verdict
from itgrix_core.calls.persons import phones_of, state_of
from itgrix_core.calls.side import Side
from itgrix_core.calls.snapshot import snapshot
from itgrix_core.calls.state import CallState, Channel, Leg, parse
from itgrix_core.calls.table import CALLS, LEGS, CallTrigger, LegTrigger, Phase
from itgrix_core.calls.topology import ChannelKind, Topology
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Call, Direction


class Board:
    """Calls, channels and bridges of one PBX, or of several that are linked, and what has to be told.

    Attributes:
        side: the PBX whose message is being fed.
        sides: every PBX of the board, by its name.
        told: events and oddities since the handler began; the tracker empties it.
        changed: keys of calls that differ from their saved row.
        ends: ends of links whose other end is not known yet, by Uniqueid.
        wires: channels that wait for their link's other end, by what both ends know of the wire.
    """

    def __init__(self) -> None:
        self.side: Side
        self.sides: dict[str, Side] = {}
        self.calls: dict[str, CallState] = {}
        self.channels: dict[str, CallState] = {}
        self.by_linkedid: dict[str, CallState] = {}
        self.bridges: dict[str, dict[str, None]] = {}
        self.told: list[events.Told] = []
        self.changed: dict[str, None] = {}
        self.ends: dict[str, Channel] = {}
        self.wires: dict[str, str] = {}

    def seat(self, side: Side) -> None:
        """Let a PBX take part."""
        self.sides[side.pbx] = self.side = side

    @property
    def pbx(self) -> str:
        """The name of the PBX whose message is being fed."""
        return self.side.pbx

    @property
    def topology(self) -> Topology:
        """The rules of the PBX whose message is being fed."""
        return self.side.topology

    # ---- looking up -----------------------------------------------------------------------------------
    def channel(self, uniqueid: str) -> Channel | None:
        """The live channel of that Uniqueid."""
        call = self.channels.get(uniqueid)
        return call.channels.get(uniqueid) if call else None

    def employee(self, channel: Channel) -> str:
        """The inside number of the employee behind a channel, a phone's or his mobile's."""
        return channel.mobile_of or self.sides[channel.pbx].topology.extension_of(channel.name)

    # ---- births ---------------------------------------------------------------------------------------
    def add(self, channel: Channel) -> CallState:
        """Put a new channel on the table, into the call of its Linkedid."""
        call = self.by_linkedid.get(channel.linkedid)
        if call is None:
            key = self.side.key_of(channel.linkedid)
            call = CallState(
                key, self.pbx, [channel.linkedid], channel.born_at, channel.born_at, caller=channel.uniqueid
            )
            self.calls[key] = self.by_linkedid[channel.linkedid] = call
        channel.pbx = self.pbx
        call.channels[channel.uniqueid] = channel
        self.channels[channel.uniqueid] = call
        if channel.kind is ChannelKind.LINK:
            self.ends[channel.uniqueid] = channel
        self.changed[call.key] = None
        return call

    def restore(self, call: CallState) -> None:
        """Put a saved call back on the table, with its channels where they were."""
        self.calls[call.key] = call
        for linkedid in call.linkedids:
            self.by_linkedid[linkedid] = call
        for channel in call.channels.values():
            self.channels[channel.uniqueid] = call
            if channel.bridge:
                self.bridges.setdefault(channel.bridge, {})[channel.uniqueid] = None
            if channel.is_open_end:
                self.ends[channel.uniqueid] = channel
            if channel.wire and not channel.half:
                self.wires[channel.wire] = channel.uniqueid

    def revive(self, uniqueid: str) -> CallState | None:
        """Take back a call that a list lacked, since something is told of its channel after all.

        Asterisk answers a list at once, while its events wait in a queue (for seconds under load): a call
        that is just ending is in neither. Its true end then replaces the provisional one.
        """
        side = self.side
        row = side.lost.get(uniqueid)
        call = parse(row) if row else None
        if (
            call is None
            or call.key in self.calls
            or any(known in self.by_linkedid for known in call.linkedids)
        ):
            return None
        side.lost = {uid: kept for uid, kept in side.lost.items() if uid not in call.channels}
        self.restore(call)
        return call

    def begin(self, call: CallState, direction: Direction, at: float) -> None:
        """The call is one: tell it, once."""
        if call.phase is Phase.LATENT:
            call.direction = direction
            self.step(call, CallTrigger.BEGINS, at)

    # ---- the two machines -----------------------------------------------------------------------------
    def step(self, call: CallState, trigger: CallTrigger, at: float, **more: object) -> None:
        """Move a call along the table and tell what the row says."""
        row = CALLS[call.phase].get(trigger)
        if row is None:
            return
        call.phase, kinds = row
        self.changed[call.key] = None
        for kind in kinds:
            self.told.append(events.BY_KIND[kind](self.frozen(call), at, **more))

    def advance(self, call: CallState, leg: Leg, trigger: LegTrigger, at: float) -> None:
        """Move a phone along the table; tell what the row says if its person moves with it (in a call)."""
        row = LEGS[leg.state].get(trigger)
        if row is None:
            return
        phones = phones_of(call, leg)
        before = state_of(phones)
        leg.state = row[0]
        self.changed[call.key] = None
        after, kinds = LEGS[before].get(trigger, (before, ()))
        if call.phase is not Phase.LIVE or state_of(phones) is not after:
            return
        for kind in kinds:
            self.told.append(events.BY_KIND[kind](self.frozen(call), at, conversation=phones[0].key))  # type: ignore[call-arg]

    def frozen(self, call: CallState) -> Call:
        """The call for the outside."""
        return snapshot(call, self.sides[call.pbx])

    # ---- who hears whom -------------------------------------------------------------------------------
    def enter(self, channel: Channel, bridge: str) -> None:
        """Put a channel into a bridge, out of the one it was in."""
        self.leave(channel)
        channel.bridge = bridge
        self.bridges.setdefault(bridge, {})[channel.uniqueid] = None

    def leave(self, channel: Channel) -> None:
        """Take a channel out of its bridge; an empty bridge is forgotten."""
        members = self.bridges.get(channel.bridge)
        if members is not None:
            members.pop(channel.uniqueid, None)
            if not members:
                del self.bridges[channel.bridge]
        channel.bridge = ""

    # ---- ends -----------------------------------------------------------------------------------------
    def drop(self, call: CallState, channel: Channel, cause: str, at: float) -> None:
        """A channel is gone: close its leg, and the call with its last channel."""
        self.leave(channel)
        call.channels.pop(channel.uniqueid, None)
        self.channels.pop(channel.uniqueid, None)
        if channel.kind is ChannelKind.LINK or channel.wire:
            self._cut(channel)
        attempt = call.attempts.get(channel.uniqueid)
        if attempt:
            attempt.cause = attempt.cause or cause
        if channel.uniqueid == call.caller:
            call.caller_cause = cause
        if channel.uniqueid in call.far:
            call.client_left_at = at
        leg = call.legs.get(channel.uniqueid)
        if leg and (not leg.is_caller or not leg.is_up):
            self.close(call, leg, cause, at)
        if not call.channels:
            self.end(call, at)

    def _cut(self, end: Channel) -> None:
        """An end of a link is gone: nobody waits for it, and the other knows without it who called."""
        self.ends.pop(end.uniqueid, None)
        if self.wires.get(end.wire) == end.uniqueid:
            del self.wires[end.wire]
        other = self.channel(end.half)
        if other and other.dialled_by == end.uniqueid:
            other.dialled_by = end.dialled_by or other.dialled_by

    def close(self, call: CallState, leg: Leg, cause: str, at: float) -> None:
        """End a leg with its result."""
        if leg.ended_at is None:
            leg.ended_at = (leg.stopped_at or at) if not leg.is_up else at
            leg.result = leg.result or verdict.result_of_leg(leg, cause, call.legs.values())
        self.advance(call, leg, LegTrigger.ENDS, at)

    def end(self, call: CallState, at: float) -> None:
        """The call's last channel is gone."""
        if call.client_left_at is None:
            call.client_left_at = at
        if call.is_originated and not call.action_id:
            self.sides[call.pbx].unheard[call.extension] = at
        for leg in call.legs.values():
            if leg.is_caller and leg.ended_at is None:
                leg.ended_at = at
                leg.result = verdict.result_of_caller(call)
            self.advance(call, leg, LegTrigger.ENDS, at)
        verdict.settle(call)
        self.step(call, CallTrigger.EMPTIES, at, is_provisional=bool(call.lost_sight))
        self.forget(call)

    def forget(self, call: CallState) -> None:
        """Take a call off the table."""
        self.calls.pop(call.key, None)
        for linkedid in call.linkedids:
            if self.by_linkedid.get(linkedid) is call:
                del self.by_linkedid[linkedid]
        self.changed[call.key] = None

    # ---- oddities -------------------------------------------------------------------------------------
    def odd(self, what: str, message: Message, at: float, why: str = "", call: str = "") -> None:
        """Note a message that did not fit."""
        self.told.append(events.Oddity(what, message.name, at, call, why))


Handler = Callable[[Board, Message, float], None]
