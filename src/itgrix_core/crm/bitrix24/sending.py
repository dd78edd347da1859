"""Steps on their way out: what is added at sending, and which requests carry a step.

SHOW is decided here, from the clock: a card is worth showing only while the phone rings. One user, on whom
the call is booked, sees it by the registration itself; for anybody else a batch registers and shows in one
request, the second command taking CALL_ID from the first. A batch that cannot show is followed by a show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from itgrix_core.crm.adapter import Blocked, Done, Outcome, Refused, Step, Unknown
from itgrix_core.crm.bitrix24.answers import mapping, number
from itgrix_core.crm.bitrix24.audio import content_of
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.looking import Looker
from itgrix_core.crm.bitrix24.marks import marked
from itgrix_core.crm.bitrix24.methods import ATTACH, FINISH, REGISTER, SHOW, TODO
from itgrix_core.crm.bitrix24.params import CREATED, PATH, SHOW_TO, method_of, todo_of
from itgrix_core.filing.commands import (
    AttachRecording,
    BindEntity,
    CreateForCall,
    FinishCall,
    HideCard,
    RegisterCall,
    ShowCard,
)
from itgrix_hooks.values import Filed

_NEEDS_CALL = ShowCard | HideCard | FinishCall | AttachRecording


class Sender:
    """Sends steps to one portal."""

    def __init__(self, client: Client, looker: Looker) -> None:
        """`looker` settles what a refusal alone does not say."""
        self._client = client
        self._looker = looker

    def perform(self, steps: Sequence[Step], filed: Filed, now: float) -> list[Outcome]:
        """As `Adapter.perform`."""
        outcomes: list[Outcome] = []
        call_id = filed.call_id
        contact = next((each.id for each in reversed(filed.created) if each.kind == "contact"), None)
        for step in steps:
            outcome = self._send(_with_contact(step, contact), call_id, now)
            outcomes.append(outcome)
            if not isinstance(outcome, Done):
                break
            if step.params.get(CREATED) == "contact":
                contact = number(outcome.answer)
            if isinstance(step.command, RegisterCall):
                call_id = str(outcome.answer["CALL_ID"])
        waiting = Blocked("waiting", "not sent: the step before it failed", 0.0)
        return outcomes + [waiting] * (len(steps) - len(outcomes))

    def _send(self, step: Step, call_id: str | None, now: float) -> Outcome:
        """One step."""
        command = step.command
        if isinstance(command, CreateForCall) and command.entity_kind == "deal" and not _has_client(step):
            return Refused("params", "the deal was not created: the contact that it is for could not be")
        if isinstance(command, RegisterCall):
            return self._register(step.params, is_fresh=_is_fresh(command, now))
        if isinstance(command, _NEEDS_CALL):
            if call_id is None:
                return Refused("unknown call", f"{command.kind}: this call was never registered")
            return self._about_call(step, call_id, now)
        sent = {name: value for name, value in step.params.items() if name != CREATED}
        sent = marked(method_of(command), sent, step.key)
        sent = todo_of(sent) if method_of(command) == TODO and "fields" in sent else sent
        outcome = self._call(method_of(command), sent)
        if isinstance(command, BindEntity) and isinstance(outcome, Refused):
            # the portal refuses a binding that is there already
            found = self._looker.made(step)
            return found if isinstance(found, Done) else outcome
        return outcome

    def _about_call(self, step: Step, call_id: str, now: float) -> Outcome:
        """A step that names the call."""
        params = {**step.params, "CALL_ID": call_id}
        match step.command:
            case ShowCard() | HideCard():
                is_worth = bool(params.get("USER_ID")) and _is_fresh(step.command, now)
                return self._call(method_of(step.command), params) if is_worth else Done(answer=False)
            case AttachRecording():
                return self._attach(params)
            case _:
                return self._finish(params)

    def _finish(self, params: dict[str, Any]) -> Outcome:
        """Finish; a call that was registered and is "not found" may have been finished before."""
        outcome = self._call(FINISH, params)
        if not isinstance(outcome, Refused) or outcome.why != "unknown call":
            return outcome
        return self._looker.settle_finish(str(params["CALL_ID"]), outcome)

    def _attach(self, params: dict[str, Any]) -> Outcome:
        """The file's content is read now: it belongs neither into the saved decision nor into a batch."""
        path = params.pop(PATH, None)
        if path is not None:
            content = content_of(str(path))
            if isinstance(content, Refused):
                return content
            params["FILENAME"] = _file_name(str(params.get("FILENAME") or ""), str(path))
            params["FILE_CONTENT"] = content
        return self._call(ATTACH, params)

    def _register(self, params: Mapping[str, Any], *, is_fresh: bool) -> Outcome:
        """Register, and show the card to whom it concerns."""
        sent = {key: value for key, value in params.items() if key not in {SHOW_TO, "SHOW"}}
        users = _users(params.get(SHOW_TO)) if is_fresh else []
        if users == [number(sent.get("USER_ID"))]:
            return self._register_alone({**sent, "SHOW": 1})
        if users:
            return self._register_and_show({**sent, "SHOW": 0}, users)
        return self._register_alone({**sent, "SHOW": 0})

    def _register_alone(self, params: Mapping[str, Any]) -> Outcome:
        """One request."""
        reply = self._client.call(REGISTER, params)
        return _registered(reply.result) if isinstance(reply, Reply) else reply

    def _register_and_show(self, params: Mapping[str, Any], users: list[int]) -> Outcome:
        """One batch; two requests where the portal refuses the batch or its second half.

        A card that cannot be shown does not undo the registration.
        """
        show = f"{SHOW}?CALL_ID=$result[register][CALL_ID]&{php_query({'USER_ID': users})}"
        batch = {"halt": 1, "cmd": {"register": f"{REGISTER}?{php_query(params)}", "show": show}}
        reply = self._client.call("batch", batch)
        if isinstance(reply, Reply):
            outcome, is_shown = self._of_batch(mapping(reply.result))
        elif isinstance(reply, Refused):
            outcome, is_shown = self._register_alone(params), False
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

    def _call(self, method: str, params: Mapping[str, Any]) -> Outcome:
        """One request whose result is the answer."""
        reply = self._client.call(method, params)
        return Done(reply.result) if isinstance(reply, Reply) else reply


