"""What listening missed is mended from CEL, after a while and out of its way."""

import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.calls.events import CallEnded, CallEvent
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema_asterisk import HistorySettings, HistoryTable
from itgrix_core.errors import HistoryError
from itgrix_core.history.reading import open_history
from itgrix_core.jobs import repairs
from itgrix_core.jobs.backfill import Backfill
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.repairs import Heard, Repairs, last_word_at
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.outbox.store import PluginStore
from itgrix_core.wire.frames import BANNER

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"
BEGAN = 1795379452.0
NOBODY = threading.Event()


class Office:
    """One Asterisk's history, its outbox, and a clock of its own."""

    def __init__(self, database):
        self.database = database
        self.now = BEGAN + 100.0
        self.broken = False
        self.looks = self.shed = 0
        self.spool = Spool(database, lambda _lanes: None)
        self._history = open_history(_settings("inbound_answered"), ZoneInfo("UTC"))
        self.repairs = self.opened()

    def opened(self):
        """As after a start of the service."""
        store = PluginStore(self.database, "itgrix", "")
        clock = {"wall": lambda: self.now, "shed": lambda: self.shed}
        return Repairs("lab", self, self.backfill, self.spool, store, **clock)

    def backfill(self):
        """A fresh one."""
        return Backfill("lab", Topology(), "UTC", self.spool, now=lambda: self.now)

    def of_period(self, since, until):
        """The recording's calls, unless the database is away."""
        self._look()
        yield from self._history.of_period(since, until)

    def of_linkedids(self, linkedids):
        """Likewise."""
        if linkedids:
            self._look()
        yield from self._history.of_linkedids(linkedids)

    def close(self):
        """Nothing is open."""

    def _look(self):
        self.looks += 1
        if self.broken:
            raise HistoryError("the database is away.")

    def mend(self, after=0.0):
        """Time goes on, and what is due is mended."""
        self.now += after
        self.repairs.mend(NOBODY)

    @property
    def waiting(self):
        """How many jobs wait."""
        return SqliteEngine(self.database).counts()["waiting"]


def _settings(name):
    cel, cdr = (HistoryTable(file=RECORDED / f"{name}.{log}.csv") for log in ("cel", "cdr"))
    return HistorySettings(cel=cel, cdr=cdr)


@pytest.fixture
def office(database):
    """As above."""
    return Office(database)


def test_an_outage_is_gone_through_once_the_channel_list_had_its_time(office):
    """Its calls are filed, once."""
    office.repairs.gap(BEGAN - 5, BEGAN + 60)
    office.mend()
    assert office.waiting == 0
    office.mend(repairs.SETTLING_SECONDS)
    filed = office.waiting
    assert filed == 5
    office.mend(1000)
    assert (office.waiting, office.looks) == (filed, 1)


def test_an_outage_is_not_forgotten_by_a_restart(office):
    """It is kept until it was gone through."""
    office.repairs.gap(BEGAN - 5, BEGAN + 60)
    office.mend()
    office.repairs = office.opened()
    office.mend(repairs.SETTLING_SECONDS)
    assert office.waiting == 5


def test_two_outages_are_gone_through_as_one(office):
    """From the first to the last."""
    office.repairs.gap(BEGAN + 1000, BEGAN + 2000)
    office.repairs.gap(BEGAN - 5, BEGAN + 60)
    office.mend()
    office.mend(repairs.SETTLING_SECONDS)
    assert (office.waiting, office.looks) == (5, 1)


def test_events_that_were_left_out_are_an_outage_of_some_seconds(office):
    """Listening was behind: the calls of just then are looked up, once."""
    office.now = BEGAN
    office.mend(repairs.POLL_SECONDS)
    office.shed = 700
    office.mend(repairs.POLL_SECONDS)
    office.mend(repairs.SETTLING_SECONDS)
    assert office.waiting == 5
    office.mend(100)
    office.shed = 0
    office.mend(100)
    assert office.looks == 1


def test_a_history_that_is_away_is_tried_again_after_growing_pauses(office):
    """Nothing is lost meanwhile, and nobody is pestered."""
    office.broken = True
    office.repairs.gap(BEGAN - 5, BEGAN + 60)
    office.mend()
    office.mend(repairs.SETTLING_SECONDS)
    for _ in range(18):
        office.mend(repairs.POLL_SECONDS)
    assert office.looks == 3
    office.broken = False
    office.mend(repairs.LONGEST_TROUBLE_SECONDS)
    assert office.waiting == 5


def test_the_true_end_of_a_lost_call_replaces_the_provisional_one(office, recording_of):
    """Before its lane goes on without."""
    told = [each for each in recording_of["ast22/inbound_answered"].told if isinstance(each, CallEvent)]
    end = job_of(told[-1], office.now, delay_seconds=900.0, is_provisional=True)
    assert isinstance(told[-1], CallEnded)
    office.spool.commit("lab", [end], {}, None)
    office.mend()
    assert office.spool.provisional("lab") == []
    office.mend(1000)
    assert office.looks == 1


def test_a_lost_call_that_cel_does_not_know_is_looked_up_a_few_times(office):
    """CEL may be written late; then its lane goes on."""
    end = next(e for e in _other(office) if e.kind == "CallEnded")
    job = job_of(end, office.now, delay_seconds=900.0, is_provisional=True)
    office.spool.commit("lab", [job], {}, None)
    for _ in range(100):
        office.mend(repairs.POLL_SECONDS)
    assert office.looks == len(repairs.LOOK_AGAIN_SECONDS)
    assert office.spool.provisional("lab") == ["lab/1795379706.388"]


def _other(office):
    """The events of a call that is not in the office's history."""
    past = open_history(_settings("outbound_busy"), ZoneInfo("UTC")).of_period(0.0, 4e9)
    return [event for call in office.backfill().understand(past) for event in call.events]


def test_without_a_gap_and_a_lost_call_nothing_is_read(office):
    """A quiet hour costs the database nothing."""
    for _ in range(10):
        office.mend(360)
    assert office.looks == 0


# ---- who notices ------------------------------------------------------------------------------------------
def test_a_new_connection_long_after_the_last_word_is_a_gap():
    """From then to now; every chunk is handed on."""
    heard, gaps = [], []
    listening = Heard(lambda data, _at: heard.append(data), lambda *gap: gaps.append(gap), 100.0)
    listening(BANNER + b"11.0.0\r\n", 500.0)
    listening(b"Event: X\r\n\r\n", 501.0)
    listening(BANNER + b"11.0.0\r\n", 501.5)
    listening(b"Event: Y\r\n\r\n", 900.0)
    listening(BANNER + b"11.0.0\r\n", 960.0)
    assert gaps == [(100.0, 500.0), (900.0, 960.0)]
    assert len(heard) == 5


def test_a_first_start_has_no_gap():
    """There was nothing to miss."""
    gaps = []
    Heard(lambda _data, _at: None, lambda *gap: gaps.append(gap), None)(BANNER, 500.0)
    assert gaps == []


def test_the_last_word_is_that_of_the_newest_recorded_log(tmp_path):
    """None without any."""
    assert last_word_at(tmp_path) is None
    log = tmp_path / "20261122-203052-000000.ami"
    log.write_bytes(b"x")
    assert last_word_at(tmp_path) == log.stat().st_mtime
