"""EndpointList, EndpointDetail, QueueMember, DBGetResponse, and a chan_sip peer: who is behind an endpoint.

Answers to what is asked after each login and at a phone's channel (`questions`), evidence of different worth.
AstDB's DEVICE/<device>/user is FreePBX's own word. An endpoint that looks like a phone is none when we have
to prove ourselves to it and it never to us. One that does not look like a phone is one when its caller id is
an inside number, or when a queue rings it directly: a provider has neither. AstDB also tells whom FreePBX's
blacklist shuts out.
"""

from __future__ import annotations

import re

from itgrix_core.calls.board import Board
from itgrix_core.calls.questions import BLACKLIST_ID, DEVICE_ID, PEER_ID
from itgrix_core.calls.state import CallState, Channel
from itgrix_core.calls.table import Phase
from itgrix_core.calls.topology import REAL, ChannelKind, endpoint_of
from itgrix_core.wire.messages import Message

_CALLER_ID = re.compile(r"<(\d+)>\s*$")


def on_endpoint(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """An item of PJSIPShowEndpoints: a phone proves itself to us, to a provider we do."""
    name = message.get("ObjectName")
    if not board.topology.is_inside(name):
        return
    learnt = board.topology.learnt
    is_trunk = bool(message.get("OutboundAuths")) and not message.get("Auths")
    if is_trunk != (name in learnt.trunks):
        if is_trunk:
            learnt.trunks[name] = None
        else:
            del learnt.trunks[name]
        board.side.has_learnt = True


def on_detail(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """One that does not look like a phone: "Callerid: Boris Petrov <102>" tells that it is."""
    if not message.get("OutboundAuth"):
        _learn_caller_id(board, message)


def on_peer(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """The answer to SIPshowpeer: the same of a chan_sip peer; one that does not register is a provider."""
    if message.get("Dynamic").upper() == "Y":
        _learn_caller_id(board, message)


def _learn_caller_id(board: Board, message: Message) -> None:
    name, found = message.get("ObjectName"), _CALLER_ID.search(message.get("Callerid"))
    if name and found and board.topology.is_inside(found[1]):
        _learn_phone(board, name, found[1])


def on_member(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """An item of QueueStatus: "PJSIP/boris" is a phone, "PJSIP/7903…@provider1" a number outside."""
    technology, _, endpoint = message.get("Location").partition("/")
    is_one = technology in REAL and endpoint and not set("/@") & set(endpoint)
    if is_one and not board.topology.is_inside(endpoint):
        _learn_phone(board, endpoint, board.topology.learnt.phones.get(endpoint, ""))


def _learn_phone(board: Board, endpoint: str, extension: str) -> None:
    phones = board.topology.learnt.phones
    if phones.get(endpoint) != extension:
        phones[endpoint] = extension
        board.side.has_learnt = True


def on_entry(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """AstDB tells a device's user (at once also for its calls that are on), or that a caller is shut out."""
    device, _, what = message.get("Key").partition("/")
    if message.get("Family") == "DEVICE" and what == "user":
        _learn_device(board, device, message.get("Val"))
    elif message.get("ActionID").startswith(BLACKLIST_ID):
        _shut_out(board, board.side.id_of(message.get("ActionID").removeprefix(BLACKLIST_ID)))


def _shut_out(board: Board, uniqueid: str) -> None:
    call = board.channels.get(uniqueid)
    if call is not None and call.caller == uniqueid and not call.is_blacklisted:
        call.is_blacklisted = True
        board.changed[call.key] = None


def on_no_device(board: Board, message: Message, at: float) -> None:  # noqa: ARG001 - a handler's shape
    """AstDB has no such device: the answer to our DBGet is an error."""
    if message.get("Response") == "Error":
        _learn_device(board, message.get("ActionID").removeprefix(DEVICE_ID), "")


def _learn_device(board: Board, device: str, user: str) -> None:
    devices = board.topology.learnt.devices
    if not device or devices.get(device) == user:
        return
    devices[device] = user
    board.side.has_learnt = True
    for call in board.calls.values():
        for channel in call.channels.values():
            is_phone = channel.kind is ChannelKind.PHONE and channel.pbx == board.pbx
            if is_phone and endpoint_of(channel.name) == device:
                _rename(board, call, channel)


def _rename(board: Board, call: CallState, channel: Channel) -> None:
    """The channel's employee became known after his leg was made."""
    leg = call.legs.get(channel.uniqueid)
    if leg:
        leg.extension = board.employee(channel)
    if channel.uniqueid == call.caller and call.phase is Phase.LIVE and call.extension:
        call.extension = board.employee(channel)
    board.changed[call.key] = None


ANSWERS = {DEVICE_ID: on_no_device, PEER_ID: on_peer}

HANDLERS = {
    "EndpointList": on_endpoint,
    "EndpointDetail": on_detail,
    "QueueMember": on_member,
    "DBGetResponse": on_entry,
}
