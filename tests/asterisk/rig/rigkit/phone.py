"""A telephone on the loopback address that does what a script tells it."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rigkit import sip
from rigkit.call import PhoneCall
from rigkit.server import ADDRESS, SIP_PORT
from rigkit.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Coroutine


@dataclass
class Diary:
    """What all phones did, in order, with Unix times: the ground of every truth."""

    items: list[dict[str, object]] = field(default_factory=list)

    def add(self, actor: str, what: str, **more: object) -> None:
        """Writes down one step."""
        self.items.append({"t": round(time.time(), 3), "actor": actor, "what": what, **more})


class Phone(asyncio.DatagramProtocol):
    """One SIP user with one UDP port.

    Args:
        name: who it is: an extension ("101") or a provider ("provider1").
        port: its UDP port.
        diary: where it writes down what it does.
        headers: headers of every INVITE; they tell Asterisk which provider calls.
        pbx_port: the port of Asterisk to which it talks.
        address: its own and its Asterisk's.

    Attributes:
        deaf: while true, calls are noted and not replied to at all, as by a phone whose network has gone.
    """

    def __init__(
        self,
        name: str,
        port: int,
        diary: Diary,
        headers: tuple[tuple[str, str], ...] = (),
        pbx_port: int = SIP_PORT,
        address: str = ADDRESS,
    ) -> None:
        self.name = name
        self.port = port
        self.pbx_port = pbx_port
        self.diary = diary
        self.address = address
        self.deaf = False
        self._headers = headers
        self._calls: dict[str, PhoneCall] = {}
        self._incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._missed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._registered: asyncio.Future[int] | None = None
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> Phone:
        """Opens its port."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(self.address, self.port))
        return self

    def close(self) -> None:
        """Closes its port and the sound of its calls."""
        for call in self._calls.values():
            call.close()
        if self._transport is not None:
            self._transport.close()

    # ---- what a script does ----
    async def register(self, expires: int = 3600) -> None:
        """Registers, or with 0 goes away; RuntimeError if Asterisk refuses."""
        self._registered = asyncio.get_running_loop().create_future()
        me = f"<sip:{self.name}@{self.address}>"
        headers = [
            ("Via", self.via()),
            ("Max-Forwards", "70"),
            ("From", f"{me};tag={secrets.token_hex(4)}"),
            ("To", me),
            ("Call-ID", secrets.token_hex(8)),
            ("CSeq", "1 REGISTER"),
            ("Contact", self.contact),
            ("Expires", str(expires)),
        ]
        self.send(sip.write(f"REGISTER sip:{self.address} SIP/2.0", headers))
        code = await asyncio.wait_for(self._registered, 5)
        if code != 200:
            raise RuntimeError(f"{self.name}: Asterisk answers {code} to REGISTER")

    async def call(self, number: str, caller: str = "", caller_name: str = "") -> PhoneCall:
        """Places a call; a provider says which outside number calls."""
        sound = await Sound.open(self.address)
        shown = f'"{caller_name}" ' if caller_name else ""
        headers = [
            ("Via", self.via()),
            ("Max-Forwards", "70"),
            ("From", f"{shown}<sip:{caller or self.name}@{self.address}>;tag={secrets.token_hex(5)}"),
            ("To", f"<sip:{number}@{self.address}>"),
            ("Call-ID", secrets.token_hex(8)),
            ("CSeq", "1 INVITE"),
            ("Contact", self.contact),
            ("Allow", "INVITE, ACK, CANCEL, BYE, NOTIFY, UPDATE, OPTIONS"),
            *self._headers,
        ]
        uri = f"sip:{number}@{self.address}:{self.pbx_port}"
        text = sip.write(f"INVITE {uri} SIP/2.0", headers, sip.audio_offer(self.address, sound.port, 1))
        call = PhoneCall(self, sip.SipMessage(text.encode()), placed=True)
        call.use(sound)
        self._calls[call.call_id] = call
        self.diary.add(
            self.name, "calls", call=call.call_id[:8], number=number, caller=call.caller, name=caller_name
        )
        self.send(text)
        return call

    async def next_call(self, within: float = 20) -> PhoneCall:
        """The next call that comes in; it does not ring yet."""
        return await asyncio.wait_for(self._incoming.get(), within)

    async def next_ring(self, within: float = 20) -> PhoneCall:
        """The next call that comes in, ringing."""
        call = await self.next_call(within)
        call.ring()
        return call

    @property
    def is_idle(self) -> bool:
        """Whether every call that came in was asked for by the script."""
        return self._incoming.empty()

    # ---- how ----
    @property
    def contact(self) -> str:
        """Where it is to be reached."""
        return f"<sip:{self.name}@{self.address}:{self.port}>"

    def via(self) -> str:
        """A Via header of a new transaction."""
        return f"SIP/2.0/UDP {self.address}:{self.port};branch={sip.branch()}"

    def send(self, text: str) -> None:
        """Sends a message to Asterisk."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(text.encode(), (self.address, self.pbx_port))

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Called by asyncio."""
        self._transport = transport

    def datagram_received(self, data: bytes, _: object) -> None:
        """Called by asyncio with each message."""
        if len(data) < 16:  # keep-alives
            return
        message = sip.SipMessage(data)
        call = self._calls.get(message.get("Call-ID"))
        if message.code and message.method == "REGISTER":
            if not self._registered.done():
                self._registered.set_result(message.code)
        elif message.code:
            if call is not None:
                call.on_response(message)
        elif self.deaf:
            self._overhear(message)
        elif call is not None:
            self._later(call.on_request(message))
        elif message.method == "INVITE":
            self._take(message)
        elif message.method != "ACK":
            self._later(PhoneCall(self, message, placed=False).on_request(message))

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)  # or the loop forgets it half done
        task.add_done_callback(self._tasks.discard)

    def _overhear(self, message: sip.SipMessage) -> None:
        if message.method == "INVITE" and message.get("Call-ID") not in self._missed:
            self._missed.add(message.get("Call-ID"))
            self.diary.add(self.name, "is called and does not reply", caller=sip.user_of(message.get("From")))

    def _take(self, message: sip.SipMessage) -> None:
        call = PhoneCall(self, message, placed=False)
        self._calls[call.call_id] = call
        call.trying()
        about = {"caller": call.caller, "name": call.caller_name, "dialled": call.dialled}
        self.diary.add(self.name, "gets a call", call=call.call_id[:8], **about)
        self._incoming.put_nowait(call)
