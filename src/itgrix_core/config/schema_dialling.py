"""Settings of what is dialled at the CRM's request: a click on a number, a visitor's callback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from itgrix_core.config.section import Seconds, Section

_BRACES = re.compile(r"\{(\w*)\}")
_NAMES = ("extension", "number", "line")


def _channel(text: str) -> str:
    if "{extension}" not in text or not re.fullmatch(r"[A-Za-z]\w*/[\w.@+*#:/{}-]+", text, re.ASCII):
        raise ValueError("must be a channel with {extension} in it: Local/{extension}@from-internal")
    return text


def _variables(variables: Mapping[str, str]) -> Mapping[str, str]:
    for text in variables.values():
        if unknown := set(_BRACES.findall(text)) - set(_NAMES):
            names = ", ".join(f"{{{each}}}" for each in _NAMES)
            raise ValueError(f"there is no {{{min(unknown)}}}; write one of: {names}")
        if re.search(r'[,"\\\r\n]', text):
            raise ValueError("holds a comma, a quote, a backslash or a line end, at which Asterisk parts it")
    return variables


def _header(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z-]+: *[^,\"\\\r\n]+", text):
        raise ValueError('must be a header without commas and quotes: "Alert-Info: info=alert-autoanswer"')
    return text


Context = Annotated[str, Field(pattern=r"^[\w.-]*$")]
Variables = Annotated[dict[str, str], AfterValidator(_variables)]


class DialSettings(Section):
    """How this Asterisk dials at the CRM's request: the employee's phone first, then the client."""

    channel: Annotated[str, AfterValidator(_channel)] = Field(
        default="Local/{extension}@from-internal",
        description="How an employee's phone is rung; FreePBX with voicemail: …@originate-skipvm.",
        examples=["PJSIP/{extension}"],
    )
    context: Context = Field(
        default="from-internal", min_length=1, description="Where the client's number is dialled."
    )
    timeout_seconds: Seconds = Field(default=30.0, description="How long the employee's phone rings.")
    auto_answer: Annotated[str, AfterValidator(_header)] = Field(
        default="",
        description="SIP header with which his phone answers by itself.",
        examples=["Alert-Info: info=alert-autoanswer"],
    )
    variables: Variables = Field(
        default={"REALCALLERIDNUM": "{extension}"},
        description="Variables of the call, with {extension}, {number}, {line}; FreePBX needs the default.",
    )


class LineSettings(Section):
    """What is different for a line that was chosen in the CRM."""

    asterisk: str | None = Field(default=None, description="Which Asterisk dials.")
    context: Context = Field(default="", description="Where the number is dialled; as usual if empty.")
    prefix: str = Field(
        default="", description="What is dialled before the number.", pattern=r"^[\d*#]{0,10}$"
    )
    variables: Variables = Field(default={}, description="More variables, or others.")


class ClickSettings(Section):
    """Clicks on numbers in the CRM, and callbacks that visitors order."""

    asterisk: str | None = Field(
        default=None, description="Which Asterisk dials; the first one that files here if left out."
    )
    lines: dict[str, LineSettings] = Field(
        default={},
        description="What is different by LINE_NUMBER of the chosen line.",
        examples=[{"74950000001": {"context": "from-branch"}}],
    )
    good_seconds: Seconds = Field(
        default=20.0, description="An older click is not dialled: its employee is elsewhere by then."
    )
    repeat_seconds: float = Field(
        default=5.0, ge=0, le=60, description="A second click on the same number within that time is none."
    )
    callback_good_seconds: Seconds = Field(
        default=900.0, description="An older order of a callback is not dialled."
    )
    callback_extension: str = Field(
        default="",
        description="Whom a callback rings first (an extension, a queue); the client's responsible if empty.",
        pattern=r"^\d{0,10}$",
    )
