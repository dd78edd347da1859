"""Past calls are filed once, and never instead of what was watched."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.calls.events import CallEnded, CallEvent
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.history.reading import open_history
from itgrix_core.jobs.backfill import Backfill
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.wire.clusters import OLDEST_SECONDS

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"
EVER = (0.0, 4e9)


@pytest.fixture
def spool(database):
    """The listening side's door, nobody to wake."""
    return Spool(database, lambda _lanes: None)


@pytest.fixture
def filed(spool):
    """`filed("recording")`: the tally after its past calls were filed."""

    def file(name, now=4e9):
        work = Backfill("lab", Topology(), "UTC", spool, now=lambda: now)
        for _ in work.file(past(name)):
            pass
        return work.tally

    return file


def past(name):
    """The rows of one recording."""
    cel, cdr = (HistoryTable(file=RECORDED / f"{name}.{log}.csv") for log in ("cel", "cdr"))
    return open_history(HistorySettings(cel=cel, cdr=cdr), ZoneInfo("UTC")).of_period(*EVER)


def live_jobs(recording, **more):
    """What the live run put into the outbox."""
    return [job_of(event, event.at, **more) for event in recording.told if isinstance(event, CallEvent)]


def test_a_second_time_nothing_new_is_filed(filed, database):
    """Ids are made from meaning."""
    first = filed("queue_answered")
    assert (first.read, first.filed, first.known) == (1, 1, 0)
    before = SqliteEngine(database).counts()
    again = filed("queue_answered")
    assert (again.read, again.filed, again.known) == (1, 0, 1)
    assert SqliteEngine(database).counts() == before


def test_a_provisional_end_gets_the_true_one_and_nothing_behind_it(filed, spool, recording_of, database):
    """What a lost call's lane waits for; its other events were told."""
    *told, end = live_jobs(recording_of["ast22/inbound_answered"])
    provisional = job_of(_end_of(recording_of), 1e9, delay_seconds=900.0, is_provisional=True)
    spool.commit("lab", [*told[:2], provisional], {}, None)
    assert spool.provisional("lab") == [end.lane]
    tally = filed("inbound_answered")
    assert (tally.corrected, tally.filed) == (1, 0)
    assert spool.provisional("lab") == []
    stored = _stored(database)
    assert [key for key, _ in stored] == [*(job.key for job in told[:2]), end.key]
    assert json.loads(stored[-1][1])["call"]["hangup_by"] == "external"


def test_a_call_that_is_going_on_is_left_to_those_who_watch_it(filed, spool, recording_of):
    """Its key stands among the tracked calls."""
    (end,) = {job.lane for job in live_jobs(recording_of["ast22/inbound_answered"])}
    spool.commit("lab", [], {end: b"{}"}, None)
    tally = filed("inbound_answered")
    assert (tally.filed, tally.going_on) == (0, 1)


def test_a_call_that_was_told_without_an_end_and_is_tracked_by_nobody_gets_the_rest(
    filed, spool, recording_of, database
):
    """After a saved call that could not be read, say."""
    jobs = live_jobs(recording_of["ast22/inbound_answered"])
    spool.commit("lab", jobs[:1], {}, None)
    assert filed("inbound_answered").filed == 1
    assert {key for key, _ in _stored(database)} == {job.key for job in jobs}


def test_a_call_without_an_end_is_left_until_it_is_too_old(spool):
    """It may be going on; after twelve hours the PBX must have crashed."""
    (whole,) = past("inbound_answered")
    half = type(whole)(whole.rows[:9], [], False, False, whole.linkedids, whole.rows[8].at)
    young = Backfill("lab", Topology(), "UTC", spool, now=lambda: half.last_at + 60)
    assert list(young.file([half])) == []
    assert young.tally.going_on == 1
    old = Backfill("lab", Topology(), "UTC", spool, now=lambda: half.last_at + OLDEST_SECONDS)
    (found,) = old.file([half])
    assert (found.is_cut, found.call.lost_sight) == (True, "CEL has no end of it")
    assert old.tally.cut == 1


def test_without_a_spool_calls_are_understood_only():
    """A dry run."""
    work = Backfill("lab", Topology(), "UTC", None)
    assert len(list(work.file(past("load_30_mixed")))) == 30
    assert (work.tally.read, work.tally.filed) == (30, 0)


def test_serve_in_another_process_hears_of_it(filed, database):
    """The bell rings when something was filed, and only then."""
    shelf = SqliteEngine(database)._shelf
    silent = shelf.bell()
    filed("inbound_answered")
    rung = shelf.bell()
    filed("inbound_answered")
    assert silent < rung == shelf.bell()


# ---- looking ----------------------------------------------------------------------------------------------
def _end_of(recording_of):
    ended = (e for e in recording_of["ast22/inbound_answered"].told if isinstance(e, CallEnded))
    return next(ended)


def _stored(database):
    """(key, payload) of every job, in the order of their lane."""
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT key, payload FROM job ORDER BY seq").all()
    return [(key, payload) for key, payload in rows]
