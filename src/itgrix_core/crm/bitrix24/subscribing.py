"""Which events the portal sends us, asking for them and no more, and why nothing comes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.answers import mapping, rows
from itgrix_core.crm.bitrix24.checking import NOT_INSTALLED, Finding
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.errors import Failure

RESERVING = "rest_offline_extended"
"""The feature of a plan without which offline events cannot be reserved."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A subscription; `address` is "" for one whose events are fetched."""

    event: str
    address: str = ""

    def __str__(self) -> str:
        """For people: never the secret at the end of our address."""
        return f"{self.event} {self._shown or '(fetched)'}"

    @property
    def params(self) -> dict[str, str]:
        """What event.bind and event.unbind are asked."""
        how = {"handler": self.address} if self.address else {"event_type": "offline"}
        return {"event": self.event, **how}

    @property
    def _shown(self) -> str:
        head, found, _ = self.address.partition("/event/")
        return f"{head}{found}…" if found else self.address


class Subscriptions:
    """Of one account's application.

    Args:
        client: the way to the portal.
        settings: `events` says which and where to.
        account: the entry of `crm`, a part of our address.
        key: the secret part of it.
    """

    def __init__(self, client: Client, settings: BitrixSettings, account: str, key: str = "") -> None:
        self._client = client
        self._settings = settings
        self._account = account
        self._key = key

    @property
    def address(self) -> str:
        """Where the portal is to post to; "" where events are fetched."""
        root = self._settings.events.handler.rstrip("/")
        return f"{root}/bitrix24/{quote(self._account, safe='')}/event/{self._key}" if root else ""

    @property
    def wanted(self) -> list[Binding]:
        """What the settings ask for."""
        return [Binding(name.upper(), self.address) for name in self._settings.events.names]

    def bound(self) -> list[Binding] | Failure:
        """What the portal has."""
        reply = self._client.call("event.get")
        if not isinstance(reply, Reply):
            return reply
        return [
            Binding(
                str(row.get("event", "")).upper(), "" if _is_offline(row) else str(row.get("handler", ""))
            )
            for row in rows(reply.result)
        ]

    def subscribe(self) -> Iterator[Finding]:
        """Bind what is missing, unbind what is ours and no longer wanted."""
        bound = self.bound()
        if not isinstance(bound, list):
            yield False, bound.text
            return
        for binding in self.wanted:
            yield (True, f"{binding} is bound.") if binding in bound else self._bind(binding)
        for binding in bound:
            if binding not in self.wanted:
                yield self._unbind(binding)

    def unsubscribe(self) -> Iterator[Finding]:
        """Unbind all of them."""
        bound = self.bound()
        if not isinstance(bound, list):
            yield False, bound.text
            return
        for binding in bound:
            yield self._unbind(binding)
        if not bound:
            yield True, "Nothing was bound."

    def why(self) -> Iterator[Finding]:
        """What keeps events from coming, in the order of their way."""
        yield from self._installed()
        bound = self.bound()
        if not isinstance(bound, list):
            yield False, bound.text
            return
        missing = [str(binding) for binding in self.wanted if binding not in bound]
        if missing:
            yield False, f"Not bound: {', '.join(missing)}; run `itgrix events subscribe {self._account}`."
        else:
            yield True, f"Bound: {', '.join(map(str, bound))}."
        yield from self._reachable() if self.address else self._fetched()
        yield from self._default_line()

    def _bind(self, binding: Binding) -> Finding:
        reply = self._client.call("event.bind", binding.params)
        if isinstance(reply, Reply) or "ALREADY" in reply.text.upper():
            return True, f"{binding} is bound."
        return False, f"{binding} could not be bound ({reply.text})"

    def _unbind(self, binding: Binding) -> Finding:
        reply = self._client.call("event.unbind", binding.params)
        if isinstance(reply, Reply):
            return True, f"{binding} is no longer bound."
        return False, f"{binding} could not be unbound ({reply.text})"

    def _installed(self) -> Iterator[Finding]:
        reply = self._client.call("app.info")
        if not isinstance(reply, Reply):
            yield False, reply.text
        elif not mapping(reply.result).get("INSTALLED"):
            yield False, NOT_INSTALLED
        else:
            yield True, "The application is installed."

    def _reachable(self) -> Iterator[Finding]:
        """What can be said of our own address from here."""
        host = urlsplit(self.address).hostname or ""
        if is_private(host):
            yield (
                False,
                (
                    f"events.handler leads to {host}, which Bitrix24 cannot reach: give it a public https "
                    "address, or leave it out, and events are fetched."
                ),
            )
        else:
            yield (
                True,
                f"The portal posts to https://{host}; its certificate has to be valid for all the world.",
            )

    def _fetched(self) -> Iterator[Finding]:
        """What the queue of offline events needs."""
        reply = self._client.call("feature.get", {"CODE": RESERVING})
        if isinstance(reply, Reply) and mapping(reply.result).get("value") != "Y":
            yield (
                False,
                (
                    f"The portal's plan lacks {RESERVING}: events are taken without reserving them, and what "
                    "is under way in a crash is lost. A public address (events.handler) does not need it."
                ),
            )
        waiting = self._client.call("event.offline.list")
        if not isinstance(waiting, Reply):
            yield False, f"{waiting.text}; offline events are for administrators: connect as one"
            return
        count = waiting.total if waiting.total is not None else len(rows(waiting.result))
        if count:
            yield False, f"{count} events wait in the portal: is `itgrix serve` running? It fetches them."
        else:
            yield True, "No event waits in the portal."

    def _default_line(self) -> Iterator[Finding]:
        """The commonest reason of all cannot be read by REST."""
        lines = self._client.call("telephony.externalLine.get")
        has_lines = isinstance(lines, Reply) and rows(lines.result)
        which = "the application or one of its lines" if has_lines else "the application"
        yield (
            True,
            (
                f"Clicks come only from users whose default number for outgoing calls is {which}: Telephony, "
                "settings, default number; and each user's own profile."
            ),
        )


def is_private(host: str) -> bool:
    """Whether an address is of no use to somebody outside; of a name nothing is known."""
    if host == "localhost" or "." not in host.strip("."):
        return ":" not in host or ipaddress.ip_address(host).is_private
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host.endswith((".local", ".lan", ".internal"))


def _is_offline(row: Any) -> bool:
    return str(mapping(row).get("offline", "0")) in {"1", "Y", "true", "True"}
