"""One life of a plugin's process: the system's side of it. It ends with us, whatever it is doing then."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import msgspec
import structlog

from itgrix_hooks.isolated.words import Line, Ready, Start

LONGEST_LINE = 500
LINES_A_MINUTE = 60
"""So much of what it prints gets into the log."""

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_OWN = "ITGRIX_"
"""Variables that begin so are ours and not handed on: a configuration may have its secrets from them."""

_log = structlog.get_logger(__name__)


class EndedError(Exception):
    """The process has ended."""


class Life:
    """A running process.

    Args:
        start: its first word.
        python: its interpreter; ours if `None`.

    Raises:
        OSError: it cannot be started.

    Attributes:
        why: why it has ended, "" while it lives.
    """

    def __init__(self, start: Start, python: Path | None) -> None:
        self.why = ""
        self._start = start
        self._last_line = ""
        self._inboxes: dict[int, SimpleQueue[Any]] = {}
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        read, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - an interpreter that the configuration names
                _command(python, theirs.fileno(), read),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(), read),
                start_new_session=True,
                env=_environment(),
            )
        except OSError:
            ours.close()
            os.close(self._lifeline)
            raise
        finally:
            theirs.close()
            os.close(read)
        self._line = Line(ours)
        self._overhearing = threading.Thread(target=self._overhear, args=(self._process.stdout,), daemon=True)
        self._overhearing.start()
        with suppress(OSError):  # it is dead already, which hearing finds out
            self._line.say(start)

    def hear_ready(self) -> Ready | None:
        """What it holds, `None` if it says nothing of the kind: then `serve` tells why."""
        with suppress(ValueError):
            said = self._line.hear()
            return said if isinstance(said, Ready) else None
        return None

    def serve(self) -> str:
        """Hand what it says to those who asked, until it ends; why it did."""
        why = ""
        try:
            while (said := self._line.hear()) is not None:
                with self._lock:
                    inbox = self._inboxes.get(said.number) if hasattr(said, "number") else None
                if inbox is None:
                    continue
                if inbox.qsize():
                    raise ValueError("it does not wait for its answers")  # noqa: TRY301 - one way out
                inbox.put(said)
        except ValueError as error:
            why = f"it spoke nonsense: {error}"
        return self.end(why)

    def say(self, message: msgspec.Struct) -> None:
        """Tell it something; `OSError` if it is gone."""
        self._line.say(message)

    def opened(self, number: int) -> SimpleQueue[Any]:
        """Where all that it says about an asking comes in; `None` is the end."""
        inbox: SimpleQueue[Any] = SimpleQueue()
        with self._lock:
            self._inboxes[number] = inbox
            if self.why:
                inbox.put(None)
        return inbox

    def forget(self, number: int) -> None:
        """That asking is over."""
        with self._lock:
            self._inboxes.pop(number, None)

    def end(self, why: str = "") -> str:
        """End it, if it lives, with all that it has started; why it ended, the first time."""
        with suppress(ProcessLookupError, PermissionError):
            if not why:  # it hung up by itself: its own end tells more than ours
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(1.0)
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        self._overhearing.join(1.0)
        with self._lock:
            self.why = self.why or why or self._cause(code)
            for inbox in self._inboxes.values():
                inbox.put(None)
            return self.why

    def close(self) -> None:
        """Leave nothing of it open."""
        self._line.close()
        os.close(self._lifeline)

    @property
    def memory_bytes(self) -> int:
        """What it holds (resident), 0 if it is gone."""
        try:
            statm = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii")
        except OSError:
            return 0
        return int(statm.split()[1]) * PAGE_BYTES

    def _cause(self, code: int) -> str:
        most = self._start.memory_mb
        memory = f"; it may have wanted more than its {most} MB" if most and code < 0 else ""
        said = f" ({self._last_line})" if self._last_line else ""
        how = f"by the signal {signal.Signals(-code).name}" if code < 0 else f"by itself with code {code}"
        is_without = "itgrix_hooks" in self._last_line
        return f"{how}{said}" + ("; install itgrix for that Python" if is_without else memory)

    def _overhear(self, output: IO[bytes]) -> None:
        """What it prints, in our log."""
        minute, lines = 0, 0
        with output:
            while line := output.readline(LONGEST_LINE):
                now = int(time.monotonic() // 60)
                minute, lines = (minute, lines + 1) if now == minute else (now, 1)
                if lines > LINES_A_MINUTE:
                    continue
                self._last_line = text = line.decode("utf-8", "replace").rstrip()
                _log.info(f"plugin {self._start.plugin} prints: {text}")


def _command(python: Path | None, line: int, life: int) -> list[str]:
    """`-P`: what lies in the working folder is not imported instead of what is installed."""
    return [str(python or sys.executable), "-P", "-m", "itgrix_hooks.isolated", str(line), str(life)]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
    return {**kept, "MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1"}
