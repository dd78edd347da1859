"""A `crm` for authors' tests with a whole Bitrix24 behind it: the sandbox's portal, in this process.

Answers are literally those of the sandbox (ids as text where a portal says text, `[]` for an empty map), and
what a hook reads or writes goes through the service's own adapter: `read` refuses a method that is not known
to read, a refusal is the error that the service raises. Only the socket is missing. Tests get it as the
fixture `portal_crm`; the rest of the authors' kit is in `itgrix_hooks.testing`, which knows nothing of the
service.
"""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.crm.bitrix24.address import webhook
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.errors import CrmError
from itgrix_core.sandbox.bitrix import Portal, Settings, User, phones
from itgrix_core.sandbox.bitrix.entities import create
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.web import create_app
from itgrix_hooks import values

_ADDRESS = "https://portal.example"
_PLENTY = 1e9


class PortalCrm:
    """A `Crm` of a portal in memory.

    It begins as every sandbox does (docs/sandbox.md): employees 11 to 16 with extensions 101 to 106, three
    clients. Nothing in it limits requests.

    Attributes:
        portal: the sandbox, for whoever wants more of it (`portal.faults`, `portal.ledger`, `portal.change`).
    """

    def __init__(self, portal: Portal | None = None) -> None:
        self.portal = portal or Portal(Settings(limits=None))
        session = requests.Session()
        session.mount(_ADDRESS, _InProcess(self.portal))
        self._client = Client(
            webhook(f"{_ADDRESS}/rest/1/sandboxcode/"), bucket=Bucket(_PLENTY, _PLENTY), session=session
        )
        # what is remembered for seconds in the service is asked anew here: a test may have changed it
        clock = itertools.count(step=3600).__next__
        self._adapter = BitrixAdapter(BitrixSettings(), "portal", self._client, clock=clock)

    def add(self, kind: values.EntityKind, number: str = "", **fields: Any) -> values.Entity:
        """Put an entity into the portal.

        Args:
            kind: lead, contact, company or deal.
            number: its phone, "" for none.
            fields: the portal's own, as crm.<kind>.add takes them (TITLE, NAME, ASSIGNED_BY_ID …).

        Returns:
            The entity as hooks get it.
        """
        given = {**fields, "PHONE": phones(number)} if number else fields
        with self.portal.changing() as world:
            entity_id = create(world, Kind[kind.upper()], given, user_id=1)
        return cast(values.Entity, self.entity(kind, entity_id))

    def add_user(self, user_id: int, extension: str, name: str = "") -> values.User:
        """Put an employee into the portal, in the place of whoever had this extension."""
        with self.portal.changing() as world:
            for other in [each for each in world.users.values() if each.extension == extension]:
                world.users[other.id] = replace(other, extension="")
            world.users[user_id] = User(user_id, name or f"User {user_id}", extension=extension)
        return cast(values.User, self.user_of_extension(extension))

    def entity(self, kind: values.EntityKind, entity_id: int) -> values.Entity | None:
        """The entity as it is now, with all its fields; `None` if there is none."""
        return self._adapter.entity(kind, entity_id)

    @property
    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        """(method, params) of each request that the portal has executed, in order."""
        entries = self.portal.ledger.entries()
        return [(entry.method, dict(entry.params)) for entry in entries if entry.is_executed]

    def read(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """As in the service; raises `CrmError` where the portal refuses."""
        return self._adapter.read(method, params or {})

    def write(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """As in the service, but for the journal: asked twice it writes twice. Raises `CrmError`."""
        reply = self._client.call(method, params)
        if isinstance(reply, Reply):
            return reply.result
        raise CrmError(reply.text)

    def user_of_extension(self, extension: str) -> values.User | None:
        """As in the service."""
        return self._adapter.user_of_extension(extension)

    def clients_of(self, number: values.PhoneNumber | str) -> Sequence[values.Entity]:
        """As in the service."""
        return self._adapter.clients_of(values.PhoneNumber(str(number)))


class _InProcess(HTTPAdapter):
    """Brings requests to the portal's application without a socket."""

    def __init__(self, portal: Portal) -> None:
        super().__init__()
        self._app = create_app(portal, threading.Event()).test_client()

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        """Ask the application; headers and body go as they are."""
        body = cast(io.BytesIO, request.body).read()
        answer = self._app.post(request.path_url, headers=dict(request.headers), data=body)
        told = HTTPResponse(
            io.BytesIO(answer.data), dict(answer.headers), answer.status_code, preload_content=False
        )
        return self.build_response(request, told)
