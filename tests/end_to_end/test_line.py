"""A line to a PBX that is cut, restarts, lists its channels late or never, and says more than we can take.

In one process: a supervisor reads, a tracker understands; the PBX says recordings as fast as it is read.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from itgrix_core.ami.client import AmiClient
from itgrix_core.ami.supervisor import Pauses, Supervisor
from itgrix_core.calls.events import CallEnded, CallMerged, CallStarted
from itgrix_core.calls.tracker import OLDEST_SECONDS, TICK, WANTED, Tracker
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.sandbox.pbx import SECRET, run_pbx
from itgrix_core.sandbox.recordings import RecordedLog, load
from itgrix_core.wire.frames import Sieve, is_banner, name_of, read_blocks
from itgrix_core.wire.messages import Message

PATIENCE_SECONDS = 60.0
SEED = 20261125
NAMES = ("inbound_answered", "queue_blind_transfer", "attended_transfer", "outbound_answered", "pickup_code")
MEGABYTE = 1024 * 1024


def until(condition, what):
    """Wait for something; fail with its name."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


READ = Sieve(WANTED)


class Line:
    """A supervisor and a tracker; `hold` keeps the consumer from going on."""

    def __init__(self, port, host="127.0.0.1", **options):
        self.tracker, self.told, self.seen, self.lists = Tracker("lab"), [], 0, 0
        self.hold = threading.Event()
        self.hold.set()
        self.last_at = 0.0
        settings = AsteriskSettings(host=host, port=port, secret=SECRET, resync_seconds=0.1)
        self.supervisor = Supervisor(
            "lab", settings, self.take, pauses=Pauses(first=0.01, longest=0.05), **options
        )
        self.supervisor.start()

    def take(self, data, received_at):
        """What the service does with a chunk, but for the disk."""
        self.hold.wait(PATIENCE_SECONDS)
        blocks = read_blocks(data)
        self.seen += sum(1 for block in blocks if name_of(block))
        for block in READ.pick(blocks, data):
            if is_banner(block):
                self.tracker.connected()
                continue
            message = Message(block)
            self.last_at = message.timestamp or self.last_at or received_at
            self.told += self.tracker.feed(message, self.last_at)
            self.lists += message.name == "CoreShowChannelsComplete"

    @property
    def open_calls(self):
        """Keys of calls that were told to start and not to end."""
        started = {event.call.key for event in self.told if isinstance(event, CallStarted)}
        return started - {event.call.key for event in self.told if isinstance(event, CallEnded | CallMerged)}

    def has_taken_all(self):
        """Whether nothing waits and every event was seen or counted as shed (lists go on to come)."""
        state = self.supervisor.state
        return not state.backlog_bytes and self.seen == state.events - state.shed

    def is_at_rest(self):
        """Whether nothing lives here."""
        return not list(self.tracker.live_calls) and not self.open_calls


@pytest.fixture
def line():
    """Begin lines; each is stopped at the end."""
    lines = []

    def begin(port, **options):
        lines.append(Line(port, **options))
        return lines[-1]

    yield begin
    for one in lines:
        one.hold.set()
        assert one.supervisor.stop(10)


@pytest.fixture
def recordings(recording_of):
    """A few recorded calls of all kinds."""
    return [load(recording_of[f"ast22/{name}"].path) for name in NAMES if f"ast22/{name}" in recording_of]


@pytest.mark.parametrize("list_late", [0.0, 0.05, None])
@pytest.mark.parametrize("disturb", ["cut", "restart"])
def test_nothing_stays_open_whatever_happens_to_the_line(line, recordings, disturb, list_late):
    """Cut in mid-event or restarted at random moments; the list of channels comes, comes late, or never."""
    dice = random.Random(f"{SEED} {disturb} {list_late}")
    with run_pbx(recordings, overlap=3, grace=0.1, settle=0.2, list_late=list_late) as pbx:
        ours = line(pbx.port)
        for _ in range(4):
            begin = ours.supervisor.state.events
            wanted = begin + dice.randrange(20, 300)
            until(lambda w=wanted: ours.supervisor.state.events >= w or pbx.finished.is_set(), "events")
            connections = ours.supervisor.state.connections
            pbx.cut() if disturb == "cut" else pbx.restart(down=0.02)
            until(lambda c=connections: ours.supervisor.state.connections > c, "a new connection")
        assert pbx.wait_served(PATIENCE_SECONDS)
        until(ours.is_at_rest, f"the end of {ours.open_calls}")
        assert ours.supervisor.state.reconnects >= 4
        undisturbed = {call for log in recordings for call in started_calls(log)}
        assert {event.call.key for event in ours.told if isinstance(event, CallStarted)} == undisturbed


def started_calls(log):
    """Keys of the calls of a recording."""
    tracker = Tracker("lab")
    told = [
        event for block in read_blocks(log.data) if not is_banner(block)
        for event in tracker.feed(Message(block), 1.0)
    ]  # fmt: skip
    return {event.call.key for event in told if isinstance(event, CallStarted)}


