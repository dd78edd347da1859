"""Settings of an account's table of rules: what follows otherwise, and for which calls."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from itgrix_core.config.schema_rules import HoursSettings, Template
from itgrix_core.config.section import Section
from itgrix_hooks.values import EntityKind


class RuleSettings(Section):
    """Conditions, all of which must hold, and what follows; the first row that fits counts, by effect."""

    name: str = Field(default="", description="Its own name; logs tell it, and a turn is kept under it.")
    directions: list[Literal["inbound", "outbound", "internal"]] = Field(
        default=["inbound", "outbound"], description="For which calls."
    )
    lines: list[str] = Field(
        default=[], description="Outside numbers (DID) or trunks, in any spelling; all if left out."
    )
    queues: list[str] = Field(default=[], description="Queues in which the caller waited; also none.")
    extensions: list[str] = Field(
        default=[], description="Inside numbers, one of which rang or talked; 2* for all that begin like it."
    )
    numbers: list[str] = Field(default=[], description="Clients' numbers, in any spelling, or +7495*.")
    answered: bool | None = Field(
        default=None, description="Calls that a human took (true), or nobody (false)."
    )
    client: Literal["known", "unknown", "any"] = Field(
        default="any", description="Whether the CRM knew the client before the call."
    )
    during: HoursSettings | None = Field(
        default=None,
        description="Calls that began in these hours of the PBX's wall clock.",
        examples=[{"begin": "13:00", "end": "14:00"}],
    )
    outside: HoursSettings | None = Field(
        default=None,
        description="Calls that began outside these hours.",
        examples=[{"begin": "09:00", "end": "18:00", "days": ["mon", "tue", "wed", "thu", "fri"]}],
    )
    file: bool | None = Field(
        default=None, description="Whether the CRM is to know of the call; false keeps it out."
    )
    owners: list[int] = Field(
        default=[], description="User id on whom the call is booked at its end; several: each in turn."
    )
    subject: Template = Field(default="", description="Subject of the call's entry, a text with its values.")
    description: Template = Field(
        default="",
        description="Text of the call's entry, likewise.",
        examples=["Waited {wait} s, talked {talk} s."],
    )
    fields: dict[EntityKind, dict[str, Template]] = Field(
        default={},
        description="Fields written into the client's entities at the end, texts likewise.",
        examples=[{"lead": {"SOURCE_DESCRIPTION": "{did}"}}],
    )
    task_title: Template = Field(default="", description="Title of the task to call back.")
    task_text: Template = Field(default="", description="Its text.")


EFFECTS = ("file", "owners", "subject", "description", "fields", "task_title", "task_text")
"""What a row may do; all other settings but its name are conditions."""


def has_effect(rule: RuleSettings, effect: str) -> bool:
    """Whether a row does this."""
    value = getattr(rule, effect)
    return value is False or bool(value)


def is_for_all(rule: RuleSettings) -> bool:
    """Whether a row's conditions hold for every call with a client."""
    narrow = ("lines", "queues", "extensions", "numbers", "during", "outside")
    is_open = all(not getattr(rule, name) for name in narrow) and rule.answered is None
    return is_open and rule.client == "any" and {"inbound", "outbound"} <= set(rule.directions)
