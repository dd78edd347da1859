"""`itgrix serve` on a real Asterisk, as a process: what it understands can be read, and it can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.spool import Spool

PATIENCE_SECONDS = 20.0
PBX = "rig"
_TELLING = Path(__file__).with_name("telling_serve.py")


def line_of(asterisk: Any) -> dict[str, Any]:
    """What an operator would write of the rig's `RunningAsterisk`."""
    account = {name: getattr(asterisk, name) for name in ("host", "port", "username", "secret")}
    recordings = str(asterisk.server.tree / asterisk.server.var / "spool/asterisk/monitor")
    return account | {"timezone": "UTC", "recordings": recordings}


def settings_of(lines: Mapping[str, Any], webhook: str) -> dict[str, Any]:
    """The configuration that an operator would write.

    Args:
        lines: each Asterisk's `line_of`, by a name.
        webhook: the sandbox portal's address.
    """
    return {
        "data_folder": "data",
        "state_folder": "state",
        "asterisk": dict(lines),
        "crm": {"sandbox": {"webhook": webhook, "lines": {"74950000101": "74950000001"}}},
    }


class Serve:
    """One data folder, and the process that serves it; may be started again after it was killed.

    Args:
        folder: for configuration, data, log and what it tells.
        settings: the configuration.
        classes: event classes to log in for; "" as production does.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], classes: str = "") -> None:
        self.folder = folder
        self._config = folder / "itgrix.yaml"
        self._config.write_text(yaml.safe_dump(settings))
        self._told, self._log = folder / "told.jsonl", folder / "serve.log"
        self._told.touch()
        self._classes = [classes] if classes else []
        self._process: subprocess.Popen[bytes] | None = None

    # ---- its life ----
    def start(self) -> Self:
        """Starts it and waits until Asterisk has let it in."""
        arguments = [str(self._config), str(self._told), *self._classes]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ITGRIX_")}
        with self._log.open("ab") as log:
            self._connections = self._count("connected, AMI")
            self._process = subprocess.Popen(
                [sys.executable, str(_TELLING), *arguments], stderr=log, env=environment
            )
        self.wait_for(lambda: self._count("connected, AMI") > self._connections, "a connection to Asterisk")
        return self

    def kill(self) -> None:
        """Ends it with `kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """An orderly end."""
        assert self._end(signal.SIGTERM) == 0, self.log

    def _end(self, how: signal.Signals) -> int:
        self._process.send_signal(how)
        return self._process.wait(15)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if not self.is_over:
            self.stop()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Whether its process has ended, or was never started."""
        return self._process is None or self._process.poll() is not None

    # ---- what it says ----
    @property
    def log(self) -> str:
        """All that it has logged."""
        return self._log.read_text(errors="replace")

    @property
    def told(self) -> list[dict[str, Any]]:
        """Events and oddities, in order."""
        text = self._told.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    @property
    def is_connected(self) -> bool:
        """Whether the line to Asterisk is up, by the log."""
        return self.log.rfind("connected, AMI") > self.log.rfind("next try in")

    def kept_calls(self) -> list[str]:
        """Calls that a service which is stopped would go on with."""
        with Database(self.folder / "data") as database:
            rows = Spool(database, lambda _lanes: None).calls(PBX)
        return sorted(rows.keys() - {f"{PBX}/learnt"})  # that one is about the PBX's endpoints

    def wait_for(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until it is so; fails with the log when it never is."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"waited in vain for {what}:\n{self.log[-4000:]}"
            time.sleep(0.05)

    def _count(self, words: str) -> int:
        return self.log.count(words)


def ended(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls that are over, each as it was told last."""
    return list({line["key"]: line["call"] for line in told if line["kind"] == "CallEnded"}.values())


def still_open(told: list[dict[str, Any]]) -> set[str]:
    """Keys of calls that were begun and neither ended nor became a part of another."""
    over = {line["key"] for line in told if line["kind"] in ("CallEnded", "CallMerged")}
    return {line["key"] for line in told if line["kind"] != "Oddity"} - over


def oddities(told: list[dict[str, Any]]) -> list[str]:
    """What did not fit."""
    return [line["why"] for line in told if line["kind"] == "Oddity"]
