"""Who has which extension: all active users of the portal, read page by page and kept.

Peers lost calls here: only the first fifty users were read, users without an extension collapsed into one,
an empty answer wiped the map. So: all pages or none, empties skipped, and a failed or empty answer leaves the
last good snapshot standing. (Asking user.get for one extension at a time would cost a request per ring.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from itgrix_core.crm.adapter import Blocked, CrmUnavailable
from itgrix_core.crm.bitrix24.answers import rows, user_of
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.memory import Memory
from itgrix_hooks.values import PhoneNumber, User

KEEP_SECONDS = 300.0
MISS_SECONDS = 60.0
"""An unknown extension may belong to a user who was entered just now: then a younger snapshot is wanted."""
RETRY_SECONDS = 30.0
_MOST_PAGES = 200
_PHONES = ("WORK_PHONE", "PERSONAL_PHONE", "PERSONAL_MOBILE")
_SELECT = ["ID", "NAME", "LAST_NAME", "ACTIVE", "UF_PHONE_INNER", *_PHONES]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The active users at one moment."""

    users: Mapping[int, User] = field(default_factory=dict)
    by_extension: Mapping[str, User] = field(default_factory=dict)
    duplicates: Mapping[str, tuple[User, ...]] = field(default_factory=dict)
    """Extensions that several active users have; the lowest id gets the calls."""
    phones: tuple[PhoneNumber, ...] = ()
    """Numbers outside in their profiles, as far as they may be read."""

    @property
    def unreachable(self) -> Iterator[User]:
        """Those whom nothing can be dialled for: they have no extension."""
        return (user for user in self.users.values() if not user.extension)


class Directory:
    """The users of one portal; safe to share between threads."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds from anywhere."""
        self._client = client
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._read_at = 0.0
        self._not_before = 0.0
        self._lock = Lock()
        self._others: Memory[int, User | None] = Memory(KEEP_SECONDS, clock)

    def user_of_extension(self, extension: str) -> User | None:
        """The active user of an extension, `None` if nobody has it.

        Raises:
            CrmUnavailable: nothing was ever read and nothing can be read now.
        """
        wanted = extension.strip()
        user = self.snapshot(KEEP_SECONDS).by_extension.get(wanted)
        return user or (self.snapshot(MISS_SECONDS).by_extension.get(wanted) if wanted else None)

    def user(self, user_id: int) -> User | None:
        """A user by id, active or not; `None` if unknown. Raises `CrmUnavailable`."""
        user = self.snapshot(KEEP_SECONDS).users.get(user_id)
        if user:
            return user
        kept = self._others.recall(user_id)
        return kept[0] if kept else self._others.keep(user_id, self._ask_for(user_id))

    def is_phone(self, number: PhoneNumber) -> bool:
        """Whether an employee has this number outside in his profile. Raises `CrmUnavailable`."""
        return any(number.same_as(phone) for phone in self.snapshot().phones)

    def snapshot(self, seconds: float = KEEP_SECONDS) -> Snapshot:
        """The users, not older than `seconds` where the portal allows. Raises `CrmUnavailable`.

        One thread reads; the others take what is there, and wait only if there is nothing yet.
        """
        known = self._snapshot
        if known and (self._clock() - self._read_at < seconds or self._clock() < self._not_before):
            return known
        if not self._lock.acquire(blocking=known is None):
            return known or Snapshot()
        try:
            if self._snapshot is None or self._snapshot is known:
                self._read()
        finally:
            self._lock.release()
        if self._snapshot is None:
            raise CrmUnavailable(
                RETRY_SECONDS, "user.get: answered without any user; see the webhook's scope `user`"
            )
        return self._snapshot

    def _read(self) -> None:
        """Read all pages; keep the old snapshot, and do not ask again at once, if that fails."""
        try:
            found = self._active_users()
        except CrmUnavailable:
            self._not_before = self._clock() + RETRY_SECONDS
            if self._snapshot is None:
                raise
            return
        if not found:
            self._not_before = self._clock() + RETRY_SECONDS
            return
        phones = (str(row[name]) for _, row in found for name in _PHONES if row.get(name))
        users = [user for user, _ in found]
        self._snapshot = replace(_snapshot_of(users), phones=tuple(map(PhoneNumber, phones)))
        self._read_at = self._clock()

    def _active_users(self) -> list[tuple[User, Mapping[str, Any]]]:
        """All pages of user.get, each user with his row."""
        users: list[tuple[User, Mapping[str, Any]]] = []
        start = 0
        for _ in range(_MOST_PAGES):
            reply = self._ask({"FILTER": {"ACTIVE": True}, "select": _SELECT, "start": start})
            found = ((user_of(row), row) for row in rows(reply.result))
            users += [(user, row) for user, row in found if user and user.is_active]
            if not reply.next or reply.next <= start:
                break
            start = reply.next
        return users

    def _ask_for(self, user_id: int) -> User | None:
        """One user, who may be dismissed."""
        reply = self._ask({"FILTER": {"ID": user_id}, "select": _SELECT})
        return next((user for user in map(user_of, rows(reply.result)) if user and user.id == user_id), None)

    def _ask(self, params: dict[str, Any]) -> Reply:
        """user.get, or `CrmUnavailable`."""
        reply = self._client.call("user.get", params)
        if isinstance(reply, Reply):
            return reply
        if isinstance(reply, Blocked):
            raise CrmUnavailable(reply.seconds, reply.text, reply.why)
        raise CrmUnavailable(RETRY_SECONDS, reply.text, "unknown")


def _snapshot_of(users: list[User]) -> Snapshot:
    """Index the users; of several with one extension the lowest id wins, whatever the order of the pages."""
    holders: dict[str, list[User]] = {}
    known = {user.id: user for user in users}
    for user in sorted(known.values(), key=lambda user: user.id):
        if user.extension:
            holders.setdefault(user.extension, []).append(user)
    duplicates = {extension: tuple(found) for extension, found in holders.items() if len(found) > 1}
    return Snapshot(known, {extension: found[0] for extension, found in holders.items()}, duplicates)
