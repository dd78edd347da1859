"""A portal's rooms, put together from the settings: vault, client, gate, reception, subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from itgrix_core.config.schema import BitrixSettings, Settings
from itgrix_core.config.state_folder import state_folder_of
from itgrix_core.config.wording import nearest
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter, check, client_of, session_for
from itgrix_core.crm.bitrix24.checking import Finding
from itgrix_core.crm.bitrix24.client import Client
from itgrix_core.crm.bitrix24.gate import Gate
from itgrix_core.crm.bitrix24.listing import KINDS
from itgrix_core.crm.bitrix24.oauth import OAuthServer
from itgrix_core.crm.bitrix24.observing import Observer, unobserved
from itgrix_core.crm.bitrix24.reception import Reception
from itgrix_core.crm.bitrix24.shadow import ShadowAdapter
from itgrix_core.crm.bitrix24.subscribing import Subscriptions
from itgrix_core.crm.bitrix24.vault import Vault
from itgrix_core.errors import ConfigError
from itgrix_core.telemetry.redaction import keep_secret

CHANGES = [f"OnCrm{kind.capitalize()}{what}" for kind in KINDS for what in ("Add", "Update", "Delete")]
"""Events of the portal that tell of a client's change."""


@dataclass(frozen=True, slots=True)
class Portal:
    """One account of the settings.

    Attributes:
        name: the entry of `crm`.
        settings: what it says.
        vault: where its tokens lie.
        state_folder: where all processes of this machine count their requests together.
        observe: told of each request to it.
        is_shadow: whether it is only read.
    """

    name: str
    settings: BitrixSettings
    vault: Vault
    state_folder: Path | None = None
    observe: Observer = unobserved
    is_shadow: bool = False

    @property
    def has_application(self) -> bool:
        """Whether it is reached by an application."""
        return bool(self.settings.application.client_id)

    def adapter(self) -> BitrixAdapter:
        """Its adapter; raises `ConfigError`."""
        kind = ShadowAdapter if self.is_shadow else BitrixAdapter
        return kind(self.settings, self.name, self.client(), vault=self.vault)

    def findings(self) -> list[Finding]:
        """What our credentials may do in it, first of all whether it answers; never raises `ConfigError`."""
        return check(self.settings, self.name, self.vault, self.state_folder)

    def check(self) -> list[Finding]:
        """The same, and whether an application can buy its next tokens: today's say nothing of it."""
        found = self.findings()
        if not self.has_application or not found[0][0]:
            return found
        failure = self.server().probe()
        return [
            *found,
            (failure is None, failure.text if failure else "The OAuth server knows the application."),
        ]

    def client(self) -> Client:
        """A way to it beside the adapter's; raises `ConfigError`."""
        return client_of(
            self.settings,
            self.name,
            vault=self.vault,
            state_folder=self.state_folder,
            observe=self.observe,
            is_reading_only=self.is_shadow,
        )

    def server(self) -> OAuthServer:
        """The OAuth server as this account reaches it; raises `ConfigError`."""
        return OAuthServer(self.settings, self.name, session_for(self.settings, self.name))

    def reception(self) -> Reception:
        """Where its authorisations come in."""
        return Reception(self.name, self.vault, self.server())

    def gate(self) -> Gate:
        """Where its events come in."""
        return Gate(self.name, self.settings, self.vault)

    def subscriptions(self, client: Client) -> Subscriptions:
        """What it is to tell us."""
        return Subscriptions(client, self.settings, self.name, self.vault.connection().event_key)


def portal_of(settings: Settings, name: str | None) -> Portal:
    """The account of this name, or the only one; raises `ConfigError` with those that there are."""
    known = portals_of(settings)
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name is None:
        raise ConfigError([f"say which account: one of {', '.join(known)}"])
    if name not in known:
        raise ConfigError([f'there is no entry "{name}" under crm; {nearest(name, list(known))}'])
    return known[name]


def portals_of(settings: Settings) -> dict[str, Portal]:
    """All accounts, by name."""
    folder = state_folder_of(settings)
    return {
        name: Portal(name, _listening(crm, settings), Vault(settings.data_folder, name, _keep), folder)
        for name, crm in settings.crm.items()
    }


def shadowed(portals: Mapping[str, Portal]) -> dict[str, Portal]:
    """The same portals, only read."""
    return {name: replace(portal, is_shadow=True) for name, portal in portals.items()}


def _listening(crm: BitrixSettings, settings: Settings) -> BitrixSettings:
    """With the events besides that keep the index of numbers fresh, where there is one."""
    if not settings.is_copying:
        return crm
    names = list(dict.fromkeys([*crm.events.names, *CHANGES]))
    return crm.model_copy(update={"events": crm.events.model_copy(update={"names": names})})


def _keep(secret: str) -> None:
    keep_secret(secret, is_passing=True)
