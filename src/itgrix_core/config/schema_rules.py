"""Settings of an account's rules: what a call creates, and what follows on a missed one."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from itgrix_core.config.section import Section
from itgrix_core.config.templates import mistake


def _template(text: str) -> str:
    """A text whose names in braces are known."""
    if problem := mistake(text):
        raise ValueError(problem)
    return text


Template = Annotated[str, AfterValidator(_template)]


class CreationSettings(Section):
    """What is created for a call; of several such rules the first that fits counts."""

    create: Literal["nothing", "portal", "lead", "contact", "deal"] = Field(
        default="nothing",
        description="deal: with a contact, if there is none; portal: what the portal's own rules say.",
    )
    directions: list[Literal["inbound", "outbound"]] = Field(
        default=["inbound"], description="For which calls."
    )
    client: Literal["known", "unknown", "any"] = Field(
        default="unknown", description="Whether the CRM knows the number."
    )
    lines: list[str] = Field(
        default=[], description="Outside numbers (DID) or trunks, in any spelling; all if left out."
    )
    when: Literal["ring", "answer", "end"] = Field(
        default="ring",
        description="At the answer: for answered calls only. The card then comes no earlier, either.",
    )
    source: str = Field(
        default="", description="STATUS_ID of the SOURCE list; that of `sources` if left out."
    )
    source_description: Template = Field(default="", description="Kind of request, a text as in `title`.")
    title: Template = Field(
        default="",
        description="Its name; names in braces stand for the call's values: docs/rules.md.",
    )
    pipeline: int = Field(default=0, ge=0, description="Id of a deal's pipeline; 0 is the general one.")
    stage: str = Field(default="", description="STATUS_ID of the first stage of a lead or deal (C9:NEW).")
    responsible: int | None = Field(
        default=None, ge=1, description="User id; the employee who has the call if left out."
    )
    fields: dict[str, Template] = Field(
        default={},
        description="More fields, texts as in `title`.",
        examples=[{"UTM_SOURCE": "yandex"}],
    )


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("write a time of day as 09:00")
    return text


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class HoursSettings(Section):
    """When people work, in the time zone of the call's Asterisk."""

    begin: TimeOfDay = Field(default="09:00", description="From when.")
    end: TimeOfDay = Field(default="18:00", description="Until when.")
    days: list[Weekday] = Field(default=["mon", "tue", "wed", "thu", "fri"], description="On which days.")


class MissedSettings(Section):
    """What follows on a missed call."""

    ask: Literal["nothing", "task", "todo"] = Field(
        default="nothing",
        description="How somebody is asked to call back: by a task, or a to-do at the client (else a task).",
    )
    minutes: float = Field(default=15.0, gt=0, description="Until when he has to, in working time.")
    all_day: bool = Field(default=True, description="Whether all time is working time, or only `hours`.")
    hours: HoursSettings = Field(default=HoursSettings(), description="Working time.")
    title: Template = Field(
        default="Call back {number}",
        description="A text with the call's values: docs/rules.md.",
    )
    text: Template = Field(
        default="Called {did} on {date} at {time} and waited {wait} s.", description="As `title`."
    )
    remind_minutes: float = Field(
        default=5.0, ge=0, description="So long before the time is up he is reminded; 0: never."
    )
    escalate_minutes: float = Field(
        default=0.0, ge=0, description="So long after it the head of his department gets it; 0: never."
    )
    late_minutes: float = Field(
        default=120.0, gt=0, description="An older missed call, after an outage, asks nobody any more."
    )
    owners: dict[str, int] = Field(
        default={},
        description="Outside number (DID) or trunk to the user id who gets its missed calls.",
        examples=[{"+74950000000": 17}],
    )
    members: list[int] = Field(
        default=[], description="User ids among whom `missed_owner` chooses by turn, or who is free."
    )


Moment = Literal["ring", "answer", "never"]


class CardSettings(Section):
    """When a call's card comes up at an employee's."""

    show: Moment = Field(default="ring", description="While the phone rings, when he answers, or not at all.")
    queues: dict[str, Moment] = Field(
        default={}, description="The same by queue.", examples=[{"700": "answer"}]
    )
    users: dict[int, Moment] = Field(
        default={}, description="The same by user id of the CRM; comes first.", examples=[{17: "never"}]
    )


class NameList(Section):
    """Whose calls; a name that ends in * stands for all that begin like it."""

    extensions: list[str] = Field(default=[], description="Employees' inside numbers.")
    trunks: list[str] = Field(default=[], description="Endpoints through which calls come and go.")
    numbers: list[str] = Field(default=[], description="Clients' numbers, in any spelling.")


class GiveUpSettings(Section):
    """After how many days of trying in vain something is put aside; `itgrix outbox list --dead` shows it."""

    calls: float = Field(default=14.0, gt=0, description="Events of calls; cards spoil long before.")
    recordings: float = Field(default=30.0, gt=0, description="Recordings of calls that are filed.")
    call_backs: float = Field(default=7.0, gt=0, description="Reminders, escalations, closings of tasks.")
    notices: float = Field(default=1.0, gt=0, description="What the CRM tells us, clicks for instance.")


class OutboxSettings(Section):
    """What waits to be filed, and what was."""

    keep_days: float = Field(
        default=90.0, ge=7, description="How long finished calls are remembered, so that none is filed again."
    )
    keep_story_days: float = Field(
        default=30.0, ge=0, description="How long a finished call can be explained whole, and replayed."
    )
    keep_dead_days: float = Field(
        default=365.0, ge=7, description="How long what was put aside waits for somebody to look."
    )
    give_up_days: GiveUpSettings = Field(default=GiveUpSettings(), description="When trying ends.")
