"""Dials what the CRM wants, once: a click on a number, a callback that a visitor has ordered.

Each step is written down before the next. It is decided what is dialled, under which id. The CRM's own
registration is noted under the key that the call will have, so that all that follows is filed like any other
call's, and nobody registers it again. It is noted that Originate is sent; what became of one whose answer was
lost is seen by its channel's id, and it is never sent twice. What comes to nothing is ended by an event like
any other call's end, so that no card stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec
import structlog

from itgrix_core.ami.originate import Action, is_alive, originate
from itgrix_core.calls.events import CallEnded, CallEvent, CallStarted
from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.crm.bitrix24.clicks import wish_of
from itgrix_core.crm.notice import Notice
from itgrix_core.crm.wish import Wish
from itgrix_core.errors import AmiError, CrmError
from itgrix_core.filing import plan
from itgrix_core.filing.commands import RegisterCall
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.dialling import Decider, Dialling
from itgrix_core.jobs.gathering import LOST_SIGHT_SECONDS
from itgrix_core.jobs.notices import job_of as job_of_notice
from itgrix_core.jobs.questions import Questions, Tools
from itgrix_core.jobs.troubles import later_of
from itgrix_core.jobs.turn import BY_CRM, RefusedForGood, Turn
from itgrix_core.outbox.effects import Effect, Effects, Finished, Starting
from itgrix_core.outbox.engine import Attempt, Dead, Done, Later, Result, Trouble
from itgrix_core.outbox.spool import Spool, Standing
from itgrix_core.outbox.tables import EffectState
from itgrix_core.wire.messages import Message
from itgrix_hooks.answers import RetryLater
from itgrix_hooks.values import Call, Disposition

DIALLING, ORIGINATE = "dialling", "originate"
"""Kinds of the journal's notes: what was decided, and what was sent to Asterisk."""

AGAIN_SECONDS: Final = 1.0
"""How soon it is tried again to reach an Asterisk that is away, as long as the wish is good."""

WATCH_SECONDS: Final = 30.0
"""So long after its phone stopped ringing a call must have told of itself."""

SETTLING_SECONDS: Final = 10.0
"""So long Asterisk may take to begin a call, and we to understand its list of channels."""

UNTOLD_SECONDS: Final = 3600.0
"""After so long without a line to Asterisk the card is closed, whatever became of the call."""

REFUSED_SECONDS: Final = 5.0

_DIALLING = msgspec.json.Decoder(Dialling)
_log = structlog.get_logger(__name__)


class Line(Protocol):
    """What `itgrix_core.ami.supervisor.Supervisor` can do."""

    @property
    def state(self) -> Any:
        """With `is_connected` and `connected_at`."""

    def ask(self, action: Action) -> Message:
        """Its response; `AmiError` when there is none."""


