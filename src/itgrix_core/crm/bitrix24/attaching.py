"""A recording's file on its way to the portal: posted to the address that the portal gives, or in base64.

The address costs a request more and spares a third of the bytes and all of the memory, so a short file goes
in base64 at once. Where the portal gives no address, one that is not the portal's own, or takes nothing
there, base64 is the other way (docs/facts/bitrix24.md A5).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from itgrix_core.crm.adapter import Done, Outcome, Refused
from itgrix_core.crm.bitrix24.answers import mapping
from itgrix_core.crm.bitrix24.audio import content_of
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.methods import ATTACH
from itgrix_core.crm.bitrix24.multipart import FilePart

SHORT_BYTES = 500_000
"""Half a minute of WAV, about four of MP3."""


def attached(client: Client, params: Mapping[str, Any], file: Path) -> Outcome:
    """Attach a file; `params` are CALL_ID and FILENAME, which ends as the portal wants it."""
    if file.stat().st_size > SHORT_BYTES:
        place = client.call(ATTACH, params)
        if not isinstance(place, Reply | Refused):
            return place
        if isinstance(place, Refused) and place.why == "unknown call":
            return place
        told = mapping(place.result) if isinstance(place, Reply) else {}
        url = str(told.get("uploadUrl") or "")
        if _is_portals(url, client.portal):
            sent = _uploaded(client, url, str(told.get("fieldName") or "file"), str(params["FILENAME"]), file)
            if not isinstance(sent, Refused):
                return sent
    content = content_of(file)
    if isinstance(content, Refused):
        return content
    reply = client.call(ATTACH, {**params, "FILE_CONTENT": content})
    return Done(reply.result) if isinstance(reply, Reply) else reply


def _uploaded(client: Client, url: str, field: str, name: str, file: Path) -> Outcome:
    try:
        with FilePart(field, name, file) as part:
            reply = client.upload(url, part)
    except OSError as error:
        return Refused("params", f"recording {file}: cannot be read ({error.strerror})")
    return Done(reply.result) if isinstance(reply, Reply) else reply


def _is_portals(url: str, portal: str) -> bool:
    """Whether an address leads to the portal itself, and is as safe as the way to it is."""
    try:
        told, own = urlsplit(url), urlsplit(portal)
    except ValueError:
        return False
    return told.hostname == own.hostname and told.scheme in {own.scheme, "https"}
