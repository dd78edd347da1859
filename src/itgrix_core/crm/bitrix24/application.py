"""A local application's tokens as an `Auth`: signs, buys the next pair when the hour is over, follows a move.

A pair is bought on `expired_token` only (Bitrix24 blocks who buys on a schedule), by one process for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from itgrix_core.crm.adapter import Blocked
from itgrix_core.crm.bitrix24.address import Trouble
from itgrix_core.crm.bitrix24.errors import PAUSE_SECONDS, WaysOut
from itgrix_core.crm.bitrix24.grant import Grant, moved
from itgrix_core.crm.bitrix24.oauth import OAuthServer
from itgrix_core.crm.bitrix24.vault import Vault
from itgrix_core.errors import DataFolderError

UNCONNECTED_SECONDS = 30.0
"""No request is made, and `itgrix connect` may be under way."""
_EXPIRED = "EXPIRED_TOKEN"
_UNKNOWN = frozenset({"INVALID_TOKEN", "NO_AUTH_FOUND", "INVALID_CREDENTIALS"})


class ApplicationAuth:
    """As `Auth`. Safe to share between threads; other processes may share the vault."""

    def __init__(self, vault: Vault, server: OAuthServer, portal: str) -> None:
        """`portal` is the settings' address, for texts before there is a grant."""
        self._vault = vault
        self._server = server
        self._set = portal.rstrip("/")
        self._grant: Grant | None = None

    @property
    def portal(self) -> str:
        """As `Auth.portal`: where the tokens count, which after a move is not what the settings say."""
        grant = self._held()
        return grant.portal if grant else self._set

    @property
    def ways_out(self) -> WaysOut:
        """As `Auth.ways_out`."""
        again = self._connect
        return WaysOut(again, f"give the application the scopes telephony, crm and user, then {again}", again)

    @property
    def _connect(self) -> str:
        return f"run `itgrix connect bitrix24 {self._vault.account}`"

    def sign(self, method: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | Blocked:
        """As `Auth.sign`; the token travels in the body, where no proxy logs it."""
        try:
            grant = self._held()
        except DataFolderError as error:
            return Blocked("configuration", str(error), PAUSE_SECONDS)
        if grant is None:
            text = f"{method}: crm.{self._vault.account} is not connected yet: {self._connect}"
            return Blocked("credentials", text, UNCONNECTED_SECONDS)
        return f"{grant.client_endpoint}{method}.json", {**params, "auth": grant.access_token}

    def mend(self, trouble: Trouble, body: Mapping[str, Any]) -> bool | Blocked:
        """As `Auth.mend`."""
        used = str(body.get("auth", ""))
        try:
            if trouble.location:
                return self._follow(trouble.location)
            if trouble.code == _EXPIRED:
                return self._renew(used)
            return trouble.code in _UNKNOWN and self._has_newer(used)
        except DataFolderError as error:
            return Blocked("configuration", str(error), PAUSE_SECONDS)

    def redact(self, text: str) -> str:
        """As `Auth.redact`."""
        grant = self._grant
        for secret in (grant.access_token, grant.refresh_token) if grant else ():
            text = text.replace(secret, "***")
        return text

    def _held(self) -> Grant | None:
        if self._grant is None:
            self._grant = self._vault.connection().grant
        return self._grant

    def _has_newer(self, used: str) -> bool:
        """Whether somebody has connected anew or bought a pair since: then ours changes."""
        self._grant = self._vault.connection().grant
        return self._grant is not None and self._grant.access_token != used

    def _renew(self, used: str) -> bool | Blocked:
        """Buy the next pair unless another has; it is stored before it is used."""
        with self._vault.locked():
            if self._has_newer(used):
                return True
            if self._grant is None:
                return False
            kept = self._vault.connection()
            self._vault.store(kept)  # a full disk is met before the pair is spent, not after
            bought = self._server.renewed(self._grant.refresh_token, self._grant.server_endpoint)
            if isinstance(bought, Blocked):
                return bought
            if kept.member_id and bought.member_id != kept.member_id:
                return Blocked(
                    "configuration", f"the tokens are another portal's: {self._connect}", PAUSE_SECONDS
                )
            self._vault.store(replace(kept, grant=bought))
            self._grant = bought
        return True

    def _follow(self, location: str) -> bool:
        """The portal was renamed: remember where it is; the tokens stay good."""
        with self._vault.locked():
            kept = self._vault.connection()
            if kept.grant and self._grant and kept.grant.client_endpoint != self._grant.client_endpoint:
                self._grant = kept.grant  # another process has been there before
                return True
            endpoint = moved(kept.grant, location) if kept.grant else None
            if kept.grant is None or endpoint is None:
                return False
            self._grant = replace(kept.grant, client_endpoint=endpoint)
            self._vault.store(replace(kept, grant=self._grant))
        return True
