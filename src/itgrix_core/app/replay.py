"""A recorded log through the tracker, and if wanted through hooks, without sending anything.

Every bug report is a recorded log; this is how one is looked at.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from itgrix_core.calls.events import CallEnded, CallEvent, Oddity, Told
from itgrix_core.calls.retelling import NOBODY_LIVES
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import Exchange, Tracker
from itgrix_core.config.schema import HookSettings
from itgrix_core.crm.adapter import Outcome, Step
from itgrix_core.crm.bitrix24.answers import filed_of
from itgrix_core.crm.bitrix24.params import params_of
from itgrix_core.crm.dry_run import DryRun
from itgrix_core.filing.rules import Rules
from itgrix_core.filing.turns import turn_of
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.codec import event_of, job_of
from itgrix_core.jobs.delivery import Delivery
from itgrix_core.jobs.gathering import RING_SECONDS
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.questions import Tools
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Done, Job
from itgrix_core.outbox.memory import MemoryEngine
from itgrix_core.plugins.manager import Plugins
from itgrix_core.sandbox.recordings import RecordedLog
from itgrix_core.wire.frames import Framer, is_banner
from itgrix_core.wire.messages import Message
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Call

PBX = "replay"
UNTIMED = 1.0
"""When everything happens in a log without any times (Unix seconds; 0 would mean "never")."""


def tell(log: RecordedLog, topology: Topology, timezone: str = "UTC", pbx: str = PBX) -> Iterator[Told]:
    """Everything that the tracker tells of a recording; calls that it does not end are ended at its end."""
    return _tell({pbx: Tracker(pbx, topology, timezone)}, {pbx: log})


def tell_linked(logs: Mapping[str, RecordedLog], topologies: Mapping[str, Topology]) -> Iterator[Told]:
    """As `tell`, for the logs of linked PBXes, by name: read together, in the order in which all was said."""
    exchange = Exchange()
    return _tell({pbx: exchange.tracker(pbx, topologies[pbx]) for pbx in logs}, logs)


def _tell(trackers: Mapping[str, Tracker], logs: Mapping[str, RecordedLog]) -> Iterator[Told]:
    at = UNTIMED
    for at, pbx, message in heapq.merge(*(_said(*log) for log in logs.items()), key=lambda said: said[0]):
        if message is None:
            trackers[pbx].connected()
        else:
            yield from trackers[pbx].feed(message, at)
    for tracker in trackers.values():
        if tracker.live_calls:
            for message in NOBODY_LIVES:
                yield from tracker.feed(message, at)


def _said(pbx: str, log: RecordedLog) -> Iterator[tuple[float, str, Message | None]]:
    """When a PBX said what; `None` where a connection begins."""
    framer = Framer()
    at = UNTIMED
    for chunk, received_at in log.chunks_with_times():
        for block in framer.feed(chunk):
            message = None if is_banner(block) else Message(block)
            at = (message.timestamp if message else None) or received_at or at
            yield at, pbx, message


def ended_calls(told: Sequence[Told]) -> list[Call]:
    """The calls of a log as they were last known, in the order of their ends."""
    ended = {event.id: event.call for event in told if isinstance(event, CallEnded)}
    return list(ended.values())


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What filing one turn would have done."""

    call: Call
    event: str
    asked: tuple[Asked, ...]
    steps: tuple[Step, ...]
    skipped: tuple[str, ...]


class _Notes:
    """A watcher that keeps what it sees."""

    def __init__(self) -> None:
        self.asks: list[Asked] = []
        self.steps: list[Step] = []
        self.skips: list[str] = []

    def happened(self, event: CallEvent) -> None:
        """Known already."""

    def odd(self, oddity: Oddity) -> None:
        """Known already."""

    def asked(self, call: Call, asked: Asked) -> None:  # noqa: ARG002 - a watcher's method
        """Keep it if anybody but our own built-ins was asked."""
        if not asked.is_default or asked.failures:
            self.asks.append(asked)

    def performed(self, call: Call, step: Step, outcome: Outcome) -> None:  # noqa: ARG002 - a watcher's method
        """Keep the request."""
        self.steps.append(step)

    def skipped(self, call: Call, why: str) -> None:  # noqa: ARG002 - a watcher's method
        """Keep the reason."""
        self.skips.append(why)

    def closed(self, call: Call) -> None:
        """Known from the steps."""


def rehearse(told: Sequence[Told], hooks: HookSettings) -> Iterator[Rehearsed]:
    """The requests that the calls of a log would lead to, through these hooks; nothing is sent."""
    notes = _Notes()
    with tempfile.TemporaryDirectory() as folder, Database(Path(folder)) as database:
        pbxes = {event.call.pbx for event in told if isinstance(event, CallEvent)}
        engine = _Aside()
        delivery = _delivery(database, hooks, notes, engine, pbxes)
        for events in _bursts([event for event in told if isinstance(event, CallEvent)]):
            yield from _file([job_of(event, event.at) for event in events], delivery, notes)
            for job in engine.take():
                yield from _file([job], delivery, notes)


class _Aside(MemoryEngine):
    """Keeps later talks, which are filed as calls of their own; recordings are not rehearsed."""

    def __init__(self) -> None:
        super().__init__()
        self._jobs: list[Job] = []

    def put(self, jobs: Sequence[Job]) -> int:
        """Keep those of talks."""
        kept = [job for job in jobs if job.kind == CallEnded.kind]
        self._jobs += kept
        return len(kept)

    def take(self) -> list[Job]:
        """Those kept since the last time."""
        jobs, self._jobs = self._jobs, []
        return jobs


def _file(jobs: Sequence[Job], delivery: Delivery, notes: _Notes) -> Iterator[Rehearsed]:
    """What filing these jobs of one lane leads to, turn by turn."""
    while jobs:
        result = delivery(jobs, Attempt(1, jobs[0].born_at))
        events = [event_of(job) for job in jobs]
        count = result.count if isinstance(result, Done) else len(turn_of(events))
        last = events[count - 1]
        skipped = () if isinstance(result, Done) else (f"{type(result).__name__}: {result.reason}",)
        yield Rehearsed(last.call, last.kind, tuple(notes.asks), tuple(notes.steps), (*notes.skips, *skipped))
        notes.asks, notes.steps, notes.skips = [], [], []
        jobs = jobs[count:]


def _delivery(
    database: Database, hooks: HookSettings, notes: _Notes, engine: MemoryEngine, pbxes: Iterable[str]
) -> Delivery:
    database.upgrade()
    effects = Effects(database)
    account = Account("dry run", DryRun(params_of, filed_of), Rules())
    accounts = Accounts({"dry run": account}, dict.fromkeys(pbxes, "dry run"), {})
    tools = Tools(Plugins.load(hooks), Performer(effects, notes), database, notes, {})
    return Delivery(accounts, tools, effects, engine, lambda _pbx: 0.0)


def _bursts(events: Sequence[CallEvent]) -> Iterator[list[CallEvent]]:
    """Events as the service would find them in their lanes: those of a call that come close together."""
    open_bursts: dict[str, list[CallEvent]] = {}
    for event in events:
        burst = open_bursts.setdefault(event.call.key, [])
        if burst and event.at - burst[0].at > RING_SECONDS:
            yield open_bursts.pop(event.call.key)
            open_bursts[event.call.key] = burst = []
        burst.append(event)
    yield from open_bursts.values()
