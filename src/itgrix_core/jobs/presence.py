"""Stands before listening and learns how the phones are.

After each login, each reload and once an hour the supervisor asks what the PBX is made of (`ami.asking`). The
end of such an answer is the moment to ask for the states of its devices, which come in the same stream.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from itgrix_core.calls.presence import LIST_DEVICES, MARK, Presence
from itgrix_core.calls.questions import Action
from itgrix_core.errors import AmiError
from itgrix_core.wire.frames import BANNER, is_banner, read_blocks
from itgrix_core.wire.messages import Message

_ASKED = (
    b"Event: EndpointListComplete\r\n",
    b"Event: PeerlistComplete\r\n",
    b"Event: QueueStatusComplete\r\n",
)

OnChunk = Callable[[bytes, float], None]
_log = structlog.get_logger(__name__)


def heard(presence: Presence, on_chunk: OnChunk, send: Callable[[Action], None]) -> OnChunk:
    """`on_chunk`, with the phones' states learnt on the way.

    Args:
        presence: learns.
        on_chunk: listening.
        send: sends an action; its answer comes in the stream.
    """

    def take(data: bytes, received_at: float) -> None:
        if MARK in data or data.startswith(BANNER):
            for block in read_blocks(data):
                if is_banner(block):
                    presence.forget()
                elif block.startswith(MARK):
                    presence.hear(Message(block))
        on_chunk(data, received_at)
        if any(mark in data for mark in _ASKED):
            try:
                send(tuple(LIST_DEVICES.items()))
            except AmiError as error:
                _log.debug("the phones' states could not be asked for", error=str(error))

    return take
