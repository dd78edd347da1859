"""Bitrix24 as the service sees it: the contract of `crm.adapter`, kept by the files beside this one.

`params` and `answers` translate, `sending` and `looking` act, `directory` knows the users, `checking` is the
doctor, `client` is the wire. Here they are put together, and questions are answered or raise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.adapter import Blocked, CrmUnavailable, Outcome, Step, Unknown
from itgrix_core.crm.bitrix24 import params as fields
from itgrix_core.crm.bitrix24.address import Auth, webhook
from itgrix_core.crm.bitrix24.answers import entity_of, filed_of, mapping
from itgrix_core.crm.bitrix24.answers import number as number_of
from itgrix_core.crm.bitrix24.application import ApplicationAuth
from itgrix_core.crm.bitrix24.bucket import Bucket, InMemory, Shelf
from itgrix_core.crm.bitrix24.checking import Doctor
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.clients import Clients
from itgrix_core.crm.bitrix24.departments import head_of
from itgrix_core.crm.bitrix24.directory import Directory
from itgrix_core.crm.bitrix24.errors import UNREACHABLE_SECONDS, is_not_found
from itgrix_core.crm.bitrix24.listing import Listing
from itgrix_core.crm.bitrix24.looking import Looker
from itgrix_core.crm.bitrix24.methods import is_reading
from itgrix_core.crm.bitrix24.oauth import OAuthServer
from itgrix_core.crm.bitrix24.observing import Observer, unobserved
from itgrix_core.crm.bitrix24.sending import Sender
from itgrix_core.crm.bitrix24.shared_level import SharedLevel, level_file
from itgrix_core.crm.bitrix24.statistics import Statistics
from itgrix_core.crm.bitrix24.transport import session_of
from itgrix_core.crm.bitrix24.vault import Vault
from itgrix_core.crm.quota import QuotaState
from itgrix_core.errors import ConfigError, CrmError
from itgrix_core.filing.commands import AnyCommand
from itgrix_hooks.tools import CrmKind
from itgrix_hooks.values import Activity, Entity, Filed, PhoneNumber, User

_TASK_DONE = frozenset({"4", "5", "6", "7"})
"""STATUS of a task that waits for nobody: supposedly completed, completed, deferred, declined."""


class BitrixAdapter:
    """One portal. Safe to share between threads."""

    kind: CrmKind = "bitrix24"

    def __init__(
        self,
        settings: BitrixSettings,
        name: str,
        client: Client | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        vault: Vault | None = None,
    ) -> None:
        """`name` is the entry of `crm` in the configuration; `client` another way to the portal.

        `vault` holds an application's tokens; a webhook needs none.

        Raises:
            ConfigError: the way to the portal cannot be used.
        """
        self.name = name
        self._client = client or client_of(settings, name, now, clock, vault)
        self._directory = Directory(self._client, clock)
        self._looker = Looker(self._client, now)
        self._sender = Sender(self._client, self._looker)
        self._doctor = Doctor(self._client, self._directory, settings)
        self._clients = Clients(self._ask, clock)

    def __repr__(self) -> str:
        return f"<BitrixAdapter {self.name}>"

    @property
    def quota(self) -> QuotaState:
        """As `Adapter.quota`."""
        return self._client.quota

    def params_of(self, command: AnyCommand, filed: Filed) -> dict[str, Any]:  # noqa: ARG002 - the contract's
        """As `Adapter.params_of`; CALL_ID is not a decision and is added at sending."""
        return fields.params_of(command)

    def perform(self, steps: Sequence[Step], filed: Filed, now: float) -> list[Outcome]:
        """As `Adapter.perform`."""
        return self._sender.perform(steps, filed, now)

    def look_up(self, step: Step, filed: Filed) -> Outcome | None:
        """As `Adapter.look_up`."""
        return self._looker.look_up(step, filed)

    def filed(self, effects: Sequence[tuple[str, Mapping[str, Any], Any]]) -> Filed:
        """As `Adapter.filed`."""
        return filed_of(effects)

    def created(self, kind: str, answer: Any) -> Entity | None:
        """As `Adapter.created`; the portal answers with the bare id."""
        return entity_of(kind, answer)

    def user_of_extension(self, extension: str) -> User | None:
        """As `Adapter.user_of_extension`; from a snapshot of at most five minutes."""
        return self._directory.user_of_extension(extension)

    def user(self, user_id: int) -> User | None:
        """As `Adapter.user`; a dismissed one is known too (`is_active`)."""
        return self._directory.user(user_id)

    def clients_of(self, number: PhoneNumber) -> Sequence[Entity]:
        """As `Adapter.clients_of`: contacts, leads and companies; the portal never names deals here."""
        return self._clients.of(number)

    def open_clients(self, number: PhoneNumber) -> Sequence[Entity]:
        """As `Adapter.open_clients`."""
        return self._clients.open(number)

    def open_deal(self, client: Entity) -> Entity | None:
        """As `Adapter.open_deal`."""
        return self._clients.open_deal(client)

    def tied_to(self, activity_id: int) -> Sequence[Entity]:
        """As `Adapter.tied_to`."""
        return self._clients.tied_to(activity_id)

    def is_employee(self, number: PhoneNumber) -> bool:
        """As `Adapter.is_employee`, as far as the webhook may read phones (scope `user` or `user_basic`)."""
        return self._directory.is_phone(number)

    def has_leads(self) -> bool:
        """As `Adapter.has_leads`."""
        return self._clients.has_leads()

    def call_back_id(self, answer: Any) -> int | None:
        """As `Adapter.call_back_id`: `{task: {id}}` or `{id}`."""
        told = mapping(answer)
        return number_of(mapping(told.get("task")).get("id") or told.get("id"))

    def is_call_back_open(self, form: str, item_id: int) -> bool:
        """As `Adapter.is_call_back_open`."""
        if form == "todo":
            found = self.activity(item_id)
            return found is not None and found.fields.get("COMPLETED") != "Y"
        question = {"taskId": item_id, "select": ["ID", "STATUS"]}
        reply = self._client.call("tasks.task.get", question)
        if not isinstance(reply, Reply) and is_not_found(reply):
            return False
        return str(mapping(mapping(_result(reply)).get("task")).get("status")) not in _TASK_DONE

    def head_of(self, user_id: int) -> int | None:
        """As `Adapter.head_of`."""
        return head_of(self._ask, user_id)

    def activity(self, activity_id: int) -> Activity | None:
        """As `Adapter.activity`."""
        found = self._ask_for_one("crm.activity.get", activity_id)
        return Activity(activity_id, dict(found)) if found else None

    def entity(self, kind: str, entity_id: int) -> Entity | None:
        """As `Adapter.entity`; `ValueError` for a kind that is none of the four."""
        if kind not in fields.ENTITY_TYPE_IDS:
            raise ValueError(
                f"{kind!r} is no kind of entity: take one of {', '.join(fields.ENTITY_TYPE_IDS)}"
            )
        found = self._ask_for_one(f"crm.{kind}.get", entity_id)
        return entity_of(kind, entity_id, found) if found else None

    def read(self, method: str, params: Mapping[str, Any]) -> Any:
        """As `Adapter.read`: the method's `result`."""
        if not is_reading(method):
            raise ValueError(
                f"{method} is not known to read only: use `crm.write`, which is done once for ever"
            )
        return self._ask(method, params)

    def check(self) -> list[tuple[bool, str]]:
        """As `Adapter.check`."""
        return self._doctor.check()

    def listing(self) -> Listing:
        """All clients and what has changed among them, for an index of numbers."""
        return Listing(self._client, self._directory)

    def books(self, sleep: Callable[[float], object] = time.sleep) -> Statistics:
        """Its list of calls, for the comparison with what was filed; `sleep` waits so many seconds."""
        return Statistics(self._client, self.activity, self.tied_to, sleep)

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """A question's result."""
        return _result(self._client.call(method, params))

    def _ask_for_one(self, method: str, entity_id: int) -> Mapping[str, Any] | None:
        """What has this id, `None` if nothing has."""
        reply = self._client.call(method, {"id": entity_id})
        if not isinstance(reply, Reply) and is_not_found(reply):
            return None
        return mapping(_result(reply)) or None


