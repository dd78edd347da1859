"""The events of calls through hooks as the service would ask them, without sending anything.

The same delivery, plan, hooks and fields as in the service; only the CRM is dry, and what hooks keep is gone
afterwards.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from itgrix_core.app.from_settings import PbxInfo, accounts_of, pbx_of
from itgrix_core.calls.events import CallEnded, CallEvent, Oddity, Told
from itgrix_core.config.schema import Settings
from itgrix_core.crm.adapter import Outcome, Step
from itgrix_core.crm.bitrix24.answers import filed_of
from itgrix_core.crm.bitrix24.params import params_of
from itgrix_core.crm.dry_run import DryRun, Question
from itgrix_core.filing.rules import Rules
from itgrix_core.filing.turns import turn_of
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.codec import event_of, job_of
from itgrix_core.jobs.delivery import Delivery
from itgrix_core.jobs.gathering import RING_SECONDS
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.recording import RECORDING_READY, RecordingJobs, wanted_of
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Done, Job, Result
from itgrix_core.outbox.memory import MemoryEngine
from itgrix_core.plugins.manager import Plugins
from itgrix_core.recordings.workshop import Workshop
from itgrix_hooks.tools import Pbx
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Call


@dataclass(frozen=True, slots=True)
class House:
    """What a service is configured to: who gets which call by which rules, and what hooks know of a PBX.

    Attributes:
        questions: what was asked of the dry CRM; emptied by whoever reads it.
    """

    accounts: Accounts
    pbxes: Mapping[str, Pbx]
    questions: list[Question] = field(default_factory=list)


def bare_house(told: Sequence[Told]) -> House:
    """Of a recording, which knows no configuration: one account, with the default rules."""
    pbxes = {event.call.pbx for event in told if isinstance(event, CallEvent)}
    questions: list[Question] = []
    account = Account("dry run", DryRun(params_of, filed_of, questions), Rules())
    accounts = Accounts({"dry run": account}, dict.fromkeys(pbxes, "dry run"), {})
    return House(accounts, {pbx: PbxInfo(pbx, "UTC") for pbx in pbxes}, questions)


def house_of(settings: Settings) -> House:
    """Of a service, with its rules; its CRMs are dry."""
    questions: list[Question] = []
    adapters = {name: DryRun(params_of, filed_of, questions) for name in settings.crm}
    pbxes = {name: pbx_of(name, asterisk) for name, asterisk in settings.asterisk.items()}
    return House(accounts_of(settings, adapters), pbxes, questions)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One asking of one hook.

    Attributes:
        arguments: by the spec's names; lazy ones are still to be fetched.
        asked: what came of it.
        questions: what was asked of the CRM meanwhile.
    """

    hook: str
    arguments: Mapping[str, Any]
    asked: Asked
    questions: tuple[Question, ...]


