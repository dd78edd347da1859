"""What an application was granted: a pair of tokens, whose they are, and where they count.

Read from the answer of the OAuth server alone: it is the one that proves itself, by its certificate. What an
event or an install callback says of tokens and hosts is only ever used to ask that server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from itgrix_core.config.addresses import is_safe


@dataclass(frozen=True, slots=True)
class Grant:
    """An authorisation.

    Attributes:
        access_token: opens the portal for an hour.
        refresh_token: buys the next pair, once.
        client_endpoint: the portal's REST, with the slash at the end (`https://HOST/rest/`).
        server_endpoint: the same of the OAuth server of its region.
        member_id: the portal's own name, which survives a new address.
        user_id: in whose name we act, 0 if it was not told.
        scope: what was allowed, with commas.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    client_endpoint: str
    server_endpoint: str
    member_id: str
    user_id: int = 0
    scope: str = ""

    @property
    def portal(self) -> str:
        """Scheme and host, and the folder of a boxed portal, without a slash at the end."""
        return self.client_endpoint.rstrip("/").removesuffix("/rest")


def grant_of(payload: Mapping[str, Any]) -> Grant:
    """The grant in an answer of the OAuth server; what is new in it is passed over.

    Raises:
        ValueError: a part is missing, or the portal's address cannot be used; the sentence has no secrets.
    """
    texts = {name: _text(payload.get(name)) for name in _NEEDED}
    missing = [name for name, text in texts.items() if not text]
    if missing:
        raise ValueError(f"the OAuth server's answer lacks {', '.join(missing)}")
    if not is_safe(texts["client_endpoint"]):
        raise ValueError(f"the portal's address {texts['client_endpoint']} is not https")
    texts["client_endpoint"] = texts["client_endpoint"].rstrip("/") + "/"
    user = _text(payload.get("user_id"))
    return Grant(
        **texts,
        server_endpoint=_text(payload.get("server_endpoint")),
        user_id=int(user) if user.isdecimal() else 0,
        scope=_text(payload.get("scope")),
    )


def moved(grant: Grant, location: str) -> str | None:
    """The portal's REST at its new address, from a redirect of a request; `None` for one that is not its.

    A renamed portal keeps path and method: only scheme and host count.
    """
    if not is_safe(location):
        return None
    old, new = urlsplit(grant.client_endpoint), urlsplit(location)
    if not new.path.startswith(old.path):
        return None
    endpoint = f"{new.scheme}://{new.netloc}{old.path}"
    return None if endpoint == grant.client_endpoint else endpoint


_NEEDED = ("access_token", "refresh_token", "client_endpoint", "member_id")


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
