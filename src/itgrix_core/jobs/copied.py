"""An account's clients out of the local index of numbers: known at once, without a request."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

import structlog

from itgrix_core.directory.numbers import NumberIndex
from itgrix_core.errors import DataFolderError
from itgrix_hooks.values import Entity, EntityKind, PhoneNumber

KNOWN_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Copied:
    """What is copied of one account; safe to share between threads."""

    def __init__(self, index: NumberIndex, account: str, kinds: Collection[EntityKind]) -> None:
        self._index = index
        self._account = account
        self._kinds = kinds
        self._whole = (-KNOWN_SECONDS, False)

    def clients_of(self, number: PhoneNumber) -> Sequence[Entity]:
        """Contacts, companies and open leads, without their fields; () while the copy is not whole, too.

        An index that cannot be used knows nobody: the portal does.
        """
        try:
            return self._index.clients_of(self._account, number) if self.is_whole() else ()
        except DataFolderError as error:
            _log.warning(f"{error} The portal is asked.")
            return ()

    def is_whole(self) -> bool:
        """Whether everything was copied once; looked up once a second. Raises `DataFolderError`."""
        at, is_whole = self._whole
        now = time.monotonic()
        if now - at >= KNOWN_SECONDS:
            is_whole = all(self._index.progress(self._account, kind).is_whole for kind in self._kinds)
            self._whole = (now, is_whole)
        return is_whole
