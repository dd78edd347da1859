"""Reading from Asterisk: asterisk-ami's reader, replaced.

The library's reader dies of three quiet seconds, of any exception in a callback and of one undecodable byte,
and whoever is slow stops it. Here two threads share the work. The *reader* does nothing but read, cut into
blocks, wake who waits for a response, and put the bytes into the backlog. The *consumer* hands whole blocks
to `on_chunk`, in order, and runs everybody's callbacks; it may be slow, may raise, may send actions and wait
for their responses.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

from asterisk.ami import AMIClient
from asterisk.ami.client import NOOP

from itgrix_core.ami.answers import LOST, Answer, to_event, to_response
from itgrix_core.ami.backlog import LIMIT, Backlog, Chunk
from itgrix_core.ami.lag import Lag
from itgrix_core.ami.refusals import check_greeting
from itgrix_core.ami.rights import Witness
from itgrix_core.ami.tls import TlsSocket, make_context
from itgrix_core.config.schema_asterisk import TlsSettings
from itgrix_core.wire.frames import BANNER, Framer, is_banner, read_blocks
from itgrix_core.wire.messages import Message

OnChunk = Callable[[bytes, float], None]

SEND_SECONDS = 10.0
_READ_BYTES = 64 * 1024
_TELLING = frozenset({b"Reloa", b"Queue", b"Agent", b"CoreS"})
"""How the names of events begin that tell of Asterisk and of our rights also later."""
_log = logging.getLogger(__name__)


class ListeningClient(AMIClient):  # type: ignore[misc]
    """The half of `AmiClient` that connects, reads and delivers; arguments and attributes are told there."""

    def __init__(
        self,
        address: str = "127.0.0.1",
        port: int = 5038,
        *,
        timeout: float | None = 3.0,
        tls: TlsSettings | None = None,
        on_chunk: OnChunk | None = None,
        backlog_limit: int = LIMIT,
        clock: Callable[[], float] = time.time,
        **listeners: Callable[..., object],
    ) -> None:
        super().__init__(address, port, encoding_errors="surrogateescape", timeout=timeout, **listeners)
        self.error: Exception | None = None
        self.booted = threading.Event()
        self.last_read_at = 0.0
        self.events = 0
        self.bytes = 0
        self.reloads = 0
        self.lag = Lag(clock)
        self.callback_errors = 0
        self.witness = Witness()
        self.backlog = Backlog(backlog_limit)
        self._backlog_limit = backlog_limit
        self._shed_before = 0
        self._on_chunk = on_chunk
        self._tls = tls if tls is not None and tls.enabled else None
        self._clock = clock
        self._greeted = threading.Event()
        self._is_closing = False
        self._is_new = True
        self._futures_lock = threading.Lock()
        self._futures: dict[str, Answer] = {}
        self._consumer: threading.Thread | None = None

    def connect(self) -> None:
        """Open the connection and start to read.

        Raises:
            OSError: nobody there, not within `timeout`, or TLS was not agreed upon (`ssl.SSLError`).
            AmiError: a certificate or key of ours cannot be used.
        """
        self._socket = self._connected()
        self.finished = threading.Event()
        self.booted = threading.Event()
        self._greeted = threading.Event()
        self._is_closing = False
        self.error = None
        self._ami_version: str | None = None
        self.last_read_at = time.monotonic()
        self._shed_before = self.shed
        self.backlog = Backlog(self._backlog_limit)
        self.witness = Witness()
        self._is_new = True
        self.lag.restart()
        self._consumer = self._started(self._consume, "consumer")
        self._thread = self._started(self.listen, "reader")

    def _connected(self) -> socket.socket | TlsSocket:
        """A connection, inside TLS where that is wanted."""
        context = make_context(self._tls) if self._tls else None
        plain = socket.create_connection((self._address, self._port), self._timeout)
        try:
            _keep_alive(plain)
            line = TlsSocket(plain, context, self._server_name) if context else plain
            plain.settimeout(SEND_SECONDS)
        except BaseException:
            plain.close()
            raise
        return line

    @property
    def _server_name(self) -> str:
        """Whom Asterisk's certificate has to be for."""
        return str((self._tls and self._tls.server_name) or self._address)

    def _started(self, work: Callable[[], None], what: str) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"ami-{self.where}-{what}", daemon=True)
        thread.start()
        return thread

    def disconnect(self) -> None:
        """Close the connection and wait for both threads, save the one that calls. Harmless when closed."""
        self._is_closing = True
        if self._consumer is None:
            return
        self._shut_down()
        for thread in (self._thread, self._consumer):
            if thread is not None and thread is not threading.current_thread():
                thread.join(self._timeout)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the consumer has seen everything that was read; `False` when it has not."""
        if self._consumer is not None:
            self._consumer.join(timeout)
        return self._consumer is None or not self._consumer.is_alive()

    @property
    def where(self) -> str:
        """Host and port, for sentences."""
        host = f"[{self._address}]" if ":" in self._address else self._address
        return f"{host}:{self._port}"

    @property
    def ami_version(self) -> str:
        """The version in the banner, "" before it."""
        return self._ami_version or ""

    @property
    def shed(self) -> int:
        """How many events were left out because the consumer was behind, over all connections."""
        return self._shed_before + self.backlog.shed

    @property
    def silent_seconds(self) -> float:
        """How long nothing was read."""
        return time.monotonic() - self.last_read_at

    # -- reading

    def listen(self) -> None:
        """The reader's life: ends in order whatever happens."""
        error: Exception | None = None
        try:
            self._read_all()
        except Exception as exception:  # noqa: BLE001 - any fault ends the connection, none may end it half
            error = exception
        self.error = None if self._is_closing else error
        self.finished.set()
        self._socket.close()
        self._fail_answers()
        self._greeted.set()
        self.backlog.do(partial(self._tell, "on_disconnect", error=self.error))
        self.backlog.close()

    def _read_all(self) -> None:
        framer = Framer()
        while not self._is_closing:
            try:
                data = self._socket.recv(_READ_BYTES)
            except TimeoutError as error:
                if error.errno is None:  # only the time-out for sending, which a socket shares with reading
                    continue
                raise
            if not data:
                raise ConnectionError("Asterisk closed the connection")
            received_at = self._clock()
            self.last_read_at = time.monotonic()
            self.bytes += len(data)
            if not framer.consumed and not framer.pending:
                check_greeting(self.where, data)
            blocks = framer.feed(data)
            others = 0
            for block in blocks:
                if block[:7] != b"Event: ":
                    others += 1
                    self._hear(block)
                elif self._is_new or block[7:12] in _TELLING:
                    self._learn(block)
            self.events += len(blocks) - others
            if blocks:
                self.lag.read(blocks[-1], received_at)
            self.backlog.put(blocks, framer.taken, received_at)

    def _hear(self, block: bytes) -> None:
        """A banner or a response."""
        if is_banner(block):
            self._ami_version = block[len(BANNER) :].decode("ascii", "replace")
            self._greeted.set()
            self.backlog.do(partial(self._tell, "on_connect"))
            return
        message = Message(block)
        status = message.get("Response")
        if not status:
            self.backlog.do(partial(self._tell, "on_unknown", pack=block.decode("utf-8", "surrogateescape")))
            return
        if message.get("EventList").lower() == "start":
            self.backlog.begin_list(message.get("ActionID"))
        self._is_closing |= status.lower() == "goodbye"
        self.backlog.do(partial(self._answered, message, self._take_answer(message)))

    def _learn(self, block: bytes) -> None:
        """What the first events, and a few later ones, tell about Asterisk and about our rights."""
        if block.startswith(b"Event: FullyBooted"):
            self.booted.set()
        elif block.startswith(b"Event: Reload\r\n"):
            self.reloads += 1
        else:
            self.witness.hear(block)
        self._is_new = not self.booted.is_set() or "call" not in self.witness.heard

    def _take_answer(self, message: Message) -> Answer | None:
        """Wake who waits for this response."""
        answer = self._futures.pop(message.get("ActionID"), None)
        if answer is not None:
            answer.arrive(message)
        return answer

    def _fail_answers(self) -> None:
        with self._futures_lock:
            answers, self._futures = self._futures, {}
        for answer in answers.values():
            answer.arrive(LOST)

    def _shut_down(self) -> None:
        """Wake the reader, which closes the socket."""
        with contextlib.suppress(OSError):  # closed already
            self._socket.shutdown(socket.SHUT_RDWR)

    # -- consuming

    def _consume(self) -> None:
        for item in self.backlog:
            if isinstance(item, Chunk):
                self._deliver(item)
            else:
                item()

    def _deliver(self, chunk: Chunk) -> None:
        self.lag.begin(chunk.received_at)
        self._hand_on(chunk)
        self.lag.end(chunk.received_at)

    def _hand_on(self, chunk: Chunk) -> None:
        if self._on_chunk is not None:
            self._guard(self._on_chunk, chunk.data, chunk.received_at)
        listeners = [each for each in self._listeners if each.on_event is not NOOP]
        if not listeners and not self._event_listeners:
            return
        for message in map(Message, read_blocks(chunk.data)):
            if message.is_event:
                event = to_event(message)
                for listener in listeners:
                    self._guard(listener.on_event, source=self, event=event)
                for call in tuple(self._event_listeners):
                    self._guard(call, event=event, source=self)

    def _answered(self, message: Message, answer: Answer | None) -> None:
        if self._listeners:
            self._tell("on_response", response=to_response(message))
        if answer is not None and answer.callback is not None:
            self._guard(answer.callback, to_response(message))

    def _tell(self, what: str, **news: object) -> None:
        for listener in tuple(self._listeners):
            self._guard(getattr(listener, what), source=self, **news)

    def _guard(self, call: Callable[..., object], *args: object, **named: object) -> None:
        """Call somebody else's code; what it raises is logged and counted."""
        try:
            call(*args, **named)
        except Exception:  # noqa: BLE001 - it is not our code
            self.callback_errors += 1
            _log.exception("A callback of the AMI client failed")


def _keep_alive(connection: socket.socket) -> None:
    """Let the kernel notice a peer that is gone, in about a minute; and send actions at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option, seconds in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
