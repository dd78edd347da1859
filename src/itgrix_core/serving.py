"""An HTTP server in threads of this process, stopped without leaving a thread or a socket behind."""

from __future__ import annotations

import threading
from typing import Any

from waitress import create_server, wasyncore  # type: ignore[import-untyped]  # it ships no types

_ROUND_SECONDS = 1.0


class HttpServer:
    """A WSGI application behind a port until `stop`.

    Args:
        app: what is served.
        host: an address of this machine.
        port: 0 takes a free one.
        threads: how many requests are answered at a time.
        name: the serving thread's.
        body_bytes: a longer body is refused before the application hears of it; waitress' limit if left out.

    Attributes:
        port: where it is served.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(
        self, app: Any, host: str, port: int, *, threads: int, name: str, body_bytes: int | None = None
    ) -> None:
        self._stopping = threading.Event()
        self._map: dict[int, object] = {}
        limits = {} if body_bytes is None else {"max_request_body_size": body_bytes}
        try:
            self._server = create_server(app, map=self._map, host=host, port=port, threads=threads, **limits)
        except OSError:
            wasyncore.close_all(self._map)
            raise
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._watch, name=name, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        """The server's loop; `stop` wakes it for its last round."""
        while not self._stopping.is_set():
            wasyncore.loop(timeout=_ROUND_SECONDS, use_poll=True, map=self._map, count=1)

    def stop(self) -> None:
        """Answer what is under way, end every thread, close every socket; a second time does nothing.

        Sockets are closed after the loop has ended and by nobody else: closed from inside it, the pipe that
        wakes the loop could vanish while it is being written to.
        """
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.task_dispatcher.shutdown()
        self._server.pull_trigger()
        self._thread.join()
        wasyncore.close_all(self._map)
