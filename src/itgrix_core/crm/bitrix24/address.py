"""Where the portal is and what opens it.

A webhook's address is a password. It is pasted by hand: with a slash too many, or with the method that the
portal shows as an example behind it. So it is taken apart once, here; the rest asks an `Auth` to sign a
request and to wipe secrets from a text. An application's tokens are another `Auth` (`application.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from itgrix_core.config.addresses import is_loopback
from itgrix_core.crm.adapter import Blocked
from itgrix_core.crm.bitrix24.errors import WaysOut

SHAPE = "https://PORTAL/rest/USER_ID/CODE/"
_PATH = re.compile(r"(?P<prefix>.*)/rest/(?P<user>\d+)/(?P<code>[^/]+)(?:/[^/]*)?/?")


@dataclass(frozen=True, slots=True)
class Trouble:
    """An answer that credentials may be the reason of.

    `code` is the portal's, in capitals; `location` where it sends us to (3xx), "" for nowhere.
    """

    code: str = ""
    location: str = ""


class Auth(Protocol):
    """What signs requests."""

    @property
    def portal(self) -> str:
        """Scheme and host, for texts; never a secret."""

    @property
    def ways_out(self) -> WaysOut:
        """How these credentials are mended."""

    def sign(self, method: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | Blocked:
        """The address to post to and the JSON body; `Blocked` while there is nothing to sign with."""

    def mend(self, trouble: Trouble, body: Mapping[str, Any]) -> bool | Blocked:
        """What can be done about a refusal so that the same request may be signed and sent once more.

        `body` is what was signed. `False` if nothing; `Blocked` tells why not, where it is not the refusal.
        """

    def redact(self, text: str) -> str:
        """The text without our secrets."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An inbound webhook: whoever has the address may do what its creator may."""

    portal: str
    user_id: int
    code: str = field(repr=False)

    @property
    def ways_out(self) -> WaysOut:
        """As `Auth.ways_out`."""
        return WaysOut()

    def sign(self, method: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """As `Auth.sign`."""
        return f"{self.portal}/rest/{self.user_id}/{self.code}/{method}.json", dict(params)

    def mend(self, trouble: Trouble, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - the contract's
        """As `Auth.mend`: a webhook's address is a person's to correct."""
        return False

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
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            "the webhook's address begins with http://: its code would travel readably; use https://"
        )
    where = f"[{host}]" if ":" in host else host
    portal = f"{parts.scheme}://{where}{f':{port}' if port else ''}{match['prefix']}"
    return Webhook(portal, int(match["user"]), match["code"])
