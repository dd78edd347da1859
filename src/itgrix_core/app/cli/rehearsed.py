"""What a rehearsal is shown as: turn by turn, as the difference of two versions, or as a test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from itgrix_core.app.as_test import as_test
from itgrix_core.app.rehearsal import House, NotingPlugins, Rehearsed, rehearse
from itgrix_core.app.versions import differences
from itgrix_core.calls.events import Told
from itgrix_core.config.schema import BreakerSettings, HookSettings
from itgrix_core.errors import ConfigError
from itgrix_core.jobs.narrating import answered, short
from itgrix_core.jobs.noting import answer_of, is_telling
from itgrix_core.jobs.wording import summary
from itgrix_core.telemetry.redaction import redact, redact_sentence


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that are rehearsed together, with one memory of the hooks.

    Attributes:
        name: where they are from, for a heading.
        house: rules and PBXes; those of a recording if there is none.
    """

    name: str
    told: Sequence[Told]
    house: House | None = None


@dataclass(slots=True)
class Rehearsals:
    """Asks hooks about groups of calls.

    Args:
        hooks: the version that counts.
        against: the other one, if two are compared.
        record: where a test is to be written.
    """

    hooks: HookSettings
    against: HookSettings | None = None
    record: Path | None = None
    is_different: bool = False
    calls: int = 0
    _noted: list[list[Rehearsed]] = field(default_factory=list)
    _plugins: NotingPlugins | None = None

    def __post_init__(self) -> None:
        """Name who is out; `ConfigError` when a folder cannot be read."""
        for hooks in filter(None, (self.against, self.hooks)):
            self._plugins = _loaded(hooks)
            for record in self._plugins.out:
                click.echo(redact_sentence(str(record)), err=True)

    def show(self, group: Group) -> Iterator[str]:
        """The lines for a group."""
        turns = self._turns(group, self.hooks)
        self.calls += len({turn.call.key for turn in turns})
        if self.record:
            self._noted.append(turns)
        elif self.against is None:
            yield from _shown(turns)
        else:
            yield from self._differences(self._turns(group, self.against), turns)

    def end(self) -> Iterator[str]:
        """The lines behind all groups: how much differs; or the test is written."""
        if self.against is not None and not self.is_different:
            yield f"No difference in {_count(self.calls, 'call')}."
        if self.record and self._plugins:
            tested = as_test(self._noted, self._plugins, self.record)
            for sentence in tested.left_out:
                click.echo(f"left out: {sentence}", err=True)
            if not tested.count:
                raise click.ClickException("No single-file plugin of --hooks was asked: nothing to record.")
            self.record.write_text(tested.text, encoding="utf-8")
            yield f"{self.record}: {_count(tested.count, 'asking')} of {_count(self.calls, 'call')}"

    def _turns(self, group: Group, hooks: HookSettings) -> list[Rehearsed]:
        """Through plugins that nobody has asked before: what one remembers is its own."""
        return list(rehearse(group.told, _loaded(hooks), group.house))

    def _differences(self, before: Iterable[Rehearsed], after: Iterable[Rehearsed]) -> Iterator[str]:
        for found in differences(before, after):
            self.is_different = True
            yield f"{found.event}  {found.call.key}  {summary(found.call)}"
            yield from (f"    {line}" for line in found.lines)


def _loaded(hooks: HookSettings) -> NotingPlugins:
    untiring = hooks.model_copy(update={"breaker": BreakerSettings(failures=0)})
    plugins = NotingPlugins.load(untiring)  # a day's calls in a second: nobody rests meanwhile
    unreadable = [problem for problem in plugins.problems if "hooks.folder" in problem]
    if unreadable:
        raise ConfigError(unreadable)
    return plugins


def _shown(turns: Iterable[Rehearsed]) -> Iterator[str]:
    """Per turn: who was asked and what he changed, what he asked, the requests, what is not filed and why."""
    for turn in turns:
        lines = list(_lines(turn))
        if lines:
            yield f"{turn.event}  {turn.call.key}  {summary(turn.call)}"
            yield from (f"    {line}" for line in lines)


def _lines(turn: Rehearsed) -> Iterator[str]:
    for inquiry in turn.inquiries:
        for entry in filter(is_telling, inquiry.asked.trace):
            yield redact(f"hook {inquiry.hook}: {answered(answer_of(inquiry.hook, entry))}")
        for question in inquiry.questions:
            asked, answer = short(question.params), short(question.answer)
            yield redact(f"asked of the CRM: {question.what} {asked}, which answers {answer} here")
    for step in turn.steps:
        yield redact(f"{step.command.kind}: {json.dumps(step.params, ensure_ascii=False, default=str)}")
    yield from (redact(f"not filed: {why}") for why in turn.skipped)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
