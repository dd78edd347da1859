"""Everything that the portal remembers, and the few questions that many methods ask of it.

State lives in memory and dies with the process; the ledger is what stays. Methods run one at a time under
the portal's lock, so that nothing here needs one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from itgrix_core.sandbox.bitrix.directory import Category, Status
from itgrix_core.sandbox.bitrix.envelope import iso
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.keys import Keyring
from itgrix_core.sandbox.bitrix.records import ActiveCall, Department, Line, RecordFile, Statistic, User
from itgrix_core.sandbox.bitrix.settings import Caller, Clock, Settings
from itgrix_core.sandbox.bitrix.subscriptions import Handler, Post, Queued
from itgrix_core.sandbox.bitrix.table import Row, Table


def _tables() -> dict[Kind, Table]:
    """Ids of different types start apart, so that a mixed-up type shows."""
    return {kind: Table(next_id=1 + 1000 * kind.value) for kind in Kind}


@dataclass
class World:
    """The portal's memory.

    Attributes:
        entities: leads, deals, contacts and companies.
        bindings: by activity id, (OWNER_TYPE_ID, OWNER_ID) of all that it is tied to.
        active: calls between register and finish, by CALL_ID.
        finished: by CALL_ID.
        cards: by CALL_ID, the users who see the card now. A card that nobody hid stays.
        missed: numbers on the missed list, with the CALL_ID of the last missed call.
        uploads: by upload token, (CALL_ID, file name).
        messages: chat messages and notices, as (user id, text).
        excluded: numbers on the CRM's exclusion list.
        links: by contact id, the companies it belongs to, the first of them its main one.
        transcripts: by CALL_ID, the text of a call.
        keys: tokens and codes given out.
        handlers, queue, posts: who asked for events, what waits to be fetched, what was posted; `mail` is
            what is still to be posted.
        actor, connector: who does what is being done, and the `auth_connector` he named.
        base_url: where the portal answers; `domain`: its name, which a move changes.
    """

    settings: Settings
    clock: Clock
    users: dict[int, User] = field(default_factory=dict)
    departments: list[Department] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    categories: tuple[Category, ...] = ()
    entities: dict[Kind, Table] = field(default_factory=_tables)
    activities: Table = field(default_factory=lambda: Table(next_id=7001))
    bindings: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    comments: Table = field(default_factory=Table)
    tasks: Table = field(default_factory=Table)
    call_lists: Table = field(default_factory=Table)
    solutions: Table = field(default_factory=Table)
    active: dict[str, ActiveCall] = field(default_factory=dict)
    finished: dict[str, Statistic] = field(default_factory=dict)
    cards: dict[str, set[int]] = field(default_factory=dict)
    missed: dict[str, str] = field(default_factory=dict)
    files: dict[int, RecordFile] = field(default_factory=dict)
    uploads: dict[str, tuple[str, str]] = field(default_factory=dict)
    messages: list[tuple[int, str]] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    links: dict[int, list[int]] = field(default_factory=dict)
    transcripts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    keys: Keyring = field(default_factory=Keyring)
    handlers: list[Handler] = field(default_factory=list)
    queue: list[Queued] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    mail: SimpleQueue[Post | None] = field(default_factory=SimpleQueue)
    actor: int = 0
    connector: str = ""
    base_url: str = "http://127.0.0.1/"
    moved_to: str = ""
    last_id: int = 0

    def next_id(self) -> int:
        """A number that was not given before: for records without a table of their own."""
        self.last_id += 1
        return self.last_id

    @property
    def domain(self) -> str:
        """The portal's host (with the port, as it is not the usual one)."""
        return self.moved_to or urlsplit(self.base_url).netloc

    @property
    def endpoint(self) -> str:
        """Where methods are called by token; also what the OAuth server's address is made of."""
        return f"http://{self.domain}/rest/"

    @contextmanager
    def acting(self, user_id: int, connector: str = "") -> Iterator[None]:
        """Whatever happens inside is this user's doing; its events name him."""
        self.actor, self.connector = user_id, connector
        try:
            yield
        finally:
            self.actor, self.connector = 0, ""

    def now_iso(self) -> str:
        """This moment as the portal writes dates."""
        return self.iso(self.clock())

    def iso(self, at: float) -> str:
        """Unix seconds as the portal writes dates."""
        return iso(at, self.settings.timezone)

    def user_of_extension(self, extension: str) -> User | None:
        """The active employee with this extension."""
        return next(
            (u for u in self.users.values() if u.is_active and extension and u.extension == extension), None
        )

    def line_of(self, number: str, caller: Caller) -> Line | None:
        """The caller's own line of this number."""
        return next((one for one in self.lines_of(caller) if one.number == number), None)

    def lines_of(self, caller: Caller) -> list[Line]:
        """Lines of the calling application, and those that were there from the start."""
        return [line for line in self.lines if line.app_id in (None, caller.app_id)]

    def add_line(self, number: str, name: str, auto_create: str, caller: Caller) -> Line:
        """A new line owned by the caller."""
        line = Line(self.next_id(), number, name, auto_create, caller.app_id)
        self.lines.append(line)
        return line

    def entity(self, kind: Kind, number: int | None) -> Row | None:
        """The row of a lead, contact, company or deal."""
        return self.entities[kind].get(number)

    def owner_exists(self, type_id: int | None, number: int | None) -> bool:
        """Whether OWNER_TYPE_ID and OWNER_ID name something that is there."""
        return type_id in {kind.value for kind in Kind} and self.entity(Kind(type_id), number) is not None

    def telephony_error(self, text: str) -> RestError:
        """An error of the telephony methods, with the code that this portal uses for them."""
        return RestError(400, self.settings.telephony_code, text)

    def tell(self, user_id: int, text: str) -> int:
        """Put a message into a user's chat; answers its id."""
        self.messages.append((user_id, text))
        return self.next_id()
