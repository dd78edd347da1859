"""A call's registration with its first card.

One user, on whom the call is booked, sees it by the registration itself; for anybody else a batch registers
and shows in one request, the second command taking CALL_ID from the first. A batch that cannot show is
followed by a show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from itgrix_core.crm.adapter import Done, Outcome, Refused, Unknown
from itgrix_core.crm.bitrix24.answers import mapping, number
from itgrix_core.crm.bitrix24.batching import php_query
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.methods import REGISTER, SHOW
from itgrix_core.crm.bitrix24.params import SHOW_TO


class Registrar:
    """Registers calls in one portal."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, params: Mapping[str, Any], *, is_fresh: bool) -> Outcome:
        """Register, and show the card to whom it concerns.

        Args:
            params: of the step, `SHOW_TO` among them.
            is_fresh: whether a card is still worth showing.
        """
        sent = {key: value for key, value in params.items() if key not in {SHOW_TO, "SHOW"}}
        users = _users(params.get(SHOW_TO)) if is_fresh else []
        if users == [number(sent.get("USER_ID"))]:
            return self._alone({**sent, "SHOW": 1})
        if users:
            return self._and_show({**sent, "SHOW": 0}, users)
        return self._alone({**sent, "SHOW": 0})

    def _alone(self, params: Mapping[str, Any]) -> Outcome:
        """One request."""
        reply = self._client.call(REGISTER, params)
        return _registered(reply.result) if isinstance(reply, Reply) else reply

    def _and_show(self, params: Mapping[str, Any], users: list[int]) -> Outcome:
        """One batch; two requests where the portal refuses the batch or its second half.

        A card that cannot be shown does not undo the registration.
        """
        show = f"{SHOW}?CALL_ID=$result[register][CALL_ID]&{php_query({'USER_ID': users})}"
        batch = {"halt": 1, "cmd": {"register": f"{REGISTER}?{php_query(params)}", "show": show}}
        reply = self._client.call("batch", batch)
        if isinstance(reply, Reply):
            outcome, is_shown = self._of_batch(mapping(reply.result))
        elif isinstance(reply, Refused):
            outcome, is_shown = self._alone(params), False
        else:
            return reply
        if isinstance(outcome, Done) and not is_shown:
            self._client.call(SHOW, {"CALL_ID": outcome.answer["CALL_ID"], "USER_ID": users})
        return outcome

    def _of_batch(self, result: Mapping[str, Any]) -> tuple[Outcome, bool]:
        """The registration's outcome, and whether the card is shown."""
        error = mapping(result.get("result_error")).get("register")
        if isinstance(error, Mapping):
            return self._client.inner_failure(REGISTER, error), False
        answers = mapping(result.get("result"))
        return _registered(answers.get("register")), answers.get("show") is True


def _users(value: Any) -> list[int]:
    """User ids as a hook left them: a list of numbers or texts, or a single one."""
    values = value if isinstance(value, list | tuple) else [value]
    return [user for user in map(number, values) if user]


def _registered(result: Any) -> Outcome:
    """A registration without CALL_ID is no answer."""
    told = mapping(result)
    if told.get("CALL_ID"):
        return Done(result, _why_nothing_was_created(told))
    return Unknown(f"{REGISTER}: answered without CALL_ID")


def _why_nothing_was_created(answer: Mapping[str, Any]) -> str:
    """The portal's LEAD_CREATION_ERROR, said plainly; "" if there is none."""
    text = str(answer.get("LEAD_CREATION_ERROR") or "")
    if "local user" in text.casefold():
        return (
            "nothing was created for this number: it is a phone in the profile of one of the portal's "
            "employees. Take it out of the profile there if a client has it"
        )
    return f"the portal could not create anything for this call: {text}" if text else ""
