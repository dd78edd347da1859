"""The benchmarks, all or some: `make bench`, `make bench QUICK=1`, `make bench ARGS="--section growth"`.

Prints tables in Markdown as README.md has them.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

import burst
import catching_up
import engines
import growth
import hooks
import parts
import ringing
import routing
import side_by_side
from streams import Stream, busy, recordings, under_mask

COLUMNS = "state, bytes a call | saved row, bytes | µs CPU per message | function calls per message"


def readers(is_quick: bool, chosen: set[str]) -> None:
    """Side by side: CPU per event, the same streams, readers in turn."""
    told = busy(60_000 if is_quick else 200_000)
    streams = {"Generated, all rights": Stream.of(told), "Generated, class mask": Stream.of(under_mask(told))}
    if not is_quick:
        logs = recordings()
        streams |= {
            "Recordings, all rights": Stream.of(logs),
            "Recordings, class mask": Stream.of(under_mask(logs)),
        }
    side_by_side.measure(streams, 1 if is_quick else 5, chosen, max(os.sched_getaffinity(0)))


def own_parts(is_quick: bool, _: set[str]) -> None:
    """Where our own time goes, part by part."""
    told = busy(30_000 if is_quick else 100_000)
    streams = (Stream.of(told), Stream.of(under_mask(told)))
    every = [parts.measure(stream, 3 if is_quick else 9) for stream in streams]
    print("\n| with all before it, µs CPU per event | all rights | class mask |\n|---|---|---|")
    for part in parts.PARTS:
        costs = " | ".join(f"{costs[part.__name__]:.2f}" for costs in every)
        print(f"| {part.__name__}: {(part.__doc__ or '').splitlines()[0]} | {costs} |", flush=True)


def calls_at_once(is_quick: bool, _: set[str]) -> None:
    """What a live call costs among 100, 1 000 and 10 000."""
    print(f"\n| calls at once | {COLUMNS} |\n|---|---|---|---|---|")
    for calls in (100, 1000) if is_quick else (100, 1000, 10_000):
        crowd = growth.crowd(calls)
        memory = f"{crowd.state_bytes:.0f} | {crowd.row_bytes:.0f}"
        print(f"| {calls} | {memory} | {crowd.microseconds:.1f} | {crowd.steps:.1f} |", flush=True)


def waiting(is_quick: bool, _: set[str]) -> None:
    """One caller for whom a queue of three rings round after round: each event tells of all rings so far."""
    spent = growth.milliseconds_of_rounds(100 if is_quick else 500)
    print("\n| rounds so far | ms CPU of the next round |\n|---|---|")
    for rounds in (1, 10, 50, 99, 240, 499):
        if rounds < len(spent):
            print(f"| {rounds} | {spent[rounds]:.1f} |", flush=True)


def day(is_quick: bool, _: set[str]) -> None:
    """A day of calls through one tracker: nothing may stay."""
    print("\n| calls over | resident MB | µs CPU a call | kept by the tracker |\n|---|---|---|---|")
    calls = 3000 if is_quick else 100_000
    shown = 0
    for tracker, over, spent in growth.day(calls):
        if over >= shown or over == calls:
            shown += calls // 5
            cost = spent / over * 1e6 if over else 0.0
            kept = ", ".join(f"{name} {count}" for name, count in growth.held(tracker).items() if count)
            print(
                f"| {over} | {growth.resident_kb() / 1024:.0f} | {cost:.0f} | {kept or 'nothing'} |",
                flush=True,
            )


def service(is_quick: bool, _: set[str]) -> None:
    """Calls through the service's listening with its database: nothing may stay in memory."""
    print("\n| calls | resident MB | kept in memory |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for calls, kept in growth.stored_day(Path(folder), 1000 if is_quick else 10_000):
            if calls % 1000 == 0:
                print(f"| {calls} | {growth.resident_kb() / 1024:.0f} | {_sentence(kept)} |", flush=True)


def _sentence(kept: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in kept.items() if count) or "nothing"


def bursts(is_quick: bool, _: set[str]) -> None:
    """50 MB at once, to consumers of different speed."""
    stream = Stream.of(busy(20_000 if is_quick else 125_000))
    print(
        f"\n{len(stream.data) / 1e6:.0f} MB, {stream.events} events, backlog {burst.BACKLOG_BYTES >> 20} MB\n"
    )
    print("| pause, ms | s | sender's longest wait, ms | grew MB | shed | wrong, then | after the list |")
    print("|---|---|---|---|---|---|---|")
    for pause in (0.0, 0.02, burst.STUCK):
        done = burst.drain(stream, pause_seconds=pause)
        figures = (f"{done.seconds:.1f}", f"{done.longest_wait * 1000:.0f}", f"{done.grew_kb / 1024:.0f}")
        counts = (done.shed, done.wrong, done.wrong_after_list)
        name = "until all is sent" if pause == burst.STUCK else f"{pause * 1000:.0f}"
        print("|", " | ".join(map(str, (name, *figures, *counts))), "|", flush=True)


def delivery(is_quick: bool, _: set[str]) -> None:
    """Our lanes beside a plain Huey: from the put to the start, over a backlog, and what idling costs."""
    engines.measure(is_quick, 1 if is_quick else 3)


def backlog(is_quick: bool, _: set[str]) -> None:
    """The portal is back after an outage: how late are the cards of phones that ring now?"""
    old, live = (300, 20) if is_quick else (10_000, 200)
    done = catching_up.catch_up(old, live)
    p50, p99 = (1000 * seconds for seconds in _spread(done.late))
    print("\n| old calls | live ones | ring to request, p50 / p99 ms | s in all | requests/s | 503 or 429 |")
    print("|---|---|---|---|---|---|")
    rate = done.requests / done.seconds
    figures = (old, live, f"{p50:.0f} / {p99:.0f}", f"{done.seconds:.0f}", f"{rate:.0f}", done.limited)
    print("|", " | ".join(map(str, figures)), "|", flush=True)


def callers(is_quick: bool, _: set[str]) -> None:
    """The dialplan asks 200 times a second where a caller goes, and the portal is away."""
    routing.measure(*((20_000, 200, 3.0) if is_quick else (200_000, 200, 30.0)))


def cards(is_quick: bool, _: set[str]) -> None:
    """The portal is as slow as in its documentation: when is a call registered, and when are cards gone?"""
    print("\n| clients by | what | calls | p50 s | p99 s |")
    print("|---|---|---|---|---|")
    for search in ("portal", "copy"):
        rung = ringing.ring(10 if is_quick else 200, search)
        for what, seconds in (
            ("ring to the answer of register", rung.registered),
            ("answer to the others' cards gone", rung.gone),
        ):
            p50, p99 = _spread(seconds)
            print(f"| {search} | {what} | {len(seconds)} | {p50:.2f} | {p99:.2f} |", flush=True)


def plugins(is_quick: bool, _: set[str]) -> None:
    """The nine hooks of a call: what they cost without plugins, with one, with ten, and isolated."""
    print("\n| plugins | run in | ms a call, p50 / p99 | CPU ms of ours a call | ms an asking | × in ours |")
    print("|---|---|---|---|---|---|")
    for count in (0, 1, 10):
        ours: float | None = None
        for is_isolated in (False, True)[: 1 if count == 0 else 2]:
            cost = hooks.measure(count, is_isolated=is_isolated, calls=20 if is_quick else 500)
            p50, p99 = (1000 * seconds for seconds in _spread(cost.calls))
            ours = ours or p50
            each = f"{p50 / (9 * count):.3f}" if count else ""
            where = "processes of their own" if is_isolated else "ours"
            figures = (count, where, f"{p50:.2f} / {p99:.2f}", f"{1000 * cost.cpu:.2f}", each)
            print("|", " | ".join(map(str, figures)), f"| {p50 / ours:.1f} |", flush=True)


def _spread(figures: list[float]) -> tuple[float, float]:
    """Median and 99th percentile of what is in order."""
    p50, p99 = (figures[max(0, round(len(figures) * share) - 1)] for share in (0.5, 0.99))
    return p50, p99


SECTIONS = {
    "readers": readers,
    "parts": own_parts,
    "growth": calls_at_once,
    "waiting": waiting,
    "day": day,
    "service": service,
    "burst": bursts,
    "engines": delivery,
    "backlog": backlog,
    "ringing": cards,
    "routing": callers,
    "hooks": plugins,
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description="Itgrix side by side with its peers, and under load.")
    parser.add_argument("--quick", action="store_true", help="everything in small, one repetition")
    parser.add_argument("--section", action="append", choices=SECTIONS, help="only this; may be repeated")
    parser.add_argument("--reader", action="append", default=[], help="only this reader; may be repeated")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
    for section in options.section or SECTIONS:
        print(f"\n## {section}", flush=True)
        SECTIONS[section](options.quick, set(options.reader))


if __name__ == "__main__":
    sys.exit(main())
