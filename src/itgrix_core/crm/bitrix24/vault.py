"""Where an account's tokens lie: a file that only we may read, and a lock that all our processes share.

A refresh token is good once. Whoever buys a pair holds the lock, reads again what another may have bought
meanwhile, and has the new pair on the disk before anybody uses it (docs/decisions/0011).
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import msgspec

from itgrix_core.crm.bitrix24.grant import Grant
from itgrix_core.errors import DataFolderError

SET_UP_SECONDS = 900.0
"""How long `itgrix connect` keeps the door open for the administrator's browser."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What is kept of a portal.

    Attributes:
        grant: the service's own tokens, `None` before it was connected.
        member_id: the portal that events must come from, "" before the first.
        application_token: what they prove themselves with, "" until it was learnt.
        event_key: a word in the address that we gave the portal for events.
    """

    grant: Grant | None = None
    member_id: str = ""
    application_token: str = field(default="", repr=False)
    event_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which an authorisation is taken; `key` comes back with the browser, `until` in Unix s."""

    key: str = field(repr=False)
    until: float


_Kept = TypeVar("_Kept", Connection, Window)
_CONNECTION = msgspec.json.Decoder(Connection)
_WINDOW = msgspec.json.Decoder(Window)


class Vault:
    """One account's files in `<data folder>/bitrix24`; every method may raise `DataFolderError`.

    Args:
        folder: the data folder.
        account: the entry of `crm`.
        keep: told each secret, so that no log shows it.
    """

    def __init__(self, folder: Path, account: str, keep: Callable[[str], None] = lambda _: None) -> None:
        self.account = account
        self._folder = folder / "bitrix24"
        self._keep = keep
        self._name = quote(account, safe="")

    @property
    def file(self) -> Path:
        """Where the connection lies."""
        return self._file("json")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among all threads and processes of this data folder."""
        with _told(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._file("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def connection(self) -> Connection:
        """What is kept; an empty one before the first."""
        found = self._read("json", _CONNECTION) or Connection()
        self._keep_secrets(found)
        return found

    def store(self, connection: Connection) -> None:
        """Keep it; on the disk when this returns. Hold the lock."""
        self._keep_secrets(connection)
        self._write("json", connection)

    def change(self, **parts: object) -> Connection:
        """Keep other parts of the connection, the rest as it is; takes the lock."""
        with self.locked():
            changed = replace(self.connection(), **parts)  # type: ignore[arg-type]  # names are checked by replace
            self.store(changed)
        return changed

    def open_window(self, now: float) -> Window:
        """Let an authorisation in from now on, for `SET_UP_SECONDS`."""
        window = Window(secrets.token_urlsafe(24), now + SET_UP_SECONDS)
        with self.locked():
            self._write("setup", window)
        return window

    def window(self, now: float) -> Window | None:
        """The open window."""
        found = self._read("setup", _WINDOW)
        return found if found and now < found.until else None

    def close_window(self) -> None:
        """Let nobody in any more."""
        with _told(self._folder):
            self._file("setup").unlink(missing_ok=True)

    def _file(self, end: str) -> Path:
        return self._folder / f"{self._name}.{end}"

    def _keep_secrets(self, connection: Connection) -> None:
        grant = connection.grant
        tokens = (grant.access_token, grant.refresh_token) if grant else ()
        for secret in (*tokens, connection.application_token, connection.event_key):
            if secret:
                self._keep(secret)

    def _read(self, end: str, decoder: msgspec.json.Decoder[_Kept]) -> _Kept | None:
        with _told(self._folder):
            try:
                data = self._file(end).read_bytes()
            except FileNotFoundError:
                return None
        try:
            return decoder.decode(data)
        except msgspec.MsgspecError:
            raise DataFolderError(
                f"{self._file(end)} is damaged. Delete it and run `itgrix connect bitrix24 {self.account}`."
            ) from None

    def _write(self, end: str, kept: Connection | Window) -> None:
        """Beside it, onto the disk, then in its place: a crash leaves the old file or the new one."""
        beside = self._file(f"{end}.new")
        with _told(self._folder):
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                os.fchmod(handle, 0o600)
                file.write(msgspec.json.encode(kept))
                file.flush()
                os.fsync(handle)
            beside.replace(self._file(end))
            _sync(self._folder)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataFolderError(
            f"The folder {folder} cannot be used ({error.strerror}). Give it to the user of itgrix."
        ) from None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
