"""What the rows of a cluster say about each of its channels as a whole, CDR included.

CEL is read after the fact, so that a channel's end is known when its beginning is retold: whether it was
ever answered, who hung up and why. What CEL leaves out (what a Dial dialled, the file of a recording, in an
installation without `extra` the cause) is taken from CDR where it can be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from itgrix_core.wire.rows import CdrRow, CelRow

ORIGINATED = "AppDial2"
"""The application of a channel that Originate made."""
DIALLING = frozenset({"Dial", "Queue", "RetryDial", "Page", "FollowMe"})
"""Applications that make channels."""
BUSY, DECLINED, FAULTY = "17", "21", "34"
CAUSE_OF = {"BUSY": BUSY, "FAILED": FAULTY, "CONGESTION": FAULTY}
"""The cause that a CDR's disposition stands for, where CEL has no `extra`."""

_ENDPOINT = re.compile(r"-[0-9a-f]{6,}(;[12])?$")
_DIGITS = re.compile(r"\+?\d+")


@dataclass(slots=True)
class Life:
    """One channel from its first row to its last.

    Attributes:
        is_dialled: something dialled it: a Dial, a queue, Originate.
        dialler: Uniqueid of the channel whose application did ("" for Originate).
        dial_string: what was dialled, as in AMI's DialString; "" if nobody says.
        source: name of the channel whose party hung up, "" if nobody says.
        has_extra: whether cause and source are Asterisk's own words.
    """

    uniqueid: str
    linkedid: str
    name: str
    born_at: float
    ended_at: float
    exten: str = ""
    answered_at: float | None = None
    is_dialled: bool = False
    is_originated: bool = False
    dialler: str = ""
    dial_string: str = ""
    has_guessed_number: bool = False
    cause: str = ""
    source: str = ""
    status: str = ""
    has_extra: bool = False
    has_begin: bool = False
    has_end: bool = False
    numbers: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """What is behind the channel: "101", "provider1"."""
        return endpoint_of(self.name)

    @property
    def is_second_half(self) -> bool:
        """Whether it is a Local's ;2, which runs the dialplan and is dialled by nobody."""
        return self.name.startswith("Local/") and self.name.endswith(";2")

    @property
    def hung_up_itself(self) -> bool:
        """Whether its own party ended it."""
        return bool(self.source) and self.source == self.name


def endpoint_of(name: str) -> str:
    """The endpoint in a channel's name; of a Local "101@from-queue"."""
    return _ENDPOINT.sub("", name.partition("/")[2])


def lives_of(rows: Sequence[CelRow], cdrs: Sequence[CdrRow]) -> dict[str, Life]:
    """The channels of a cluster by Uniqueid, in the order of their beginnings."""
    lives: dict[str, Life] = {}
    for row in rows:
        life = lives.get(row.uniqueid)
        if life is None:
            life = lives[row.uniqueid] = Life(
                row.uniqueid, row.linkedid, row.channel, row.at, row.at, row.exten
            )
        _tell(life, row)
    for cdr in cdrs:
        _complete(lives, cdr)
    _who_dialled(rows, cdrs, lives)
    return lives


def _tell(life: Life, row: CelRow) -> None:
    life.ended_at = row.at
    if row.caller_number and row.caller_number not in life.numbers:
        life.numbers.append(row.caller_number)
    if row.app == ORIGINATED:
        life.is_dialled = life.is_originated = True
    if row.event == "ANSWER":
        life.answered_at = life.answered_at or row.at
    elif row.event == "HANGUP":
        extra = row.extra
        life.has_extra = extra is not None
        life.cause = str((extra or {}).get("hangupcause", ""))
        life.source = str((extra or {}).get("hangupsource", ""))
        life.status = str((extra or {}).get("dialstatus", ""))
    elif row.event == "CHAN_START":
        life.has_begin = True
    elif row.event == "CHAN_END":
        life.has_end = True


def _complete(lives: Mapping[str, Life], cdr: CdrRow) -> None:
    """Originate by its CDR; the cause of a dialled channel that nobody else tells."""
    caller = lives.get(cdr.uniqueid)
    if caller and cdr.lastapp == ORIGINATED:
        caller.is_dialled = caller.is_originated = True
    for life in lives.values():
        if life.name == cdr.dstchannel and not life.has_extra:
            life.cause = CAUSE_OF.get(cdr.disposition, life.cause)


def _who_dialled(rows: Iterable[CelRow], cdrs: Sequence[CdrRow], lives: Mapping[str, Life]) -> None:
    """For each channel the application that made it: its own Linkedid shows that it dialled itself."""
    dialling: dict[str, CelRow] = {}
    sent_to: dict[str, str] = {}
    for row in rows:
        if row.event == "APP_START" and row.app in DIALLING:
            dialling.pop(row.uniqueid, None)
            dialling[row.uniqueid] = row
        elif row.event in ("APP_END", "CHAN_END"):
            dialling.pop(row.uniqueid, None)
        elif row.event == "BLINDTRANSFER":
            extra = row.extra or {}
            sent_to[str(extra.get("transferee_channel_uniqueid", ""))] = str(extra.get("extension", ""))
        elif row.event == "CHAN_START":
            life = lives[row.uniqueid]
            if life.uniqueid != row.linkedid and not life.is_second_half:
                life.is_dialled = True
                _dialled_by(life, list(dialling.values()), cdrs, lives, sent_to)


def _dialled_by(
    life: Life,
    dialling: Sequence[CelRow],
    cdrs: Sequence[CdrRow],
    lives: Mapping[str, Life],
    sent_to: Mapping[str, str],
) -> None:
    its = [each for each in cdrs if each.dstchannel == life.name and each.uniqueid in lives]
    cdr = min(its, key=lambda each: (not _part(each.lastdata, life), each.start), default=None)
    near = [row for row in dialling if row.linkedid == life.linkedid]
    row = next((r for r in reversed(near) if _part(r.appdata, life)), near[-1] if near else None)
    life.dialler = cdr.uniqueid if cdr else row.uniqueid if row else _first(lives, life)
    said = [cdr.lastdata if cdr and cdr.lastapp == "Dial" else "", row.appdata if row else ""]
    life.dial_string = next((part for data in said if (part := _part(data, life))), "")
    if not life.dial_string:
        life.has_guessed_number = True
        life.dial_string = f"{_typed(life.dialler, lives, sent_to)}@{life.endpoint}"


def _first(lives: Mapping[str, Life], life: Life) -> str:
    """The channel that began the call, where no application is told of (`apps` in cel.conf)."""
    return life.linkedid if life.linkedid in lives and life.linkedid != life.uniqueid else ""


def _part(data: str, life: Life) -> str:
    """Of what an application dials ("PJSIP/7916…@provider1&PJSIP/101,20,t"), the part for this channel."""
    for part in data.partition(",")[0].split("&"):
        if life.endpoint in re.split("[/@]", part):
            return part.partition("/")[2]
    return ""


def _typed(uniqueid: str, lives: Mapping[str, Life], sent_to: Mapping[str, str]) -> str:
    """The number that a channel was to reach, as it was typed: by a transfer, in a Local's name, by hand."""
    seen: set[str] = set()
    while uniqueid in lives and uniqueid not in seen:
        seen.add(uniqueid)
        life = lives[uniqueid]
        if uniqueid in sent_to or life.is_originated:
            return sent_to.get(uniqueid, "")
        found = _DIGITS.search(life.exten)
        if life.name.startswith("Local/"):
            found = _DIGITS.search(life.endpoint.partition("@")[0]) or found
        if found:
            return found.group()
        uniqueid = life.dialler
    return ""
