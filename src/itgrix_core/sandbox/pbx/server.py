"""A PBX that runs here: it speaks AMI on 127.0.0.1 and says again what real Asterisks once said.

It lets the whole service be tried, tested and killed without a telephone: what goes over the wire are
recordings of real calls, and every event carries the time at which it happened (`Timestamp`), so durations
are true at any pace. It can break the line in the middle of an event, and restart; then it serves again from
the start whatever was interrupted, so that an undisturbed run and a broken one must end with the same CRM.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from typing import TYPE_CHECKING, Self

from itgrix_core.errors import AmiError
from itgrix_core.sandbox.pbx.programme import Programme, RecordedEvent, Run, entries_of
from itgrix_core.sandbox.pbx.session import Session
from itgrix_core.sandbox.pbx.switchboard import Switchboard
from itgrix_core.sandbox.recordings import RecordedLog, load
from itgrix_core.wire.messages import make_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

HOST = "127.0.0.1"
USERNAME = "itgrix"
SECRET = "replayed-secret"  # noqa: S105 - of a PBX that exists only here, on the loopback address


class RunningPbx:
    """A PBX that listens and serves until it is closed; `run_pbx` makes one.

    Attributes:
        port: where it listens.
        finished: set when every recording has been served completely.
    """

    def __init__(
        self,
        logs: Sequence[RecordedLog],
        *,
        host: str,
        port: int,
        account: tuple[str, str],
        pace: float,
        overlap: int,
        grace: float,
        settle: float,
        list_late: float | None,
    ) -> None:
        self._host = host
        self._list_late = list_late
        self._account = account
        self._pace = pace
        self._grace = grace
        self._settle = settle
        self._programme = Programme(logs, overlap)
        self._board = Switchboard(entries_of(logs))
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._door = threading.Lock()
        self._sessions: list[Session] = []
        self._anchor: float | None = None
        self._closed = False
        self.finished = threading.Event()
        self._server = self._listen(port)
        self.port = int(self._server.server_address[1])
        self._player = threading.Thread(target=self._play, name="pbx player", daemon=True)
        self._player.start()

    # ---- what a test or the demo does ----
    @property
    def served(self) -> list[str]:
        """Names of the recordings served completely, in the order in which they ended."""
        with self._lock:
            return list(self._programme.served)

    def wait_served(self, timeout: float) -> bool:
        """Waits at most `timeout` seconds until all is served; whether it is."""
        return self.finished.wait(timeout)

    def cut(self) -> None:
        """Breaks every connection in the middle of an event, without a farewell."""
        if self._lock.acquire(timeout=0.2):
            try:
                self._break(Session.break_off)
            finally:
                self._lock.release()
        else:  # somebody reads nothing and holds up the player in the middle of a send
            for session in list(self._sessions):
                session.close()

    def restart(self, down: float = 0.2) -> None:
        """Restarts as Asterisk does: hangs up every channel, says `Shutdown`, is away for `down` seconds.

        Afterwards it knows nothing of the old calls.
        """
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for message in [*self._board.hang_up_all(), make_message(*SHUTDOWN)]:
                for session in self._sessions:
                    session.deliver(
                        RecordedEvent(message, frozenset(message.get("Privilege").split(",")), None)
                    )
            self._break(Session.close)
        time.sleep(down)
        self._server = self._listen(self.port)

    def close(self) -> None:
        """Stops serving, closes every connection and the port."""
        self._closed = True
        self._server.shutdown()
        self._server.server_close()
        for session in list(self._sessions):
            session.close()
        with self._lock:
            self._changed.notify_all()
        self._player.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- connections ----
    def _listen(self, port: int) -> socketserver.ThreadingTCPServer:
        pbx = self

        class Handler(socketserver.BaseRequestHandler):
            """One thread per connection."""

            request: socket.socket

            def handle(self) -> None:
                pbx._attend(self.request)

        try:
            kind = _Server6 if ":" in self._host else _Server
            server = kind((self._host, port), Handler)
        except OSError as error:
            raise AmiError(
                f"The PBX cannot listen on {self._host}:{port}: {error.strerror}. Give another port."
            ) from None
        threading.Thread(target=server.serve_forever, args=(0.05,), name="pbx door", daemon=True).start()
        return server

    def _attend(self, sock: socket.socket) -> None:
        session = Session(
            sock, self._board, self._account, self._desk, self._changed.notify_all, self._list_late
        )
        with self._lock:
            self._sessions.append(session)
        try:
            session.talk()
        finally:
            with self._lock:
                self._sessions.remove(session)
                self._look_around()

    def _break(self, how: Callable[[Session], None]) -> None:
        """Ends every connection (the lock is held)."""
        for session in self._sessions:
            how(session)
        self._look_around()

    def _look_around(self) -> None:
        """If nobody listens any more, what was interrupted will be served again (the lock is held)."""
        if self._ready_at() is None:
            self._board.forget(self._programme.rewind())
            self._anchor = None
        self._changed.notify_all()

    @contextlib.contextmanager
    def _desk(self) -> Iterator[None]:
        """Where clients are answered: whoever stands at the door goes before the player's next event."""
        with self._door, self._lock:
            yield

    def _ready_at(self) -> float | None:
        """When (`time.monotonic()`) somebody is ready to hear; `None` if nobody is there."""
        times = [at for session in self._sessions if (at := session.ready_at(self._grace)) is not None]
        return min(times, default=None)

    # ---- the recordings ----
    def _play(self) -> None:
        while not self._closed:
            with self._door:
                pass
            with self._lock:
                pause = self._step()
                if pause is None or pause > 0:
                    self._changed.wait(pause)

    def _step(self) -> float | None:
        """Says the next event if it is due.

        Returns:
            For how many seconds nothing is to be done; 0: go on at once; `None`: until something changes.
        """
        clock = time.monotonic()
        ready_at = self._ready_at()
        if ready_at is None or ready_at > clock:
            return None if ready_at is None else ready_at - clock
        run = self._programme.next()
        if run is None:
            return self._end(clock)
        self._programme.settle(clock, self._settle)
        wait = self._due_at(run, clock) - clock
        if wait <= 0:
            self._say(run, clock)
        return wait

    def _due_at(self, run: Run, clock: float) -> float:
        """When (`time.monotonic()`) the run's next event is due at our pace."""
        if self._pace <= 0:
            return clock
        if self._anchor is None:
            self._anchor = clock - self._programme.now / self._pace
        return self._anchor + run.due_at / self._pace

    def _say(self, run: Run, clock: float) -> None:
        event = self._programme.take(run, clock)
        self._board.apply(event.message, run.name, event.at)
        for session in list(self._sessions):
            session.deliver(event)

    def _end(self, clock: float) -> float | None:
        """Every event has been said: waits until the last recordings count as served."""
        next_at = self._programme.settle(clock, self._settle)
        if self._programme.done:
            self.finished.set()
        return None if next_at is None else next_at - clock


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


