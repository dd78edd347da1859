"""Recordings on another machine, over SFTP; the extra `sftp` brings paramiko.

One connection, opened when something is looked for and kept until it breaks. A host whose key is not known,
or is another one, gets neither our password nor our trust.
"""

from __future__ import annotations

import base64
import importlib
import stat
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any, Final, TypeVar

from itgrix_core.config.schema_recordings import SftpSettings
from itgrix_core.recordings.source import Seen, SourceError, is_audio, is_pattern, parts_of

Answer = TypeVar("Answer")

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 30.0


class SftpSource:
    """`Source` over SFTP.

    Args:
        settings: host, keys and folder.
        where: their place in the configuration, for sentences.
    """

    def __init__(self, settings: SftpSettings, where: str) -> None:
        self._settings = settings
        self._where = where
        self._name = f"sftp://{settings.username}@{settings.host}:{settings.port}{settings.folder}"
        self._lock = Lock()
        self._client: Any = None
        self._sftp: Any = None

    def look(self, names: Sequence[str]) -> Seen | None:
        """As `Source.look`."""
        return self._asked(lambda sftp: self._look(sftp, names))

    def bring(self, seen: Seen, folder: Path) -> Path:
        """As `Source.bring`."""
        target = folder / PurePosixPath(seen.place).name
        part = target.with_name(f"{target.name}.part")
        self._asked(lambda sftp: sftp.get(seen.place, str(part)))
        return part.replace(target)

    def probe(self) -> str:
        """As `Source.probe`."""
        count = self._asked(lambda sftp: len(sftp.listdir(self._settings.folder)))
        return f"{self._name} ({count} entries)"

    def close(self) -> None:
        """As `Source.close`."""
        with self._lock:
            self._disconnect()

    # ---- looking -----------------------------------------------------------------------------------------
    def _look(self, sftp: Any, names: Sequence[str]) -> Seen | None:
        root = sftp.normalize(self._settings.folder)
        for name in names:
            found = [seen for path in self._paths(sftp, root, name) if (seen := _seen(sftp, root, path))]
            if found:
                return max(found, key=lambda each: each.size)
        return None

    def _paths(self, sftp: Any, root: str, name: str) -> Iterator[str]:
        parts = parts_of(name)
        if parts is None:
            return
        path = PurePosixPath(root, *parts)
        if not is_pattern(parts[-1]):
            yield str(path)
            return
        try:
            names = sftp.listdir(str(path.parent))
        except FileNotFoundError:
            return
        yield from (str(path.parent / one) for one in names if is_audio(one) and fnmatchcase(one, path.name))

    # ---- the connection ----------------------------------------------------------------------------------
    def _asked(self, ask: Callable[[Any], Answer]) -> Answer:
        """What the server answers; a kept connection that has gone is opened once more."""
        paramiko = _paramiko(self._where)
        with self._lock:
            if self._sftp is not None:
                try:
                    return ask(self._sftp)
                except (FileNotFoundError, PermissionError) as error:
                    raise SourceError(self._sentence(paramiko, error)) from None
                except (paramiko.SSHException, OSError, EOFError):
                    self._disconnect()
            try:
                self._connect(paramiko)
                return ask(self._sftp)
            except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
                self._disconnect()
                raise SourceError(self._sentence(paramiko, error)) from None

    def _connect(self, paramiko: Any) -> None:
        settings, password = self._settings, self._settings.password.get_secret_value()
        self._client = client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        if settings.known_hosts is not None:
            client.load_host_keys(str(settings.known_hosts))
        for line in settings.host_keys:
            kind, content = line.split()[:2]
            key = paramiko.PKey.from_type_string(kind, base64.b64decode(content))
            for name in (settings.host, f"[{settings.host}]:{settings.port}"):
                client.get_host_keys().add(name, kind, key)
        client.connect(
            settings.host,
            settings.port,
            settings.username,
            password=None if settings.key_file else password,
            pkey=paramiko.PKey.from_path(settings.key_file, password.encode()) if settings.key_file else None,
            allow_agent=False,
            look_for_keys=False,
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            channel_timeout=CONNECT_SECONDS,
        )
        self._sftp = client.open_sftp()
        self._sftp.get_channel().settimeout(ANSWER_SECONDS)

    def _disconnect(self) -> None:
        client, self._client, self._sftp = self._client, None, None
        if client is not None:
            client.close()

    def _sentence(self, paramiko: Any, error: Exception) -> str:
        """What happened, with the way out; the key itself is public and may be told."""
        name, where = self._name, self._where
        if isinstance(error, paramiko.BadHostKeyException):
            return f"{name}: another host key than {where}.host_keys says: is it the same machine?"
        if isinstance(error, paramiko.AuthenticationException):
            return f"{name}: refuses us; see {where}.username, password and key_file"
        if "not found in known_hosts" in str(error):
            way_out = f"write what `ssh-keyscan -p {self._settings.port} {self._settings.host}` says"
            return f"{name}: its host key is not known; {way_out} into {where}.host_keys"
        if isinstance(error, FileNotFoundError):
            return f"{name}: there is no such folder or file; see {where}.folder"
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"{name}: {reason}; see {where}"


def _seen(sftp: Any, root: str, path: str) -> Seen | None:
    """A file below the root, also after the server has followed links."""
    try:
        told = sftp.stat(path)
        real = PurePosixPath(sftp.normalize(path))
    except FileNotFoundError:
        return None
    if not (stat.S_ISREG(told.st_mode or 0) and real.is_relative_to(root)):
        return None
    return Seen(path, told.st_size or 0, float(told.st_mtime or 0))


def _paramiko(where: str) -> Any:
    try:
        return importlib.import_module("paramiko")
    except ImportError:
        raise SourceError(f"{where} wants paramiko: pip install 'itgrix[sftp]'") from None
