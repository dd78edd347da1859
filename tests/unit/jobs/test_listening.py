"""From the bytes of one Asterisk to stored events, also when it is all cut short."""

from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from itgrix_core.ami.recorder import Recorder
from itgrix_core.calls.tracker import Tracker
from itgrix_core.errors import AmiError, DataFolderError
from itgrix_core.jobs.clock import StreamClock
from itgrix_core.jobs.codec import event_of
from itgrix_core.jobs.gathering import ANSWER_SECONDS, LOST_SIGHT_SECONDS, RING_SECONDS
from itgrix_core.jobs.listening import Listening, catch_up
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteShelf
from itgrix_core.wire.frames import join_blocks, read_blocks
from itgrix_core.wire.messages import make_message

BANNER = b"Asterisk Call Manager/9.0.0"
PIECE = 5
"""Blocks in one chunk of a recording here."""
NOW = 1_790_000_000.0


def block(name, **headers):
    """One event's bytes."""
    return make_message(("Event", name), *headers.items()).raw


def chunks_of(recorded):
    """A recording in chunks of whole blocks; every word that a tracker could read."""
    blocks = [BANNER, *(message.raw for message, _ in recorded.heard)]
    return [join_blocks(blocks[start : start + PIECE]) for start in range(0, len(blocks), PIECE)]


class Desk:
    """A listening on a data folder; `crash` leaves what is on disk."""

    def __init__(self, folder, watcher):
        self.folder = folder
        self.watcher = watcher
        self.asked = []
        self.woken = []
        self.wall = NOW
        self.start()

    def start(self):
        """A process begins."""
        self.database = Database(self.folder / "var")
        self.database.upgrade()
        self.spool = Spool(self.database, lambda lanes: self.woken.append(set(lanes)))
        self.recorder = Recorder(self.folder / "recorded", "main")
        self.clock = StreamClock(steady=lambda: 0.0)
        self.tracker = Tracker("main")
        self.listening = Listening(
            "main", self.tracker, self.recorder, self.spool, self.clock, self.watcher, self.asked.append,
            wall=lambda: self.wall,
        )  # fmt: skip
        return catch_up([self.listening])

    def close(self):
        """The process ends, one way or the other."""
        self.recorder.close()
        self.database.close()

    def crash(self):
        """The process ends and the next one begins; how many blocks were fed again."""
        self.close()
        return self.start()

    def hear(self, *blocks, at=NOW):
        """One chunk of these blocks."""
        self.listening.on_chunk(join_blocks(blocks), at)

    @property
    def jobs(self):
        """All stored jobs, in their order."""
        from sqlalchemy import select

        from itgrix_core.outbox.tables import job

        with self.database.read() as connection:
            rows = connection.execute(select(job).order_by(job.c.seq)).all()
        return [
            Job(r.key, r.lane, r.kind, r.payload, r.born_at, r.not_before, r.is_provisional) for r in rows
        ]

    @property
    def stored(self):
        """What the jobs are about: key and event."""
        return [(job.key, event_of(job)) for job in self.jobs]


@pytest.fixture
def watcher():
    """Keeps what it is told."""
    told = SimpleNamespace(events=[], oddities=[])
    told.happened = told.events.append
    told.odd = told.oddities.append
    return told


@pytest.fixture
def desks(tmp_path, watcher):
    """Desks of this test, each on a folder of its own, closed afterwards."""
    made = []

    def make():
        made.append(Desk(tmp_path / str(len(made)), watcher))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def desk(desks):
    """One of them."""
    return desks()


def call_in(uniqueid="1.0"):
    """A call from outside begins."""
    return block(
        "Newchannel", Uniqueid=uniqueid, Linkedid=uniqueid, Channel=f"PJSIP/provider1-{uniqueid}",
        ChannelStateDesc="Ring", Exten="74950000101", CallerIDNum="79161234567",
    )  # fmt: skip


def silent(extension, cause):
    """A phone that rang is hung up."""
    return block(
        "Hangup", Uniqueid=f"1.0{extension}", Linkedid="1.0", Channel=f"PJSIP/{extension}-1", Cause=cause
    )


