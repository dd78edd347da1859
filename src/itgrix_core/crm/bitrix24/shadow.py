"""An adapter that reads its portal as the real one does, and sends nothing: beside another connector.

What would be sent is answered as the portal would, as far as that is known, so that the journal holds what
this service would have filed. Its client refuses whatever is not known to read only, so that no other way
leads out either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from itgrix_core.crm.adapter import Blocked, CrmUnavailable, Done, Outcome, Step
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.crm.bitrix24.batching import WAITING
from itgrix_core.filing.commands import FinishCall, RegisterCall
from itgrix_hooks.values import Entity, Filed

PREFIX = "shadow."
"""What the CALL_IDs begin with that no portal has given."""


class ShadowAdapter(BitrixAdapter):
    """One portal, of which only questions are asked."""

    def perform(self, steps: Sequence[Step], filed: Filed, now: float) -> list[Outcome]:  # noqa: ARG002
        """As `Adapter.perform`; everything is done at once, and nothing happens."""
        outcomes: list[Outcome] = []
        for step in steps:
            try:
                outcomes.append(Done(self._answer(step, filed)))
            except CrmUnavailable as error:
                outcomes.append(Blocked(error.why, str(error), error.seconds))
                break
        return outcomes + [WAITING] * (len(steps) - len(outcomes))

    def look_up(self, step: Step, filed: Filed) -> Outcome | None:  # noqa: ARG002 - the contract's
        """Nothing was ever sent."""
        return None

    def _answer(self, step: Step, filed: Filed) -> Any:
        command = step.command
        if isinstance(command, RegisterCall):
            told = command.entity or next(iter(self.clients_of(command.number)), None)
            return {"CALL_ID": f"{PREFIX}{command.call}", **_named(told)}
        if isinstance(command, FinishCall):
            return {"CALL_ID": filed.call_id, **_named(filed.entity)}
        return True


def _named(entity: Entity | None) -> dict[str, Any]:
    if entity is None:
        return {}
    return {"CRM_ENTITY_TYPE": entity.kind.upper(), "CRM_ENTITY_ID": entity.id}
