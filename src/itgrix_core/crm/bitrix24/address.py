"""Where the portal is and what opens it.

A webhook's address is a password. It is pasted by hand: with a slash too many, or with the method that the
portal shows as an example behind it. So it is taken apart once, here; the rest asks an `Auth` to sign a
request and to wipe secrets from a text. An application's token becomes another `Auth`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

SHAPE = "https://PORTAL/rest/USER_ID/CODE/"
_PATH = re.compile(r"(?P<prefix>.*)/rest/(?P<user>\d+)/(?P<code>[^/]+)(?:/[^/]*)?/?")


class Auth(Protocol):
    """What signs requests."""

    @property
    def portal(self) -> str:
        """Scheme and host, for texts; never a secret."""

    def sign(self, method: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The address to post to and the JSON body."""

    def redact(self, text: str) -> str:
        """The text without our secrets."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An inbound webhook: whoever has the address may do what its creator may."""

    portal: str
    user_id: int
    code: str = field(repr=False)

    def sign(self, method: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """As `Auth.sign`."""
        return f"{self.portal}/rest/{self.user_id}/{self.code}/{method}.json", dict(params)

    def redact(self, text: str) -> str:
        """As `Auth.redact`."""
        return text.replace(self.code, "***")


def webhook(address: str) -> Webhook:
    """A webhook from its address as somebody pasted it.

    Raises:
        ValueError: a sentence that says what is wrong with it and what it should look like.
    """
    text = address.strip()
    if not text:
        raise ValueError(f"no webhook is set: put the address of an inbound webhook ({SHAPE}) into `webhook`")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"the webhook is not a web address: it should look like {SHAPE}") from None
    path = re.sub(r"/{2,}", "/", parts.path)
    match = _PATH.fullmatch(path)
    if parts.scheme not in {"http", "https"} or not host or not match or parts.username:
        raise ValueError(
            f"the webhook's address has another shape than {SHAPE}: copy it from the portal again"
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(
            "the webhook's address begins with http://: its code would travel readably; use https://"
        )
    where = f"[{host}]" if ":" in host else host
    portal = f"{parts.scheme}://{where}{f':{port}' if port else ''}{match['prefix']}"
    return Webhook(portal, int(match["user"]), match["code"])


def _is_loopback(host: str) -> bool:
    """Whether the host is this machine: the sandbox needs no TLS."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