class Clicking:
    """The consumer of both notices.

    Args:
        decider: knows what is dialled.
        lines: each Asterisk's, by name; asked when it is needed.
        boards: the name under which each Asterisk's calls are saved.
        histories: the Asterisks whose CEL or CDR can be read.
    """

    def __init__(
        self,
        accounts: Accounts,
        tools: Tools,
        effects: Effects,
        spool: Spool,
        decider: Decider,
        lines: Callable[[], Mapping[str, Line]],
        boards: Mapping[str, str],
        histories: Collection[str] = (),
    ) -> None:
        self._accounts = accounts
        self._tools = tools
        self._effects = effects
        self._spool = spool
        self._decider = decider
        self._lines = lines
        self._boards = boards
        self._histories = histories

    def __call__(self, notice: Notice, attempt: Attempt) -> Result:
        """As `jobs.notices.Consumer`."""
        if notice.account not in self._accounts.by_name:
            return Dead(f"the configuration has no entry {notice.account} under crm any more")
        wish = wish_of(notice)
        if wish.call_id is None and not wish.is_callback:
            _log.warning(f"crm {notice.account}: a click came without CALL_ID, and is not dialled")
            return Done()
        try:
            with urgency.work(is_live=True):
                return self._serve(notice, wish, attempt.now)
        except (RetryLater, CrmUnavailable) as error:
            return later_of(error)
        except CrmError as error:
            return Later(REFUSED_SECONDS, str(error), Trouble.REFUSED)

    def _serve(self, notice: Notice, wish: Wish, now: float) -> Result:
        dialling = self._decided(notice, wish, now)
        call = dialling.call
        if dialling.is_repeated and wish.is_callback:
            return Done()
        waiting = self._registered(notice, wish, dialling, now)
        if waiting:
            return waiting
        if dialling.refusal:
            return self._end(wish, call, dialling.refusal, now)
        effect = self._effects.state(f"{call.key}/{ORIGINATE}")
        if effect is None:
            return self._dial(wish, dialling, now)
        if effect.state is EffectState.REFUSED:
            return self._end(wish, call, str(effect.answer["text"]), now)
        return self._watch(wish, dialling, effect, now)

    # ---- before it is dialled --------------------------------------------------------------------------
    def _decided(self, notice: Notice, wish: Wish, now: float) -> Dialling:
        """What was decided before, or is now and for good."""
        job = job_of_notice(notice)
        key = f"{job.lane}/{DIALLING}/{job.key}"
        known = self._effects.state(key)
        if known is not None:
            return _DIALLING.decode(msgspec.json.encode(known.params))
        dialling = self._decider.decide(wish, job.key, now)
        if dialling.refusal:
            _log.warning(f"{_name(wish)} is not dialled: {dialling.refusal}", call=dialling.call.key)
        params = msgspec.json.decode(msgspec.json.encode(dialling))
        self._effects.start([Starting(key, job.lane, DIALLING, params)])
        self._effects.finish([Finished(key, EffectState.DONE)])
        return dialling

    def _registered(self, notice: Notice, wish: Wish, dialling: Dialling, now: float) -> Later | None:
        """See to it that the journal has the call's registration: the CRM's own, or of a callback ours."""
        key = f"{dialling.call.key}/{RegisterCall.kind}"
        known = self._effects.state(key)
        if known is not None and known.state is EffectState.DONE:
            return None
        if wish.is_callback:
            return self._register(notice, wish, dialling, now)
        params = {**wish.registration, BY_CRM: True}
        self._effects.start([Starting(key, dialling.call.key, RegisterCall.kind, params)])
        self._effects.finish([Finished(key, EffectState.DONE, dict(wish.registered))])
        return None

    def _register(self, notice: Notice, wish: Wish, dialling: Dialling, now: float) -> Later | None:
        """A callback's call, with its client's entity; the card is for who is rung first."""
        call, account = dialling.call, self._accounts.by_name[wish.account]
        key = job_of_notice(notice).key
        questions = Questions(self._tools, account, call, key, now)
        turn = Turn(key, [CallStarted(call, now)], account, questions, self._tools, self._effects, now)
        if turn.declined:
            return None
        number = questions.number("file")
        show_to, until = (dialling.user_id,), now + account.rules.card_seconds
        command = plan.registration(call, dialling.user_id, number, account.rules, show_to, until)
        command = replace(command, line=wish.line, entity=wish.entity, is_callback=True)
        try:
            return turn.phase("callback", lambda: turn.registration(command))
        except RefusedForGood as error:
            _log.warning(f"{_name(wish)} is dialled without being registered: {error}", call=call.key)
            return None

    # ---- dialling --------------------------------------------------------------------------------------
    def _dial(self, wish: Wish, dialling: Dialling, now: float) -> Result:
        """Send Originate, having noted it."""
        call = dialling.call
        line = self._lines().get(call.pbx)
        is_connected = line is not None and line.state.is_connected
        if stale := self._decider.stale(wish, now):
            away = "" if is_connected else f"Asterisk {call.pbx} is not connected; "
            return self._end(wish, call, away + stale, now)
        if line is None or not is_connected:
            return Later(AGAIN_SECONDS, f"Asterisk {call.pbx} is not connected", Trouble.AWAY)
        key = f"{call.key}/{ORIGINATE}"
        self._effects.start([Starting(key, call.key, ORIGINATE, dialling.params)])
        try:
            answer = line.ask(originate(dialling.params, call.linkedid))
        except AmiError as error:
            return Later(AGAIN_SECONDS, f"whether it was dialled is not known yet: {error}", Trouble.UNKNOWN)
        said = answer.get("Message")
        if answer.get("Response").lower() != "success":
            refusal = f"Asterisk {call.pbx} refused to originate: {said}{_way_out(said, call.pbx)}"
            told = {"why": "other", "text": refusal}
            self._effects.finish([Finished(key, EffectState.REFUSED, told)])
            return self._end(wish, call, refusal, now)
        self._effects.finish([Finished(key, EffectState.DONE, {"text": said})])
        _log.info(f"{_name(wish)} is dialled", call=call.key, extension=call.extension)
        return self._rings(dialling.seconds + WATCH_SECONDS)

    def _rings(self, seconds: float) -> Later:
        return Later(seconds, "dialled; it is seen then whether the call has told of itself")

    # ---- afterwards ------------------------------------------------------------------------------------
    def _watch(self, wish: Wish, dialling: Dialling, effect: Effect, now: float) -> Result:
        """After an Originate: what is not known is looked up by the channel's id, never sent again.

        A call that Asterisk has told of is the tracker's, and has its end from there.
        """
        call, until = dialling.call, effect.started_at + dialling.seconds + WATCH_SECONDS
        is_told = self._spool.knows(self._board(call), call.key)
        if is_told and now >= until:
            return Done()
        is_unknown = effect.state is EffectState.STARTED
        if not is_unknown and now < until:
            return self._rings(until - now)
        alive = True if is_told else self._is_alive(call, effect.started_at, now)
        if alive:
            if is_unknown:
                self._effects.finish([Finished(effect.key, EffectState.DONE, {"text": "found by its id"})])
            return self._rings(max(until - now, WATCH_SECONDS))
        if alive is None and now < until + UNTOLD_SECONDS:
            why = f"Asterisk {call.pbx} cannot tell yet what became of it"
            return Later(AGAIN_SECONDS, why, Trouble.AWAY)
        what = "whether it was dialled is not known" if is_unknown else "Asterisk told nothing of it"
        return self._end(wish, call, what, now, is_provisional=call.pbx in self._histories)

    def _is_alive(self, call: Call, sent_at: float, now: float) -> bool | None:
        """Whether its first channel lives; `None` while nobody can tell.

        Right after it was sent, or after a connection, no channel proves nothing.
        """
        line = self._lines().get(call.pbx)
        since = line.state.connected_at if line and line.state.is_connected else None
        if line is None or since is None:
            return None
        try:
            is_there = line.ask(is_alive(call.linkedid)).get("Response").lower() == "success"
        except AmiError:
            return None
        return True if is_there else None if now < max(since, sent_at) + SETTLING_SECONDS else False

    def _end(self, wish: Wish, call: Call, why: str, now: float, *, is_provisional: bool = False) -> Done:
        """Let the call be filed as one that came to nothing, unless Asterisk has told of it."""
        ended = replace(
            call,
            ended_at=now,
            disposition=Disposition.AGENT_UNAVAILABLE,
            hangup_by="pbx",
            not_dialled=why,
        )
        events: list[CallEvent] = [CallStarted(call, now), CallEnded(ended, now)]
        delay = LOST_SIGHT_SECONDS if is_provisional else 0.0
        jobs = [
            job_of(events[0], now),
            job_of(events[1], now, delay_seconds=delay, is_provisional=is_provisional),
        ]
        found = self._spool.complete(self._board(call), {call.key: jobs})[call.key]
        if found in (Standing.NEW, Standing.TORN):
            for event in events:
                self._tools.watcher.happened(event)
            _log.info(f"{_name(wish)} came to nothing: {why}", call=call.key)
        return Done()

    def _board(self, call: Call) -> str:
        """The name under which its PBX's calls are saved."""
        return self._boards.get(call.pbx, call.pbx)


def _name(wish: Wish) -> str:
    what = "a callback" if wish.is_callback else f"a click of user {wish.user_id}"
    return f"crm {wish.account}: {what}"


def _way_out(said: str, pbx: str) -> str:
    """What an operator can do about Asterisk's refusal."""
    if "permission" in said.lower():
        return "; give `write` of manager.conf `originate`"
    return f"; see asterisk.{pbx}.dial.context" if "extension" in said.lower() else ""
