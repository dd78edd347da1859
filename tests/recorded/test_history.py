"""Every recording, read afterwards from the CDR and CEL that Asterisk wrote, gives the calls of the live run.

Compared is what the tracker understood live, as that is compared with the phones elsewhere. What CEL cannot
tell stands in NOT_KNOWN, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.app.outward import call_as_json
from itgrix_core.calls.events import CallEnded, CallEvent
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.history.reading import open_history
from itgrix_core.jobs.backfill import Backfill
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.wire.rows import CEL_COLUMNS

SECONDS = 1.1
"""CEL counts whole seconds, so times of one moment differ by less than one, and by an AMI message's way."""
TIMES = (
    "started_at", "rang_at", "caller_heard_answer_at", "answered_at", "ended_at", "agent_rang_at",
    "agent_answered_at", "wait_s", "talk_s",
)  # fmt: skip
NOT_COMPARED = {"key", "untold", "recordings", "action_id", "blacklisted"}
"""The key is what calls are matched by; these CEL files have no column that names a recording; no row has an
ActionID, which is a word between AMI and who asked, nor AstDB's blacklist (`untold` says so)."""

MIDCALL = "*/*snapshot_midcall"
HOT_DESK = "*/freepbx_hotdesk_changes"
UNRUNG_CLICK = "lab/itgrix-click-*"
"""The key of a click-to-call that rang nobody: no row has it."""
NOT_KNOWN: tuple[tuple[str, frozenset[str], str], ...] = (
    ("*/*pbx_restart*", frozenset({"legs"}), "a PBX that goes down writes no word of its own into CEL"),
    (
        "*/*inbound*_no_reply",
        frozenset({"legs", "rang_at", "ids"}),
        "CEL has no row for ringing: a phone that is silent ends like one that rings until it is given up",
    ),
    (
        "*/inbound_gives_up_at_once",
        frozenset({"rang_at", "ids"}),
        "no row for ringing, and in whole seconds the caller waited for one",
    ),
    (
        "*/outbound_early_sound",
        frozenset({"rang_at"}),
        "no row for ringing: early sound and ringing look the same",
    ),
    (
        "*/outbound_answered_client_hangup",
        frozenset({"rang_at"}),
        "no row for ringing: a number that is answered without having rung",
    ),
    (
        "*/*originate_agent_unregistered*",
        frozenset({"keys"}),
        "a click-to-call that rang nobody is known by the ActionID in the answer to its Originate alone",
    ),
    (
        MIDCALL,
        frozenset({*TIMES, "before_login", "dialled"} - {"ended_at", "agent_rang_at", "agent_answered_at"}),
        "here CEL knows more: the live connection came in the middle of the calls",
    ),
    (
        HOT_DESK,
        frozenset({"extension", "last_agent"}),
        "no row tells who is logged in at a device: the user of the last time it was asked counts for all",
    ),
    (
        "*/freepbx_failover_unanswered",
        frozenset({"hangup_by"}),
        "who gives up while a second trunk rings bears the first one's cause, as one whom the PBX sends away",
    ),
)
"""Recordings, fields in which CEL differs from the live run, and why."""

NOT_KNOWN_BY_CDR: tuple[tuple[str, str], ...] = (
    ("*/blonde_transfer_no_answer", "the consultation's CDR shares no channel with the client's"),
    ("*/conference_left_one_by_one", "three callers of one room: no CDR names the room"),
    ("*/*originate_agent_unregistered*", "nobody was rung: it has no key but its ActionID"),
)
"""Recordings in which CDR alone gives other calls, and why."""


def test_the_calls_of_the_live_run_come_out_of_cel(each_recording):
    """Parties, phones with results, transfers, times, how it ended and who ended it."""
    _skip_without_cel(each_recording)
    known = _not_known(each_recording.id)
    differences = [each for each in _differences(each_recording) if each[0] not in known]
    assert differences == []


def test_what_cel_cannot_tell_is_needed_and_named(all_recordings):
    """The table names recordings that are there, and only what does differ."""
    unneeded = []
    for pattern, fields, _ in NOT_KNOWN:
        matching = [rec for rec in all_recordings if fnmatch(rec.id, pattern) and _cel(rec).is_file()]
        found = {field for rec in matching for field, *_ in _differences(rec)}
        unneeded += [(pattern, field) for field in fields - found]
    assert unneeded == []