def php_query(params: Mapping[str, Any]) -> str:
    """Params as an encoded query with PHP's brackets: `{"A": [1, 2]}` is `A[0]=1&A[1]=2`."""
    return "&".join(f"{name}={quote(text, safe='')}" for name, text in _pairs("", params))


def _pairs(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every leaf with its bracketed name."""
    if isinstance(value, Mapping | list | tuple):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, inner in items:
            name = quote(str(key), safe="")
            yield from _pairs(f"{prefix}[{name}]" if prefix else name, inner)
    else:
        yield prefix, "" if value is None else str(int(value)) if isinstance(value, bool) else str(value)


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


def _with_contact(step: Step, contact: int | None) -> Step:
    """A deal for the contact that was created just before: its id is no decision."""
    if step.params.get(CREATED) != "deal" or _has_client(step) or contact is None:
        return step
    fields = {**mapping(step.params.get("fields")), "CONTACT_ID": contact}
    return replace(step, params={**step.params, "fields": fields})


def _has_client(step: Step) -> bool:
    return bool({"CONTACT_ID", "COMPANY_ID"} & mapping(step.params.get("fields")).keys())


def _why_nothing_was_created(answer: Mapping[str, Any]) -> str:
    """The portal's LEAD_CREATION_ERROR, said plainly; "" if there is none."""
    text = str(answer.get("LEAD_CREATION_ERROR") or "")
    if "local user" in text.casefold():
        return (
            "nothing was created for this number: it is a phone in the profile of one of the portal's "
            "employees. Take it out of the profile there if a client has it"
        )
    return f"the portal could not create anything for this call: {text}" if text else ""


def _is_fresh(command: RegisterCall | ShowCard | HideCard, now: float) -> bool:
    """Whether a card is still worth showing; taking one away always is."""
    good_until = None if isinstance(command, HideCard) else command.good_until
    return good_until is None or now <= good_until


def _file_name(name: str, path: str) -> str:
    """The name as the portal accepts it: no folders, with the file's own ending in small letters."""
    return PurePath(PurePath(name).name or path).stem + PurePath(path).suffix.casefold()
