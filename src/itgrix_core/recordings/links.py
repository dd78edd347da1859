"""Links to recordings that this service serves: signed, so that nobody can make one; revocable; for a time.

A link says which file of which call it is for, and when it was made; nothing is kept for it here but the key
that signs (`links.key` in the data folder) and what was revoked (`links.revoked`). Whoever has a link may
hear that recording and no other.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from itgrix_core.errors import RecordingError
from itgrix_core.recordings.source import parts_of
from itgrix_core.recordings.workshop import UPLOADED

PREFIX: Final = "recording"
KEY, REVOKED = "links.key", "links.revoked"
LONGEST: Final = 2000
"""Characters; no link of ours is longer."""


class LinkError(RecordingError):
    """A link leads nowhere; the text says why, with nothing in it that was sent."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link is for.

    Attributes:
        call: the call's key.
        root: below which folder the file lies: an Asterisk's name, or "" for what was made here.
        name: the file below it.
    """

    call: str
    root: str
    name: str


class Links:
    """Makes links and reads them; safe to share between threads and processes.

    Args:
        folder: the data folder.
        address: what comes before each, without a slash at its end.
        days: how long each leads somewhere; 0 is for ever.
        roots: where files of each root lie now.
    """

    def __init__(
        self, folder: Path, address: str, days: float, roots: Callable[[], Mapping[str, Path]]
    ) -> None:
        self._folder = folder
        self._address = address.rstrip("/")
        self._seconds = round(days * 86_400) or None
        self._roots = roots

    def link(self, linked: Linked) -> str:
        """The address under which a file can be heard; it ends in the file's own name.

        Raises:
            LinkError: the key is empty.
            OSError: it can be neither read nor made.
        """
        token = self._signing(_key(self._folder)).dumps([linked.call, linked.root, linked.name])
        return f"{self._address}/{PREFIX}/{token!s}/{quote(Path(linked.name).name)}"

    def file(self, token: str) -> Path:
        """The file of a link's middle part.

        Raises:
            LinkError: it was not made by us, is revoked or too old, or its file is gone.
        """
        linked = self._read(token)
        if is_revoked(self._folder, linked.call):
            raise LinkError("a link that was revoked")
        root, parts = self._roots().get(linked.root), parts_of(linked.name)
        if root is None or parts is None:
            raise LinkError("a link to a place that is not set any more")
        path = root.joinpath(*parts)
        is_inside = path.resolve().is_relative_to(root.resolve())
        if not is_inside or path.suffix.casefold() not in UPLOADED or not path.is_file():
            raise LinkError("a link whose file is gone")
        return path

    def _read(self, token: str) -> Linked:
        key = _known_key(self._folder)
        if key is None or len(token) > LONGEST:
            raise LinkError("a link that is none of ours")
        try:
            call, root, name = self._signing(key).loads(token, max_age=self._seconds)
        except SignatureExpired:
            raise LinkError("a link that is too old") from None
        except (BadData, ValueError):
            raise LinkError("a link that is none of ours") from None
        return Linked(call, root, name)

    def _signing(self, key: str) -> URLSafeTimedSerializer:
        signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeTimedSerializer(key, salt=PREFIX, signer_kwargs=signing)


def revoke(folder: Path, call: str) -> None:
    """No link to this call's recordings leads anywhere from now on, nor one to its later talks'."""
    with (folder / REVOKED).open("a", encoding="utf-8") as file:
        file.write(f"{call}\n")


def revoke_all(folder: Path) -> None:
    """No link that was made so far leads anywhere from now on."""
    part = folder / f"{KEY}.part"
    part.unlink(missing_ok=True)
    _write(part)
    part.replace(folder / KEY)


def is_revoked(folder: Path, call: str) -> bool:
    """Whether a call's links lead nowhere; those of a whole call's are those of its later talks, too."""
    try:
        revoked = (folder / REVOKED).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return any(call == each or call.startswith(f"{each}/") for each in revoked if each)


def _key(folder: Path) -> str:
    """The key that signs; made by whoever needs it first."""
    key = _known_key(folder)
    if key is None:
        with suppress(FileExistsError):  # another thread was quicker
            _write(folder / KEY)
        key = _known_key(folder)
    if key is None:
        raise LinkError(f"{folder / KEY} is empty: take it away, and the next link makes a new one")
    return key


def _known_key(folder: Path) -> str | None:
    try:
        return (folder / KEY).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def _write(path: Path) -> None:
    """A new key, for nobody else on this machine; complete as soon as it is there."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    try:
        os.link(part, path)
    finally:
        part.unlink()
