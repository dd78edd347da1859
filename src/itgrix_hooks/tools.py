"""The four extra arguments that any hook may name: `settings`, `pbx`, `store`, `crm`; what each can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from itgrix_hooks.numbers import DialStyle
from itgrix_hooks.values import Entity, PhoneNumber, User

Settings = Mapping[str, Any]
"""`settings`: this plugin's own section of the configuration (`hooks.settings.<plugin name>`)."""


CrmKind = Literal["bitrix24", "amocrm"]
"""Whose fields the params are."""


class Pbx(Protocol):
    """`pbx`: the Asterisk of the call."""

    @property
    def name(self) -> str:
        """As in the configuration."""

    @property
    def timezone(self) -> str:
        """IANA name of its zone."""

    @property
    def region(self) -> str:
        """Country whose numbers are dialled there without a country code, two letters; "" if not set."""

    @property
    def dial_style(self) -> DialStyle:
        """How its trunks want a number outside (`itgrix_hooks.numbers.as_dialled`)."""

    @property
    def dial_prefix(self) -> str:
        """What is dialled before a number outside, "" for nothing."""


class Store(Protocol):
    """`store`: durable memory of this plugin, on disk; survives restarts.

    Values are JSON data. Nothing is locked between two calls: use `turn` where fairness matters.
    """

    def get(self, name: str, default: Any = None) -> Any:
        """The value kept under `name`, or `default`."""

    def set(self, name: str, value: Any) -> None:
        """Keep a value (JSON data) under `name`."""

    def delete(self, name: str) -> None:
        """Forget `name`; nothing happens if it is unknown."""

    def turn(self, name: str, members: Sequence[str]) -> str:
        """Whose turn it is, fairly: the member who waited longest; whoever never had one goes first.

        Taken once per call: asked again for the same call (a retry, a crash) it gives the same member.
        Atomic. `ValueError` when `members` is empty.
        """


class Crm(Protocol):
    """`crm`: the CRM of the call. Reads count against the portal's quota; writes happen exactly once.

    A write is journalled under (call, hook, plugin, its place among that hook's writes): after a retry or a
    crash the stored answer comes back instead of a second lead. Answering `Create`, `Update`, `Bind` or
    `Comment` from `get_updated_entity_fields` is the simpler way.
    """

    @property
    def kind(self) -> CrmKind:
        """Which CRM it is, and so whose fields the params are: for a plugin that serves several."""

    def read(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The result of a reading method of the CRM; `ValueError` for one that writes."""

    def write(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The result of a writing method, executed once for this call whatever happens."""

    def user_of_extension(self, extension: str) -> User | None:
        """The active employee who has this extension, `None` if nobody has."""

    def clients_of(self, number: PhoneNumber | str) -> Sequence[Entity]:
        """All leads, contacts and companies of a number, with their responsibles."""
