"""Two linked PBXes, from their bytes to stored events: one set of calls, stored by whichever is heard."""

from types import SimpleNamespace

import pytest

from itgrix_core.ami.recorder import Recorder
from itgrix_core.errors import DataFolderError
from itgrix_core.jobs.clock import StreamClock
from itgrix_core.jobs.codec import event_of
from itgrix_core.jobs.listening import Listening, catch_up
from itgrix_core.jobs.sharing import Shared, linked
from itgrix_core.jobs.watching import Watchers
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.spool import Spool
from itgrix_core.wire.frames import join_blocks

BANNER = b"Asterisk Call Manager/9.0.0"
PIECE = 5
"""Messages in one chunk here, of one PBX after another."""


class Desks:
    """The listenings of main and branch on one data folder; `crash` leaves what is on disk."""

    def __init__(self, folder, make_trackers):
        self.folder = folder
        self.make_trackers = make_trackers
        self.asked = {"main": [], "branch": []}
        self.start()

    def start(self):
        """A process begins."""
        self.database = Database(self.folder / "var")
        self.database.upgrade()
        self.spool = Spool(self.database, lambda _lanes: None)
        shared = Shared("main")
        self.recorders = {pbx: Recorder(self.folder / "recorded", pbx) for pbx in self.asked}
        self.listenings = {
            pbx: Listening(
                pbx, tracker, self.recorders[pbx], self.spool, StreamClock(steady=lambda: 0.0), Watchers(),
                self.asked[pbx].append, shared=shared, wall=lambda: 0.0,
            )
            for pbx, tracker in self.make_trackers().items()
        }  # fmt: skip
        return catch_up([*self.listenings.values()])

    def crash(self):
        """The process ends and the next one begins; how many blocks were fed again."""
        self.close()
        return self.start()

    def close(self):
        """The process ends, one way or the other."""
        for recorder in self.recorders.values():
            recorder.close()
        self.database.close()

    @property
    def stored(self):
        """What the jobs are about: key and event, in their order."""
        from sqlalchemy import select

        from itgrix_core.outbox.tables import job

        with self.database.read() as connection:
            rows = connection.execute(select(job).order_by(job.c.seq)).all()
        return [(r.key, event_of(Job(r.key, r.lane, r.kind, r.payload, r.born_at))) for r in rows]


@pytest.fixture
def desks(tmp_path, linked_trackers):
    """Makes pairs of desks, each on a folder of its own, closed afterwards."""
    made = []

    def make():
        made.append(Desks(tmp_path / str(len(made)), linked_trackers))
        return made[-1]

    yield make
    for each in made:
        each.close()


def chunks_of(pair):
    """What both said, in chunks of whole blocks with their times, in the order in which they came."""
    start = pair.heard[0][2]
    chunks = [(pbx, join_blocks([BANNER]), start) for pbx in pair.streams]
    run = []
    for pbx, message, at in pair.heard:
        if run and (run[0][0] != pbx or len(run) == PIECE):
            chunks.append((run[0][0], join_blocks([said.raw for _, said, _ in run]), run[-1][2]))
            run = []
        run.append((pbx, message, at))
    return [*chunks, (run[0][0], join_blocks([said.raw for _, said, _ in run]), run[-1][2])]


@pytest.fixture
def pair(pair_of):
    """A client of main talks with a phone of the branch."""
    return pair_of["inbound_answered"]


def calls(desks):
    """The saved calls, without what was learnt of endpoints."""
    return {key for pbx in ("main", "branch") for key in desks.spool.calls(pbx) if not key.endswith("learnt")}


# ---- storing ----------------------------------------------------------------------------------------------
def test_a_call_between_the_two_is_stored_once(desks, pair):
    """Events of both phones in one lane; nothing of it is left when it is over."""
    desk = desks()
    for pbx, data, at in chunks_of(pair):
        desk.listenings[pbx].on_chunk(data, at)
    assert {event.call.key for _, event in desk.stored} == {pair.told[0].call.key}
    assert [event.kind for _, event in desk.stored] == [event.kind for event in pair.told]
    assert calls(desk) == set()


def test_each_link_is_asked_for_its_call_id_once(desks, pair):
    """At its own PBX, with its own Uniqueid."""
    desk = desks()
    for pbx, data, at in chunks_of(pair):
        desk.listenings[pbx].on_chunk(data, at)
    for pbx, endpoint in (("main", "to-branch"), ("branch", "to-main")):
        wires = [
            dict(asked) for asked in desk.asked[pbx] if dict(asked)["ActionID"].startswith("itgrix-wire")
        ]
        (asked,) = wires
        assert asked["Variable"] == "CHANNEL(pjsip,call-id)"
        assert asked["Channel"].startswith(f"PJSIP/{endpoint}-")


def test_what_one_could_not_store_the_other_stores(desks, pair, monkeypatch):
    """The disk is full at each chunk of main: nothing is lost, no older row replaces a newer one."""
    desk, full = desks(), SimpleNamespace(now=False)
    commit = desk.spool.commit

    def maybe(*given):
        if full.now:
            raise DataFolderError("The disk is full.")
        return commit(*given)

    monkeypatch.setattr(desk.spool, "commit", maybe)
    for pbx, data, at in chunks_of(pair):
        full.now = pbx == "main"
        desk.listenings[pbx].on_chunk(data, at)
    full.now = False
    desk.listenings["main"].on_chunk(join_blocks([b"Event: Newexten"]), at)
    assert [event.kind for _, event in desk.stored] == [event.kind for event in pair.told]
    assert calls(desk) == set()


# ---- crashes ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["inbound_answered", "outbound_by_main", "blind_transfer_back"])
def test_after_a_crash_at_any_chunk_the_jobs_are_those_of_an_undisturbed_run(desks, pair_of, name):
    """Both logs are read again from their own places, in the order in which their chunks came."""
    chunks = chunks_of(pair_of[name])
    undisturbed = desks()
    for pbx, data, at in chunks:
        undisturbed.listenings[pbx].on_chunk(data, at)
    for cut in range(1, len(chunks) + 1):
        desk = desks()
        for place, (pbx, data, at) in enumerate(chunks, 1):
            if place == cut:
                desk.recorders[pbx].append(data, at)
                assert desk.crash() >= 1
            else:
                desk.listenings[pbx].on_chunk(data, at)
        assert desk.stored == undisturbed.stored, cut
        assert calls(desk) == set()


def test_what_was_recorded_and_not_understood_is_understood_in_its_order(desks, pair):
    """Neither listening committed anything: all of both logs is fed again, merged by time."""
    undisturbed, desk = desks(), desks()
    for pbx, data, at in chunks_of(pair):
        undisturbed.listenings[pbx].on_chunk(data, at)
        desk.recorders[pbx].append(data, at)
    desk.crash()
    assert desk.stored == undisturbed.stored


# ---- who is linked with whom ------------------------------------------------------------------------------
def test_pbxes_without_links_stand_alone():
    """In the order of the configuration."""
    assert linked({"a": [], "b": []}) == [["a"], ["b"]]


def test_links_reach_over_others():
    """Of a chain of branches all share one board; who has no part in it stands alone."""
    assert linked({"a": ["b"], "x": [], "b": ["a", "c"], "c": ["b"]}) == [["x"], ["a", "b", "c"]]


def test_two_groups_that_a_third_joins_are_one():
    """The link is named at either side."""
    assert linked({"a": [], "b": [], "c": ["a", "b"]}) == [["a", "b", "c"]]
