"""A bucket's level in a small file, for all processes of this machine that use the same portal.

Each take opens the file, locks it, reads, writes and closes it: nothing is to be mended when a process dies,
the file is deleted or another service comes. It holds three times and no secret, and is named by a hash. If
it cannot be used, the process counts for itself, as long as that lasts.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import structlog

from itgrix_core.crm.bitrix24.bucket import InMemory, Level, Rule

_BYTES = 256
"""A row has always this length, so that one write replaces it as a whole."""

_TRIES = 50
_PAUSE_SECONDS = 0.002
"""The lock is held for microseconds; a process that was stopped with it must not stop the others."""

_LEVEL = msgspec.json.Decoder(Level)
_log = structlog.get_logger(__name__)


def level_file(folder: Path, portal: str, proxy: str = "") -> Path:
    """The file of one portal and source address: host and port of the portal, and of the proxy if any."""
    name = hashlib.sha256(f"{portal}|{proxy}".encode()).hexdigest()[:16]
    return folder / f"quota-{name}.json"


class SharedLevel:
    """A shelf for all processes that name the same file."""

    def __init__(self, file: Path, sleep: Callable[[float], None] = time.sleep) -> None:
        """`sleep` is waited with for the lock."""
        self._file = file
        self._sleep = sleep
        self._own = InMemory()
        self.is_shared = True

    def apply(self, rule: Rule) -> float:
        """As `Shelf.apply`; where the file cannot be used, in this process alone."""
        try:
            with self._locked() as handle:
                level, answer = rule(_read(handle))
                os.pwrite(handle, msgspec.json.encode(level).ljust(_BYTES), 0)
        except OSError as error:
            self._tell(error)
            return self._own.apply(rule)
        self.is_shared = True
        self._own.apply(lambda _: (level, 0.0))
        return answer

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, for this thread alone. Raises `OSError`."""
        handle = self._open()
        try:
            for _ in range(_TRIES):
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    self._sleep(_PAUSE_SECONDS)
            else:
                raise TimeoutError("another process holds it")
            yield handle
        finally:
            os.close(handle)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(self._file, flags & ~os.O_CREAT)
        except FileNotFoundError:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._file, flags, 0o600)
        if os.geteuid() == 0:  # root's `itgrix check` must not lock out the service's own user
            owner = self._file.parent.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)
        return handle

    def _tell(self, error: OSError) -> None:
        """Once until it works again; a lock that was held is no matter for an operator."""
        if self.is_shared and not isinstance(error, TimeoutError):
            _log.warning(
                f"The requests to the portal are counted by this process alone: {self._file} cannot be used "
                f"({error.strerror}). Give its folder to the user of itgrix, or set `state_folder` to one "
                "that all services of this machine can write."
            )
            self.is_shared = False


def _read(handle: int) -> Level:
    """The level; an empty bucket where nothing readable is: the portal has the last word anyway."""
    try:
        return _LEVEL.decode(os.pread(handle, _BYTES, 0))
    except msgspec.MsgspecError:
        return Level()