def ring(extension, caller="1.0"):
    """A phone is dialled and rings."""
    uniqueid = f"{caller}{extension}"
    leg = {
        "DestUniqueid": uniqueid,
        "DestLinkedid": caller,
        "DestChannel": f"PJSIP/{extension}-1",
        "Uniqueid": caller,
        "Linkedid": caller,
    }
    return (
        block(
            "Newchannel", Uniqueid=uniqueid, Linkedid=caller, Channel=f"PJSIP/{extension}-1",
            ChannelStateDesc="Down",
        ),
        block("DialBegin", DialString=extension, **leg),
        block("DialState", DialStatus="RINGING", **leg),
    )  # fmt: skip


def no_channels():
    """The answer of a PBX on which nothing lives."""
    return (
        make_message(
            ("Response", "Success"), ("EventList", "start"), ("Message", "Channels will follow")
        ).raw,
        block("CoreShowChannelsComplete", EventList="Complete"),
    )


# ---- storing ----------------------------------------------------------------------------------------------
def test_a_chunk_is_one_commit(desk, monkeypatch):
    """Events, calls and place together, however many messages it holds."""
    commits = []
    commit = desk.spool.commit
    monkeypatch.setattr(desk.spool, "commit", lambda *given: commits.append(given) or commit(*given))
    desk.hear(BANNER, call_in(), *ring("101"), *ring("102"))
    ((pbx, jobs, rows, position, _),) = commits
    assert (pbx, list(rows)) == ("main", ["main/1.0"])
    assert [job.kind for job in jobs] == ["CallStarted", "ConversationRequested", "ConversationRequested"]
    end = desk.recorder.end()
    assert position == f"{end.segment}:{end.offset}"
    assert desk.woken[-1] == {"main/1.0"}


def test_what_means_nothing_costs_no_commit(desk, monkeypatch):
    """Most of the traffic."""
    desk.hear(BANNER)
    monkeypatch.setattr(desk.spool, "commit", None)
    desk.hear(block("Newexten", Uniqueid="9.9"), block("RTCPSent"))


def test_events_are_told_to_the_watcher(desk, watcher):
    """In their order."""
    desk.hear(BANNER, call_in(), *ring("101"))
    assert [event.kind for event in watcher.events] == ["CallStarted", "ConversationRequested"]


def test_oddities_are_told_and_counted(desk, watcher):
    """They change nothing and are no jobs."""
    desk.hear(BANNER, *no_channels())
    desk.hear(block("Hangup", Uniqueid="7.7", Linkedid="7.7", Channel="PJSIP/x-1"))
    assert sum(desk.listening.oddities.values()) == len(watcher.oddities) == 1
    assert desk.jobs == []


def test_a_database_that_fails_once_loses_nothing(desk, monkeypatch):
    """What could not be stored is stored with the next chunk, with its calls."""
    with monkeypatch.context() as broken, capture_logs() as logs:

        def full(*_):
            raise DataFolderError("The disk is full.")

        broken.setattr(desk.spool, "commit", full)
        desk.hear(BANNER, call_in())
        assert desk.jobs == []
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
        "The disk is full. Nothing is lost: it is tried again with the next message."
    ]
    desk.hear(*ring("101"))
    assert [job.kind for job in desk.jobs] == ["CallStarted", "ConversationRequested"]
    assert list(desk.spool.calls("main")) == ["main/1.0"]


def test_a_crash_after_that_loses_nothing_either(desk, monkeypatch):
    """The place was not stored, so the log is fed again from before."""
    with monkeypatch.context() as broken:

        def full(*_):
            raise DataFolderError("The disk is full.")

        desk.hear(BANNER)
        broken.setattr(desk.spool, "commit", full)
        desk.hear(call_in(), *ring("101"))
    desk.crash()
    assert [job.kind for job in desk.jobs] == ["CallStarted", "ConversationRequested"]


