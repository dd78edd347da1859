"""A portal behind a port, in threads of this process, stopped without leaving a thread behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from waitress import create_server, wasyncore  # type: ignore[import-untyped]  # it ships no types

from itgrix_core.sandbox.bitrix.portal import Portal
from itgrix_core.sandbox.bitrix.posting import Postman
from itgrix_core.sandbox.bitrix.seed import Seed
from itgrix_core.sandbox.bitrix.settings import Clock, Settings
from itgrix_core.sandbox.bitrix.web import create_app

_THREADS = 16
_ROUND_SECONDS = 1.0


class RunningPortal:
    """A portal that answers on 127.0.0.1; a context manager that stops it.

    Attributes:
        portal: its inside: ledger, faults, world.
        url: "http://127.0.0.1:PORT/".
        webhook: the address of its first webhook, with the slash at the end.
    """

    def __init__(self, portal: Portal, port: int = 0) -> None:
        self.portal = portal
        self._stopping = threading.Event()
        app = create_app(portal, self._stopping)
        self._map: dict[int, object] = {}
        self._server = create_server(app, map=self._map, host="127.0.0.1", port=port, threads=_THREADS)
        self.port = int(self._server.effective_port)
        self.url = f"http://127.0.0.1:{self.port}/"
        portal.world.base_url = self.url
        self._postman = Postman(portal.world.mail)
        self._thread = threading.Thread(target=self._watch, name="sandbox-bitrix", daemon=True)
        self._thread.start()

    @property
    def webhook(self) -> str:
        """`http://127.0.0.1:PORT/rest/<user>/<code>/`."""
        first = self.portal.settings.webhooks[0]
        return f"{self.url}rest/{first.user_id}/{first.code}/"

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
        self._postman.stop()
        wasyncore.close_all(self._map)

    def wait(self) -> None:
        """Wait until the portal is stopped (for a process of its own)."""
        self._stopping.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def run_portal(
    settings: Settings | None = None,
    seed: Seed | None = None,
    port: int = 0,
    *,
    clock: Clock = time.time,
    ledger_path: Path | None = None,
    state_path: Path | None = None,
) -> RunningPortal:
    """Start a portal. `port` 0 takes a free one; raises `OSError` when the port is taken."""
    return RunningPortal(Portal(settings, seed, clock, ledger_path, state_path), port)
