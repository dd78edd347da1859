"""Answers the dialplan's question: where does this caller go? From the index, inside a deadline, always.

A caller waits, so everything here has an end: the index is at hand; only a number that it may not know yet is
asked of the CRM, for a moment and by few at a time; hooks share what is left of the deadline. Whatever fails
costs an answer its extension at most, and then the call goes its usual way.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from itgrix_core.calls.presence import Presence
from itgrix_core.directory.numbers import NumberIndex
from itgrix_core.errors import ItgrixError
from itgrix_core.filing.routing import RoutingRules, call_of, route, safe
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.copied import Copied
from itgrix_core.jobs.hook_crm import HookCrm
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.quiet import Quiet
from itgrix_core.jobs.remembering import Reads
from itgrix_core.outbox.store import PluginStore
from itgrix_hooks.answers import RetryLater
from itgrix_hooks.lazy import LazySequence
from itgrix_hooks.table import Limit
from itgrix_hooks.values import Call, Entity, EntityKind, PhoneNumber
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion
from itgrix_hooks.worker import Deadline

MOST_SEARCHES = 4
"""So many questions may wait for the CRM at once; a portal that swallows requests must not swallow us."""

Routed = Callable[[str, str, float], None]
"""Told of each answer: the PBX, "put through", "usual way" or "failed", and how long it took."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """What answers are found on.

    Attributes:
        index: of numbers.
        presence: each PBX's phones, by its name.
        timezones: each PBX's, likewise.
        rules: how the one is found.
        kinds: what the index copies.
        portal_seconds: how long the CRM is asked about a number that the index may not know yet.
    """

    index: NumberIndex
    presence: Mapping[str, Presence]
    timezones: Mapping[str, str]
    rules: RoutingRules
    kinds: Sequence[EntityKind]
    portal_seconds: float


class Router:
    """Answers for all PBXes; safe to share between threads, never raises.

    Args:
        ground: what answers are found on.
        tools: how hooks are asked.
        accounts: which CRM a caller is looked for in.
        routed: told of each answer.
        now: Unix seconds.
    """

    def __init__(
        self,
        ground: Ground,
        tools: Tools,
        accounts: Accounts,
        routed: Routed = lambda _pbx, _outcome, _seconds: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ground = ground
        self._tools = tools
        self._accounts = accounts
        self._routed = routed
        self._now = now
        self._quiet = Quiet()
        self._free = threading.BoundedSemaphore(MOST_SEARCHES)
        names = accounts.by_name
        self._copied = {name: Copied(ground.index, name, ground.kinds) for name in names}

    @property
    def pbxes(self) -> frozenset[str]:
        """Whose questions are answered."""
        return frozenset(self._ground.presence)

    def answer(self, pbx: str, question: RouteQuestion, uniqueid: str = "") -> RouteAnswer:
        """Who gets the caller.

        Args:
            pbx: one of `pbxes`.
            question: who calls, and where.
            uniqueid: of the caller's channel; hooks' turns and writes are once for it.
        """
        began = time.monotonic()
        deadline = self._tools.plugins.deadline(Limit.QUESTION) or Deadline(1.0)
        zone = self._ground.timezones[pbx]
        call = call_of(pbx, zone, question, uniqueid or secrets.token_hex(8), self._now())
        try:
            answer = safe(self._found(call, question, deadline))
            outcome = "put through" if answer.extension else "usual way"
        except Exception as error:  # noqa: BLE001 - whatever it was, the caller is to reach somebody
            reason = str(error) if isinstance(error, ItgrixError) else repr(error)
            self._quiet.warn(f"asterisk {pbx}: callers go their usual way: {reason}")
            answer, outcome = RouteAnswer(why="failed"), "failed"
        self._routed(pbx, outcome, time.monotonic() - began)
        _log.debug("routed", call=call.key, extension=answer.extension, why=answer.why)
        return answer

    def _found(self, call: Call, question: RouteQuestion, deadline: Deadline) -> RouteAnswer:
        account = self._accounts.of(call)
        number = self._number(call, question, account, deadline)
        clients = self._clients(account, number, deadline)
        rules, index = self._ground.rules, self._ground.index
        at = datetime.fromtimestamp(call.started_at, ZoneInfo(call.timezone))
        staff = partial(index.employee, account.name)
        answer = route(clients, staff, self._ground.presence[call.pbx], rules, at)
        if not self._tools.plugins.implementations("customize_autodistribution"):
            return answer
        looked = LazySequence(lambda: clients or account.adapter.clients_of(number))
        asked = {"answer": answer, "question": question, "clients": looked}
        changed: RouteAnswer = self._ask("customize_autodistribution", call, account, deadline, asked, answer)
        return changed

    def _number(
        self, call: Call, question: RouteQuestion, account: Account, deadline: Deadline
    ) -> PhoneNumber:
        asked = {"number": question.number, "party": "client", "use": "route", "call": None}
        number: PhoneNumber = self._ask(
            "process_phone_number", call, account, deadline, asked, question.number
        )
        return number

    def _ask(
        self,
        hook: str,
        call: Call,
        account: Account,
        deadline: Deadline,
        arguments: Mapping[str, object],
        before: object,
    ) -> Any:
        """A hook's answer; `before` where one of them wants to be asked later, for which nobody can wait."""
        key, reads = f"{call.key}/route/{hook}", Reads()
        try:
            asked = self._tools.plugins.ask(
                hook,
                arguments,
                deadline=deadline,
                pbx=self._tools.pbxes.get(call.pbx),
                store=lambda plugin: PluginStore(self._tools.database, plugin, call.key),
                crm=lambda plugin: HookCrm(
                    self._tools.performer, account, call, f"{key}/{plugin}", call.started_at, reads
                ),
            )
        except RetryLater as error:
            _log.warning(f"hook {hook}: a caller cannot wait ({'; '.join(error.__notes__)})", call=call.key)
            return before
        self._tools.watcher.asked(call, reads.told_apart(asked))
        return asked.answer

    # ---- whose number it is ---------------------------------------------------------------------------
    def _clients(self, account: Account, number: PhoneNumber, deadline: Deadline) -> Sequence[Entity]:
        if not number.is_usable:
            return ()
        known = self._ground.index.clients_of(account.name, number)
        if known or self._copied[account.name].is_whole():
            return known
        return self._searched(account, number, min(self._ground.portal_seconds, deadline.left()))

    def _searched(self, account: Account, number: PhoneNumber, seconds: float) -> Sequence[Entity]:
        """What the CRM says in time; what it says later is known to the next caller."""
        if seconds <= 0 or not self._free.acquire(blocking=False):
            return ()
        found: list[Sequence[Entity]] = []
        done = threading.Event()

        def search() -> None:
            try:
                found.append(account.adapter.open_clients(number))
                done.set()
                self._ground.index.learn(account.name, number, found[0])
            except ItgrixError as error:
                _log.debug("a caller was not found in time", error=str(error))
            finally:
                done.set()
                self._free.release()

        threading.Thread(target=search, name="route search", daemon=True).start()
        done.wait(seconds)
        return found[0] if found else ()