def test_a_log_that_cannot_be_written_stops_nothing(desk, monkeypatch):
    """Calls are filed on; the place stays where it was."""
    desk.hear(BANNER, call_in())
    place = desk.spool.position("main")
    with monkeypatch.context() as broken:

        def full(*_):
            raise DataFolderError("The disk is full.")

        broken.setattr(desk.recorder, "append", full)
        desk.hear(*ring("101"))
    assert [job.kind for job in desk.jobs] == ["CallStarted", "ConversationRequested"]
    assert desk.spool.position("main") == place


def test_a_log_that_cannot_be_shortened_stops_nothing(desk, monkeypatch):
    """It is tried again a minute later."""

    def denied(*_):
        raise PermissionError("not yours")

    monkeypatch.setattr(desk.recorder, "prune", denied)
    desk.hear(BANNER, call_in())
    desk.hear(*ring("101"), at=NOW + 61)
    assert len(desk.jobs) == 2


# ---- when jobs are due ------------------------------------------------------------------------------------
def test_the_first_ring_waits_for_its_colleagues_who_do_not_wait(desk):
    """So that a group is one request and its card is late by a tenth of a second, not by more."""
    desk.hear(BANNER, call_in())
    desk.hear(*ring("101"))
    desk.hear(*ring("102"), at=NOW + 0.05)
    assert [job.not_before for job in desk.jobs] == [0.0, NOW + RING_SECONDS, 0.0]


def test_each_call_has_a_first_ring_of_its_own(desk):
    """Calls do not wait for each other."""
    desk.hear(BANNER, call_in("1.0"), call_in("2.0"), *ring("101", "1.0"), *ring("102", "2.0"))
    rings = [job.not_before for job in desk.jobs if job.kind == "ConversationRequested"]
    assert rings == [NOW + RING_SECONDS] * 2


def test_a_phone_that_fell_silent_waits_for_the_answer_and_one_that_was_refused_does_not(desk):
    """All cards but one go with one request, although Asterisk tells of the phones one by one."""
    desk.hear(BANNER, call_in(), *ring("101"), *ring("102"), *ring("103"))
    desk.hear(silent("103", cause="21"), at=NOW + 1)
    desk.hear(silent("102", cause="26"), at=NOW + 2)
    ends = [job.not_before for job in desk.jobs if job.kind == "ConversationEnded"]
    assert ends == [0.0, NOW + 2 + ANSWER_SECONDS]


def test_a_lost_end_waits_for_a_better_account_and_is_replaced_by_it(desk):
    """A finish cannot be corrected."""
    desk.hear(BANNER, call_in(), *ring("101"), at=NOW)
    desk.hear(BANNER, *no_channels(), at=NOW + 10)
    lost = desk.jobs[-1]
    assert (lost.kind, lost.is_provisional, lost.not_before) == (
        "CallEnded", True, NOW + 10 + LOST_SIGHT_SECONDS,
    )  # fmt: skip
    hang_up = [
        block("Hangup", Uniqueid=uniqueid, Linkedid="1.0", Channel="PJSIP/x-1", Cause="16")
        for uniqueid in ("1.0101", "1.0")
    ]
    desk.hear(BANNER, call_in(), *ring("101"), *hang_up, at=NOW + 20)
    ends = [job for job in desk.jobs if job.kind == "CallEnded"]
    assert [(end.is_provisional, end.not_before) for end in ends] == [(False, 0.0)]
    assert event_of(ends[0]).call.lost_sight == ""
    assert SqliteShelf(desk.database).begin("main/1.0", NOW + 21)[-1].job == ends[0]


# ---- questions --------------------------------------------------------------------------------------------
def mix_monitor():
    """Asterisk begins to record a channel."""
    return block("MixMonitorStart", Channel="PJSIP/provider1-1.0", Uniqueid="1.0", Linkedid="1.0")


