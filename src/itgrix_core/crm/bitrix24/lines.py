"""The account's outside numbers as external lines of the portal: made where missing, never deleted.

Several spellings of one number are one line, that of the portal if it has one: numbers are compared by their
last ten digits, which 8 495 … and +7 495 … have in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.answers import rows
from itgrix_core.crm.bitrix24.checking import Finding
from itgrix_core.crm.bitrix24.client import Client, Reply

_TELLING = 10


def wanted_lines(lines: Mapping[str, str]) -> list[str]:
    """The LINE_NUMBERs of the settings (DID or trunk to LINE_NUMBER), each number in its first spelling."""
    first: dict[str, str] = {}
    for number in lines.values():
        first.setdefault(_telling(number), number)
    return list(first.values())


def register_lines(client: Client, settings: BitrixSettings) -> Iterator[Finding]:
    """Make what is missing, and keep in step whether outgoing calls create; each line in a sentence."""
    wanted = wanted_lines(settings.lines)
    if not wanted:
        yield True, "No lines are set (`lines`): calls are filed without one."
        return
    for number in sorted(set(settings.lines.values()) - set(wanted)):
        yield False, f"{number} in `lines` is another spelling of a line: write both alike."
    reply = client.call("telephony.externalLine.get")
    if not isinstance(reply, Reply):
        yield False, f"The portal's lines cannot be read ({reply.text})"
        return
    known = {_telling(str(row.get("NUMBER") or "")): row for row in rows(reply.result)}
    auto_create = "Y" if settings.is_creating_outbound else "N"
    for number in wanted:
        yield _kept(client, number, known.get(_telling(number)), auto_create)


def _kept(client: Client, number: str, found: Mapping[str, object] | None, auto_create: str) -> Finding:
    """One line, added or brought in step."""
    params = {"NUMBER": number, "CRM_AUTO_CREATE": auto_create}
    if found is None:
        reply, done = client.call("telephony.externalLine.add", {**params, "NAME": number}), "made"
    elif found.get("NUMBER") != number:
        return False, f"The portal writes line {number} as {found['NUMBER']}: write it so in `lines`."
    elif found.get("CRM_AUTO_CREATE") != auto_create:
        reply, done = client.call("telephony.externalLine.update", params), "brought in step"
    else:
        return True, f"Line {number} is registered."
    if isinstance(reply, Reply):
        return True, f"Line {number} was {done}."
    if "already exists" in reply.text:
        return True, f"Line {number} is registered."
    return False, f"Line {number} could not be registered ({reply.text})"


def _telling(number: str) -> str:
    """What spellings of one number have in common; a name stays as it is."""
    digits = re.sub(r"\D", "", number)
    return digits[-_TELLING:] if len(digits) >= _TELLING else number