def check(
    settings: BitrixSettings, name: str, vault: Vault | None = None, state_folder: Path | None = None
) -> list[tuple[bool, str]]:
    """`Adapter.check` from the settings alone; a way that no adapter can be made of is a finding, too."""
    try:
        adapter = BitrixAdapter(
            settings, name, client_of(settings, name, vault=vault, state_folder=state_folder)
        )
    except ConfigError as error:
        return [(False, problem) for problem in error.problems]
    try:
        return adapter.check()
    finally:
        adapter.close()


def client_of(
    settings: BitrixSettings,
    name: str,
    now: Callable[[], float] = time.time,
    clock: Callable[[], float] = time.monotonic,
    vault: Vault | None = None,
    state_folder: Path | None = None,
    observe: Observer = unobserved,
    *,
    is_reading_only: bool = False,
) -> Client:
    """The way to the portal that the settings name; `observe` looks on. Raises `ConfigError`.

    One that is `is_reading_only` lets no other request out.

    In `state_folder` the processes of this machine count their requests together; without one this process
    counts its own.
    """
    session = session_for(settings, name)
    auth: Auth
    if vault is not None and settings.application.client_id:
        server = OAuthServer(settings, name, session)
        auth = ApplicationAuth(vault, server, settings.application.portal)
    else:
        try:
            auth = webhook(settings.webhook.get_secret_value())
        except ValueError as error:
            raise ConfigError([f"crm.{name}.webhook: {error}"]) from None
    bucket = bucket_of(settings, auth.portal, clock, state_folder)
    return Client(
        auth,
        settings.timeout_seconds,
        bucket,
        now,
        session=session,
        observe=observe,
        operating_seconds=settings.operating_seconds,
        is_reading_only=is_reading_only,
    )


