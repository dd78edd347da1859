"""CEL rows → the messages that the tracker reads, so that it tells the same events as it would have live.

The words are AMI's; what CEL does not say is left out or, where the tracker could not go on without it,
taken from the end that is known: a dialled phone is said to ring at once unless it refused at once. What may
therefore be wrong is named by `itgrix_core.calls.retelling`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from itgrix_core.wire.lives import BUSY, FAULTY, Life, endpoint_of, lives_of
from itgrix_core.wire.messages import Message, make_message
from itgrix_core.wire.rows import CdrRow, CelRow

Timed = tuple[Message, float]
Headers = Iterator[tuple[str, str]]

MONITOR = "/var/spool/asterisk/monitor/"
"""Asterisk's recording folder; what matters to a finder is only what comes behind `monitor/`."""
REFUSED = frozenset({"1", "2", "3", "20", "22", "27", "28", "34", "38", "41", "42", "44", "58"})
"""Causes of a phone or number that cannot be reached."""
NEVER_RANG = REFUSED | {BUSY, "23"}
"""Causes by which a phone of its own accord refuses, or sends the caller elsewhere, before it rings."""
AT_ONCE_SECONDS = 1.0
"""Whoever gives up, or refuses, within a second of CEL's has hardly heard it ring."""
SILENT = "holding_bridge"
ROOMS = frozenset({"ConfBridge", "MeetMe", "Page"})


def messages_of(rows: Sequence[CelRow], cdrs: Sequence[CdrRow] = ()) -> list[Timed]:
    """The AMI messages of a cluster's rows, each with its time (Unix seconds).

    Args:
        rows: of whole calls, in the order in which they were written.
        cdrs: the CDRs of their channels, in any order.
    """
    return list(_Telling(rows, cdrs).messages())


