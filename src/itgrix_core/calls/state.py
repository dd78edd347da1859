"""What the tracker knows of a call while it lives: mutable, and saved as one JSON row per call.

Nothing outside `calls` sees these; what leaves the room is the frozen `Call` that `snapshot` makes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from itgrix_core.calls.table import LegState, Phase
from itgrix_core.calls.topology import ChannelKind
from itgrix_hooks.values import Direction, Recording, Result, Transfer

VERSION = 3


@dataclass(slots=True)
class Channel:
    """One live channel; what its first events said is kept, as later ones show the trunk's caller id.

    `exten` and `caller_number` are those of its birth; `dialled_by` is the Uniqueid of the channel whose Dial
    made it ("" for Originate, which has no caller; `is_dialled` tells; of a link's end that comes in it is
    the other end); `half` the other end of a Local pair or of a link; `mobile_of` the extension of the
    employee whose mobile is behind this trunk's channel; `has_given_up`: it asked to hang up while somebody
    was still being rung; `wire` what both ends of a link know of it, "" while that has not been told;
    `awaited_at` since when a link's other end is waited for; `rang_at` when it was first seen ringing; `gone`
    its Hangup's cause, while that waits to be understood (`handlers.links`).
    """

    uniqueid: str
    name: str
    kind: ChannelKind
    linkedid: str
    born_at: float
    state: str = ""
    exten: str = ""
    caller_number: str = ""
    caller_name: str = ""
    is_dialled: bool = False
    dialled_by: str = ""
    dial_string: str = ""
    half: str = ""
    bridge: str = ""
    has_given_up: bool = False
    mobile_of: str = ""
    pbx: str = ""
    wire: str = ""
    awaited_at: float | None = None
    rang_at: float | None = None
    gone: str | None = None

    @property
    def is_open_end(self) -> bool:
        """Whether this is a link's end from which nobody can tell yet who calls."""
        return self.kind is ChannelKind.LINK and not (self.half and (self.is_dialled or self.dialled_by))


@dataclass(slots=True)
class Leg:
    """One employee's channel in a call; becomes a `Conversation`. `is_rung`: somebody dialled it.

    `tried_at`: when its dial began; `stopped_at`: when its dial was over; `up_at`: when the phone was
    picked up, maybe before anybody is there to talk with; `has_refused`: the phone itself asked to hang up
    before anybody answered; `phone`: the endpoint that was rung; `person`: key of the first leg of the same
    employee, if several phones of his ring together (`persons`); `pbx`: whose channel it is.
    """

    key: str
    extension: str
    is_caller: bool = False
    is_rung: bool = False
    trunk: str | None = None
    state: LegState = LegState.TRIED
    tried_at: float | None = None
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    stopped_at: float | None = None
    up_at: float | None = None
    is_up: bool = False
    has_refused: bool = False
    status: str = ""
    result: Result | None = None
    picked_up_by: str | None = None
    person: str = ""
    phone: str = ""
    pbx: str = ""


@dataclass(slots=True)
class Attempt:
    """One try to reach the outside through a trunk."""

    key: str
    trunk: str
    number: str
    rang_at: float | None = None
    is_up: bool = False
    status: str = ""
    cause: str = ""


@dataclass(slots=True)
class Handover:
    """A transfer as it was asked for, at `pbx`; `channel` is the transferee's Uniqueid."""

    transfer: Transfer
    channel: str
    pbx: str


@dataclass(slots=True)
class CallState:
    """Everything under one key.

    Attributes:
        born_at: when its first channel was born; of calls that join, the oldest survives.
        linkedids: every Linkedid that meant this call, the first one first.
        caller: Uniqueid of the channel that began it.
        client_left_at: when the other party's last channel was gone.
        requests: Uniqueids of real channels in the order of their first HangupRequest.
        talkers: Uniqueids that heard each other last; `leaver` left them first, without a word.
        heard: Uniqueids that took part in a talk, Local halves on the way between the two included.
        sent_on: the transferee's Uniqueid from when he was sent on or parked until he talks again, else "".
        is_found: the channel list told of it first, in the middle of its life.
        is_originated: the PBX called first (click-to-call).
        has_abandoned: Asterisk said QueueCallerAbandon.
        is_blacklisted: the caller's number is on FreePBX's blacklist.
        is_shut_down: the PBX, going down, took it with it.
        is_pbx_answered: the PBX took the caller's channel (menu, queue, announcement).
        caller_up_at: when the caller's channel came up: by the PBX, or with the human's answer.
        action_id: the ActionID of the Originate that began it.
        last_exten: where the caller's channel was last seen in the dialplan.
    """

    key: str
    pbx: str
    linkedids: list[str]
    born_at: float
    started_at: float
    phase: Phase = Phase.LATENT
    direction: Direction | None = None
    caller: str = ""
    client_number: str = ""
    client_name: str = ""
    did: str = ""
    trunk: str = ""
    extension: str = ""
    dialled: str = ""
    queue: str = ""
    answered_at: float | None = None
    client_left_at: float | None = None
    caller_cause: str = ""
    channels: dict[str, Channel] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    handovers: list[Handover] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    talkers: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    leaver: str = ""
    sent_on: str = ""
    is_found: bool = False
    is_originated: bool = False
    has_abandoned: bool = False
    is_blacklisted: bool = False
    is_shut_down: bool = False
    is_pbx_answered: bool = False
    caller_up_at: float | None = None
    action_id: str = ""
    lost_sight: str = ""

    @property
    def far(self) -> list[str]:
        """Uniqueids of the party whom employees talk with: the client, or the caller of an internal call."""
        return list(self.attempts) if self.direction is Direction.OUTBOUND else [self.caller]

    @property
    def is_ringing(self) -> bool:
        """Whether a phone or the outside is being rung, or was picked up and has not heard the caller yet."""
        legs = (leg for leg in self.legs.values() if leg.is_rung and not (leg.answered_at or leg.ended_at))
        is_inside = any(leg.is_up or leg.stopped_at is None for leg in legs)
        return is_inside or any(not (a.is_up or a.status or a.cause) for a in self.attempts.values())

    def leg(self, key: str, extension: str) -> Leg:
        """The leg of that channel, made if there is none."""
        leg = self.legs.get(key)
        if leg is None:
            channel = self.channels.get(key)
            leg = self.legs[key] = Leg(key, extension, pbx=channel.pbx if channel else self.pbx)
        return leg


class Row(msgspec.Struct):
    """A saved call with the version of its shape."""

    version: int
    call: CallState


_ROW = msgspec.json.Decoder(Row)


def dump(call: CallState) -> bytes:
    """The call as a JSON row."""
    return msgspec.json.encode(Row(VERSION, call))


def parse(row: bytes) -> CallState | None:
    """The call of a row; `None` when it is of another version or damaged (then the channel list must do)."""
    try:
        saved = _ROW.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return saved.call if saved.version == VERSION else None
