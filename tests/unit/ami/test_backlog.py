"""How much may wait, and what is left out when too much does."""

import itertools
import threading

from itgrix_core.ami.backlog import Backlog, Chunk
from itgrix_core.wire.frames import join_blocks, read_blocks

HANGUP = b"Event: Hangup\r\nUniqueid: 1\r\nPadding: " + b"x" * 60
NOISE = b"Event: VarSet\r\nUniqueid: 1\r\nPadding: " + b"x" * 60
PONG = b"Response: Success\r\nPing: Pong"


SECONDS = itertools.count(1)


def put(backlog, *blocks, at=None):
    """Let the reader put blocks, a second after the last ones."""
    backlog.put(list(blocks), join_blocks(blocks), float(next(SECONDS)) if at is None else at)


def taken(backlog, count=None):
    """What the consumer gets: all that waits, or the first few items."""
    if count is None:
        backlog.close()
        return [block for item in backlog for block in read_blocks(item.data)]
    items = iter(backlog)
    return [block for _ in range(count) for block in read_blocks(next(items).data)]


def item(action_id):
    """An item of a list answer."""
    return b"Event: CoreShowChannel\r\nActionID: " + action_id


def end(action_id):
    """The end of a list answer."""
    return b"Event: CoreShowChannelsComplete\r\nActionID: " + action_id + b"\r\nEventList: Complete"


def test_chunks_and_tasks_come_in_order():
    """With their time, as they were put."""
    backlog, done = Backlog(), []
    put(backlog, HANGUP, at=1.0)
    backlog.do(lambda: done.append("task"))
    put(backlog, PONG, at=1.0)
    backlog.close()
    first, task, last = list(backlog)
    task()
    assert (first, last) == (Chunk(join_blocks([HANGUP]), 1.0), Chunk(join_blocks([PONG]), 1.0))
    assert done == ["task"]


def test_a_consumer_that_is_behind_gets_what_came_together_at_once():
    """Up to 20 ms, with the time of the first; what came later or lies behind a task comes by itself."""
    backlog = Backlog()
    for at in (1.0, 1.01, 1.02, 1.03):
        put(backlog, HANGUP, at=at)
    backlog.close()
    assert list(backlog) == [Chunk(join_blocks([HANGUP] * 3), 1.0), Chunk(join_blocks([HANGUP]), 1.03)]


def test_the_consumer_waits_for_what_comes_and_ends_when_closed():
    """It sleeps meanwhile."""
    backlog, seen = Backlog(), []
    consumer = threading.Thread(target=lambda: seen.extend(backlog))
    consumer.start()
    put(backlog, HANGUP)
    backlog.close()
    consumer.join(5)
    assert not consumer.is_alive()
    assert len(seen) == 1


def test_the_bytes_are_kept_as_they_came_while_there_is_room():
    """Blank lines included."""
    backlog = Backlog()
    backlog.put([HANGUP], b"\r\n" + HANGUP + b"\r\n\n", 2.0)
    assert next(iter(backlog)) == Chunk(b"\r\n" + HANGUP + b"\r\n\n", 2.0)


def test_beyond_half_of_the_limit_only_noise_is_left_out():
    """Which needs no list to put right."""
    backlog = Backlog(limit=300)
    put(backlog, HANGUP, NOISE)
    put(backlog, NOISE, HANGUP, PONG)
    assert backlog.shed == 1
    assert not backlog.take_shortage()
    assert taken(backlog) == [HANGUP, NOISE, HANGUP, PONG]


def test_beyond_the_limit_all_events_are_left_out_and_the_shortage_is_told_once_there_is_room():
    """Responses are kept: somebody waits for them."""
    backlog = Backlog(limit=300)
    for _ in range(5):
        put(backlog, HANGUP, HANGUP)
    put(backlog, HANGUP, PONG)
    assert backlog.shed == 7
    assert not backlog.take_shortage()
    assert taken(backlog, 3) == [HANGUP] * 4 + [PONG]
    assert backlog.take_shortage()
    assert not backlog.take_shortage()


def test_a_backlog_never_holds_much_more_than_its_limit():
    """However much is put."""
    backlog = Backlog(limit=2000)
    for _ in range(1000):
        put(backlog, HANGUP, NOISE)
    assert len(b"".join(each.data for each in backlog._items)) < 2000 + 2 * len(join_blocks([HANGUP, NOISE]))


def test_a_list_that_lost_an_item_does_not_end():
    """Or the calls that were left out would pass for ended."""
    backlog = Backlog(limit=300)
    backlog.begin_list("1")
    put(backlog, item(b"1"), HANGUP, HANGUP, HANGUP, HANGUP)
    put(backlog, item(b"1"))
    assert taken(backlog, 1) == [item(b"1"), HANGUP, HANGUP, HANGUP, HANGUP]
    put(backlog, end(b"1"), HANGUP)
    backlog.begin_list("2")
    put(backlog, item(b"2"), end(b"2"))
    assert taken(backlog) == [HANGUP, item(b"2"), end(b"2")]


def test_a_list_that_is_whole_ends():
    """Also when events are shed after it."""
    backlog = Backlog(limit=300)
    backlog.begin_list("1")
    put(backlog, item(b"1"), end(b"1"), HANGUP, HANGUP, HANGUP, HANGUP)
    put(backlog, HANGUP)
    assert backlog.shed == 1
    assert taken(backlog) == [item(b"1"), end(b"1"), HANGUP, HANGUP, HANGUP, HANGUP]
    assert backlog._broken == backlog._lists == set()
