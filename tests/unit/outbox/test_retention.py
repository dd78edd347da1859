"""What is over long ago is forgotten, whole calls at a time, and never more than a day of it at once."""

from dataclasses import dataclass

import pytest
from sqlalchemy import func, select, text

from itgrix_core.outbox import tables
from itgrix_core.outbox.claims import Claims
from itgrix_core.outbox.effects import Effects, Finished, Starting
from itgrix_core.outbox.engine import Dead, Done, Job, Later
from itgrix_core.outbox.lane_engine import Held
from itgrix_core.outbox.missed import MissedCalls
from itgrix_core.outbox.retention import BATCH, Keep, Retention
from itgrix_core.outbox.spool import Spool, Standing
from itgrix_core.outbox.sqlite import SqliteShelf
from itgrix_core.outbox.store import PluginStore
from itgrix_core.outbox.tables import EffectState

NOW, DAY = 1_790_000_000.0, 86_400.0
KEEP = Keep(90 * DAY, 365 * DAY)


@dataclass
class Clock:
    """Unix seconds that a test moves."""

    now: float = NOW

    def __call__(self):
        """As `time.time`."""
        return self.now


@pytest.fixture
def clock():
    """At NOW."""
    return Clock()


class Office:
    """Files calls of one event each, and counts rows."""

    def __init__(self, database, clock):
        self.database, self.clock = database, clock
        self.shelf = SqliteShelf(database)
        self.effects = Effects(database, clock)
        self.retention = Retention(database, KEEP, clock)

    def file(self, call, result=None, lane=""):
        """A job of a call, with its decision and its effect, settled now."""
        job = Job(f"{lane or call}/CallEnded", lane or call, "CallEnded", b"{}" * 500, self.clock.now)
        self.shelf.put([job])
        self.effects.decide(f"{job.key}/finish", b"{}" * 400)
        self.effects.start([Starting(f"{job.key}/finish", call, "finish", {"a": "b" * 300})])
        self.effects.finish([Finished(f"{job.key}/finish", EffectState.DONE, {"c": 1})])
        if result is not None:
            self.shelf.settle([Held(job, 1, 0)], result, self.clock.now, 0)

    def rows(self, *names):
        """How many rows the tables have."""
        with self.database.read() as connection:
            return [
                connection.execute(select(func.count()).select_from(tables.METADATA.tables[n])).scalar_one()
                for n in names or ("job", "decision", "effect")
            ]

    def sweep_until_clean(self):
        """Sweep until nothing goes any more."""
        while self.retention.sweep():
            pass


@pytest.fixture
def office(database, clock):
    """With an empty database."""
    return Office(database, clock)


def test_a_finished_call_goes_with_all_that_was_written_of_it(office, clock):
    """Not a second before its time."""
    office.file("pbx/1", Done())
    clock.now += 90 * DAY
    assert office.retention.sweep() == 0
    clock.now += 1
    assert office.retention.sweep() == 1
    assert office.rows() == [0, 0, 0]


def test_what_waits_or_was_put_aside_stays_and_so_does_its_journal(office, clock):
    """A dead letter has a time of its own; what waits has none."""
    office.file("pbx/1", Dead("no"))
    office.file("pbx/2", Later(5.0))
    clock.now += 300 * DAY
    office.sweep_until_clean()
    assert office.rows() == [2, 2, 2]
    clock.now += 66 * DAY
    office.sweep_until_clean()
    assert office.rows() == [1, 1, 1]


def test_effects_stay_as_long_as_any_job_of_their_call(office, clock):
    """The recording's lane reads what the call's has sent."""
    office.file("pbx/1", Done())
    office.file("pbx/1", Later(1e9), lane="pbx/1/recording")
    office.file("pbx/11", Done())
    clock.now += 91 * DAY
    office.sweep_until_clean()
    assert office.rows() == [1, 1, 2]


def test_a_repeat_is_ignored_as_long_as_it_is_promised(office, clock):
    """And only after that it would be new."""
    office.file("pbx/1", Done())
    again = Job("pbx/1/CallEnded", "pbx/1", "CallEnded", b"{}", NOW)
    clock.now += 90 * DAY
    office.sweep_until_clean()
    assert office.shelf.put([again]) == 0
    clock.now += DAY
    office.sweep_until_clean()
    assert office.shelf.put([again]) == 1


def test_what_may_have_been_forgotten_is_not_filed_out_of_the_rows_of_the_pbx(office, clock):
    """A younger call that we never saw is."""
    office.file("pbx/1", Done())
    clock.now += 91 * DAY
    office.sweep_until_clean()
    old = Job("pbx/1/CallEnded", "pbx/1", "CallEnded", b"{}", NOW)
    new = Job("pbx/2/CallEnded", "pbx/2", "CallEnded", b"{}", NOW + 2 * DAY)
    found = Spool(office.database, lambda _: None).complete("pbx", {"pbx/1": [old], "pbx/2": [new]})
    assert found == {"pbx/1": Standing.FORGOTTEN, "pbx/2": Standing.NEW}
    assert office.rows("job") == [1]


