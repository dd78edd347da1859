"""`itgrix serve` as an operator starts it, a YAML file and a command, beside a portal that keeps a ledger."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from serving import PATIENCE_SECONDS, line_of, settings_of

from itgrix_core.sandbox.bitrix import (
    CrmMode,
    Entry,
    OutgoingWebhook,
    RunningPortal,
    Seed,
    Settings,
    default_seed,
    run_portal,
)
from itgrix_core.sandbox.bitrix.deeds import call_back, click
from itgrix_core.sandbox.bitrix.view import state


class Commanded:
    """A running `itgrix serve` with its portal."""

    def __init__(self, portal: RunningPortal, log: Path) -> None:
        self.portal = portal
        self._log = log

    @property
    def log(self) -> str:
        """All that it has logged."""
        return self._log.read_text(errors="replace")

    def entries(self, method: str | None = None) -> list[Entry]:
        """The executed requests of a method so far, or of all."""
        return [entry for entry in self.portal.portal.ledger.entries(method) if entry.is_executed]

    def wait_for(self, method: str, count: int = 1) -> list[Entry]:
        """The first `count` executed requests of a method; fails with the service's log."""
        self.until(lambda: len(self.entries(method)) >= count, f"{count} of {method}")
        return self.entries(method)[:count]

    def until(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until it is so; fails with the service's log."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"waited in vain for {what}:\n{self.log[-4000:]}"
            time.sleep(0.02)

    def click(self, user_id: int, number: str, line: str = "") -> str:
        """An employee clicks a number in the portal; its CALL_ID."""
        return click(self.portal.portal, user_id, number, line)

    def call_back(self, number: str, text: str = "") -> None:
        """A visitor orders a callback in the portal."""
        call_back(self.portal.portal, number, text)

    def state(self) -> dict[str, Any]:
        """What the portal holds, as `itgrix_core.sandbox.bitrix.view.state` tells it."""
        with self.portal.portal.lock:
            return state(self.portal.portal.world)


@contextmanager
def serve(
    asterisks: Mapping[str, Any],
    folder: Path,
    *,
    links: Mapping[str, Mapping[str, str]] | None = None,
    seed: Seed | None = None,
    mode: CrmMode = CrmMode.LEADS,
    dial: Mapping[str, Any] | None = None,
    hooks: Mapping[str, Any] | None = None,
    recordings: Mapping[str, Any] | None = None,
    **crm: Any,
) -> Iterator[Commanded]:
    """`itgrix serve` with a portal and these Asterisks, until the end of the context.

    Args:
        asterisks: the rig's running ones, by a name.
        folder: for configuration, data and log.
        links: trunk to another of them, by name.
        seed: what the portal knows; the default company's if left out.
        mode: whether the portal works with leads.
        dial: how they dial at the portal's request.
        hooks: the customisation.
        recordings: where they are; the folder of each on this machine if left out.
        crm: further settings of the account.
    """
    port = free_port()
    outgoing = OutgoingWebhook(f"http://127.0.0.1:{port}/bitrix24/sandbox/event")
    with run_portal(
        Settings(limits=None, crm_mode=mode, outgoing=(outgoing,)), seed or default_seed()
    ) as portal:
        lines = {
            name: line_of(each) | {"links": (links or {}).get(name, {}), "dial": dict(dial or {})}
            for name, each in asterisks.items()
        }
        for line in lines.values() if recordings else ():
            line["recordings"] = dict(recordings)
        settings = settings_of(lines, portal.webhook) | {"log_level": "debug", "web": {"port": port}}
        settings["crm"]["sandbox"] |= {
            "events": {"handler": f"http://127.0.0.1:{port}", "application_token": outgoing.application_token}
        }
        settings["crm"]["sandbox"] |= crm
        settings["hooks"] = dict(hooks or {})
        config, log = folder / "itgrix.yaml", folder / "serve.log"
        config.write_text(yaml.safe_dump(settings))
        command = [sys.executable, "-m", "itgrix_core.app.cli", "-c", str(config), "serve"]
        with log.open("wb") as sink, subprocess.Popen(command, stderr=sink, env={**os.environ}) as process:
            try:
                commanded = Commanded(portal, log)
                commanded.until(lambda: commanded.log.count("connected, AMI") >= len(lines), "AMI")
                commanded.until(lambda: "metrics at" in commanded.log, "the pages")
                yield commanded
            finally:
                process.terminate()
                assert process.wait(15) == 0


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