def test_nothing_is_filed_that_was_watched_and_nothing_twice(all_recordings, tmp_path):
    """Of all recordings in one outbox: what the live run told is left alone, the second time all is known."""
    with Database(tmp_path) as database:
        spool, engine = Spool(database, lambda _lanes: None), SqliteEngine(database)
        watched = [rec for rec in all_recordings if _cel(rec).is_file()][::2]
        for rec in watched:
            spool.commit("lab", [job_of(e, e.at) for e in rec.told if isinstance(e, CallEvent)], {}, None)
        before = engine.counts()
        assert sum(_filed(rec, spool) for rec in watched) == 0
        assert engine.counts() == before
        others = [rec for rec in all_recordings if _cel(rec).is_file() and rec not in watched]
        assert sum(_filed(rec, spool) for rec in others) > len(others)
        before = engine.counts()
        assert sum(_filed(rec, spool) for rec in others) == 0
        assert engine.counts() == before


def test_what_the_rows_do_not_say_is_marked_in_the_call(each_recording):
    """When a phone rang and an ActionID are never known, a recording's name not here; who hung up is."""
    _skip_without_cel(each_recording)
    for call in _ended(_told(each_recording)).values():
        has_rung = call["rang_at"] or call["legs"] or call["direction"] == "outbound"
        assert ("rang_at" in call["untold"]) == bool(has_rung)
        assert ("recordings" in call["untold"]) == bool(call["answered_at"])
        assert "hangup_by" not in call["untold"]
        assert ("action_id" in call["untold"]) == call["click_to_call"]


def test_that_a_caller_is_blacklisted_is_not_known_where_no_phone_was_rung_on_a_freepbx(recording_of):
    """AstDB is not asked afterwards; a PBX that keeps no devices there has no such list."""
    blacklisted = recording_of["ast22-freepbx/freepbx_blacklisted"]
    (call,) = _ended(_told(blacklisted)).values()
    assert not call["blacklisted"]
    assert "blacklisted" in call["untold"]
    (call,) = _ended(_told(blacklisted, learnt=b"")).values()
    assert "blacklisted" not in call["untold"]
    (call,) = _ended(_told(recording_of["ast22-freepbx/freepbx_inbound"])).values()
    assert "blacklisted" not in call["untold"]


def test_without_the_column_extra_the_calls_are_the_same_but_for_how_they_ended(each_recording, tmp_path):
    """Who called whom, who answered and when; who hung up is then said to be unknown."""
    _skip_without_cel(each_recording)
    file = tmp_path / "cel.csv"
    lines = _cel(each_recording).read_text(encoding="utf-8").splitlines()
    extra = CEL_COLUMNS.index("extra")
    names = ",".join(CEL_COLUMNS[:extra])
    file.write_text("\n".join([names, *(line.split(',"{')[0] for line in lines)]) + "\n", encoding="utf-8")
    live = _ended(each_recording.told)
    past = _ended(_told(each_recording, cel=file))
    assert all(fnmatch(key, UNRUNG_CLICK) for key in set(live) - set(past))
    for key in set(live) & set(past):
        if not any(fnmatch(each_recording.id, pattern) for pattern in (MIDCALL, HOT_DESK)):
            same = ("direction", "external_number", "did", "trunk", "queue", "answered_by", "last_agent")
            assert {f: past[key][f] for f in same} == {f: live[key][f] for f in same}
            assert abs(past[key]["talk_s"] - live[key]["talk_s"]) <= SECONDS
        assert past[key]["hangup_by"] is None
        assert "hangup_by" in past[key]["untold"]


def test_cdr_alone_gives_the_same_calls_and_says_what_it_cannot_tell(each_recording):
    """Their number, keys, direction and parties; nearly everything else is named as not known."""
    _skip_without_cel(each_recording)
    if any(fnmatch(each_recording.id, pattern) for pattern, _ in NOT_KNOWN_BY_CDR):
        pytest.skip("cannot be known here: NOT_KNOWN_BY_CDR says why")
    live, past = _ended(each_recording.told), _ended(_told(each_recording, cel=None))
    assert set(past) == set(live)
    for key, call in past.items():
        if not live[key]["transfers"] and not live[key]["click_to_call"]:
            assert abs(call["ended_at"] - live[key]["ended_at"]) <= SECONDS
        assert {"hangup_by", "transfers", "talk_s"} <= set(call["untold"])