def test_the_file_of_a_recording_is_asked_for_and_the_answer_makes_it_one(desk):
    """The mask hides the variable that would tell it."""
    desk.hear(BANNER, call_in(), mix_monitor())
    ((*question,),) = desk.asked
    asked = dict(question)
    assert (asked["Action"], asked["Channel"]) == ("Getvar", "PJSIP/provider1-1.0")
    answer = make_message(
        ("Response", "Success"),
        ("ActionID", asked["ActionID"]),
        ("Variable", asked["Variable"]),
        ("Value", "/var/spool/asterisk/monitor/in.wav"),
    )
    desk.hear(answer.raw)
    desk.hear(block("Hangup", Uniqueid="1.0", Linkedid="1.0", Channel="PJSIP/provider1-1.0", Cause="16"))
    ended = event_of(desk.jobs[-1])
    assert [recording.path for recording in ended.call.recordings] == ["/var/spool/asterisk/monitor/in.wav"]


def test_a_question_that_cannot_be_sent_stops_nothing(desk, monkeypatch):
    """The line is just lost."""

    def lost(_):
        raise AmiError("not connected")

    monkeypatch.setattr(desk.listening, "_send", lost)
    desk.hear(BANNER, call_in(), mix_monitor(), *ring("101"))
    assert len(desk.jobs) == 2


def test_what_is_fed_again_asks_nothing(desk, monkeypatch):
    """Its channels are gone, and its answers stand in the log."""
    desk.hear(BANNER, call_in())
    monkeypatch.setattr(desk.listening, "_commit", lambda _: None)
    desk.hear(mix_monitor(), *ring("101"))
    desk.asked.clear()
    assert desk.crash() == 4
    assert desk.asked == []


# ---- crashes ----------------------------------------------------------------------------------------------
KINDS = ["ast22/inbound_answered", "ast22/ringgroup_sip", "ast22/queue_abandoned", "ast22/outbound_answered"]


@pytest.mark.parametrize("name", KINDS)
def test_after_a_crash_at_any_chunk_the_jobs_are_those_of_an_undisturbed_run(desks, recording_of, name):
    """Written down but not understood, or understood but not stored: the next process makes up for it."""
    chunks = chunks_of(recording_of[name])
    undisturbed = desks()
    for chunk in chunks:
        undisturbed.listening.on_chunk(chunk, NOW)
    expected = undisturbed.stored
    assert any(event.kind == "CallEnded" for _, event in expected)
    for cut in range(1, len(chunks) + 1):
        desk = desks()
        for place, chunk in enumerate(chunks, 1):
            if place == cut:
                desk.recorder.append(chunk, NOW)
                assert desk.crash() >= len(read_blocks(chunk))
            else:
                desk.listening.on_chunk(chunk, NOW)
        assert desk.stored == expected, cut
        assert desk.spool.calls("main") == {}


def test_crashes_at_every_chunk_in_a_row_change_nothing(desks, recording_of):
    """Each process lives for one chunk."""
    chunks = chunks_of(recording_of["ast22/ringgroup_sip"])
    undisturbed, desk = desks(), desks()
    for chunk in chunks:
        undisturbed.listening.on_chunk(chunk, NOW)
        desk.listening.on_chunk(chunk, NOW)
        desk.crash()
    assert desk.stored == undisturbed.stored


def test_half_a_block_at_the_end_of_the_log_is_left_out(desk):
    """The crash came while it was being written; Asterisk's channel list makes up for it."""
    desk.hear(BANNER, call_in())
    desk.recorder.append(join_blocks([*ring("101")])[:-30], NOW)
    desk.crash()
    assert [job.kind for job in desk.jobs] == ["CallStarted"]
    desk.hear(BANNER, call_in(), *ring("101"))
    assert [job.kind for job in desk.jobs] == ["CallStarted", "ConversationRequested"]


def test_a_saved_call_of_another_version_is_dropped(desk):
    """It is named; the channel list tells of it."""
    desk.spool.commit("main", [], {"main/1.0": b'{"version": 0}'}, None)
    desk.recorder.close()
    with capture_logs() as logs:
        desk.crash()
    assert [entry["call"] for entry in logs if entry["log_level"] == "warning"] == ["main/1.0"]


def test_what_is_read_late_is_as_much_older(desk):
    """A card of before the outage is not fresh because its log is read now."""
    desk.hear(BANNER)
    desk.recorder.append(join_blocks([call_in(), *ring("101")]), NOW)
    desk.wall = NOW + 3600
    desk.crash()
    assert desk.clock.now() == NOW + 3600
