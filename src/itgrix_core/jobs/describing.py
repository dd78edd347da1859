"""After the finish: what the hooks write into the call's activity and into the client's entities."""

from __future__ import annotations

from itgrix_core.crm.adapter import Step
from itgrix_core.filing.commands import (
    AddComment,
    AnyCommand,
    BindEntity,
    CreateEntity,
    UpdateActivity,
    UpdateEntity,
)
from itgrix_core.jobs.turn import Turn
from itgrix_hooks.answers import Action, Bind, Comment, Create, Update
from itgrix_hooks.lazy import Lazy
from itgrix_hooks.values import Entity, Filed


class Describing:
    """The describing phase of a turn."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def decide(self) -> list[Step]:
        """Ask the hooks about the activity and about each entity; nothing is asked that nobody answers."""
        filed = self._turn.filed
        steps: list[Step] = []
        if self._turn.has_plugins_for("get_updated_activity_fields"):
            steps += self._activity(filed)
        if self._turn.has_plugins_for("get_updated_entity_fields"):
            created = {(entity.kind, entity.id) for entity in filed.created}
            for entity in filed.entities:
                role = "created" if (entity.kind, entity.id) in created else "bound"
                steps += self._entity(filed, entity, role)
            steps += self._entity(filed, None, "none")
        return steps

    def bind(self) -> list[Step]:
        """Tie the call's activity to the entities that hooks had created."""
        turn = self._turn
        activity_id = turn.filed.activity_id
        if activity_id is None:
            return []
        binds = [BindEntity(turn.call.key, activity_id, entity) for entity in turn.created_in("describe")]
        return [turn.step(bind, about=f"/created/{place}") for place, bind in enumerate(binds)]

    def _activity(self, filed: Filed) -> list[Step]:
        """Fields for the activity; a call that is bound to nothing has none, and then they are dropped."""
        turn = self._turn
        activity_id = filed.activity_id
        asked = turn.questions.ask(
            "get_updated_activity_fields",
            fields={},
            activity=Lazy(lambda: turn.account.adapter.activity(activity_id)) if activity_id else None,
            call=turn.call,
            filed=filed,
        )
        if asked.is_cancelled or not asked.answer or activity_id is None:
            return []
        return [turn.step(UpdateActivity(turn.call.key, activity_id, asked.answer))]

    def _entity(self, filed: Filed, entity: Entity | None, role: str) -> list[Step]:
        turn = self._turn
        about = f"/{entity.kind}/{entity.id}" if entity else "/none"
        asked = turn.questions.ask(
            "get_updated_entity_fields",
            about=about,
            fields={},
            entity=Lazy(lambda: turn.account.adapter.entity(entity.kind, entity.id)) if entity else None,
            kind=entity.kind if entity else None,
            role=role,
            call=turn.call,
            filed=filed,
        )
        if asked.is_cancelled:
            return []
        commands: list[AnyCommand] = []
        if entity and asked.answer:
            commands.append(UpdateEntity(turn.call.key, entity, asked.answer))
        commands += [command for action in asked.actions if (command := self._command(action, filed))]
        return [turn.step(command, about=f"{about}/{place}") for place, command in enumerate(commands)]

    def _command(self, action: Action, filed: Filed) -> AnyCommand | None:
        """A hook's action as a command of ours; binding needs an activity."""
        key = self._turn.call.key
        match action:
            case Create(kind=kind, fields=fields):
                return CreateEntity(key, kind, fields)
            case Update(entity=entity, fields=fields):
                return UpdateEntity(key, entity, fields)
            case Bind(entity=entity):
                return BindEntity(key, filed.activity_id, entity) if filed.activity_id else None
            case Comment(entity=entity, text=text):
                return AddComment(key, entity, text)