def bucket_of(
    settings: BitrixSettings, portal: str, clock: Callable[[], float], state_folder: Path | None
) -> Bucket:
    """The bucket of a portal (scheme and host) and the address from which it sees us."""
    host, proxy = _place(portal), _place(settings.proxy.get_secret_value())

    def shelf() -> Shelf:
        return SharedLevel(level_file(state_folder, host, proxy)) if state_folder else InMemory()

    place = f"{host}|{proxy}|{state_folder or ''}"
    return Bucket.of_portal(place, settings.requests_at_once, settings.requests_per_second, clock, shelf)


def _place(address: str) -> str:
    """Host and port of an address, without who speaks there."""
    parts = urlsplit(address)
    return parts.netloc.rpartition("@")[2].casefold()


def session_for(settings: BitrixSettings, name: str) -> requests.Session:
    """The account's connections: its authority, its proxy. Raises `ConfigError`."""
    authority = settings.ca_file
    if authority is not None and not authority.is_file():
        raise ConfigError(
            [f"crm.{name}.ca_file: {authority} does not exist: put the certificates (PEM) there"]
        )
    address = settings.application.portal or settings.webhook.get_secret_value()
    return session_of(address, authority, settings.proxy.get_secret_value())


def _result(reply: Any) -> Any:
    """The result, or the exception that says why there is none."""
    if isinstance(reply, Reply):
        return reply.result
    if isinstance(reply, Blocked):
        raise CrmUnavailable(reply.seconds, reply.text, reply.why)
    if isinstance(reply, Unknown):
        raise CrmUnavailable(UNREACHABLE_SECONDS, reply.text, "unknown")
    raise CrmError(reply.text)
