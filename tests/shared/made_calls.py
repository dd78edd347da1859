"""Calls that no Asterisk made: the events of a whole call, put into a service's own outbox."""

from dataclasses import replace

from itgrix_core.calls.events import (
    CallEnded,
    CallEvent,
    CallStarted,
    ConversationAccepted,
    ConversationEnded,
    ConversationRequested,
)
from itgrix_core.jobs.codec import job_of
from itgrix_hooks.values import Call, Conversation, Direction, Disposition, PhoneNumber, Result

RING_SECONDS, TALK_SECONDS = 8, 60


def inbound(key: str, client: str, extension: str, began: float, *, is_answered: bool) -> list[CallEvent]:
    """A client calls, this phone rings 8 s; then they talk a minute, or he gives up.

    `key` is PBX / Linkedid, as `Call.key`; `began` are Unix seconds.
    """
    call = _call(key, Direction.INBOUND, client, began)
    ring = Conversation(f"{call.linkedid}.2", extension, was_rung=True, rang_at=began)
    rung = replace(call, rang_at=began, conversations=(ring,))
    at = began + RING_SECONDS
    if not is_answered:
        stopped = replace(ring, ended_at=at, result=Result.NO_ANSWER)
        over = replace(rung, conversations=(stopped,), ended_at=at, disposition=Disposition.MISSED)
        last: list[CallEvent] = [ConversationEnded(over, at, ring.key), CallEnded(over, at)]
    else:
        taken = replace(ring, answered_at=at)
        talking = replace(rung, answered_at=at, conversations=(taken,))
        over = _talked(talking, taken)
        last = [ConversationAccepted(talking, at, ring.key), CallEnded(over, at + TALK_SECONDS)]
    return [CallStarted(call, began), ConversationRequested(rung, began, ring.key), *last]


def outbound(
    key: str, client: str, extension: str, began: float, *, is_answered: bool = True, is_click: bool = False
) -> list[CallEvent]:
    """This employee calls, or the PBX calls him at a click; the client answers after 8 s, or never."""
    call = replace(
        _call(key, Direction.OUTBOUND, client, began),
        dialled=client,
        extension=extension,
        tried_trunks=("trunk",),
        is_click_to_call=is_click,
    )
    caller = Conversation(f"{call.linkedid}.1", extension, is_caller=True)
    at = began + RING_SECONDS
    if is_answered:
        talk = replace(caller, answered_at=at)
        over = _talked(replace(call, rang_at=began, answered_at=at, conversations=(talk,)), talk)
        return [CallStarted(call, began), CallEnded(over, at + TALK_SECONDS)]
    alone = replace(caller, ended_at=at, result=Result.FAILED)
    over = replace(call, conversations=(alone,), ended_at=at, disposition=Disposition.NO_ANSWER)
    return [CallStarted(call, began), CallEnded(over, at)]


def put(service, events: list[CallEvent]) -> None:
    """Let a service file them, as its line to Asterisk would."""
    for event in events:
        service.engine.put([job_of(event, event.at)])


def _call(key: str, direction: Direction, client: str, began: float) -> Call:
    pbx, _, linkedid = key.partition("/")
    did = "74950000001" if direction is Direction.INBOUND else None
    number = PhoneNumber(client)
    return Call(key, pbx, linkedid, direction, began, client_number=number, did=did, trunk="trunk")


def _talked(call: Call, talk: Conversation) -> Call:
    at = (talk.answered_at or 0.0) + TALK_SECONDS
    ended = replace(talk, ended_at=at, result=Result.ANSWERED)
    return replace(call, conversations=(ended,), ended_at=at, disposition=Disposition.ANSWERED)
