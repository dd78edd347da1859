"""The FastAGI door: `AGI(agi://HOST:PORT/PBX,${did})` gets its answer in three channel variables.

Whoever speaks first, how long he takes and how much he says is bounded: a request is a few hundred bytes and
comes at once. Everybody who is not let in, or says something else, is cut off; the dialplan then goes on
with the call's usual way (`itgrix dialplan` prints it so). Protocol: docs.asterisk.org, AGI Commands.
"""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from itgrix_core.filing.routing import plain, question_of
from itgrix_core.jobs.quiet import Quiet
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion

REQUEST_SECONDS = 2.0
"""All that a connection may take, our own answer excepted."""
REQUEST_BYTES = 8192
MOST_AT_ONCE = 128

Answer = Callable[[str, RouteQuestion, str], RouteAnswer]
"""PBX, question, Uniqueid of the caller's channel."""
Networks = Sequence[IPv4Network | IPv6Network]


class RefusedError(Exception):
    """What came is not answered; the text says why in our own words."""


class AgiServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens until `stop`.

    Args:
        address: host and port; port 0 takes a free one.
        allowed: who may ask, besides this machine.
        pbxes: whose questions are answered.
        answer: answers them.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_AT_ONCE

    def __init__(
        self, address: tuple[str, int], allowed: Networks, pbxes: Collection[str], answer: Answer
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._allowed = allowed
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        self.pbxes = pbxes
        self.answer = answer
        self._quiet = Quiet()
        super().__init__(address, _Conversation)
        self.port = int(self.server_address[1])
        self._thread = threading.Thread(target=self.serve_forever, args=(0.2,), name="agi", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more questions, end the thread, close the socket."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def refused(self, reason: str, client_address: tuple[str, int]) -> None:
        """Somebody was cut off."""
        self._quiet.warn(f"FastAGI: refused: {reason}", f"(from {client_address[0]})")

    def verify_request(self, request: object, client_address: tuple[str, int]) -> bool:  # noqa: ARG002 - stdlib's
        """Whether this address may ask."""
        host = ip_address(client_address[0].partition("%")[0])
        host = getattr(host, "ipv4_mapped", None) or host
        if host.is_loopback or any(host in network for network in self._allowed):
            return True
        self.refused("an address that is not in routing.allowed", client_address)
        return False

    def process_request(self, request: Any, client_address: tuple[str, int]) -> None:
        """One conversation in a thread of its own, if there is room."""
        if not self._room.acquire(blocking=False):
            self.refused(f"more than {MOST_AT_ONCE} questions at once", client_address)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._room.release()
            raise

    def process_request_thread(self, request: Any, client_address: tuple[str, int]) -> None:
        """The conversation."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: tuple[str, int]) -> None:  # noqa: ARG002 - stdlib's
        """A fault of ours, in a sentence; the dialplan notices by itself."""
        self.refused(f"a question failed: {sys.exc_info()[1]!r}", client_address)


class _Conversation(socketserver.BaseRequestHandler):
    """One question."""

    server: AgiServer

    def setup(self) -> None:
        self._until = time.monotonic() + REQUEST_SECONDS
        self._left = REQUEST_BYTES
        self._read = b""

    def handle(self) -> None:
        try:
            self._answer()
        except RefusedError as refused:
            self.server.refused(str(refused), self.client_address)
        except TimeoutError:
            self.server.refused(
                f"a question that took longer than {REQUEST_SECONDS:g} s", self.client_address
            )
        except OSError:  # the caller has hung up
            pass

    def _answer(self) -> None:
        told = self._head()
        pbx = told.get("agi_network_script", "").partition("?")[0].strip("/")
        if pbx not in self.server.pbxes:
            raise RefusedError("a question for no Asterisk of the configuration (agi://HOST:PORT/NAME)")
        did = told.get("agi_arg_1", "") or told.get("agi_dnid", "")
        question = question_of(told.get("agi_callerid", ""), did, told.get("agi_channel", ""))
        if question is None:
            raise RefusedError("a caller's number that is none")
        answer = self.server.answer(pbx, question, plain(told.get("agi_uniqueid", "")))
        self._until = time.monotonic() + REQUEST_SECONDS
        for name, value in variables(answer).items():
            self._set(name, value)

    def _head(self) -> dict[str, str]:
        """The lines that Asterisk begins with, up to the empty one."""
        told: dict[str, str] = {}
        while line := self._line():
            name, colon, value = line.partition(":")
            if not colon or not name.startswith("agi_"):
                raise RefusedError("something that is no AGI")
            told.setdefault(name, value.strip())
        return told

    def _set(self, name: str, value: str) -> None:
        self.request.sendall(f'SET VARIABLE {name} "{value}"\n'.encode())
        line = self._line()
        if line == "HANGUP":
            raise ConnectionError
        if not line.startswith("200"):
            raise RefusedError("an answer of which Asterisk would have nothing")

    def _line(self) -> str:
        """The next line without its end; `TimeoutError` where it does not come in time."""
        while b"\n" not in self._read:
            seconds = self._until - time.monotonic()
            if seconds <= 0:
                raise TimeoutError
            self.request.settimeout(seconds)
            more = self.request.recv(min(4096, self._left))
            if not more:
                raise RefusedError("a question that is too long") if not self._left else ConnectionError
            self._left -= len(more)
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")


def variables(answer: RouteAnswer) -> dict[str, str]:
    """The channel variables of an answer that is safe (`filing.routing.safe`)."""
    return {
        "ITGRIX_NAME": answer.name,
        "ITGRIX_WHY": answer.why,
        "ITGRIX_EXTENSION": answer.extension or "",
    }
