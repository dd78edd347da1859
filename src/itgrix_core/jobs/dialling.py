"""Decides how a wish of the CRM is dialled, hooks included, or why it is not. Nothing is done here.

The call's key is known before there is a call: its first channel gets an id of ours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from itgrix_core.ami.originate import auto_answer, originate
from itgrix_core.crm.wish import Wish
from itgrix_core.errors import CrmError
from itgrix_core.filing.dialling import ClickRules, DialRules, originate_params, to_dial
from itgrix_core.jobs.accounts import Account, Accounts
from itgrix_core.jobs.questions import Questions, Tools
from itgrix_core.outbox.claims import Claims
from itgrix_hooks.values import Call, Direction, PhoneNumber, User
from itgrix_hooks.wishes import OriginateRequest

CALLBACK_REPEAT_SECONDS = 60.0
"""A visitor who presses the button of his form twice wants one call."""

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""An id without digits: `itgrix record` masks what reads like somebody's number."""

_EXTENSION = re.compile(r"[\w*#+]{1,20}", re.ASCII)


class NotDialledError(CrmError):
    """The wish is not fulfilled; the text says why, with the way out."""


@dataclass(frozen=True, slots=True)
class Dialling:
    """What was decided.

    Attributes:
        call: as it is known before it exists.
        user_id: on whom it is registered.
        params: of the Originate, hooks' changes included.
        refusal: why nothing is dialled, "" if it is.
        is_repeated: another wish is being fulfilled that means the same.
    """

    call: Call
    user_id: int
    params: dict[str, Any] = field(default_factory=dict, hash=False)
    refusal: str = ""
    is_repeated: bool = False

    @property
    def seconds(self) -> float:
        """How long the employee's phone rings."""
        return float(self.params.get("timeout_seconds", 0.0))


