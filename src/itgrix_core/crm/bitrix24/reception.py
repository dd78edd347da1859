"""How an authorisation comes in: with the administrator's browser, pasted, or by the install callback.

Only while `itgrix connect` holds the window open, and only as the OAuth server confirms it: what a browser or
a post says of tokens and hosts is never believed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from itgrix_core.crm.adapter import Blocked
from itgrix_core.crm.bitrix24.brackets import part, text
from itgrix_core.crm.bitrix24.gate import Refusal, is_same
from itgrix_core.crm.bitrix24.grant import Grant
from itgrix_core.crm.bitrix24.oauth import OAuthServer
from itgrix_core.crm.bitrix24.vault import Vault


class Reception:
    """One account's; its methods may raise `DataFolderError`."""

    def __init__(
        self, account: str, vault: Vault, server: OAuthServer, now: Callable[[], float] = time.time
    ) -> None:
        self._account = account
        self._vault = vault
        self._server = server
        self._now = now

    def start(self, key: str) -> str | Refusal:
        """Where the browser has to go; `key` is of the address that `itgrix connect` shows."""
        return self._closed(key) or self._server.authorize_url(key)

    def come_back(self, query: Mapping[str, str]) -> Grant | Refusal:
        """The browser is back from the portal, with a code or with the portal's refusal."""
        refusal = self._closed(query.get("state", ""))
        if refusal:
            return refusal
        if not query.get("code"):
            told = query.get("error_description") or query.get("error") or "no code"
            return Refusal(400, f"the portal did not authorise the application ({told[:200]})")
        return self._taken(self._server.by_code(query["code"]))

    def paste(self, pasted: str) -> Grant | Refusal:
        """The same from the terminal: the code, or the whole address at which the browser ended."""
        query = parse_qs(urlsplit(pasted.strip()).query)
        code = query.get("code", [pasted.strip()])[0]
        if not code:
            return Refusal(400, "nothing was pasted")
        return self._taken(self._server.by_code(code))

    def install(self, form: Mapping[str, Any]) -> Grant | Refusal:
        """The portal's install callback (ONAPPINSTALL, or the fields of a page in the portal)."""
        if self._vault.window(self._now()) is None:
            return self._shut()
        auth = {**form, **part(form, "auth")}
        token = text(auth, "refresh_token", "REFRESH_ID")
        if not token:
            return Refusal(400, "an installation came without a refresh_token")
        answer = self._server.renewed(token, text(auth, "server_endpoint", "SERVER_ENDPOINT"))
        return self._taken(answer, text(auth, "application_token", "APPLICATION_TOKEN"))

    def _shut(self) -> Refusal:
        again = f"`itgrix connect bitrix24 {self._account}`"
        return Refusal(403, f"nobody is connecting now, or the quarter of an hour is over: run {again}")

    def _closed(self, key: str) -> Refusal | None:
        window = self._vault.window(self._now())
        if window is None:
            return self._shut()
        if not is_same(key, window.key):
            return Refusal(403, "this is not the address that `itgrix connect` shows: open that one")
        return None

    def _taken(self, answer: Grant | Blocked, application_token: str = "") -> Grant | Refusal:
        """Keep a grant of the right portal, and close the window."""
        if isinstance(answer, Blocked):
            return Refusal(502 if answer.why == "unreachable" else 403, answer.text)
        with self._vault.locked():
            known = self._vault.connection()
            if known.member_id and known.member_id != answer.member_id:
                return Refusal(403, f"this is another portal than before ({answer.portal}): {self._forget}")
            kept = replace(
                known,
                grant=answer,
                member_id=answer.member_id,
                application_token=application_token or known.application_token,
                event_key=known.event_key or secrets.token_urlsafe(24),
            )
            self._vault.store(kept)
        self._vault.close_window()
        return answer

    @property
    def _forget(self) -> str:
        return f"to change portals, delete {self._vault.file} first"