class _Telling:
    """One pass over a cluster's rows."""

    def __init__(self, rows: Sequence[CelRow], cdrs: Sequence[CdrRow]) -> None:
        self._rows = rows
        self._cdrs = cdrs
        self.lives = lives_of(rows, cdrs)
        self._has_files = any(row.app == "MixMonitor" and row.appdata for row in rows)
        self._bridges: dict[str, str] = {}
        self._born: dict[str, str] = {}
        self._asked: set[str] = set()
        self._dialled: set[str] = set()

    def messages(self) -> Iterator[Timed]:
        for row in self._rows:
            tell = _TELL.get(row.event)
            for message in tell(self, row) if tell else ():
                yield message, row.at

    # ---- births ---------------------------------------------------------------------------------------
    def born(self, row: CelRow) -> Iterator[Message]:
        life = self.lives[row.uniqueid]
        state = "Down" if life.is_dialled or life.is_second_half else "Ring"
        yield _event(
            "Newchannel",
            *_channel(row),
            ("ChannelStateDesc", state),
            ("CallerIDNum", row.caller_number),
            ("CallerIDName", row.caller_name or self._name(row)),
            ("Exten", row.exten),
        )
        yield from self._files(row)
        yield from self._paired(life)
        if life.is_dialled:
            yield from self._dial(life, row)

    def _paired(self, half: Life) -> Iterator[Message]:
        """The halves of a Local, as soon as there are both: of a CDR the second may come first."""
        self._born[half.name] = half.uniqueid
        one, two = (self._born.get(half.name[:-1] + number) for number in "12")
        if half.name.startswith("Local/") and one and two:
            yield _event("LocalBridge", ("LocalOneUniqueid", one), ("LocalTwoUniqueid", two))

    def _name(self, row: CelRow) -> str:
        """The caller's name by CDR, whose `clid` is `"Name" <number>`."""
        for cdr in self._cdrs:
            name, _, number = cdr.clid.rpartition(" <")
            if cdr.uniqueid == row.uniqueid and number.rstrip(">") == row.caller_number:
                return name.strip().strip('"')
        return ""

    def _dial(self, life: Life, row: CelRow) -> Iterator[Message]:
        dialler = self.lives.get(life.dialler)
        source = [("Channel", dialler.name), ("Uniqueid", dialler.uniqueid)] if dialler else []
        yield _event(
            "DialBegin",
            *source,
            *_dest(life, row),
            ("DestCallerIDNum", self._wanted(life) if life.is_originated else ""),
            ("DialString", life.dial_string),
        )
        if self._rang(life):
            yield _event("Newstate", *_channel(row), ("ChannelStateDesc", "Ringing"))

    def _wanted(self, life: Life) -> str:
        """Whom Originate is to reach: the caller id that it shows the agent."""
        half = next((one for one in self.lives.values() if one.name == f"{life.name[:-1]}2"), None)
        shown = [*(half.numbers if half else ()), *life.numbers]
        own = endpoint_of(life.name).partition("@")[0]
        return next((number for number in shown if number.isdigit() and number != own), "")

    def _rang(self, life: Life) -> bool:
        """Whether a dialled channel can have rung: CEL has no row for it."""
        if life.answered_at is not None:
            return True
        if life.hung_up_itself:
            return life.cause not in NEVER_RANG and life.ended_at - life.born_at >= AT_ONCE_SECONDS
        if life.cause == BUSY and not life.has_extra:  # then by CDR: it was busy at once
            return False
        return life.cause not in REFUSED and not self._was_given_up_at_once(life)

    def _was_given_up_at_once(self, life: Life) -> bool:
        caller = self.lives.get(life.linkedid)
        if caller is None or not caller.hung_up_itself or life.ended_at - life.born_at >= AT_ONCE_SECONDS:
            return False
        return caller.ended_at - life.ended_at < AT_ONCE_SECONDS

    # ---- lives ----------------------------------------------------------------------------------------
    def answered(self, row: CelRow) -> Iterator[Message]:
        yield _event("Newstate", *_channel(row), ("ChannelStateDesc", "Up"))
        yield from self._dial_over(self.lives[row.uniqueid], row, "ANSWER")

    def app_began(self, row: CelRow) -> Iterator[Message]:
        if row.app == "Queue":
            yield _event("QueueCallerJoin", *_channel(row), ("Queue", self._queue(row)))
        elif row.app == "MixMonitor" and row.appdata:
            yield _recorded(row, row.appdata.partition(",")[0])

    def _files(self, row: CelRow) -> Iterator[Message]:
        """Recordings that only CDR names, of channels of which no MixMonitor says so."""
        if not self._has_files:
            for path in dict.fromkeys(c.recordingfile for c in self._cdrs if c.uniqueid == row.uniqueid):
                if path:
                    yield _recorded(row, path)

    def _queue(self, row: CelRow) -> str:
        by_cdr = (c.lastdata for c in self._cdrs if c.uniqueid == row.uniqueid and c.lastapp == "Queue")
        return (row.appdata or next(by_cdr, "") or row.exten).partition(",")[0]

    def app_over(self, row: CelRow) -> Iterator[Message]:
        if row.app == "Queue":
            yield _event("QueueCallerAbandon", *_channel(row))

    def entered(self, row: CelRow) -> Iterator[Message]:
        extra = row.extra or {}
        kind = "holding" if extra.get("bridge_technology") == SILENT else "basic"
        yield _event(
            "BridgeEnter",
            *_channel(row),
            ("BridgeUniqueid", self._bridge(row)),
            ("BridgeType", "base" if row.app in ROOMS else kind),
        )

    def left(self, row: CelRow) -> Iterator[Message]:
        yield from self._request(row)
        yield _event("BridgeLeave", *_channel(row), ("BridgeUniqueid", self._bridge(row)))
        self._bridges.pop(row.channel, None)

    def _bridge(self, row: CelRow) -> str:
        """The bridge's id; without `extra` that of the peers, or a new one for the first to come."""
        named = str((row.extra or {}).get("bridge_id", ""))
        if named:
            return named
        known = (self._bridges[name] for name in (row.channel, *row.peer.split(",")) if name in self._bridges)
        return self._bridges.setdefault(row.channel, next(known, f"bridge of {row.uniqueid} at {row.at}"))

    # ---- changing hands -------------------------------------------------------------------------------
    def sent_on(self, row: CelRow) -> Iterator[Message]:
        extra = row.extra or {}
        yield _event(
            "BlindTransfer",
            ("Result", "Success"),
            *_named("Transferer", row.channel, row.uniqueid, row.linkedid),
            *_named("Transferee", *self._other(extra, "transferee_channel")),
            ("Extension", str(extra.get("extension", ""))),
            ("IsExternal", "Yes"),  # nobody says; by the phone's own key is the common case
        )

    def joined(self, row: CelRow) -> Iterator[Message]:
        extra = row.extra or {}
        yield _event(
            "AttendedTransfer",
            ("Result", "Success"),
            *_named("OrigTransferer", row.channel, row.uniqueid, row.linkedid),
            *_named("SecondTransferer", *self._other(extra, "channel2")),
            *_named("Transferee", *self._other(extra, "transferee_channel")),
            *_named("TransferTarget", *self._other(extra, "transfer_target_channel")),
            ("DestType", "App" if "app" in extra else "Bridge"),
        )

    def _other(self, extra: Mapping[str, object], prefix: str) -> tuple[str, str, str]:
        """Name, Uniqueid and "" (its Linkedid is of no news) of a channel that `extra` names."""
        uniqueid = str(extra.get(f"{prefix}_uniqueid", "N/A"))
        return ("", "", "") if uniqueid == "N/A" else (str(extra.get(f"{prefix}_name", "")), uniqueid, "")

    def taken(self, row: CelRow) -> Iterator[Message]:
        taker = str((row.extra or {}).get("pickup_channel", ""))
        yield _event("Pickup", ("Channel", taker), *_named("Target", row.channel, row.uniqueid, row.linkedid))

    def parked(self, row: CelRow) -> Iterator[Message]:
        yield _event("ParkedCall", *_named("Parkee", row.channel, row.uniqueid, row.linkedid))

    # ---- ends -----------------------------------------------------------------------------------------
    def hung_up(self, row: CelRow) -> Iterator[Message]:
        life = self.lives[row.uniqueid]
        yield from self._request(row)
        yield from self._dial_over(life, row, _status(life))
        if not life.has_end:
            yield from self.gone(row)

    def gone(self, row: CelRow) -> Iterator[Message]:
        yield _event("Hangup", *_channel(row), ("Cause", self.lives[row.uniqueid].cause))

    def _request(self, row: CelRow) -> Iterator[Message]:
        """Who hung up, as soon as anybody's row can tell."""
        source = self.lives[row.uniqueid].source
        by = next((one for one in self.lives.values() if source and one.name == source), None)
        if by and by.uniqueid not in self._asked and by.ended_at - row.at < AT_ONCE_SECONDS:
            self._asked.add(by.uniqueid)
            yield _event("HangupRequest", ("Channel", by.name), ("Uniqueid", by.uniqueid))

    def _dial_over(self, life: Life, row: CelRow, status: str) -> Iterator[Message]:
        if life.is_dialled and life.uniqueid not in self._dialled:
            self._dialled.add(life.uniqueid)
            yield _event("DialEnd", *_dest(life, row), ("DialStatus", status))