class Decider:
    """For all accounts.

    Args:
        clicks: each account's rules. `dial`: each Asterisk's.
    """

    def __init__(
        self,
        accounts: Accounts,
        tools: Tools,
        clicks: Mapping[str, ClickRules],
        dial: Mapping[str, DialRules],
    ) -> None:
        self._accounts = accounts
        self._tools = tools
        self._clicks = clicks
        self._dial = dial

    def stale(self, wish: Wish, now: float) -> str:
        """Why a wish is too old to be fulfilled, "" if it is not."""
        rules = self._clicks[wish.account]
        good = rules.callback_good_seconds if wish.is_callback else rules.good_seconds
        age = now - wish.at
        if age <= good:
            return ""
        return f"it was {age:.0f} s old, and is good for {good:.0f} s (crm.{wish.account}.clicks)"

    def decide(self, wish: Wish, key: str, now: float) -> Dialling:
        """What becomes of a wish; `key` is its job's.

        Raises:
            RetryLater, CrmUnavailable, CrmError: nothing is decided.
        """
        blank = self._blank(wish, key, now)
        if stale := self.stale(wish, now):
            return replace(blank, refusal=stale)
        try:
            number = _dialled(wish.number)
            if self._is_repeated(wish, blank.call.pbx, key, now):
                return replace(blank, refusal="the same was asked for just before", is_repeated=True)
            return self._chosen(wish, blank, key, number, now)
        except NotDialledError as error:
            return replace(blank, refusal=str(error))

    def _blank(self, wish: Wish, key: str, now: float) -> Dialling:
        """The call as far as it is known without asking anybody."""
        rules = self._clicks[wish.account]
        pbx = rules.line(wish.line).asterisk or rules.asterisk
        digits = PhoneNumber(wish.number).digits
        channel = _channel_of(key)
        call = Call(
            key=f"{pbx}/{channel}",
            pbx=pbx,
            linkedid=channel,
            direction=Direction.OUTBOUND,
            started_at=now,
            client_number=PhoneNumber(digits) if digits else None,
            dialled=digits or None,
            is_click_to_call=True,
            action_id=channel,
            timezone=self._tools.pbxes[pbx].timezone,
        )
        return Dialling(call, wish.user_id or self._account(wish).rules.default_user)

    def _account(self, wish: Wish) -> Account:
        return self._accounts.by_name[wish.account]

    def _is_repeated(self, wish: Wish, pbx: str, key: str, now: float) -> bool:
        """Whether the same was wanted just before, and is not over yet: then it is a double click."""
        rules = self._clicks[wish.account]
        seconds = CALLBACK_REPEAT_SECONDS if wish.is_callback else rules.repeat_seconds
        if not seconds:
            return False
        who = "callback" if wish.is_callback else f"click/{wish.user_id}"
        name = f"{who}/{wish.account}/{PhoneNumber(wish.number).digits[-10:]}"
        claim = Claims(self._tools.database, lambda: now, seconds).take(name, key)
        first = f"{pbx}/{_channel_of(claim.holder)}"
        return not (claim.is_ours or self._tools.performer.filed(first, self._account(wish)).is_finished)

    # ---- who, and by what way --------------------------------------------------------------------------
    def _chosen(self, wish: Wish, blank: Dialling, key: str, number: str, now: float) -> Dialling:
        user, extension = self._phone(wish)
        call = replace(blank.call, extension=extension, client_number=PhoneNumber(number), dialled=number)
        dialling = replace(blank, call=call, user_id=user.id if user else blank.user_id)
        questions = Questions(self._tools, self._account(wish), call, key, now, is_live=True)
        params = self._params(wish, dialling, questions)
        request = OriginateRequest(
            PhoneNumber(number),
            dialling.user_id,
            wish.call_id,
            wish.line or None,
            wish.entity,
            wish.is_callback,
            wish.text,
        )
        asked = questions.ask(
            "process_originate_params",
            params=params,
            request=request,
            user=user,
            clients=questions.clients(),
        )
        if asked.is_cancelled:
            raise NotDialledError("a hook cancelled it (process_originate_params)")
        return self._checked(replace(dialling, params=asked.answer))

    def _params(self, wish: Wish, dialling: Dialling, questions: Questions) -> dict[str, Any]:
        """What Asterisk is told, before the hook for all of it."""
        call = dialling.call
        rules, line = self._dial[call.pbx], self._clicks[wish.account].line(wish.line)
        number = _dialled(str(questions.number("dial", number=call.client_number)))
        extension = str(questions.number("dial", "user", PhoneNumber(call.extension or "")))
        params = originate_params(rules, line, call.pbx, extension, number, wish.line)
        header = auto_answer(params["channel"], rules.auto_answer)
        return {**params, "variables": {**header, **params["variables"]}}

    def _checked(self, dialling: Dialling) -> Dialling:
        """The call on the Asterisk that was chosen in the end, if all is such as can be said to it."""
        pbx, call = str(dialling.params.get("pbx", dialling.call.pbx)), dialling.call
        if pbx not in self._dial:
            raise NotDialledError(f"a hook chose the Asterisk {pbx!r}, which the configuration does not have")
        try:
            originate(dialling.params, call.linkedid)
        except (ValueError, TypeError) as error:
            raise NotDialledError(f"it cannot be dialled: {error}") from None
        zone = self._tools.pbxes[pbx].timezone
        return replace(dialling, call=replace(call, pbx=pbx, key=f"{pbx}/{call.linkedid}", timezone=zone))

    def _phone(self, wish: Wish) -> tuple[User | None, str]:
        """Who is rung first, and under which extension."""
        account = self._account(wish)
        ringing = self._clicks[wish.account].callback_extension if wish.is_callback else ""
        user = self._responsible(account, wish) if wish.is_callback else _user(account, wish.user_id)
        told = wish.extension if _EXTENSION.fullmatch(wish.extension) else ""
        extension = ringing or told or (user.extension if user else "") or ""
        if not extension:
            who = f"{user.name or 'user'} ({user.id})" if user else "whoever is to be rung first"
            raise NotDialledError(f"{who} has no extension in the CRM: enter it in the employee's card")
        return user, extension

    def _responsible(self, account: Account, wish: Wish) -> User | None:
        """Who cares for the client whom a callback is for; else the default user."""
        entity = wish.entity and account.adapter.entity(wish.entity.kind, wish.entity.id)
        user = _user(account, entity.responsible_id) if entity else None
        return user if user and user.extension else _user(account, account.rules.default_user)


def _channel_of(key: str) -> str:
    """The Uniqueid of the channel that a wish begins, by its job's key."""
    return f"itgrix-{hashlib.sha256(key.encode()).hexdigest()[:24].translate(_LETTERS)}"


def _user(account: Account, user_id: int | None) -> User | None:
    """The employee, if he still works there."""
    user = account.adapter.user(user_id) if user_id else None
    return user if user and user.is_active else None


def _dialled(text: str) -> str:
    try:
        return to_dial(text)
    except ValueError as error:
        raise NotDialledError(f"the number cannot be dialled: {error}") from None
