"""The settings in the words of the rooms below, which know no configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import get_args

from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import BitrixSettings, Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.config.schema_conditions import RuleSettings
from itgrix_core.config.schema_recordings import RecordingSettings
from itgrix_core.config.schema_routing import RoutingSettings
from itgrix_core.config.schema_rules import (
    HoursSettings,
    MissedSettings,
    NameList,
    OutboxSettings,
    Weekday,
)
from itgrix_core.crm.adapter import Adapter
from itgrix_core.filing.conditions import Condition, Row, RuleTable
from itgrix_core.filing.creation import CreationRule
from itgrix_core.filing.dialling import ClickRules, DialRules, LineRules
from itgrix_core.filing.lists import Lists, Names
from itgrix_core.filing.missed import MissedRules, WorkingHours
from itgrix_core.filing.routing import RoutingRules
from itgrix_core.filing.rules import CardRules, Rules
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.awaiting import Place
from itgrix_core.jobs.copied import Copied
from itgrix_core.outbox.retention import DAY_SECONDS
from itgrix_core.recordings.opening import source_of
from itgrix_core.recordings.source import Source
from itgrix_hooks.numbers import DialStyle
from itgrix_hooks.tools import Pbx


@dataclass(frozen=True, slots=True)
class PbxInfo:
    """What hooks may know of an Asterisk (`itgrix_hooks.tools.Pbx`)."""

    name: str
    timezone: str
    region: str = ""
    dial_style: DialStyle = "as given"
    dial_prefix: str = ""


def ages_of(outbox: OutboxSettings) -> dict[str, float]:
    """How old (seconds) what waits may get, by the names of `jobs.patient`."""
    return {name: days * DAY_SECONDS for name, days in outbox.give_up_days.model_dump().items()}


def topology_of(asterisk: AsteriskSettings) -> Topology:
    """The numbering rules of an Asterisk's settings."""
    rules = asterisk.extensions
    return Topology(
        rules.min_length,
        rules.max_length,
        frozenset(rules.trunks),
        frozenset(rules.internal),
        rules.devices,
        rules.mobiles,
        links=asterisk.links,
        link_header=asterisk.link_header,
    )


def pbx_of(name: str, asterisk: AsteriskSettings) -> Pbx:
    """What hooks may know of it."""
    numbers = asterisk.numbers
    return PbxInfo(name, asterisk.timezone, numbers.region, numbers.dial_style, numbers.dial_prefix)


def dial_rules_of(asterisk: AsteriskSettings) -> DialRules:
    """How an Asterisk dials."""
    dial = asterisk.dial
    return DialRules(dial.channel, dial.context, dial.timeout_seconds, dial.auto_answer, dial.variables)


def click_rules_of(settings: Settings, account: str) -> ClickRules:
    """What an account's clicks lead to; the first Asterisk that files there dials, where none is named."""
    clicks = settings.crm[account].clicks
    own = (name for name, each in settings.asterisk.items() if (each.crm or account) == account)
    return ClickRules(
        asterisk=clicks.asterisk or next(own, next(iter(settings.asterisk))),
        lines={
            name: LineRules(line.asterisk or "", line.context, line.prefix, line.variables)
            for name, line in clicks.lines.items()
        },
        good_seconds=clicks.good_seconds,
        callback_good_seconds=clicks.callback_good_seconds,
        repeat_seconds=clicks.repeat_seconds,
        callback_extension=clicks.callback_extension,
    )


def accounts_of(
    settings: Settings, adapters: Mapping[str, Adapter], copied: Mapping[str, Copied] | None = None
) -> Accounts:
    """The CRM accounts of the settings; an Asterisk that names none gets the only one.

    `copied` are the clients of accounts that have a local copy; only who asks for it there gets it.
    """
    found = {name: each for name, each in (copied or {}).items() if settings.crm[name].search == "copy"}
    only = next(iter(settings.crm))
    return Accounts(
        by_name={
            name: Account(name, adapters[name], rules_of(crm), found.get(name))
            for name, crm in settings.crm.items()
        },
        of_pbx={name: asterisk.crm or only for name, asterisk in settings.asterisk.items()},
        routes=settings.routes,
    )


