"""amoCRM on paper: the requests that an adapter would send for a recorded call, written down instead of sent.

It exists to find out, before the contract of hooks is called version 1, what that contract lacks for a CRM
that is unlike Bitrix24: amoCRM knows of a call when it is over, stores it once, and never lets it be changed.
The requests are those of docs/facts/bitrix24.md E; what was found is docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from itgrix_core.filing.plan import owner_of
from itgrix_core.filing.rules import Rules
from itgrix_core.filing.talks import parts_of
from itgrix_hooks import Comment, Create, Entity, Filed, Link, Owner, Stage, Update, User
from itgrix_hooks.testing import FakeCrm, MemoryStore, Moment, ask
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Call, Direction

TALKED, NO_ANSWER, BUSY = 4, 6, 7
"""Of amoCRM's `call_status`."""
CALL_TASK = 1
PATHS = {"lead": "leads", "contact": "contacts", "company": "companies"}
"""amoCRM's leads are what other CRMs call deals; there is no fourth kind."""


@dataclass(frozen=True)
class Request:
    """What would be sent."""

    method: str
    path: str
    body: Any


@dataclass
class Paper:
    """One account.

    Attributes:
        plugin: whose functions are asked, by the service's own asking.
        users: extension to employee.
        clients: number to entities, the responsible's among their facts.
        records: below this address recordings can be heard.
        asked: every asking, in order.
    """

    plugin: Any
    users: Mapping[str, User]
    clients: Mapping[str, Sequence[Entity]] = field(default_factory=dict)
    records: str = "https://records.example/"
    settings: Mapping[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def file(self, moments: Sequence[Moment]) -> list[Request]:
        """The requests of one call, from its first ring to its end."""
        sent: list[Request] = []
        for moment in moments:
            if not self._is_wanted(moment):
                return sent
            if moment.stage is Stage.CONVERSATION_REQUESTED:
                sent += self._card(moment, is_first=not sent)
            elif moment.stage is Stage.CALL_ENDED:
                for part in parts_of(moment.call, self.users, Rules()):
                    sent += self._entry(part)
        return sent

    def _is_wanted(self, moment: Moment) -> bool:
        given = {"conversation": moment.conversation, "stage": moment.stage}
        return bool(self._ask("need_registration", moment.call, **given).answer)

    def _card(self, moment: Moment, *, is_first: bool) -> Iterator[Request]:
        """The pop-up; it stores nothing, and nothing hides it."""
        user = self.users.get(moment.conversation.extension if moment.conversation else "")
        if user is None or not moment.call.client_number:
            return
        number = self._ask(
            "process_phone_number", moment.call, number=moment.call.client_number, use="file"
        ).answer
        params: Any = {"type": "phone_call", "phone_number": str(number), "users": [user.id]}
        if is_first:
            given = {"conversation": moment.conversation, "user": user, "clients": self._clients(moment.call)}
            asked = self._ask("process_registration_params", moment.call, params=params, **given)
            if asked.is_cancelled:
                return
            params = asked.answer
            self._ask("post_registration", moment.call, filed=Filed())
        yield Request("POST", "/api/v2/events", {"add": [params]})

    def _entry(self, call: Call) -> Iterator[Request]:
        """The one entry. Everything that goes into it is asked before, because it cannot be changed."""
        responsible = next((User(c.responsible_id) for c in self._clients(call) if c.responsible_id), None)
        owner = owner_of(call, self.users, responsible, Rules(default_user=1))
        entry = {**_entry(call, owner), **self._link(call)}
        described = self._ask("get_updated_activity_fields", call, fields={}, activity=None, filed=Filed())
        entry |= {} if described.is_cancelled else described.answer
        user = next((u for u in self.users.values() if u.id == owner.user_id), None)
        given = {"user": user, "owner": owner, "filed": Filed(), "clients": self._clients(call)}
        asked = self._ask("process_final_params", call, params=entry, **given)
        if asked.is_cancelled:
            return
        entry = dict(asked.answer)
        kind, chosen = entry.pop("entity_type", None), entry.pop("entity_id", None)
        known = next(iter(self._clients(call)), None)
        if kind is not None:
            yield _note(kind, chosen, entry)
            bound: Entity | None = Entity(kind, chosen)
        elif known is None:
            bound = None
            yield from self._of_a_stranger(call, entry)
        else:
            bound = known
            yield Request("POST", "/api/v4/calls", [entry])
        if bound is not None:
            yield from self._changes(call, bound)
        if call.is_missed:
            yield from self._task(call, owner, bound)

    def _link(self, call: Call) -> dict[str, str]:
        """Where the recording can be heard: an address, since amoCRM takes no file."""
        if not call.is_answered:
            return {}
        recording = next(iter(call.recordings), None)
        path = recording.path if recording else None
        asked = self._ask("process_record_file_path", call, path=path, recording=recording)
        if asked.is_cancelled or asked.answer is None:
            return {}
        answer = asked.answer
        if isinstance(answer, Link):
            return {"link": answer.url}
        return {"link": answer if "://" in answer else self.records + answer.rpartition("/")[2]}

    def _of_a_stranger(self, call: Call, entry: dict[str, Any]) -> Iterator[Request]:
        """`/calls` stores nothing for an unknown number, so there must be something first."""
        asked = self._ask("get_updated_entity_fields", call, entity=None, role="none", filed=Filed())
        created = [action for action in asked.actions if isinstance(action, Create)]
        for action in created:
            yield Request("POST", f"/api/v4/{PATHS[action.kind]}/complex", [_stranger(call, action.fields)])
        if not created and call.direction is Direction.INBOUND:
            yield Request("POST", "/api/v4/leads/unsorted/sip", [_unsorted(call, entry)])
            return
        if not created:
            yield Request("POST", "/api/v4/contacts", [_contact(call)])
        yield Request("POST", "/api/v4/calls", [entry])

    def _changes(self, call: Call, entity: Entity) -> Iterator[Request]:
        filed = Filed(entity=entity, is_finished=True)
        asked = self._ask("get_updated_entity_fields", call, entity=entity, role="bound", filed=filed)
        if asked.answer:
            yield Request("PATCH", f"/api/v4/{PATHS[entity.kind]}/{entity.id}", asked.answer)
        for action in asked.actions:
            if isinstance(action, Comment):
                path = f"/api/v4/{PATHS[action.entity.kind]}/{action.entity.id}/notes"
                yield Request("POST", path, [{"note_type": "common", "params": {"text": action.text}}])
            elif isinstance(action, Update):
                path = f"/api/v4/{PATHS[action.entity.kind]}/{action.entity.id}"
                yield Request("PATCH", path, action.fields)

    def _task(self, call: Call, owner: Owner, entity: Entity | None) -> Iterator[Request]:
        params: dict[str, Any] = {
            "task_type_id": CALL_TASK,
            "text": f"Call back {call.client_number}",
            "complete_till": round(call.ended_at or 0) + 15 * 60,
            "responsible_user_id": owner.user_id,
        }
        if entity:
            params |= {"entity_id": entity.id, "entity_type": PATHS[entity.kind]}
        asked = self._ask(
            "process_task_creation_params", call, params=params, owner=owner, filed=Filed(entity=entity)
        )
        if not asked.is_cancelled:
            yield Request("POST", "/api/v4/tasks", [asked.answer])

    def _clients(self, call: Call) -> Sequence[Entity]:
        return self._crm.clients_of(call.client_number) if call.client_number else ()

    @property
    def _crm(self) -> FakeCrm:
        return FakeCrm(users=self.users, clients=self.clients, kind="amocrm")

    def _ask(self, hook: str, call: Call, **given: Any) -> Asked:
        """As the service asks; a plugin without this hook has no part in it."""
        plugin = getattr(self.plugin, hook, _nobody)
        extras = {"settings": self.settings, "crm": self._crm, "store": MemoryStore(call)}
        asked = ask(hook, plugin, call=call, **given, **extras)
        assert not asked.failures, asked.failures
        self.asked.append(asked)
        return asked


def _nobody() -> None:
    """A hook that has no opinion."""


def _entry(call: Call, owner: Owner) -> dict[str, Any]:
    """`POST /api/v4/calls`. A field without a value is left out: null is refused."""
    status = TALKED if call.is_answered else BUSY if call.disposition == "busy" else NO_ANSWER
    return {
        "direction": "outbound" if call.direction is Direction.OUTBOUND else "inbound",
        "uniq": call.key,
        "duration": round(call.talk_seconds),
        "source": "Itgrix",
        "phone": str(call.client_number),
        "call_status": status,
        "call_result": str(call.disposition),
        "call_responsible": owner.user_id,
        "responsible_user_id": owner.user_id,
        "created_by": owner.user_id,
        "created_at": round(call.started_at),
    }


_OF_PARAMS = ("uniq", "duration", "source", "link", "phone", "call_status", "call_result", "call_responsible")


def _note(kind: str, entity_id: int, entry: Mapping[str, Any]) -> Request:
    """The entry as a note, where we choose the entity ourselves."""
    params = {name: entry[name] for name in _OF_PARAMS if name in entry}
    note = {name: value for name, value in entry.items() if name not in {*_OF_PARAMS, "direction"}}
    how = "call_out" if entry["direction"] == "outbound" else "call_in"
    note |= {"entity_id": entity_id, "note_type": how, "params": params}
    return Request("POST", f"/api/v4/{PATHS[kind]}/notes", [note])


def _unsorted(call: Call, entry: Mapping[str, Any]) -> dict[str, Any]:
    number = str(call.client_number)
    told = {name: entry[name] for name in ("uniq", "call_responsible", "duration", "link") if name in entry}
    metadata = {**told, "phone": number, "from": number, "called_at": entry["created_at"]}
    metadata |= {"service_code": "itgrix", "is_call_event_needed": True}
    return {
        "request_id": call.key,
        "source_name": entry["source"],
        "source_uid": call.key,
        "created_at": entry["created_at"],
        "metadata": metadata,
        "_embedded": {"contacts": [_contact(call)]},
    }


def _contact(call: Call) -> dict[str, Any]:
    value = {"value": str(call.client_number), "enum_code": "WORK"}
    return {
        "name": call.client_name or str(call.client_number),
        "custom_fields_values": [{"field_code": "PHONE", "values": [value]}],
    }


def _stranger(call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    """`leads/complex`: what a hook wants created, with the contact that has the number."""
    return {**fields, "_embedded": {"contacts": [_contact(call)]}}
