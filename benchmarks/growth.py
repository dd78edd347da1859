"""What a call costs when there are many, and what stays of calls that are over."""

from __future__ import annotations

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from itgrix_core.calls.tracker import TICK, WANTED, Tracker
from itgrix_core.wire.frames import Sieve, join_blocks
from itgrix_core.wire.messages import Message, make_message
from streams import SEED, Template, mixed, templates

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
        steps: calls of functions for one message.
    """

    calls: int
    state_bytes: float
    row_bytes: float
    microseconds: float
    steps: float


_SIEVE = Sieve(WANTED)


def heard(template: Template) -> Template:
    """Only the events that the tracker reads."""
    blocks = [(event, b"".join(event)) for event in template.events]
    return Template(template.name, tuple(event for event, block in blocks if _SIEVE.pick([block], block)))


@cache
def kinds() -> tuple[Template, ...]:
    """Every recorded call as the tracker hears it."""
    return tuple(map(heard, templates()))


def crowd(calls: int, name: str = "queue_answered") -> Crowd:
    """So many calls of a kind at once: all come to their middle before some of them go on to their end."""
    template = heard(templates(only=name)[0])
    middle = len(template.events) // 2
    tracker, sizes, state = _in_the_middle(template, middle, calls)
    goes_on = random.Random(SEED).sample(range(calls), min(calls, 100))
    counted, *timed = ([Message(block) for block in template.clone(n)[middle:]] for n in goes_on)
    messages = [message for rest in timed for message in rest]
    begun = time.process_time()
    for message in messages:
        tracker.feed(message, BEGAN)
    microseconds = (time.process_time() - begun) / len(messages) * 1e6
    steps = _steps(tracker, counted) / len(counted)
    return Crowd(calls, (state - sum(sizes)) / calls, sum(sizes) / len(sizes), microseconds, steps)


def _in_the_middle(template: Template, middle: int, calls: int) -> tuple[Tracker, list[int], int]:
    """A tracker in which so many calls live, the lengths of their rows, the bytes that both take."""
    gc.collect()
    tracemalloc.start()
    tracker = Tracker("bench")
    for number in range(calls):
        for block in template.clone(number)[:middle]:
            tracker.feed(Message(block), BEGAN)
    rows = tracker.changes()
    gc.collect()
    state, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return tracker, [len(row) for row in rows.values() if row], state


def _steps(tracker: Tracker, messages: list[Message]) -> int:
    """How many functions are called while these messages are fed."""
    counted = 0

    def count(_frame: object, event: str, _of: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        for message in messages:
            tracker.feed(message, BEGAN)
    finally:
        sys.setprofile(before)
    return counted


# ---- a caller who waits -----------------------------------------------------------------------------------
def wait(rounds: int, members: int = 3) -> Iterator[tuple[Tracker, list[Message]]]:
    """One caller, for whom a queue rings its members so many times in vain.

    Yields:
        The tracker, and the messages of the next round, which it has not been fed yet.
    """
    tracker = Tracker("bench")
    caller = {"Channel": "PJSIP/provider1-00000001", "ChannelStateDesc": "Ring", "Uniqueid": "1.0"}
    tracker.feed(_event("Newchannel", **caller, Exten="74950000100", CallerIDNum="79161234567"), BEGAN)
    for number in range(rounds):
        rings = (_rung_in_vain(f"{number + 2}.{m}", str(101 + m), number * 16 + m) for m in range(members))
        yield tracker, [message for ring in rings for message in ring]


def milliseconds_of_rounds(rounds: int) -> list[float]:
    """CPU of each round, the saving of the call's row included."""
    spent = []
    for number, (tracker, messages) in enumerate(wait(rounds)):
        spent.append(_timed(tracker, messages, BEGAN + number * 15) * 1000)
    return spent


def steps_of_the_last_round(rounds: int) -> int:
    """How many functions are called in it."""
    steps = 0
    for tracker, messages in wait(rounds):
        steps = _steps(tracker, messages)
    return steps


def _rung_in_vain(uniqueid: str, extension: str, number: int) -> list[Message]:
    phone = {"Channel": f"PJSIP/{extension}-{number:08x}", "Uniqueid": uniqueid, "Linkedid": "1.0"}
    dial = {f"Dest{name}": value for name, value in phone.items()} | {"Uniqueid": "1.0", "Linkedid": "1.0"}
    return [
        _event("Newchannel", **phone, ChannelStateDesc="Down"),
        _event("DialBegin", **dial, DialString=extension),
        _event("DialState", **dial, DialStatus="RINGING", DestChannelStateDesc="Ringing"),
        _event("DialEnd", **dial, DialStatus="NOANSWER"),
        _event("Hangup", **phone, Cause="0"),
    ]


def _event(name: str, **headers: str) -> Message:
    return make_message(("Event", name), ("Linkedid", "1.0"), *headers.items())


# ---- a day ------------------------------------------------------------------------------------------------
def day(calls: int, concurrent: int = 40, listed_every: int = 5000) -> Iterator[tuple[Tracker, int, float]]:
    """A day's calls through one tracker, with a channel list and a tick now and then, as the service asks.

    Yields:
        The tracker, how many calls are over, and the CPU seconds spent in it so far, at each channel list.
    """
    tracker, spent, at = Tracker("bench"), 0.0, BEGAN
    for number, (block, over) in enumerate(mixed(kinds(), concurrent, calls), 1):
        at += 0.03
        spent += _timed(tracker, [Message(block)], at)
        if number % listed_every == 0:
            spent += _timed(tracker, [*channel_list(tracker), TICK], at)
            yield tracker, over, spent
    _timed(tracker, [*channel_list(tracker), TICK], at)
    _timed(tracker, [LIST_BEGINS, LIST_ENDS, LIST_BEGINS, LIST_ENDS], at + 60)
    yield tracker, calls, spent


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
    """How much a tracker keeps of calls, by the name of its container; it has one PBX."""
    board = tracker._board
    return _sizes(
        {name: kept for name, kept in vars(board).items() if name != "sides"} | {"lost": board.side.lost}
    )


def _sizes(kept_by_name: Mapping[str, object]) -> dict[str, int]:
    return {name: len(kept) for name, kept in kept_by_name.items() if isinstance(kept, dict | list)}


def resident_kb() -> int:
    """Memory of this process now, in kB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def stored_day(folder: Path, calls: int, together: int = 50) -> Iterator[tuple[int, dict[str, int]]]:
    """The same through the service's listening, stored on disk, some calls at once.

    Yields:
        How many calls are over, and what the listening and its tracker keep, whenever some are over.
    """
    from readers import listening_in

    listening, tracker, database = listening_in(folder)
    with closing(database):
        yield from _stored(listening, tracker, calls, together)


def _stored(
    listening: Any, tracker: Tracker, calls: int, together: int
) -> Iterator[tuple[int, dict[str, int]]]:
    dice, at = random.Random(SEED), BEGAN
    for first in range(0, calls, together):
        numbers = range(first, first + together)
        blocks = [block for number in numbers for block in dice.choice(kinds()).clone(number)]
        for start in range(0, len(blocks), together):
            at += 0.02
            listening.on_chunk(join_blocks(blocks[start : start + together]), at)
        shared = {name: getattr(listening._shared, name) for name in ("jobs", "rows")}
        shared |= {"waiting": listening._shared.gathering._until}
        yield first + together, _sizes(vars(listening)) | _sizes(shared) | held(tracker)