def rules_of(crm: BitrixSettings) -> Rules:
    """The filing rules of an account's settings."""
    return Rules(
        default_user=crm.default_user,
        lines=crm.lines,
        sources=crm.sources,
        creation=creation_of(crm),
        campaigns=crm.campaigns,
        is_choosing_by_employee=crm.entity == "employee",
        is_binding_deal=crm.bind_deal,
        is_filing_internal=crm.file_internal,
        missed_owner=crm.missed_owner,
        missed=_missed(crm.missed),
        answered_owner=crm.answered_owner,
        owner_talk_seconds=crm.owner_talk_seconds,
        is_per_talk=crm.transfers == "per_talk",
        card_seconds=crm.card_seconds,
        cards=CardRules(crm.cards.show, crm.cards.users, crm.cards.queues),
        lists=Lists(only=_names(crm.only), never=_names(crm.never)),
        table=RuleTable(tuple(_row(rule) for rule in crm.rules)),
    )


def creation_of(crm: BitrixSettings) -> tuple[CreationRule, ...]:
    """The rules of creation; without any the portal's own, for the directions in `create_for`."""
    if not crm.creation:
        return (CreationRule("portal", frozenset(crm.create_for), "any"),) if crm.create_for else ()
    return tuple(
        CreationRule(
            **{
                **rule.model_dump(),
                "directions": frozenset(rule.directions),
                "lines": tuple(rule.lines),
            }
        )
        for rule in crm.creation
    )


def _missed(settings: MissedSettings) -> MissedRules:
    return MissedRules(
        form=settings.ask,
        minutes=settings.minutes,
        hours=None if settings.all_day else _hours(settings.hours),
        title=settings.title,
        text=settings.text,
        remind_minutes=settings.remind_minutes,
        escalate_minutes=settings.escalate_minutes,
        late_minutes=settings.late_minutes,
        owners=settings.owners,
        members=tuple(settings.members),
    )


def routing_rules_of(settings: RoutingSettings) -> RoutingRules:
    """How the one is found who gets a caller."""
    return RoutingRules(
        hours=None if settings.all_day else _hours(settings.hours),
        is_skipping_busy=settings.skip_busy,
        needs_open_day=settings.open_day,
        stand_ins=settings.stand_ins,
        fallback=tuple(settings.fallback),
    )


def _hours(settings: HoursSettings) -> WorkingHours:
    days = frozenset(get_args(Weekday).index(day) for day in settings.days)
    return WorkingHours(time.fromisoformat(settings.begin), time.fromisoformat(settings.end), days)


def _row(rule: RuleSettings) -> Row:
    condition = Condition(
        directions=frozenset(rule.directions),
        lines=tuple(rule.lines),
        queues=tuple(rule.queues),
        extensions=tuple(rule.extensions),
        numbers=tuple(rule.numbers),
        is_answered=rule.answered,
        client=rule.client,
        during=_hours(rule.during) if rule.during else None,
        outside=_hours(rule.outside) if rule.outside else None,
    )
    return Row(
        name=rule.name,
        condition=condition,
        file=rule.file,
        owners=tuple(rule.owners),
        subject=rule.subject,
        description=rule.description,
        fields=rule.fields,
        task_title=rule.task_title,
        task_text=rule.task_text,
    )


def _names(listed: NameList) -> Names:
    return Names(tuple(listed.extensions), tuple(listed.trunks), tuple(listed.numbers))


def places_of(
    settings: Settings, source: Callable[[RecordingSettings, str], Source] = source_of
) -> dict[str, Place]:
    """Where the recordings of each Asterisk are; none where nothing is set. `source` opens a place."""
    return {
        name: Place(
            source(asterisk.recordings, f"asterisk.{name}.recordings"),
            tuple(asterisk.recordings.patterns),
            asterisk.recordings.wait_days * DAY_SECONDS,
            asterisk.recordings.mp3_kbps if asterisk.recordings.mp3 else 0,
        )
        for name, asterisk in settings.asterisk.items()
        if asterisk.recordings.is_set
    }
