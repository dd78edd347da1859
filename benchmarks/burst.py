"""A burst, and a consumer too slow for it: memory, who waits, what is shed, and what repairs it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from asterisk.ami import SimpleAction

from growth import channel_list, resident_kb
from itgrix_core.ami.client import AmiClient
from itgrix_core.calls.tracker import WANTED, Tracker
from itgrix_core.wire.frames import Sieve, join_blocks, read_blocks
from itgrix_core.wire.messages import Message
from pbx import Pbx
from streams import Stream

BACKLOG_BYTES = 4 * 1024 * 1024
STUCK = -1.0
"""As a pause: nothing is taken until all was sent."""

MOST_SECONDS = 600


@dataclass(frozen=True)
class Drained:
    """How a burst went.

    Attributes:
        seconds: until the last byte was understood or left out, logging in included.
        longest_wait: the longest time in seconds that the sender waited for one piece of 64 kB; Asterisk
            drops a client that keeps it waiting for 0.1 (`writetimeout`).
        grew_kb: by how much memory grew at most, the backlog included.
        shed: events that were left out.
        wrong: how many channels live for us and not for Asterisk, or the other way round, after the burst.
        wrong_after_list: the same after the channel list.
    """

    seconds: float
    longest_wait: float
    grew_kb: int
    shed: int
    wrong: int
    wrong_after_list: int


def drain(stream: Stream, *, pause_seconds: float = 0.0, limit: int = BACKLOG_BYTES) -> Drained:
    """Let a client take a stream at full speed, its consumer pausing after each chunk.

    At the end the channel list is asked for, as the supervisor does when events were shed.
    """
    truth = _understood(stream)
    tracker, most, before = Tracker("bench"), [0], resident_kb()

    def understand(data: bytes, received_at: float) -> None:
        _feed(tracker, data, received_at)
        most[0] = max(most[0], resident_kb())
        if pause_seconds == STUCK:
            pbx.is_done.wait(MOST_SECONDS)
        else:
            time.sleep(pause_seconds)

    listed = join_blocks(message.raw for message in channel_list(truth)[1:])
    with Pbx(stream.data, channels=listed) as pbx:
        client = AmiClient("127.0.0.1", pbx.port, on_chunk=understand, backlog_limit=limit)
        begun = time.monotonic()
        client.open_session("u", "s")
        pbx.is_done.wait(MOST_SECONDS)
        _ask(client, "Ping")
        seconds, wrong = time.monotonic() - begun, _difference(tracker, truth)
        if client.backlog.take_shortage():
            _ask(client, "CoreShowChannels")
            _ask(client, "Ping")
        shed, after = client.shed, _difference(tracker, truth)
        client.disconnect()
    return Drained(seconds, pbx.longest_wait, max(0, most[0] - before), shed, wrong, after)


def _ask(client: AmiClient, action: str) -> None:
    """Ask, and wait until the consumer has come as far as the response."""
    is_answered = threading.Event()
    client.send_action(SimpleAction(action), lambda _: is_answered.set())
    is_answered.wait(MOST_SECONDS)


_SIEVE = Sieve(WANTED)


def _feed(tracker: Tracker, data: bytes, at: float) -> None:
    for block in _SIEVE.pick(read_blocks(data), data):
        tracker.feed(Message(block), at)
    tracker.changes()


def _understood(stream: Stream) -> Tracker:
    """Who has heard all of it."""
    tracker = Tracker("bench")
    _feed(tracker, stream.data, 0.0)
    return tracker


def _difference(tracker: Tracker, truth: Tracker) -> int:
    return len(tracker._board.channels.keys() ^ truth._board.channels.keys())
