"""Ten million mutated bytes into the wire, a million mutated messages into the tracker (`make fuzz`).

Nothing raises and nothing grows. What was found here and mended has a test of its own beside what it mended.
Always the same numbers: a failure is seen again by running it again.
"""

from __future__ import annotations

import random
import resource

import pytest

from itgrix_core.calls.events import Oddity
from itgrix_core.calls.tracker import TICK, WANTED, Tracker
from itgrix_core.jobs.codec import event_of, job_of
from itgrix_core.sandbox.recordings import load
from itgrix_core.wire.frames import Framer, Sieve, read_blocks
from itgrix_core.wire.messages import Message, make_message
from mutations import disordered, harmed, mutated, pieces

SEED = 20261125
LIMIT = 64 * 1024
LARGEST_PIECE = 20_000
SPARE_MEGABYTES = 64
"""What a run may need more at its end than after its first tenth: huge values, nothing that stays."""

quick_and_full = pytest.mark.parametrize("share", [0.01, pytest.param(1.0, marks=pytest.mark.slow)])


def megabytes():
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Growth:
    """Looks at memory from the first tenth of a run to its end."""

    def __init__(self, whole):
        self.whole = whole
        self.before = None

    def at(self, done):
        """So much is done."""
        if self.before is None and done >= self.whole / 10:
            self.before = megabytes()

    def check(self):
        """Nothing has stayed."""
        assert megabytes() - self.before < SPARE_MEGABYTES


@quick_and_full
def test_mutated_bytes_in_the_wire(all_recordings, share):
    """Blocks of any bytes can be read and are the same for any cutting; no more is held than allowed."""
    dice, fed, blocks = random.Random(SEED), 0, 0
    logs = [load(recorded.path).data for recorded in all_recordings]
    framer, sieve, growth = Framer(LIMIT), Sieve(WANTED), Growth(10_000_000 * share)
    while fed < growth.whole:
        log = dice.choice(logs)
        start = dice.randrange(len(log))
        data = harmed(log[start : start + 30_000], dice, dice.choice((1, 10, 100)))
        assert in_pieces(data, dice) == Framer(LIMIT).feed(data)
        for piece in pieces(data, dice):
            found = framer.feed(piece)
            assert framer.pending <= LIMIT + LARGEST_PIECE
            assert read_blocks(framer.taken) == found
            blocks += len(found)
            for block in sieve.pick(found, framer.taken):
                read_all_of(Message(block))
        fed += len(data)
        growth.at(fed)
    growth.check()
    print(f"{fed} mutated bytes, {blocks} blocks, {framer.torn} torn, {framer.dropped} dropped")  # noqa: T201 - make fuzz


def in_pieces(data, dice):
    """The blocks of a stream of its own, cut at random."""
    framer = Framer(LIMIT)
    return [block for piece in pieces(data, dice) for block in framer.feed(piece)]


def read_all_of(message):
    """Ask a message for everything; the first value of a header is the one that counts."""
    readable = message.readable()
    readable.raw.decode("utf-8")
    assert message.timestamp is None or message.timestamp * 0 == 0
    for name, _ in message.headers()[:4]:
        assert not name or message.get(name) == message.all(name)[0], name


@quick_and_full
def test_mutated_messages_in_the_tracker(all_recordings, share):
    """Every event can be stored, every row loaded; two channel lists later nothing at all is left."""
    dice, count, told, odd = random.Random(SEED), 0, 0, 0
    logs = [recorded.heard[:1500] for recorded in all_recordings]
    growth, tracker = Growth(1_000_000 * share), Tracker("lab")
    while count < growth.whole:
        log, other = dice.choice(logs), dice.choice(logs)
        now = log[0][1]
        for message in disordered([message for message, _ in log], dice):
            now += dice.choice((0.0, 0.01, 2.0, -1.0))
            is_harmed = dice.random() < 0.5
            count += is_harmed
            fed = mutated(message, dice.choice(other)[0], dice) if is_harmed else message
            news = tracker.feed(fed, now)
            told += len(news)
            odd += stored(news)
        check_rows(tracker)
        tracker.feed(TICK, now + 60)
        if dice.randrange(3) == 0:
            nobody_lives(tracker, now + 120)
            tracker.connected()
        growth.at(count)
    growth.check()
    print(f"{count} mutated messages, {told} events and oddities, {odd} of them oddities")  # noqa: T201 - make fuzz


def stored(news):
    """Take what was told through the form in which it is stored; how many were oddities."""
    odd = 0
    for event in news:
        if isinstance(event, Oddity):
            odd += 1
        else:
            assert event_of(job_of(event, event.at)) == event
    return odd


def check_rows(tracker):
    """What is saved of each call can be loaded, and is not told twice."""
    rows = {key: row for key, row in tracker.changes().items() if row is not None}
    assert Tracker("lab").load(rows) == []
    assert tracker.changes() == {}


def nobody_lives(tracker, at):
    """Two channel lists without a channel: nothing is kept, also of what the first one lacked."""
    for _ in range(2):
        tracker.feed(make_message(("Response", "Success"), ("EventList", "start"), LISTED), at)
        tracker.feed(make_message(("Event", "CoreShowChannelsComplete")), at)
    tracker.changes()
    board = tracker._board
    kept = (board.calls, board.channels, board.by_linkedid, board.bridges, board.side.lost, board.told)
    assert not any(kept), kept


LISTED = ("Message", "Channels will follow")
