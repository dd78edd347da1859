"""What a call costs when there are many, and what stays of calls that are over."""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from streams import SEED, Template, templates

from itgrix_core.calls.tracker import TICK, WANTED, Tracker
from itgrix_core.wire.frames import Sieve, join_blocks
from itgrix_core.wire.messages import Message, make_message

BEGAN = 1_795_000_000.0
LIST_BEGINS = make_message(
    ("Response", "Success"), ("EventList", "start"), ("Message", "Channels will follow")
)
LIST_ENDS = make_message(("Event", "CoreShowChannelsComplete"), ("EventList", "Complete"))


@dataclass(frozen=True)
class Crowd:
    """What calls cost while `calls` of them live at once.

    Attributes:
        state_bytes: memory of the tracker for each live call.
        row_bytes: length of a live call's saved row.
        microseconds: CPU of one message.
    """

    calls: int
    state_bytes: float
    row_bytes: float
    microseconds: float


def heard(template: Template) -> Template:
    """Only the events that the tracker reads."""
    return Template(template.name, tuple(e for e in template.events if _is_wanted(b"".join(e))))


_SIEVE = Sieve(WANTED)


def _is_wanted(block: bytes) -> bool:
    return bool(_SIEVE.pick([block], block))


def crowd(calls: int, name: str = "queue_answered") -> Crowd:
    """So many calls of a kind at once: all come to their middle, message by message, before any goes on."""
    template = heard(templates(only=name)[0])
    middle = len(template.events) // 2
    gc.collect()
    tracemalloc.start()
    tracker = Tracker("bench")
    for number in range(calls):
        for block in template.clone(number)[:middle]:
            tracker.feed(Message(block), BEGAN + number)
    rows = tracker.changes()
    sizes = [len(row) for row in rows.values() if row]
    gc.collect()
    state, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    rest = [Message(block) for number in _sample(calls) for block in template.clone(number)[middle:]]
    begun = time.process_time()
    for message in rest:
        tracker.feed(message, BEGAN + calls)
    spent = time.process_time() - begun
    return Crowd(calls, (state - sum(sizes)) / calls, sum(sizes) / len(sizes), spent / len(rest) * 1e6)


def _sample(calls: int) -> list[int]:
    """Up to 100 of the calls, to be brought to their end."""
    return random.Random(SEED).sample(range(calls), min(calls, 100))


# ---- a day ------------------------------------------------------------------------------------------------
def day(calls: int, concurrent: int = 40, listed_every: int = 5000) -> Iterator[tuple[Tracker, int, float]]:
    """A day's calls through one tracker, with a channel list and a tick now and then, as the service asks.

    Yields:
        The tracker, how many calls are over, and the CPU seconds spent in it so far, at each channel list.
    """
    tracker, spent, at = Tracker("bench"), 0.0, BEGAN
    live: list[Iterator[bytes]] = []
    dice, kinds, begun, fed = random.Random(SEED), [heard(t) for t in templates()], 0, 0
    while begun < calls or live:
        while len(live) < concurrent and begun < calls:
            live.append(iter(dice.choice(kinds).clone(begun)))
            begun += 1
        place = dice.randrange(len(live))
        block = next(live[place], None)
        if block is None:
            live[place] = live[-1]
            live.pop()
            continue
        at += 0.03
        fed += 1
        spent += _timed(tracker, [Message(block)], at)
        if fed % listed_every == 0:
            spent += _timed(tracker, [*channel_list(tracker), TICK], at)
            yield tracker, begun - len(live), spent
    _timed(tracker, [*channel_list(tracker), TICK], at)
    _timed(tracker, [LIST_BEGINS, LIST_ENDS, LIST_BEGINS, LIST_ENDS], at + 60)
    yield tracker, begun, spent


def _timed(tracker: Tracker, messages: Iterable[Message], at: float) -> float:
    begun = time.process_time()
    for message in messages:
        tracker.feed(message, at)
    tracker.changes()
    return time.process_time() - begun


def channel_list(tracker: Tracker) -> list[Message]:
    """What Asterisk answers when exactly those channels live that the tracker knows."""
    channels = [channel for call in tracker._board.calls.values() for channel in call.channels.values()]
    items = [
        make_message(
            ("Event", "CoreShowChannel"),
            ("Channel", channel.name),
            ("ChannelStateDesc", channel.state),
            ("Uniqueid", channel.uniqueid),
            ("Linkedid", channel.linkedid),
            ("BridgeId", channel.bridge),
        )
        for channel in channels
    ]
    return [LIST_BEGINS, *items, LIST_ENDS]


def held(tracker: Tracker) -> dict[str, int]:
    """How much a tracker keeps, by the name of its container."""
    board = tracker._board
    return {name: len(kept) for name, kept in vars(board).items() if isinstance(kept, dict | list)}


def resident_kb() -> int:
    """Memory of this process now, in kB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def stored_day(folder: Path, calls: int) -> Iterator[tuple[int, int, dict[str, int]]]:
    """The same through the service's listening, stored on disk, in chunks of fifty events.

    Yields:
        Calls that began, resident kB, and what the listening keeps.
    """
    from readers import listening_in

    listening, tracker = listening_in(folder)
    kinds, dice, at = [heard(t) for t in templates()], random.Random(SEED), time.time()
    for first in range(0, calls, 50):
        blocks = [block for number in range(first, first + 50) for block in dice.choice(kinds).clone(number)]
        for start in range(0, len(blocks), 50):
            at += 0.02
            listening.on_chunk(join_blocks(blocks[start : start + 50]), at)
        if first % 1000 == 950:
            kept = {n: len(k) for n, k in vars(listening).items() if isinstance(k, dict | list)}
            yield first + 50, resident_kb(), kept | held(tracker)
