"""How bytes become blocks."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itgrix_core.wire.frames import BANNER, Framer, Sieve, is_banner, join_blocks, name_of, read_blocks

HANGUP = b"Event: Hangup\r\nUniqueid: 1"
DIAL = b"Event: DialBegin\r\nDestUniqueid: 2"
HELLO = b"Asterisk Call Manager/11.0.0"
ACCEPTED = b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted"
BLANK = b"\r\n\r\n"
LIMIT = 256

_BANNER_LINE = re.compile(rb"(?:.*\r\n)?(Asterisk Call Manager/[^\r\n]{0,64})\r\n", re.DOTALL)


def by_bytes(stream: bytes) -> list[bytes]:
    """The blocks of a stream by a reader that looks at every byte: slow, and easy to believe."""
    blocks, block = [], b""
    for byte in (stream[i : i + 1] for i in range(len(stream))):
        block = (block + byte).lstrip(b"\r\n")
        banner = _BANNER_LINE.fullmatch(block)
        ending = next((e for e in (b"\r\n\r\n", b"\r\n\n") if block.endswith(e)), None)
        if banner:
            blocks.append(banner[1])
        elif ending:
            blocks.append(block[: -len(ending)])
        if banner or ending:
            block = b""
    return [block for block in blocks if len(block) <= LIMIT]


def fed(stream: bytes, cuts: list[int], framer: Framer) -> list[bytes]:
    """The blocks of a stream that arrives in pieces cut at these places."""
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [block for a, b in itertools.pairwise(edges) for block in framer.feed(stream[a:b])]


streams = st.lists(
    st.sampled_from(
        [
            HANGUP,
            DIAL,
            HELLO,
            HELLO + b"\r\n",
            b"\r\n" + HELLO + b"\r\n",
            BANNER,
            b"Asterisk Call Man",
            b"v" * 70,
            BLANK,
            BLANK,
            BLANK,
            b"\r\n\n",
            b"\r\n",
            b"\r",
            b"\n",
            b"x",
            b": ",
            b"y" * LIMIT,
            b"z" * 400,
        ]
    ),
    max_size=25,
).map(b"".join)
cuts = st.lists(st.integers(0, 3000), max_size=12)


@settings(max_examples=200, deadline=None)
@given(streams, cuts)
def test_any_cutting_of_a_stream_gives_the_blocks_that_a_reader_of_single_bytes_finds(stream, cuts):
    """Property: chunking never matters, nor which of the two ways was taken."""
    assert fed(stream, cuts, Framer(LIMIT)) == by_bytes(stream)


@settings(max_examples=120, deadline=None)
@given(streams, cuts, st.integers(0, 3000))
def test_a_new_framer_goes_on_from_where_the_consumed_bytes_end(stream, cuts, cut):
    """Property: `consumed` is a position from which nothing is lost and nothing comes twice."""
    first = Framer(LIMIT)
    blocks = fed(stream[:cut], cuts, first)
    assert first.consumed <= len(stream)
    assert blocks + fed(stream[first.consumed :], cuts, Framer(LIMIT)) == by_bytes(stream)


@settings(max_examples=120, deadline=None)
@given(streams, cuts)
def test_the_bytes_taken_hold_the_same_blocks_as_the_stream(stream, cuts):
    """Property: what a recorder keeps of `taken` replays as the stream did, and ends at a block's end."""
    framer, kept, count = Framer(LIMIT), b"", 0
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for a, b in itertools.pairwise(edges):
        count += len(framer.feed(stream[a:b]))
        kept += framer.taken
        assert len(read_blocks(kept)) == count
    assert read_blocks(kept) == by_bytes(stream)


def test_the_banner_is_a_block_though_no_blank_line_follows_it():
    """The login's response comes right behind it."""
    framer = Framer()
    assert framer.feed(HELLO + b"\r\n") == [HELLO]
    assert framer.feed(ACCEPTED + BLANK) == [ACCEPTED]
    assert is_banner(HELLO)
    assert not is_banner(ACCEPTED)


def test_a_recording_of_two_connections_has_two_banners():
    """Half an event before the second banner is torn: left out and counted."""
    framer = Framer()
    stream = HELLO + b"\r\n" + HANGUP + BLANK + DIAL + b"\r\n" + HELLO + b"\r\n" + ACCEPTED + BLANK
    assert framer.feed(stream) == [HELLO, HANGUP, HELLO, ACCEPTED]
    assert framer.torn == 1


def test_a_caller_whose_name_is_the_banner_cuts_nothing():
    """Only a line that begins with it counts, and no value can hold a line's end."""
    event = b"Event: Newchannel\r\nCallerIDName: Asterisk Call Manager/11.0.0\r\nUniqueid: 1"
    assert read_blocks(event + BLANK + HANGUP + BLANK) == [event, HANGUP]