def test_calls_that_a_pbx_no_longer_knows_are_lost_sight_of(line, recordings):
    """The one that answers after a cut is another one: it lists nothing of the old calls."""
    with run_pbx(recordings, pace=1.0) as first:
        ours = line(first.port)
        until(lambda: ours.open_calls, "a call")
        port = first.port
    with run_pbx([], port=port):
        until(ours.is_at_rest, "the list that lacks it")
        ended = [event for event in ours.told if isinstance(event, CallEnded)]
        assert all(event.is_provisional and event.call.lost_sight for event in ended)


def test_calls_of_a_pbx_that_never_lists_its_channels_end_by_their_age(line, recordings):
    """The last net: twelve hours."""
    with run_pbx(recordings, pace=1.0) as first:
        ours = line(first.port)
        until(lambda: ours.open_calls, "a call")
        port = first.port
    with run_pbx([], port=port, list_late=None):
        until(lambda: ours.supervisor.state.reconnects, "a new connection")
        assert ours.open_calls
        ours.supervisor.stop()
        ours.told += ours.tracker.feed(TICK, ours.last_at + OLDEST_SECONDS + 1)
        assert ours.is_at_rest()


def test_calls_come_over_ipv6(line, recordings):
    """The address is written without brackets."""
    with run_pbx(recordings[:1], host="::1", settle=0.1) as pbx:
        ours = line(pbx.port, host="::1")
        assert pbx.wait_served(PATIENCE_SECONDS)
        until(lambda: any(isinstance(event, CallEnded) for event in ours.told), "the call")


# ---- more than we can take --------------------------------------------------------------------------------
def copies(log, count):
    """The same calls again and again, each time with channels and moments of their own."""
    for number in range(count):
        shift = number * 100_000

        def later(found, shift=shift):
            return b"%d.%s" % (int(found[1]) + shift, found[2])

        data = re.sub(rb"\b(17\d{8})\.(\d+)\b", later, log.data)
        assert len(data) == len(log.data)
        yield RecordedLog(f"{log.name}-{number}", data, tuple((o, t + shift) for o, t in log.chunks))


def test_a_consumer_that_stands_still_never_makes_the_pbx_wait(line, recording_of):
    """All is read while nothing is understood; what found no room is counted, and the list puts it right."""
    logs = list(copies(load(recording_of["ast22/load_30_mixed"].path), 2))
    limit, peak = 200_000, 0
    with run_pbx(logs, overlap=2, settle=0.1) as pbx:
        ours = line(pbx.port, backlog_limit=limit)
        until(lambda: ours.lists, "the first list")
        ours.hold.clear()
        while not pbx.finished.wait(0.01):
            peak = max(peak, ours.supervisor.state.backlog_bytes)
        assert limit // 2 < peak <= limit + 64 * 1024
        assert ours.supervisor.state.shed > 500
        lists = ours.lists
        ours.hold.set()
        until(lambda: ours.lists > lists + 1 and ours.is_at_rest(), f"the end of {ours.open_calls}")
        until(ours.has_taken_all, "every event, seen or counted")
        assert ours.supervisor.state.connections == 1


@pytest.mark.slow
def test_fifty_megabytes_at_once_cost_no_more_memory_than_the_backlog(
    line, recording_of, tmp_path, capsys, monkeypatch
):
    """A PBX of its own process says all it has, every class, as fast as it can; the consumer is slower."""
    monkeypatch.setattr(AmiClient.open_session, "__defaults__", ("on",))
    log = load(recording_of["ast22/load_sipp_200"].path)
    paths = []
    for copy in copies(log, 50 * MEGABYTE // len(log.data) + 1):
        paths.append(tmp_path / f"{copy.name}.ami")
        paths[-1].write_bytes(copy.data)
    command = [sys.executable, "-m", "itgrix_core.sandbox.pbx", *map(str, paths), "--settle", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline().rpartition(":")[2])
            limit = 8 * MEGABYTE
            ours = line(port, backlog_limit=limit)
            slow_down(ours.supervisor._client)
            before, peak = resident(), 0
            served = threading.Thread(target=process.stdout.readline)
            began = time.monotonic()
            served.start()
            while served.is_alive():
                served.join(0.02)
                peak = max(peak, resident())
            seconds = time.monotonic() - began
            until(lambda: not ours.supervisor.state.backlog_bytes, "the backlog")
            until(ours.is_at_rest, f"the end of {ours.open_calls}")
            state = ours.supervisor.state
        finally:
            process.terminate()
    with capsys.disabled():
        print(  # noqa: T201 - the figure is the result
            f"\n{state.bytes / MEGABYTE:.0f} MB in {seconds:.1f} s, {state.events} events, {state.shed} shed,"
            f" memory grew by {(peak - before) / MEGABYTE:.0f} MB (backlog {limit / MEGABYTE:.0f} MB)"
        )
    assert state.connections == 1
    assert state.bytes > 50 * MEGABYTE
    assert state.shed > 0
    assert peak - before < 5 * limit


def slow_down(client):
    """Let the consumer take 3 MB a second at most."""
    take = client._on_chunk

    def slowly(data, received_at):
        threading.Event().wait(len(data) / (3 * MEGABYTE))
        take(data, received_at)

    client._on_chunk = slowly


def resident():
    """Bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
