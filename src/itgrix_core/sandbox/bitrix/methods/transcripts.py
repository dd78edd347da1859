"""telephony.call.attachTranscription and crm.activity.call.getTranscript: what was said in a call."""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.methods.bindings import number_of
from itgrix_core.sandbox.bitrix.php import as_int, as_list, as_text
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World

_SIDES = ("User", "Client")


def attach(world: World, _caller: Caller, params: Params) -> dict[str, int]:
    """telephony.call.attachTranscription: a finished call's messages, in place of former ones."""
    statistic = world.finished.get(as_text(params.get("CALL_ID")))
    if statistic is None:
        raise world.telephony_error(
            "Call is not found in the statistic table. Looks like it is not finished yet."
        )
    messages = [_message(world, one) for one in as_list(params.get("MESSAGES"))]
    if not messages:
        raise world.telephony_error("Transcription messages should be an array and should not be empty")
    world.transcripts[statistic.call.call_id] = messages
    statistic.transcript_id = statistic.transcript_id or world.next_id()
    return {"TRANSCRIPT_ID": statistic.transcript_id}


def _message(world: World, one: Any) -> dict[str, Any]:
    sent = one if isinstance(one, dict) else {}
    start, stop = as_int(sent.get("START_TIME")), as_int(sent.get("STOP_TIME"))
    text = as_text(sent.get("MESSAGE"))
    if sent.get("SIDE") not in _SIDES or start is None or start < 0 or not stop or not text:
        raise world.telephony_error(
            "Message should have SIDE (User, Client), START_TIME, STOP_TIME and MESSAGE"
        )
    return {"SIDE": sent["SIDE"], "START_TIME": start, "STOP_TIME": stop, "MESSAGE": text}


def read(world: World, _caller: Caller, params: Params) -> dict[str, str]:
    """crm.activity.call.getTranscript: the text of a call's activity."""
    number = number_of(params, "activityId")
    for call_id, statistic in world.finished.items():
        if statistic.activity_id == number and call_id in world.transcripts:
            lines = [f"{one['SIDE']}: {one['MESSAGE']}" for one in world.transcripts[call_id]]
            return {"transcription": "\n".join(lines)}
    raise RestError(400, "NOT_FOUND", "Transcription was not found")


METHODS = {"telephony.call.attachTranscription": attach, "crm.activity.call.getTranscript": read}
