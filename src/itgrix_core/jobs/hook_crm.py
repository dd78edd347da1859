"""The `crm` that hooks get: reads go straight to the account, writes are effects like ours.

A write is journalled under (call, hook, plugin, its place among that hook's writes): after a retry or a crash
the stored answer comes back instead of a second lead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from itgrix_core.crm.adapter import Step
from itgrix_core.filing.commands import Write
from itgrix_core.jobs.accounts import Account
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.remembering import Reads
from itgrix_hooks.answers import RetryLater
from itgrix_hooks.tools import CrmKind
from itgrix_hooks.values import Call, Entity, PhoneNumber, User


class HookCrm:
    """`Crm` of one plugin during one asking of one hook."""

    def __init__(
        self, performer: Performer, account: Account, call: Call, key: str, now: float, reads: Reads
    ) -> None:
        self._reads = reads
        self._performer = performer
        self._account = account
        self._call = call
        self._key = key
        self._now = now
        self._writes = 0

    @property
    def kind(self) -> CrmKind:
        """Which CRM the call's account is in."""
        return self._account.adapter.kind

    def read(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The result of a reading method; `ValueError` for one that writes.

        Asked again in the same turn, by whomever, it costs no request, unless something was written since.
        """
        plugin, wanted = self._key.rpartition("/")[2], params or {}
        return self._reads.get(plugin, method, wanted, lambda: self._account.adapter.read(method, wanted))

    def write(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The result of a writing method, executed once for this call.

        Raises:
            RetryLater: the CRM cannot be asked now; let it pass.
            CrmError: the CRM refused.
        """
        self._writes += 1
        self._reads.forget()
        sent = dict(params or {})
        step = Step(f"{self._key}/{self._writes}", Write(self._call.key, method, sent), sent)
        waiting = self._performer.perform(self._call, self._account, [step], self._now)
        if waiting:
            raise RetryLater(waiting.seconds, waiting.reason)
        return self._performer.answer(step)

    def user_of_extension(self, extension: str) -> User | None:
        """The active employee who has this extension."""
        return self._account.adapter.user_of_extension(extension)

    def clients_of(self, number: PhoneNumber | str) -> Sequence[Entity]:
        """All entities of a number, with their responsibles."""
        wanted = number if isinstance(number, PhoneNumber) else PhoneNumber(number)
        return self._account.adapter.clients_of(wanted)
