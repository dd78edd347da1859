"""Bitrix24's OAuth server: a code or a refresh token becomes a pair of tokens, or a sentence says why not.

There are two known ones, by region; a portal's own answer names the right one. Only these, or the one of the
settings, are ever told our client_secret. Sources: docs/facts/bitrix24.md D2, J.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from urllib3.exceptions import HTTPError

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.adapter import Blocked
from itgrix_core.crm.bitrix24.errors import PAUSE_SECONDS, UNREACHABLE_SECONDS
from itgrix_core.crm.bitrix24.grant import Grant, grant_of
from itgrix_core.crm.bitrix24.transport import is_certificate, is_proxy, was_not_sent

KNOWN = ("https://oauth.bitrix24.tech", "https://oauth.bitrix.info")
_TIMEOUT = (5.0, 20.0)
_SPENT = "the authorisation is no longer valid (refresh token used or expired)"
_STRANGER = "it knows no such client_id"


@dataclass(frozen=True, slots=True)
class _Words:
    """Our settings, as sentences name them."""

    account: str

    @property
    def again(self) -> str:
        return f"run `itgrix connect bitrix24 {self.account}`"

    def of(self, code: str, grant_type: str) -> str | None:
        """What an error of the OAuth server means, with the way out."""
        where = f"crm.{self.account}.application"
        if code == "INVALID_GRANT" and grant_type == "authorization_code":
            return (
                f"the code was used before or is older than 30 seconds: {self.again} once more, and be quick"
            )
        if code == "INVALID_GRANT":
            return f"{_SPENT}: {self.again}"
        return {
            "INVALID_CLIENT": f"client_secret is wrong: copy it from the application's form into {where}",
            "WRONG_CLIENT": f"{_STRANGER}: copy it from the application's form into {where}",
            "NOT_INSTALLED": f"the application was removed from the portal: add it again, then {self.again}",
            "PAYMENT_REQUIRED": "the portal's plan has ended or has no REST: see its subscription",
            "INSUFFICIENT_SCOPE": "the application lacks a scope: give it telephony, crm and user",
            "INVALID_SCOPE": "the application lacks a scope: give it telephony, crm and user",
        }.get(code)


class OAuthServer:
    """What an account's application asks of it; safe to share between threads."""

    def __init__(self, settings: BitrixSettings, account: str, session: requests.Session) -> None:
        self._application = settings.application
        self._words = _Words(account)
        self._session = session

    def authorize_url(self, state: str) -> str:
        """Where the administrator's browser goes; it comes back to the application's address with `state`."""
        query = urlencode({"client_id": self._application.client_id, "state": state})
        return f"{self._application.portal.rstrip('/')}/oauth/authorize/?{query}"

    def by_code(self, code: str) -> Grant | Blocked:
        """A code of the browser's way, good once and for 30 seconds."""
        return self._granted({"grant_type": "authorization_code", "code": code})

    def renewed(self, refresh_token: str, endpoint: str = "") -> Grant | Blocked:
        """The next pair; `endpoint` is the server that the portal named."""
        return self._granted({"grant_type": "refresh_token", "refresh_token": refresh_token}, endpoint)

    def probe(self) -> Blocked | None:
        """Whether the server can be reached and knows our client_id and client_secret: `None` if so."""
        answer = self._granted({"grant_type": "refresh_token", "refresh_token": "itgrix-probe"})
        if isinstance(answer, Blocked) and _SPENT not in answer.text:
            return answer
        return None

    def _servers(self, endpoint: str) -> Sequence[str]:
        """Whom to ask, the portal's own first."""
        if self._application.oauth_server:
            return (self._application.oauth_server.rstrip("/"),)
        host = urlsplit(endpoint).hostname
        return sorted(KNOWN, key=lambda known: urlsplit(known).hostname != host)

    def _granted(self, asked: Mapping[str, str], endpoint: str = "") -> Grant | Blocked:
        """The first server's word counts; the next is asked where one is away or does not know us."""
        failures: list[Blocked] = []
        for server in self._servers(endpoint):
            answer = self._asked(server, asked)
            if isinstance(answer, Grant):
                return answer
            failures.append(answer)
            if not (answer.why == "unreachable" or _STRANGER in answer.text):
                break
        return next((one for one in failures if one.why != "unreachable"), failures[0])

    def _asked(self, server: str, asked: Mapping[str, str]) -> Grant | Blocked:
        application = self._application
        identity = {"client_id": application.client_id}
        identity["client_secret"] = application.client_secret.get_secret_value()
        try:
            response = self._session.get(
                f"{server}/oauth/token/",
                params={**asked, **identity},
                timeout=_TIMEOUT,
                allow_redirects=False,
                verify=self._session.verify,
            )
        except (requests.RequestException, HTTPError, ValueError) as error:
            return _away(server, error)
        return self._read(server, asked["grant_type"], response)

    def _read(self, server: str, grant_type: str, response: requests.Response) -> Grant | Blocked:
        try:
            body: Any = response.json()
        except ValueError:
            body = None
        if not isinstance(body, Mapping):
            text = f"{server} answers HTTP {response.status_code} without a word of Bitrix24"
            return Blocked("unreachable", f"{text}: does a proxy stand between?", UNREACHABLE_SECONDS)
        code = str(body.get("error") or "")
        if code or not response.ok:
            return self._refused(server, grant_type, code or f"HTTP {response.status_code}")
        try:
            return grant_of(body)
        except ValueError as error:
            return Blocked("configuration", f"{server}: {error}", PAUSE_SECONDS)

    def _refused(self, server: str, grant_type: str, code: str) -> Blocked:
        meaning = self._words.of(code.upper(), grant_type)
        if meaning is None:
            text = f"{server} refuses ({code[:60]}): {self._words.again}"
            return Blocked("unreachable", text, UNREACHABLE_SECONDS)
        return Blocked("credentials", f"{server}: {meaning}", PAUSE_SECONDS)


def _away(server: str, error: Exception) -> Blocked:
    """Why there was no answer. The error's own text holds the address with its secrets: not used."""
    if is_certificate(error):
        text = (
            f"the certificate of the OAuth server {server} is not trusted: write its authority into ca_file"
        )
        return Blocked("configuration", text, PAUSE_SECONDS)
    if is_proxy(error):
        return Blocked(
            "unreachable", f"the proxy does not lead to {server}: see `proxy`", UNREACHABLE_SECONDS
        )
    what = "cannot be reached" if was_not_sent(error) else "did not answer"
    return Blocked(
        "unreachable",
        f"the OAuth server {server} {what} from this machine, and without it no token can be had, a boxed "
        "portal's neither: let https to it through the firewall, or set `proxy`",
        UNREACHABLE_SECONDS,
    )
