"""The sound of a call: silence, sent as a phone sends it, so that recordings have a length."""

from __future__ import annotations

import asyncio
import itertools
import secrets

SILENCE = b"\xff" * 160  # 20 ms of G.711 u-law


class Sound(asyncio.DatagramProtocol):
    """One RTP port; drops what it gets."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._task: asyncio.Task[None] | None = None
        self._target: tuple[str, int] | None = None

    @classmethod
    async def open(cls, address: str) -> Sound:
        """A port of its own at this address."""
        loop = asyncio.get_running_loop()
        return (await loop.create_datagram_endpoint(cls, local_addr=(address, 0)))[1]

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Called by asyncio."""
        self._transport = transport

    @property
    def port(self) -> int:
        """The port's number."""
        return self._transport.get_extra_info("sockname")[1]

    def send_to(self, target: tuple[str, int]) -> None:
        """Begins to send silence there, or goes on there."""
        self._target = target
        if self._task is None:
            self._task = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        source = secrets.token_bytes(4)
        next_at = asyncio.get_running_loop().time()
        for count in itertools.count(secrets.randbelow(10000)):
            head = (
                b"\x80\x00"
                + (count & 0xFFFF).to_bytes(2, "big")
                + (count * 160 & 0xFFFFFFFF).to_bytes(4, "big")
            )
            self._transport.sendto(head + source + SILENCE, self._target)
            next_at += 0.02
            await asyncio.sleep(max(0, next_at - asyncio.get_running_loop().time()))

    def close(self) -> None:
        """Silence of the other kind."""
        if self._task is not None:
            self._task.cancel()
        self._transport.close()
