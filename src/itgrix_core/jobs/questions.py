"""Asks the hooks about one call: which one when, with what, and what their answers amount to.

`clients`, `activity` and `entity` are lazy: what no hook touches costs no request. The traces go to the
watcher; a `RetryLater` passes through, and then nothing is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from itgrix_core.filing import plan
from itgrix_core.jobs.accounts import Account
from itgrix_core.jobs.hook_crm import HookCrm
from itgrix_core.jobs.noting import Notes
from itgrix_core.jobs.performing import Performer
from itgrix_core.jobs.remembering import Reads
from itgrix_core.jobs.watching import Watcher
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.store import PluginStore
from itgrix_core.plugins import rules
from itgrix_core.plugins.manager import NOTHING, Own, Plugins
from itgrix_hooks.lazy import LazySequence
from itgrix_hooks.table import HOOKS
from itgrix_hooks.tools import Pbx
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Call, Conversation, Entity, NumberUse, Party, PhoneNumber, Stage, User
from itgrix_hooks.worker import Deadline

_OF_A_CALL = ("search", "file")
"""The uses of a number for a call that is there; before it is dialled or routed there is none."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What asking needs, made once; `guessing`: PBXes whose recordings are looked for unnamed, too."""

    plugins: Plugins
    performer: Performer
    database: Database
    watcher: Watcher
    pbxes: Mapping[str, Pbx]
    guessing: frozenset[str] = frozenset()


class Questions:
    """The hooks, asked about one call for one turn.

    Args:
        key: the turn's; hooks' writes are journalled below it.
        now: the stream's time.
        is_live: whether a phone may be ringing: then the hooks of that moment share one deadline.
    """

    def __init__(
        self, tools: Tools, account: Account, call: Call, key: str, now: float, *, is_live: bool = False
    ) -> None:
        self._tools = tools
        self._account = account
        self._call = call
        self._key = key
        self._now = now
        self._is_live = is_live
        self._deadline: Deadline | None = None
        self._reads = Reads()
        self.notes = Notes({record.name: record.reason for record in tools.plugins.out})

    def ask(self, hook: str, *, is_ringing: bool = False, about: str = "", **arguments: Any) -> Asked:
        """Ask one hook.

        Args:
            hook: its name.
            is_ringing: one of those that share a deadline while a phone rings.
            about: what it is asked about, when one hook is asked several times in a turn.
            arguments: the spec's, without the four extra ones.
        """
        key = f"{self._key}/{hook}{about}"
        asked = self._tools.plugins.ask(
            hook,
            arguments,
            deadline=self._shared() if is_ringing and self._is_live else self._new_deadline(hook),
            pbx=self._tools.pbxes.get(self._call.pbx),
            store=self._store,
            crm=partial(self._crm, key),
            own=self._own(hook),
        )
        asked = self._reads.told_apart(asked)
        self._tools.watcher.asked(self._call, asked)
        self.notes.asked(asked, about.strip("/"), arguments.get(HOOKS[hook].value))
        return asked

    def number(
        self, use: NumberUse, party: Party = "client", number: PhoneNumber | None = None
    ) -> PhoneNumber:
        """A number (the client's if left out) as the hooks want it used."""
        value = number or plan.other_number(self._call) or PhoneNumber("")
        asked = self.ask(
            "process_phone_number",
            is_ringing=True,
            about=f"/{party}/{use}/{value}",
            number=value,
            party=party,
            use=use,
            call=self._call if use in _OF_A_CALL else None,
        )
        answer: PhoneNumber = asked.answer
        return answer

    def is_answered(self, hook: str) -> bool:
        """Whether anybody would answer a hook; what nobody answers costs nothing."""
        return bool(self._tools.plugins.implementations(hook, self._own(hook)))

    def is_wanted(self, stage: Stage, conversation: Conversation | None) -> Asked:
        """`need_registration` at a stage."""
        return self.ask(
            "need_registration",
            is_ringing=True,
            about=f"/{stage}/{conversation.key if conversation else ''}",
            call=self._call,
            conversation=conversation,
            stage=stage,
        )

    def clients(self) -> LazySequence[Entity]:
        """All entities of the client's number, fetched when somebody looks."""
        return LazySequence(lambda: self._account.clients_of(self.number("search")))

    def user(self, extension: str) -> User | None:
        """The employee of an extension; the hooks may change the number that is looked for."""
        wanted = self.number("search", "user", PhoneNumber(extension))
        return self._account.adapter.user_of_extension(str(wanted))

    def _own(self, hook: str) -> Own:
        """The account's table of rules, if it has something to say to a hook."""
        table = self._account.rules.table
        return {rules.NAME: {rules.TABLE: table}} if table.answers(hook) else NOTHING

    def _shared(self) -> Deadline | None:
        """The one deadline of a ringing phone; it begins with the first hook that is asked."""
        self._deadline = self._deadline or self._new_deadline("process_registration_params")
        return self._deadline

    def _new_deadline(self, hook: str) -> Deadline | None:
        return self._tools.plugins.deadline(HOOKS[hook].limit)

    def _store(self, plugin: str) -> PluginStore:
        return PluginStore(self._tools.database, plugin, self._call.key)

    def _crm(self, key: str, plugin: str) -> HookCrm:
        performer = self._tools.performer
        return HookCrm(performer, self._account, self._call, f"{key}/{plugin}", self._now, self._reads)
