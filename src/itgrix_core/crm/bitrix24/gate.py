"""Who may tell us something: an event is let in when it proves to be of our portal, else refused.

There is no signature in Bitrix24. What proves an event is the `application_token` that only the portal and
we know, and the portal's `member_id`. An application without a public address at its installation is not told
the token; then the first event teaches it that comes to the secret address under which we have subscribed.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.brackets import part, text
from itgrix_core.crm.bitrix24.vault import Connection, Vault
from itgrix_core.crm.notice import Notice

_EVENT = re.compile(r"[A-Z0-9_]{3,64}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not let in: an HTTP status, and a sentence for the log with the way out."""

    status: int
    text: str


class Gate:
    """One account's door for events; safe to share between threads."""

    def __init__(
        self, account: str, settings: BitrixSettings, vault: Vault, now: Callable[[], float] = time.time
    ) -> None:
        self._account = account
        self._set_token = settings.events.application_token.get_secret_value()
        self._vault = vault
        self._now = now

    def admit(self, form: Mapping[str, Any], key: str = "") -> Notice | Refusal:
        """The event in a form with nested names; its own tokens are left behind.

        `key` is the secret part of the address that it was sent to. May raise `DataFolderError`.
        """
        event = text(form, "event").upper()
        if not _EVENT.fullmatch(event):
            return Refusal(400, "what came is no event of Bitrix24")
        auth = part(form, "auth")
        known = self._vault.connection()
        refusal = self._foreign(auth, known, key)
        if refusal:
            return refusal
        self._learn(auth, known)
        return Notice(self._account, event, part(form, "data"), self._time(text(form, "ts")))

    def _foreign(self, auth: Mapping[str, Any], known: Connection, key: str) -> Refusal | None:
        token, member = text(auth, "application_token"), text(auth, "member_id")
        if not (token and member):
            return Refusal(403, "an event came without application_token or member_id")
        expected = self._set_token or known.application_token
        if expected and not is_same(token, expected):
            return Refusal(403, "an event came with another application_token than ours")
        if not expected and not (known.event_key and is_same(key, known.event_key)):
            return Refusal(403, "an event came before any subscription: `itgrix events subscribe`")
        if known.member_id and not is_same(member, known.member_id):
            return Refusal(403, "an event of another portal came (member_id)")
        return None

    def _learn(self, auth: Mapping[str, Any], known: Connection) -> None:
        """From the first genuine event on, only such ones."""
        parts: dict[str, str] = {}
        if not known.member_id:
            parts["member_id"] = text(auth, "member_id")
        if not (self._set_token or known.application_token):
            parts["application_token"] = text(auth, "application_token")
        if parts:
            self._vault.change(**parts)

    def _time(self, stamp: str) -> float:
        """The portal's `ts`; ours where it has none, or one from the future."""
        now = self._now()
        return min(float(stamp), now) if stamp.isdecimal() and len(stamp) <= len("9999999999") else now


def is_same(given: str, expected: str) -> bool:
    """Compared in a time that tells nothing of where they differ."""
    return secrets.compare_digest(given.encode(), expected.encode())
