"""Originate: a call that Asterisk begins for us, known by an id of ours from its first event on.

ChannelId is the Uniqueid and, as the channel is the first of its call, the Linkedid
(docs/facts/asterisk.md 39). The same id is the ActionID: of a phone that is not registered OriginateResponse
tells alone (38). What is said here ends in a dialplan and was partly written by strangers, so every part has
a shape that it must have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from itgrix_core.ami.actions import pairs_of

Action = tuple[tuple[str, str], ...]

_SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "channel": re.compile(r"[A-Za-z][A-Za-z0-9]*/[\w.@+*#:/\-]{1,120}", re.ASCII),
    "context": re.compile(r"[\w.\-]{1,80}", re.ASCII),
    "extension": re.compile(r"[\w+*#.\-]{1,80}", re.ASCII),
}
_VARIABLE: Final = re.compile(r"_{0,2}[A-Za-z]\w*(\([\w,.\-]*\))?", re.ASCII)
_SPLITS: Final = re.compile(r'[,"\\]')
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LOCAL: Final = "Local/"
_SECOND: Final = ";2"


def originate(params: Mapping[str, Any], channel_id: str) -> Action:
    """The action, as headers.

    Args:
        params: as `itgrix_hooks.params.OriginateParams`, hooks' changes included.
        channel_id: the new channel's Uniqueid, and the action's id.

    Raises:
        ValueError: a part has not its shape; the text names the part, and nothing of what it holds.
    """
    channel = _shaped(params, "channel")
    ids = [("ActionID", channel_id), ("ChannelId", channel_id)]
    if channel.startswith(_LOCAL):
        ids.append(("OtherChannelId", channel_id + _SECOND))
    headers = [
        ("Action", "Originate"),
        *ids,
        ("Channel", channel),
        ("Context", _shaped(params, "context")),
        ("Exten", _shaped(params, "extension")),
        ("Priority", str(int(params.get("priority", 1)))),
        ("CallerID", _caller_id(str(params.get("caller_id", "")))),
        ("Timeout", str(round(1000 * float(params.get("timeout_seconds", 30.0))))),
        ("Async", "true"),
        *_variables(params.get("variables") or {}),
    ]
    return tuple(pairs_of(headers))


def auto_answer(channel: str, header: str) -> dict[str, str]:
    """Variables that put a header ("Name: value") into the INVITE of the employee's phone.

    Both drivers have their own way. Through a Local channel chan_sip's is inherited, while with PJSIP the
    dialplan has to help: FreePBX's takes Alert-Info from a variable.
    """
    name, _, value = (part.strip() for part in header.partition(":"))
    if not name or not value:
        return {}
    if channel.startswith("PJSIP/"):
        return {f"PJSIP_HEADER(add,{name})": value}
    if channel.startswith(_LOCAL):
        alert = {"__ALERT_INFO": value} if name.lower() == "alert-info" else {}
        return {"__SIPADDHEADER51": f"{name}: {value}", **alert}
    return {"SIPADDHEADER51": f"{name}: {value}"}


def is_alive(channel_id: str) -> Action:
    """The question whether a channel with this Uniqueid is there: answered with Success if it is."""
    return (("Action", "Getvar"), ("Channel", channel_id), ("Variable", "UNIQUEID"))


def _shaped(params: Mapping[str, Any], part: str) -> str:
    text = str(params.get(part, ""))
    if not _SHAPES[part].fullmatch(text):
        raise ValueError(f"its {part} is not what Asterisk can be told")
    return text


def _caller_id(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("its caller_id holds control characters, as an injected header would need")
    return text


def _variables(variables: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Asterisk parts a header at commas outside of quotes, so that one variable would set others."""
    headers = []
    for name, value in variables.items():
        text = str(value)
        if not _VARIABLE.fullmatch(name):
            raise ValueError("a name among its variables is none")
        if _CONTROL.search(text) or _SPLITS.search(text):
            raise ValueError(
                f"its variable {name} holds a comma, a quote, a backslash or a control character"
            )
        headers.append(("Variable", f"{name}={text}"))
    return headers