def test_cdr_alone_fails_where_it_is_said_to(all_recordings):
    """The table is needed."""
    for pattern, _ in NOT_KNOWN_BY_CDR:
        matching = [rec for rec in all_recordings if fnmatch(rec.id, pattern) and _cel(rec).is_file()]
        assert any(set(_ended(rec.told)) != set(_ended(_told(rec, cel=None))) for rec in matching)


def test_cel_without_cdr_knows_numbers_as_they_were_typed(all_recordings):
    """What Dial dialled is in CDR or in CEL's `appdata`; without both the typed number means the same."""
    typed = 0
    for rec in all_recordings:
        if fnmatch(rec.id, "*/outbound_*") and _cel(rec).is_file():
            live, past = _ended(rec.told), _ended(_told(rec, cdr=None))
            for key in live:
                if live[key]["direction"] == "outbound":
                    assert past[key]["external_number"][-10:] == live[key]["external_number"][-10:]
                    assert "external_number" in past[key]["untold"]
                    typed += past[key]["external_number"] != live[key]["external_number"]
    assert typed > 0


# ---- comparing --------------------------------------------------------------------------------------------
BESIDE = Path("beside the recording")


def _cel(recorded) -> Path:
    return Path(str(recorded.path).removesuffix(".ami.gz") + ".cel.csv")


def _skip_without_cel(recorded) -> None:
    if not _cel(recorded).is_file():
        pytest.skip("it has no CEL")


def _filed(recorded, spool: Spool) -> int:
    """How many calls of a recording's CEL were filed."""
    work = Backfill("lab", Topology(), "UTC", spool, learnt=recorded.learnt)
    settings = HistorySettings(cel=HistoryTable(file=_cel(recorded)))
    for _ in work.file(open_history(settings, ZoneInfo("UTC")).of_period(0.0, 4e9)):
        pass
    return work.tally.filed + work.tally.corrected


def _told(
    recorded, cel: Path | None = BESIDE, cdr: Path | None = BESIDE, learnt: bytes | None = None
) -> list[CallEvent]:
    """The events that come out of a recording's CEL and CDR files; `None` leaves one out.

    `learnt` is what a tracker knows of the PBX; that of the live run if left out.
    """
    learnt = recorded.learnt if learnt is None else learnt
    beside = _cel(recorded)
    cel = beside if cel is BESIDE else cel
    cdr = beside.with_name(beside.name.replace(".cel.", ".cdr.")) if cdr is BESIDE else cdr
    settings = HistorySettings(cel=HistoryTable(file=cel), cdr=HistoryTable(file=cdr))
    past = open_history(settings, ZoneInfo("UTC")).of_period(0.0, 4e9)
    calls = Backfill("lab", Topology(), "UTC", None, learnt=learnt).understand(past)
    return [event for call in calls for event in call.events]


def _ended(told) -> dict[str, dict[str, Any]]:
    return {event.call.key: call_as_json(event.call) for event in told if isinstance(event, CallEnded)}


def _not_known(name: str) -> frozenset[str]:
    return frozenset().union(*(fields for pattern, fields, _ in NOT_KNOWN if fnmatch(name, pattern)))


def _differences(recorded) -> list[tuple[Any, ...]]:
    """(field, call, afterwards, live) of everything that is not the same."""
    told = _told(recorded)
    live, past = _ended(recorded.told), _ended(told)
    if set(live) != set(past):
        return [("keys", set(past), set(live))]
    ids = {event.id for event in recorded.told if isinstance(event, CallEvent)}
    different = {event.id for event in told} ^ ids
    found: list[tuple[Any, ...]] = [("ids", sorted(different))] if different else []
    for key, call in live.items():
        found += [(field, key, is_, should) for field, is_, should in _unequal(past[key], call)]
    return found


def _unequal(past: dict[str, Any], live: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for field in live.keys() - NOT_COMPARED:
        is_, should = _comparable(field, past[field]), _comparable(field, live[field])
        if field in TIMES and None not in (is_, should):
            is_ = should if abs(is_ - should) <= SECONDS else is_
        if is_ != should:
            yield field, is_, should


def _comparable(field: str, value: Any) -> Any:
    """Legs by phone and result; a transfer without `how`, which CEL does not say."""
    if field == "legs":
        return sorted((leg["extension"], leg["result"]) for leg in value)
    if field == "transfers":
        return [{word: said for word, said in each.items() if word != "how"} for each in value]
    return value