class _Server6(_Server):
    address_family = socket.AF_INET6


SHUTDOWN = (("Event", "Shutdown"), ("Privilege", "system,all"), ("Shutdown", "Cleanly"), ("Restart", "True"))


def run_pbx(
    recordings: Sequence[Path | str | RecordedLog],
    *,
    host: str = HOST,
    port: int = 0,
    username: str = USERNAME,
    secret: str = SECRET,
    pace: float = 0.0,
    overlap: int = 1,
    grace: float = 2.0,
    settle: float = 1.0,
    list_late: float | None = 0.0,
) -> RunningPbx:
    """A PBX that serves these recordings; use it in a `with`, or call its `close`.

    Args:
        recordings: recorded logs or their paths, in the order in which they are to be served.
        host: an address of this machine.
        port: where to listen there; 0 takes a free one.
        username: who may log in.
        secret: that user's secret.
        pace: how many times faster than real; 0: as fast as the client reads.
        overlap: how many recordings may be under way at a time.
        grace: serving begins when a client has asked for the channels, or this many seconds after its login.
        settle: a recording counts as served this many seconds after its last byte left, if the line holds.

        list_late: seconds by which the list of channels is late; `None`: it never comes.

    Raises:
        RecordingError: a recording cannot be read.
        AmiError: the port is taken.
    """
    logs = [log if isinstance(log, RecordedLog) else load(log) for log in recordings]
    account = (username, secret)
    return RunningPbx(
        logs,
        host=host,
        port=port,
        account=account,
        pace=pace,
        overlap=overlap,
        grace=grace,
        settle=settle,
        list_late=list_late,
    )
