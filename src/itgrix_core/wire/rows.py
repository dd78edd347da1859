"""Rows of CEL and CDR, read from what a file or a table holds; and the local times in them.

Column names are those of Asterisk's own tables (`cel`, `cdr`), which FreePBX uses too; what a row lacks is
"". Times in them are the PBX's local time, in whole seconds most often, and in autumn an hour comes twice:
rows are written in order, so time that seems to run back there is the second pass.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from math import isfinite
from typing import Any

CEL_COLUMNS = (
    "eventtype", "eventtime", "cid_num", "cid_dnid", "exten", "context", "channame", "appname", "uniqueid",
    "linkedid", "peer", "extra",
)  # fmt: skip
"""Columns of a CEL file without a header line (tests/asterisk/rig/etc/cel_custom.conf)."""
CDR_COLUMNS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start",
    "answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield",
)  # fmt: skip
"""Columns of Asterisk's own Master.csv (cdr_csv with `loguniqueid` and `loguserfield`)."""
CEL_NEEDED = ("eventtype", "eventtime", "channame", "uniqueid", "linkedid")
CDR_NEEDED = ("channel", "dstchannel", "disposition", "uniqueid")

_BACKWARDS_SECONDS = 5.0
"""Rows of one moment come in any order; more than this is the clock set back in autumn."""


@dataclass(frozen=True, slots=True)
class CelRow:
    """One line of CEL.

    Attributes:
        event: "CHAN_START", "BRIDGE_ENTER" …
        at: Unix seconds.
        channel: its name, "PJSIP/101-0000002a".
        peer: names of the others in the bridge, where there is no `extra`.
        extra: the JSON of that column; `None` where this PBX does not write it.
    """

    event: str
    at: float
    uniqueid: str
    linkedid: str
    channel: str
    exten: str = ""
    context: str = ""
    caller_number: str = ""
    caller_name: str = ""
    app: str = ""
    appdata: str = ""
    peer: str = ""
    extra: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CdrRow:
    """One line of CDR: a channel, and the one that it dialled.

    Attributes:
        start, answer, end: Unix seconds; `answer` is `None` when nobody answered.
        ordered_at: what its file or table is ordered by, Unix seconds.
        uniqueid: of `channel`.
    """

    channel: str
    dstchannel: str
    uniqueid: str
    start: float
    end: float
    ordered_at: float
    answer: float | None = None
    linkedid: str = ""
    src: str = ""
    dst: str = ""
    dcontext: str = ""
    clid: str = ""
    lastapp: str = ""
    lastdata: str = ""
    disposition: str = ""
    did: str = ""
    recordingfile: str = ""


@dataclass(slots=True)
class LocalTimes:
    """Local times of one PBX as Unix seconds; of the hour that comes twice, by what came before.

    Args:
        zone: the PBX's.
    """

    zone: tzinfo
    _newest: float = field(default=float("-inf"))

    def unix(self, value: object) -> float | None:
        """Unix seconds of a column's value; `None` if it is no time.

        Args:
            value: text ("2026-11-22 20:30:52", with or without fractions, or Unix seconds), a number, or a
                `datetime`; without a zone it is the PBX's local time.
        """
        moment = _moment(value)
        if not isinstance(moment, datetime):
            return moment
        if moment.tzinfo is not None:
            return moment.timestamp()
        at = moment.replace(tzinfo=self.zone).timestamp()
        again = moment.replace(tzinfo=self.zone, fold=1).timestamp()
        if again > at and at < self._newest - _BACKWARDS_SECONDS:
            at = again
        self._newest = max(self._newest, at)
        return at

    def text(self, at: float) -> str:
        """The local time of a moment as such a column holds it, whole seconds."""
        return datetime.fromtimestamp(at, self.zone).strftime("%Y-%m-%d %H:%M:%S")


def _moment(value: object) -> datetime | float | None:
    if isinstance(value, datetime):
        return value
    text = str(value or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return seconds if isfinite(seconds) else None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def cel_row(columns: Mapping[str, object], times: LocalTimes) -> CelRow | None:
    """A row of CEL from its columns by name; `None` for one without time, event or channel."""
    text = _texts(columns)
    at = times.unix(columns.get("eventtime"))
    if at is None or not (text("eventtype") and text("uniqueid")):
        return None
    return CelRow(
        event=text("eventtype"),
        at=at,
        uniqueid=text("uniqueid"),
        linkedid=text("linkedid") or text("uniqueid"),
        channel=text("channame"),
        exten=text("exten"),
        context=text("context"),
        caller_number=text("cid_num"),
        caller_name=text("cid_name"),
        app=text("appname"),
        appdata=text("appdata"),
        peer=text("peer"),
        extra=_extra(text("extra")),
    )


def cdr_row(columns: Mapping[str, object], times: LocalTimes) -> CdrRow | None:
    """A row of CDR from its columns by name; `None` for one without time or channel.

    A table has `calldate` where a file has `start`, and neither `answer` nor `end`. What can be told by
    `duration` and `billsec` is, as they do not suffer from summer time.
    """
    text = _texts(columns)
    duration, talked = _seconds(text("duration")), _seconds(text("billsec"))
    began = columns.get("calldate") or columns.get("start")
    ordered_at = times.unix(columns.get("end") or began)
    if ordered_at is None or not (text("channel") and text("uniqueid")):
        return None
    end = ordered_at if columns.get("end") else ordered_at + duration
    is_answered = bool(talked or text("answer") or text("disposition").upper() == "ANSWERED")
    return CdrRow(
        channel=text("channel"),
        dstchannel=text("dstchannel"),
        uniqueid=text("uniqueid"),
        start=end - duration,
        end=end,
        ordered_at=ordered_at,
        answer=end - talked if is_answered else None,
        linkedid=text("linkedid"),
        src=text("cnum") or text("src"),
        dst=text("dst"),
        dcontext=text("dcontext"),
        clid=text("clid"),
        lastapp=text("lastapp"),
        lastdata=text("lastdata"),
        disposition=text("disposition").upper(),
        did=text("did"),
        recordingfile=_dated(text("recordingfile"), end - duration, times),
    )


def _dated(file: str, at: float, times: LocalTimes) -> str:
    """A recording as FreePBX keeps it: by the day on which it began; a path stays what it is."""
    return f"{times.text(at)[:10].replace('-', '/')}/{file}" if file and "/" not in file else file


class _texts:  # noqa: N801 - reads as a function: `text("exten")`
    """A row's columns as text, "" for what is not there."""

    def __init__(self, columns: Mapping[str, object]) -> None:
        self._columns = columns

    def __call__(self, name: str) -> str:
        value = self._columns.get(name)
        return "" if value is None else str(value)


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0


def _extra(text: str) -> Mapping[str, Any] | None:
    """The JSON of the column `extra`; `None` where there is none, {} where it is damaged."""
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