def _status(life: Life) -> str:
    """The DialStatus of a channel that was not answered (docs/facts/asterisk.md 15)."""
    if life.has_extra and not life.hung_up_itself:
        return "CANCEL"
    return {BUSY: "BUSY", FAULTY: "CONGESTION"}.get(life.cause, "NOANSWER")


def _event(name: str, *headers: tuple[str, str]) -> Message:
    return make_message(("Event", name), *((key, _one_line(value)) for key, value in headers))


def _one_line(value: str) -> str:
    return " ".join(value.splitlines()) if "\n" in value or "\r" in value else value


def _channel(row: CelRow) -> tuple[tuple[str, str], ...]:
    return ("Channel", row.channel), ("Uniqueid", row.uniqueid), ("Linkedid", row.linkedid)


def _dest(life: Life, row: CelRow) -> tuple[tuple[str, str], ...]:
    return ("DestChannel", life.name), ("DestUniqueid", life.uniqueid), ("DestLinkedid", row.linkedid)


def _named(prefix: str, name: str, uniqueid: str, linkedid: str) -> tuple[tuple[str, str], ...]:
    return (
        (f"{prefix}Channel", name),
        (f"{prefix}Uniqueid", uniqueid),
        (f"{prefix}Linkedid", linkedid),
    )


def _recorded(row: CelRow, path: str) -> Message:
    full = path if path.startswith("/") else MONITOR + path
    return _event("VarSet", *_channel(row), ("Variable", "MIXMONITOR_FILENAME"), ("Value", full))


_TELL: dict[str, Callable[[_Telling, CelRow], Iterator[Message]]] = {
    "CHAN_START": _Telling.born,
    "ANSWER": _Telling.answered,
    "APP_START": _Telling.app_began,
    "APP_END": _Telling.app_over,
    "BRIDGE_ENTER": _Telling.entered,
    "BRIDGE_EXIT": _Telling.left,
    "BLINDTRANSFER": _Telling.sent_on,
    "ATTENDEDTRANSFER": _Telling.joined,
    "PICKUP": _Telling.taken,
    "PARK_START": _Telling.parked,
    "HANGUP": _Telling.hung_up,
    "CHAN_END": _Telling.gone,
}