class NotingPlugins(Plugins):
    """Plugins that note what they were asked."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.inquiries: list[Inquiry] = []
        self.questions: list[Question] = []

    def settings_of(self, plugin: str) -> Mapping[str, Any]:
        """What a plugin gets as `settings`."""
        return self._settings_of(plugin)

    def ask(self, hook: str, arguments: Mapping[str, Any], **more: Any) -> Asked:
        """As `Plugins.ask`."""
        before = len(self.questions)
        asked = super().ask(hook, arguments, **more)
        self.inquiries.append(Inquiry(hook, arguments, asked, tuple(self.questions[before:])))
        return asked


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What filing one turn would have done.

    Attributes:
        call: as it was known then.
        event: kind of the turn's last event.
        inquiries: who was asked what; also of our own built-ins.
        steps: the requests, hooks' own writes among them.
        skipped: why the call is not filed, or not now.
    """

    call: Call
    event: str
    inquiries: tuple[Inquiry, ...]
    steps: tuple[Step, ...]
    skipped: tuple[str, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """What hooks asked of the CRM."""
        return tuple(question for inquiry in self.inquiries for question in inquiry.questions)


class _Notes:
    """A watcher that keeps what it sees."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.skips: list[str] = []

    def happened(self, event: CallEvent) -> None:
        """Known already."""

    def odd(self, oddity: Oddity) -> None:
        """Known already."""

    def asked(self, call: Call, asked: Asked) -> None:
        """`NotingPlugins` knows more."""

    def performed(self, call: Call, step: Step, outcome: Outcome) -> None:  # noqa: ARG002 - a watcher's method
        """Keep the request."""
        self.steps.append(step)

    def skipped(self, call: Call, why: str) -> None:  # noqa: ARG002 - a watcher's method
        """Keep the reason."""
        self.skips.append(why)

    def closed(self, call: Call) -> None:
        """Known from the steps."""


def rehearse(told: Sequence[Told], plugins: NotingPlugins, house: House | None = None) -> Iterator[Rehearsed]:
    """The requests that these events would lead to, through these hooks; nothing is sent.

    Args:
        told: of one or several calls, those of a call in order.
        plugins: who is asked; loaded for this rehearsal alone.
        house: rules and PBXes; `bare_house` if left out.
    """
    house, notes = house or bare_house(told), _Notes()
    plugins.questions = house.questions
    with tempfile.TemporaryDirectory() as folder, Database(Path(folder)) as database:
        engine, effects = _Aside(), Effects(database)
        tools = Tools(plugins, Performer(effects, notes), database, notes, house.pbxes)
        delivery = Delivery(house.accounts, tools, effects, engine, lambda _pbx: 0.0)
        recordings = RecordingJobs(
            house.accounts, tools, effects, {}, Workshop(Path(folder) / "audio"), lambda _pbx: 0.0
        )
        stage = _Stage(delivery, recordings, plugins, notes)
        for events in _bursts([event for event in told if isinstance(event, CallEvent)]):
            yield from stage.file([job_of(event, event.at) for event in events])
            for job in engine.take():
                yield from stage.attach(job) if job.kind == RECORDING_READY else stage.file([job])


_KEPT = (CallEnded.kind, RECORDING_READY)


class _Aside(MemoryEngine):
    """Keeps what has a lane of its own: later talks, which are filed as calls, and recordings."""

    def __init__(self) -> None:
        super().__init__()
        self._jobs: list[Job] = []

    def put(self, jobs: Sequence[Job]) -> int:
        """Keep those of talks."""
        kept = [job for job in jobs if job.kind in _KEPT]
        self._jobs += kept
        return len(kept)

    def take(self) -> list[Job]:
        """Those kept since the last time."""
        jobs, self._jobs = self._jobs, []
        return jobs


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where a lane's jobs are filed, turn by turn."""

    delivery: Delivery
    recordings: RecordingJobs
    plugins: NotingPlugins
    notes: _Notes

    def file(self, jobs: Sequence[Job]) -> Iterator[Rehearsed]:
        while jobs:
            result = self.delivery(jobs, Attempt(1, jobs[0].born_at))
            events = [event_of(job) for job in jobs]
            count = result.count if isinstance(result, Done) else len(turn_of(events))
            last = events[count - 1]
            yield self._taken(last.call, last.kind, result)
            jobs = jobs[count:]

    def attach(self, job: Job) -> Iterator[Rehearsed]:
        """The hooks' part in a call's recording; there is no file here."""
        if self.plugins.implementations("process_record_file_path"):
            result = self.recordings([job], Attempt(1, job.born_at))
            yield self._taken(wanted_of(job).call, job.kind, result)

    def _taken(self, call: Call, event: str, result: Result) -> Rehearsed:
        """All that was noted of a turn."""
        notes, plugins = self.notes, self.plugins
        why = [] if isinstance(result, Done) else [f"{type(result).__name__}: {result.reason}"]
        skipped = (*notes.skips, *why)
        turn = Rehearsed(call, event, tuple(plugins.inquiries), tuple(notes.steps), skipped)
        for noted in (plugins.inquiries, plugins.questions, notes.steps, notes.skips):
            noted.clear()
        return turn


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
