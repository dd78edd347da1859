"""A tap on AMI: logs in, asks what the service would ask, keeps every byte and the time at which it came."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from typing import TYPE_CHECKING

from itgrix_core.wire.frames import Framer, is_banner
from itgrix_core.wire.messages import Message
from rigkit.questions import AT_LOGIN, questions_about
from rigkit.server import ADDRESS, AMI_PORT

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "itgrix-rig"


class Tap:
    """One logged-in connection, with all classes that its user may read.

    Args:
        user: a user of `etc/manager.conf`.
        address: of the Asterisk.
    """

    def __init__(self, user: str = "itgrix", address: str = ADDRESS) -> None:
        self.user = user
        self.address = address
        self._data = bytearray()
        self._chunks: list[tuple[int, float]] = []
        self._framer = Framer()
        self._actions = 0
        self._more = asyncio.Event()

    async def open(self) -> Tap:
        """Logs in and asks for the lists; TimeoutError if Asterisk does not let it."""
        reader, self._writer = await asyncio.open_connection(self.address, AMI_PORT, limit=1 << 20)
        self._task = asyncio.ensure_future(self._read(reader))
        self.ask("Login", Username=self.user, Secret=SECRET, Events="on")
        await asyncio.wait_for(self._until(b"Authentication accepted"), 10)
        for action in AT_LOGIN:
            self.ask(action)
        return self

    def ask(self, action: str, **headers: str) -> None:
        """Sends an action; its answer becomes part of the recording."""
        self._actions += 1
        self._send({"Action": action, "ActionID": f"rig-{self._actions}", **headers})

    def close(self) -> None:
        """Ends the connection."""
        self._task.cancel()
        self._writer.close()

    def save(self, folder: Path, name: str) -> None:
        """Writes NAME.ami.gz (the same bytes always make the same file) and NAME.times.jsonl."""
        (folder / f"{name}.ami.gz").write_bytes(gzip.compress(bytes(self._data), 9, mtime=0))
        lines = (json.dumps({"offset": offset, "t": at}) for offset, at in self._chunks)
        (folder / f"{name}.times.jsonl").write_text("".join(f"{line}\n" for line in lines))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            self._chunks.append((len(self._data), round(time.time(), 4)))
            self._data += data
            self._more.set()
            self._ask_about(data)
            self._heard()

    def _ask_about(self, data: bytes) -> None:
        for block in self._framer.feed(data):
            for question in [] if is_banner(block) else questions_about(Message(block)):
                self._send(question)

    def _send(self, pairs: dict[str, str]) -> None:
        text = "".join(f"{name}: {value}\r\n" for name, value in pairs.items())
        self._writer.write(f"{text}\r\n".encode())

    def _heard(self) -> None:
        """Called when there is more, for taps that answer with a question."""

    async def _until(self, words: bytes) -> None:
        while words not in self._data:
            self._more.clear()
            await self._more.wait()
