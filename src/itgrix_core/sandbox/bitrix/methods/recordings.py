"""telephony.externalCall.attachRecord in its three modes, and the upload that the third one leads to.

A link is written down, never fetched: this portal makes no connections of its own.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Any
from urllib.parse import quote, urlsplit

from itgrix_core.sandbox.bitrix.php import as_int, as_text
from itgrix_core.sandbox.bitrix.records import RecordFile
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World

_EXTENSIONS = (".wav", ".mp3")


def attach(world: World, caller: Caller, params: Params) -> dict[str, Any]:
    """A link or a file with its content: `{FILE_ID}`; a name alone: where to upload the file."""
    call_id = as_text(params.get("CALL_ID"))
    link = as_text(params.get("RECORD_URL"))
    if not link and "FILENAME" not in params:
        raise world.telephony_error(
            "Required parameters are not set. Request should contain or URL or FILENAME parameter"
        )
    if call_id not in world.finished:
        raise world.telephony_error(
            "Call is not found in the statistic table. Looks like it is not finished yet."
        )
    name = as_text(params.get("FILENAME")) or urlsplit(link).path.rpartition("/")[2]
    _check_name(world, name)
    if link:
        return {"FILE_ID": keep(world, call_id, name, url=link)}
    if "FILE_CONTENT" in params:
        return {"FILE_ID": keep(world, call_id, name, content=_decoded(world, params["FILE_CONTENT"]))}
    return _upload_place(world, caller, call_id, name)


def _check_name(world: World, name: str) -> None:
    if not name:
        raise world.telephony_error("File name is empty")
    if not name.lower().endswith(_EXTENSIONS):
        raise world.telephony_error("Wrong file extension. Only wav and mp3 are allowed")


def _decoded(world: World, content: Any) -> bytes:
    text = as_text(content)
    if not text:
        raise world.telephony_error("File content is empty.")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise world.telephony_error(
            "File content is not properly encoded. Base64 encoding is expected."
        ) from error


def _upload_place(world: World, caller: Caller, call_id: str, name: str) -> dict[str, str]:
    token = f"telephony|{uuid.uuid4().hex}"
    world.uploads[token] = (call_id, name)
    address = (
        f"{world.base_url}rest/upload.json?auth={quote(caller.token, safe='')}&token={quote(token, safe='')}"
    )
    return {"uploadUrl": address, "fieldName": "file"}


def upload(world: World, token: str, name: str, content: bytes) -> dict[str, int]:
    """Take an uploaded file. Its own name counts, as the portal checks the uploaded part."""
    if token not in world.uploads:
        raise world.telephony_error("Upload token is not found")
    _check_name(world, name)
    if not content:
        raise world.telephony_error("File content is empty.")
    call_id, _ = world.uploads.pop(token)
    return {"FILE_ID": keep(world, call_id, name, content=content)}


def keep(world: World, call_id: str, name: str, content: bytes = b"", url: str = "") -> int:
    """Put a recording on the disk in place of the call's former one; answers its id."""
    statistic = world.finished[call_id]
    if statistic.record_file_id is not None:
        world.files.pop(statistic.record_file_id, None)
    number = 9000 + world.next_id()
    world.files[number] = RecordFile(number, call_id, name, content, url)
    statistic.record_file_id = number
    statistic.record_url = url or None
    activity = world.activities.get(as_int(statistic.activity_id))
    if activity is not None:
        activity["FILES"] = [{"id": number, "url": url or f"{world.base_url}disk/{number}/{quote(name)}"}]
    return number


METHODS = {"telephony.externalCall.attachRecord": attach}
