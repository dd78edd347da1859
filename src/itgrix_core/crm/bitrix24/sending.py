"""Steps on their way out: what is added at sending, and which requests carry them.

Whether a card is shown is decided here, from the clock: it is worth showing only while the phone rings. What
needs no answer of another step goes out with it, as one request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from itgrix_core.crm.adapter import Done, Outcome, Refused, Step
from itgrix_core.crm.bitrix24.answers import mapping, number
from itgrix_core.crm.bitrix24.attaching import attached
from itgrix_core.crm.bitrix24.audio import fit
from itgrix_core.crm.bitrix24.batching import MOST, WAITING, Request, send_together
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.looking import Looker
from itgrix_core.crm.bitrix24.marks import marked
from itgrix_core.crm.bitrix24.methods import ATTACH, TODO
from itgrix_core.crm.bitrix24.params import CREATED, PATH, method_of, todo_of
from itgrix_core.crm.bitrix24.registering import Registrar
from itgrix_core.filing.commands import (
    AttachRecording,
    BindEntity,
    CreateForCall,
    FinishCall,
    HideCard,
    RegisterCall,
    ShowCard,
    Write,
)
from itgrix_hooks.values import Filed

_NEEDS_CALL = ShowCard | HideCard | FinishCall | AttachRecording
_ALONE = RegisterCall | AttachRecording | CreateForCall | Write
"""Steps whose answer the next one needs, or that may not be possible in a batch."""


class Sender:
    """Sends steps to one portal."""

    def __init__(self, client: Client, looker: Looker) -> None:
        """`looker` settles what a refusal alone does not say."""
        self._client = client
        self._looker = looker
        self._registrar = Registrar(client)

    def perform(self, steps: Sequence[Step], filed: Filed, now: float) -> list[Outcome]:
        """As `Adapter.perform`; what needs no answer of another one goes out together."""
        outcomes: list[Outcome] = []
        call_id = filed.call_id
        contact = next((each.id for each in reversed(filed.created) if each.kind == "contact"), None)
        while len(outcomes) < len(steps):
            rest = steps[len(outcomes) :]
            together = self._together(rest, call_id, now)
            outcomes += together or [self._send(_with_contact(rest[0], contact), call_id, now)]
            if not isinstance(outcomes[-1], Done):
                break
            last, answer = steps[len(outcomes) - 1], outcomes[-1].answer
            if last.params.get(CREATED) == "contact":
                contact = number(answer)
            if isinstance(last.command, RegisterCall):
                call_id = str(answer["CALL_ID"])
        return outcomes + [WAITING] * (len(steps) - len(outcomes))

    # ---- together --------------------------------------------------------------------------------------
    def _together(self, steps: Sequence[Step], call_id: str | None, now: float) -> list[Outcome]:
        """The outcomes of the leading steps that are one batch; none if there are not two such."""
        requests = list(_leading(steps, call_id, now))
        if len(requests) < 2:  # noqa: PLR2004 - one is no batch
            return []
        outcomes = send_together(self._client, requests)
        if isinstance(outcomes, Refused):
            return []  # a portal that takes no batch takes them one by one
        if not isinstance(outcomes, list):
            return [outcomes] * len(requests)
        return [self._settled(step, call_id, each) for step, each in zip(steps, outcomes, strict=False)]

    def _settled(self, step: Step, call_id: str | None, outcome: Outcome) -> Outcome:
        """What a refusal really means: the call may be finished, the binding may be there already."""
        if not isinstance(outcome, Refused):
            return outcome
        if isinstance(step.command, FinishCall) and outcome.why == "unknown call" and call_id:
            return self._looker.settle_finish(call_id, outcome)
        if isinstance(step.command, BindEntity):
            found = self._looker.made(step)
            return found if isinstance(found, Done) else outcome
        return outcome

    # ---- one by one ------------------------------------------------------------------------------------
    def _send(self, step: Step, call_id: str | None, now: float) -> Outcome:
        """One step."""
        command = step.command
        if isinstance(command, CreateForCall) and command.entity_kind == "deal" and not _has_client(step):
            return Refused("params", "the deal was not created: the contact that it is for could not be")
        if isinstance(command, RegisterCall):
            return self._registrar.register(step.params, is_fresh=_is_fresh(command, now))
        if isinstance(command, _NEEDS_CALL) and call_id is None:
            return Refused("unknown call", f"{command.kind}: this call was never registered")
        if _is_stale(step, now):
            return Done(answer=False)
        if isinstance(command, AttachRecording):
            return self._attach({**step.params, "CALL_ID": call_id})
        request = _request(step, call_id)
        return self._settled(step, call_id, self._call(request.method, request.params))

    def _attach(self, params: dict[str, Any]) -> Outcome:
        """The file's content is read now: it belongs neither into the saved decision nor into a batch."""
        path = params.pop(PATH, None)
        if path is None:
            return self._call(ATTACH, params)
        file = fit(str(path))
        if isinstance(file, Refused):
            return file
        params["FILENAME"] = _file_name(str(params.get("FILENAME") or ""), str(path))
        return attached(self._client, params, file)

    def _call(self, method: str, params: Mapping[str, Any]) -> Outcome:
        """One request whose result is the answer."""
        reply = self._client.call(method, params)
        return Done(reply.result) if isinstance(reply, Reply) else reply


def _leading(steps: Sequence[Step], call_id: str | None, now: float) -> Iterator[Request]:
    """Requests of the first steps that may go out together, as many as a batch takes."""
    for step in steps[:MOST]:
        needs_call = isinstance(step.command, _NEEDS_CALL)
        if isinstance(step.command, _ALONE) or (needs_call and call_id is None) or _is_stale(step, now):
            return
        request = _request(step, call_id)
        if not request.is_fit:
            return
        yield request


def _request(step: Step, call_id: str | None) -> Request:
    """A step that is one request."""
    method = method_of(step.command)
    sent = {name: value for name, value in step.params.items() if name != CREATED}
    if isinstance(step.command, _NEEDS_CALL):
        return Request(method, {**sent, "CALL_ID": call_id})
    sent = marked(method, sent, step.key)
    return Request(method, todo_of(sent) if method == TODO and "fields" in sent else sent)


def _is_stale(step: Step, now: float) -> bool:
    """Whether a card step is worth nothing any more, or concerns nobody."""
    command = step.command
    if not isinstance(command, ShowCard | HideCard):
        return False
    return not (step.params.get("USER_ID") and _is_fresh(command, now))


def _with_contact(step: Step, contact: int | None) -> Step:
    """A deal for the contact that was created just before: its id is no decision."""
    if step.params.get(CREATED) != "deal" or _has_client(step) or contact is None:
        return step
    fields = {**mapping(step.params.get("fields")), "CONTACT_ID": contact}
    return replace(step, params={**step.params, "fields": fields})


def _has_client(step: Step) -> bool:
    return bool({"CONTACT_ID", "COMPANY_ID"} & mapping(step.params.get("fields")).keys())


def _is_fresh(command: RegisterCall | ShowCard | HideCard, now: float) -> bool:
    """Whether a card is still worth showing; taking one away always is."""
    good_until = None if isinstance(command, HideCard) else command.good_until
    return good_until is None or now <= good_until


def _file_name(name: str, path: str) -> str:
    """The name as the portal accepts it: no folders, with the file's own ending in small letters."""
    return PurePath(PurePath(name).name or path).stem + PurePath(path).suffix.casefold()