def test_a_clock_that_is_wrong_by_years_costs_a_day_of_history(office, clock):
    """An hour later somebody puts it right."""
    for day in range(20):
        clock.now = NOW + day * DAY
        office.file(f"pbx/{day}", Done())
    clock.now += 5 * 365 * DAY
    assert office.retention.sweep() == 1
    office.file("pbx/wrong", Done())
    clock.now = NOW + 20 * DAY
    office.sweep_until_clean()
    assert office.rows("job") == [20]
    clock.now += 92 * DAY
    office.sweep_until_clean()
    assert office.rows("job") == [0]


@pytest.mark.parametrize("wrong", [1000.0, NOW - 400 * DAY])
def test_a_clock_that_is_behind_all_that_ended_is_not_believed(office, clock, wrong):
    """A machine without a battery begins in 1970; when it hears the time, nothing was changed."""
    for day in range(5):
        clock.now = NOW + day * DAY
        office.file(f"pbx/{day}", Done())
    clock.now = wrong
    office.file("pbx/early", Done())
    office.sweep_until_clean()
    clock.now = NOW + 5 * DAY
    office.sweep_until_clean()
    assert office.rows("job")[0] >= 5
    clock.now = NOW + 90 * DAY
    office.sweep_until_clean()
    assert office.rows("job")[0] >= 5


def test_what_ended_in_1970_ended_now(office, clock):
    """Else it would be forgotten at once."""
    office.file("pbx/1", Done())
    clock.now = 1000.0
    office.file("pbx/2", Done())
    clock.now = NOW + 5 * DAY
    office.sweep_until_clean()
    assert office.rows("job") == [2]


def test_a_talk_of_next_year_is_one_of_today(office, clock):
    """A clock that was wrong would keep a client from being called back for a year."""
    missed = MissedCalls(office.database)
    missed.talked("bitrix", "9160000001", NOW + 365 * DAY)
    assert missed.open("bitrix", "9160000001", "pbx/1", 1, NOW + 60) is None
    office.retention.sweep()
    assert missed.open("bitrix", "9160000001", "pbx/1", 1, NOW + 60) is not None


def test_the_round_of_turns_goes_on_from_the_last_of_each(office, clock, monkeypatch):
    """Older turns go, these stay."""
    monkeypatch.setattr("itgrix_core.outbox.store.time.time", clock)
    for call in range(10):
        PluginStore(office.database, "p", f"pbx/{call}").turn("sales", ["101", "102", "103"])
    office.file("pbx/1", Done())
    clock.now += 91 * DAY
    office.sweep_until_clean()
    assert office.rows("turn") == [3]
    assert PluginStore(office.database, "p", "pbx/new").turn("sales", ["101", "102", "103"]) == "102"


def test_claims_talks_and_closed_missed_calls_go_open_ones_stay(office, clock):
    """With the effects of a missed call that was open longer than its jobs were kept."""
    Claims(office.database, clock).take("number", "pbx/1")
    missed = MissedCalls(office.database)
    missed.talked("bitrix", "9160000001", NOW)
    for call in ("pbx/1", "pbx/2"):
        office.file(call, Done())
        missed.open("bitrix", f"91600000{call[-1]}", call, 1, NOW)
    clock.now += 91 * DAY
    office.sweep_until_clean()
    assert office.rows("claim", "talked", "missed", "effect", "job") == [0, 0, 2, 2, 0]
    closed = missed.of("pbx/1")
    missed.close(closed.seq, clock.now, "talk")
    clock.now += 91 * DAY
    office.file("pbx/3", Done())
    clock.now += 91 * DAY
    office.sweep_until_clean()
    assert office.rows("missed", "effect") == [1, 1]


def test_payloads_go_before_their_rows_and_only_those_of_what_was_done(office, clock, database):
    """More than one batch that ended in the same second, too; a clock that was put back harms nothing."""
    office.retention = Retention(database, Keep(90 * DAY, 365 * DAY, 30 * DAY), clock)
    for number in range(2 * BATCH + 1):
        office.file(f"pbx/{number}", Done())
    office.file("pbx/dead", Dead("no"))
    office.file("pbx/open")

    def full():
        with database.read() as connection:
            return connection.execute(text("SELECT count(*) FROM job WHERE payload != x''")).scalar_one()

    clock.now += 30 * DAY
    office.retention.sweep()
    assert full() == 2 * BATCH + 3
    clock.now += 1
    office.retention.sweep()
    assert full() == 2
    clock.now -= 10 * DAY
    office.file("pbx/later", Done())
    office.retention.sweep()
    assert full() == 3
    clock.now += 30 * DAY + 1
    office.retention.sweep()
    assert full() == 2
    assert office.rows("job") == [2 * BATCH + 4]


def test_the_file_stops_growing(office, clock, database, monkeypatch):
    """Three hundred days take no more room than the first sixty did, where thirty are kept."""
    monkeypatch.setattr(database, "_durable", database._hasty)  # power cuts are another test's
    office.retention = Retention(database, Keep(30 * DAY, 365 * DAY), clock)
    sizes = []
    for day in range(300):
        for call in range(3):
            office.file(f"pbx/{day}.{call}", Done())
        clock.now += DAY
        office.retention.sweep()
        if day in (60, 299):
            with database.read() as connection:
                sizes.append(connection.execute(text("PRAGMA page_count")).scalar_one())
    assert sizes[1] <= sizes[0] * 1.05
    assert office.rows("job")[0] <= 32 * 3
