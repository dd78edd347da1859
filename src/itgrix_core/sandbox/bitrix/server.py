"""A portal behind a port, in threads of this process, stopped without leaving a thread behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from itgrix_core.sandbox.bitrix.portal import Portal
from itgrix_core.sandbox.bitrix.posting import Postman
from itgrix_core.sandbox.bitrix.seed import Seed
from itgrix_core.sandbox.bitrix.settings import Clock, Settings
from itgrix_core.sandbox.bitrix.web import create_app
from itgrix_core.serving import HttpServer

_THREADS = 16


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
        self._server = HttpServer(app, "127.0.0.1", port, threads=_THREADS, name="sandbox-bitrix")
        self.port = self._server.port
        self.url = f"http://127.0.0.1:{self.port}/"
        portal.world.base_url = self.url
        self._postman = Postman(portal.world.mail)

    @property
    def webhook(self) -> str:
        """`http://127.0.0.1:PORT/rest/<user>/<code>/`."""
        first = self.portal.settings.webhooks[0]
        return f"{self.url}rest/{first.user_id}/{first.code}/"

    def stop(self) -> None:
        """Answer what is under way, end every thread, close every socket; a second time does nothing."""
        self._stopping.set()
        self._server.stop()
        self._postman.stop()

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