def test_a_block_that_ends_in_crlf_lf_does_not_swallow_the_next_one():
    """CoreShowChannelMap of Asterisk 18.19-20.8."""
    assert read_blocks(HANGUP + b"\r\n\n" + DIAL + BLANK) == [HANGUP, DIAL]


def test_an_empty_packet_is_skipped():
    """TestEvent is followed by two blank lines."""
    assert read_blocks(HANGUP + b"\r\n\r\n\r\n" + DIAL + BLANK + b"\r\n\r\n" + HANGUP + BLANK) == [
        HANGUP,
        DIAL,
        HANGUP,
    ]


def test_half_a_block_waits_for_its_rest():
    """Its bytes are pending, not consumed."""
    framer = Framer()
    assert framer.feed(HANGUP + BLANK + b"Event: Dial") == [HANGUP]
    assert (framer.consumed, framer.pending) == (len(HANGUP) + 4, 11)
    assert framer.feed(b"Begin\r\nDestUniqueid: 2\r\n\r\n") == [DIAL]
    assert framer.pending == 0


def test_an_oversized_block_is_dropped_and_counted_and_the_next_ones_are_not():
    """However it arrives; and it never takes more memory than the limit and one read."""
    stream = HANGUP + BLANK + b"Output: " + b"x" * 5000 + BLANK + DIAL + BLANK
    for step in (1, 7, 100, 10_000):
        framer, held, blocks = Framer(LIMIT), 0, []
        for at in range(0, len(stream), step):
            blocks += framer.feed(stream[at : at + step])
            held = max(held, framer.pending)
        assert (blocks, framer.dropped, framer.consumed) == ([HANGUP, DIAL], 1, len(stream))
        assert held <= 2 * LIMIT or step > LIMIT


def test_a_large_message_is_looked_at_once_however_many_reads_it_takes():
    """4 MB in reads of 1 kB: the bytes searched are counted, not the time."""
    searched = 0

    class Counting(bytearray):
        def rfind(self, mark, since=0):
            nonlocal searched
            searched += len(self) - since
            return super().rfind(mark, since)

    framer = Framer()
    framer._held = Counting()
    body = b"Output: " + b"x" * 120 + b"\r\n"
    message = b"Response: Success\r\n" + body * (4 * 8192)
    for at in range(0, len(message), 1024):
        assert framer.feed(message[at : at + 1024]) == []
    assert framer.feed(b"\r\n") == [message[:-2]]
    assert searched < 3 * len(message)


def test_a_limit_that_has_no_room_for_a_banner_is_refused():
    """It could never tell a banner from a block that is too large."""
    with pytest.raises(ValueError, match="too small"):
        Framer(limit=10)


def test_joined_blocks_read_as_the_same_blocks():
    """`join_blocks` is the opposite of `read_blocks`."""
    blocks = [HELLO, ACCEPTED, HANGUP, DIAL]
    assert read_blocks(join_blocks(blocks)) == blocks


def picked(wanted, *blocks):
    """What a sieve leaves of these blocks."""
    return Sieve(wanted).pick(blocks, join_blocks(blocks))


def test_only_wanted_events_are_kept_and_everything_that_is_no_event():
    """Responses and the banner always pass; so does an event that is not written as usual."""
    other = b"event:Newchannel\r\nUniqueid: 1"
    assert picked({b"Hangup": b""}, HELLO, ACCEPTED, HANGUP, DIAL, other) == [HELLO, ACCEPTED, HANGUP, other]


def test_a_wanted_name_is_the_whole_name():
    """Neither its begin nor its end is enough; it may be all that the event says."""
    assert picked({b"Hangup": b""}, b"Event: Hangup", b"Event: Hangups", b"Event: SoftHangup") == [
        b"Event: Hangup"
    ]


def test_an_event_that_means_nothing_without_certain_bytes_needs_them_to_be_kept():
    """Of all variables that a PBX sets one is read; what other events hold does not matter."""
    one, other = b"Event: VarSet\r\nVariable: FILE", b"Event: VarSet\r\nVariable: COLOUR"
    wanted = {b"VarSet": b"FILE", b"Hangup": b""}
    assert picked(wanted, one, other, HANGUP) == [one, HANGUP]
    assert picked(wanted, other, HANGUP) == [HANGUP]


def test_the_name_of_a_block_is_its_events():
    """And nothing for what is no event."""
    assert [name_of(block) for block in (HANGUP, b"Event: Reload", ACCEPTED, HELLO)] == [
        b"Hangup",
        b"Reload",
        b"",
        b"",
    ]
