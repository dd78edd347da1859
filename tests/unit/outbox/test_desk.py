"""What operators see of the outbox, and what dropping does."""

import pytest

from itgrix_core.outbox.desk import Desk
from itgrix_core.outbox.engine import Dead, Done, Job, Later
from itgrix_core.outbox.lane_engine import Held
from itgrix_core.outbox.sqlite import SqliteShelf
from itgrix_core.outbox.tables import JobState

NOW = 1_790_000_000.0


@pytest.fixture
def shelf(database):
    """The jobs."""
    return SqliteShelf(database)


@pytest.fixture
def desk(database):
    """The operators' view of them."""
    return Desk(database)


def job(key, lane, born_at=NOW, not_before=0.0):
    """A call's end."""
    return Job(key, lane, "CallEnded", b"{}", born_at, not_before)


def settled(shelf, job, result):
    """A job that was begun and ended so."""
    shelf.put([job])
    held = shelf.begin(job.lane, NOW)
    shelf.settle(held[:1], result, NOW, 1)


def test_a_lane_is_one_line_however_much_waits_in_it(shelf, desk):
    """Its head, and how many wait behind it; the longest waiting first."""
    shelf.put([job("p/2/a", "p/2", NOW - 5), job("p/2/b", "p/2"), job("p/1/a", "p/1", NOW - 50)])
    found = desk.open_lanes(float("inf"), "", 10)
    assert [(each.key, each.behind) for each in found.jobs] == [("p/1/a", 0), ("p/2/a", 1)]
    assert found.rest == 0


def test_a_list_is_bounded_and_counts_the_rest(shelf, desk):
    """Ten thousand lanes in an outage are no reason for ten thousand lines."""
    shelf.put([job(f"p/{n}/a", f"p/{n}", NOW - n) for n in range(30)])
    found = desk.open_lanes(float("inf"), "", 7)
    assert (len(found.jobs), found.rest) == (7, 23)
    assert desk.open_lanes(NOW - 20, "", 7).rest == 2
    assert [each.key for each in desk.open_lanes(float("inf"), "p/3", 7).jobs] == ["p/3/a"]


def test_a_call_is_found_by_key_and_linkedid_a_job_by_its_key(shelf, desk):
    """With the lanes that lie below the call's, and no other call's."""
    shelf.put(
        [job("p/1.5/a", "p/1.5"), job("p/1.5/recording/a", "p/1.5/recording"), job("p/1.51/a", "p/1.51")]
    )
    assert [each.key for each in desk.find("p/1.5/a")] == ["p/1.5/a"]
    assert [each.key for each in desk.find("p/1.5")] == ["p/1.5/a", "p/1.5/recording/a"]
    assert desk.find("1.5") == desk.find("p/1.5")
    assert desk.find("p/1") == []
    assert desk.find("%") == []


def test_an_unknown_key_is_answered_by_the_nearest(shelf, desk):
    """A digit that was mistyped."""
    shelf.put([job(f"main/17953794{n}.1/a", f"main/17953794{n}.1") for n in range(10, 60)])
    assert desk.nearest("main/1795379423.7")[0] == "main/1795379423.1"
    assert "main/1795379423.1" in desk.nearest("1795379423.7")


def test_what_is_dropped_stays_readable_and_its_lane_goes_on(shelf, desk):
    """With the operator's reason, and what it had waited for."""
    settled(shelf, job("p/1/a", "p/1"), Later(60.0, "the portal is down"))
    shelf.put([job("p/1/b", "p/1")])
    bell = shelf.bell()
    assert desk.drop(["p/1/a"], "a test call", NOW + 1, is_served=True) == ["p/1/a"]
    (dropped,) = desk.find("p/1/a")
    assert dropped.state is JobState.DROPPED
    assert dropped.reason == "dropped: a test call (was: the portal is down)"
    assert dropped.payload == b"{}"
    assert shelf.bell() > bell
    assert [held.job.key for held in shelf.begin("p/1", NOW + 1)] == ["p/1/b"]
    assert shelf.counts()["dropped"] == 1


def test_what_is_in_hand_or_done_is_not_dropped(shelf, desk):
    """In hand it may be sent at this very moment; left by a crash it may be dropped."""
    settled(shelf, job("p/0/a", "p/0"), Done())
    shelf.put([job("p/1/a", "p/1")])
    shelf.begin("p/1", NOW)
    assert desk.drop(["p/0/a", "p/1/a"], "no", NOW, is_served=True) == []
    assert desk.drop(["p/0/a", "p/1/a"], "no", NOW, is_served=False) == ["p/1/a"]


def test_a_dropped_job_can_be_taken_back(shelf, desk):
    """At its place, with what it holds."""
    settled(shelf, job("p/1/a", "p/1"), Dead("no"))
    desk.drop(["p/1/a"], "a mistake", NOW, is_served=False)
    assert shelf.put([job("p/1/a", "p/1")]) == 0
    assert shelf.revive(["p/1/a"]) == ["p/1"]
    assert [held.job.payload for held in shelf.begin("p/1", NOW)] == [b"{}"]
    assert isinstance(shelf.begin("p/1", NOW)[0], Held)
